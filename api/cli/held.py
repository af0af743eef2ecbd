"""`majung held`: whose rows stay as they were because what is recorded of them does not fold, and why."""

from typing import Annotated, NamedTuple
from uuid import UUID

import typer

from api import wiring
from api.cli.exits import ExitCode
from api.cli.listing import Listing, record
from api.cli.options import Limit, Output, Participant
from api.cli.output import Format, show
from api.settings import load_settings
from api.wiring import Majung
from replay.live import held
from replay.live.held import Held

People = Annotated[
    list[UUID] | None,
    typer.Argument(metavar="[ID]...", help="Pseudonyms of `majung held list`; all of them unless told."),
]

_BRIEF = ("participant_id", "since", "attempts", "read_model", "error", "message")


class Retried(NamedTuple):
    """What became of one who was tried again."""

    participant_id: UUID
    status: str
    """`folded`: their rows are whole again; `held`: they do not fold yet."""
    error: str | None
    message: str | None


def list_held(limit: Limit = None, output: Output = Format.TABLE) -> None:
    """Everybody whose rows are those of before, since when and why; nothing of what is recorded of them."""
    with wiring.start(load_settings()) as majung, majung.database.read() as connection:
        rows = held.list_held(connection, limit)
    show(output, Listing("held", Held._fields, rows, brief=_BRIEF))


def show_held(participant: Participant, output: Output = Format.TABLE) -> None:
    """One of them: what failed, how many events their rows may be without, and how many rows serve meanwhile."""
    with wiring.start(load_settings()) as majung, majung.database.read() as connection:
        mark = held.find_held(connection, participant)
        found = held.behind(connection, majung.journal.shards, mark)
    rows = Listing("rows", ("read_model", "rows"), sorted(found.rows.items()))
    show(output, record("held", **mark._asdict(), events_behind=found.events), rows)


def retry(people: People = None, output: Output = Format.TABLE) -> None:
    """Fold them again, as after a repair of the vault; whoever still does not fold stays held."""
    with wiring.start(load_settings()) as majung:
        done = _retried(majung, people)
    show(output, Listing("retried", Retried._fields, done))
    if any(one.status == "held" for one in done):
        raise typer.Exit(ExitCode.FINDINGS)


def _retried(majung: Majung, people: list[UUID] | None) -> list[Retried]:
    with majung.database.read() as connection:
        for person in people or []:
            held.find_held(connection, person)
    tried = majung.worker().retry_held(people)
    with majung.database.read() as connection:
        left = {mark.participant_id: mark for mark in held.list_held(connection)}
    return [
        Retried(person, "held", left[person].error, left[person].message)
        if person in left
        else Retried(person, "folded", None, None)
        for person in tried
    ]
