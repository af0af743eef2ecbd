"""`majung person override` and `end-override`: a stage that staff set beside the rule's, with a reason and an end."""

from datetime import date
from typing import Annotated
from uuid import UUID

import typer

from api import wiring
from api.cli.listing import record
from api.cli.options import Output, Participant, Who, Why, day
from api.cli.output import Format, show
from api.settings import load_settings
from domain.codes import Stage
from replay.commands import overriding
from replay.journal import CarriedOut

StageTold = Annotated[Stage, typer.Option("--stage", help="The stage to show beside the rule's.")]
LastDay = Annotated[
    date, typer.Option("--until", parser=day, metavar="DAY", help="Its last day, in Seoul: 2025-12-31.")
]
Command = Annotated[
    UUID | None,
    typer.Option("--command", metavar="ID", help="A new UUID for the override, so that telling it again is safe."),
]


def override(
    participant: Participant,
    stage: StageTold,
    until: LastDay,
    reason: Why,
    actor: Who = None,
    command: Command = None,
    output: Output = Format.TABLE,
) -> None:
    """Set a stage beside the rule's. It replaces one that is set, counts in no outcome, and ends by itself."""
    with wiring.start(load_settings()) as majung:
        done = overriding.override(
            majung.journal,
            participant,
            stage=stage,
            expires_on=until,
            reason=reason,
            now=majung.now(),
            actor=actor,
            command_id=str(command) if command else None,
        )
        _tell(output, done)


def end_override(participant: Participant, reason: Why, actor: Who = None, output: Output = Format.TABLE) -> None:
    """Take back the stage that staff set: the rule's shows alone again."""
    with wiring.start(load_settings()) as majung:
        done = overriding.end_override(majung.journal, participant, reason=reason, now=majung.now(), actor=actor)
        _tell(output, done)


def _tell(output: Format, done: CarriedOut) -> None:
    show(output, record("override", event_id=done.event_id, status=done.status))
