"""Overriding a stage and taking that back: the commands of domain.overriding, run over the journal."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from domain import overriding
from domain.codes import Stage
from domain.events import OverrideEnded, StageOverridden
from domain.history import Recorded
from replay.journal import CarriedOut, Journal, Outcome
from replay.queries.as_of import history_in


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
) -> CarriedOut:
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
) -> CarriedOut:
    """Take back the override in force. Raises PersonUnknown, OverrideError, NotAWorker and DecisionContended."""
    journal.ensure_worker(actor)

    def decision(streams: Mapping[UUID, Sequence[Recorded]]) -> list[OverrideEnded]:
        history = history_in(streams, participant_id)
        return [overriding.end_override(history, participant_id, reason=reason, actor=actor, now=now)]

    return _overridden(journal.decide_together([participant_id], decision))


def _overridden(outcomes: Sequence[Outcome]) -> CarriedOut:
    [outcome] = outcomes
    return CarriedOut(outcome.event_id, outcome.status == "duplicate")
