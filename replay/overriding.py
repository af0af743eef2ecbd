"""Overriding a stage and taking that back: the commands of domain.overriding, run over the journal."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from domain import overriding
from domain.codes import Stage
from domain.events import OverrideEnded, StageOverridden
from domain.history import Recorded
from replay.as_of import history_in
from replay.journal import Journal, Outcome


class Overridden(NamedTuple):
    """What became of a command: its event, and whether it had been carried out before."""

    event_id: UUID
    duplicate: bool


def override(
    journal: Journal,
    participant_id: UUID,
    *,
    stage: Stage,
    expires_on: date,
    reason: str,
    now: datetime,
    actor: str | None = None,
    command_id: str | None = None,
) -> Overridden:
    """Set a stage beside the rule's.

    The command id is the caller's, who may then tell it again safely, or a new one. Raises PersonUnknown,
    OverrideError, NotAWorker and DecisionContended.
    """
    journal.ensure_worker(actor)
    command = command_id or str(uuid4())

    def decision(streams: Mapping[UUID, Sequence[Recorded]]) -> list[StageOverridden]:
        history = history_in(streams, participant_id)
        return [
            overriding.override(
                history,
                participant_id,
                stage=stage,
                expires_on=expires_on,
                reason=reason,
                actor=actor,
                command_id=command,
                now=now,
            )
        ]

    return _overridden(journal.decide_together([participant_id], decision))


def end_override(
    journal: Journal, participant_id: UUID, *, reason: str, now: datetime, actor: str | None = None
) -> Overridden:
    """Take back the override in force. Raises PersonUnknown, OverrideError, NotAWorker and DecisionContended."""
    journal.ensure_worker(actor)

    def decision(streams: Mapping[UUID, Sequence[Recorded]]) -> list[OverrideEnded]:
        history = history_in(streams, participant_id)
        return [overriding.end_override(history, participant_id, reason=reason, actor=actor, now=now)]

    return _overridden(journal.decide_together([participant_id], decision))


def _overridden(outcomes: Sequence[Outcome]) -> Overridden:
    [outcome] = outcomes
    return Overridden(outcome.event_id, outcome.status == "duplicate")
