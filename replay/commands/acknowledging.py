"""Acknowledging an alert: the command of domain.acknowledging, run over the journal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domain import acknowledging
from domain.events import AlertAcknowledged
from domain.history import Recorded
from replay.journal import CarriedOut, Journal
from replay.queries.as_of import history_in


def acknowledge(
    journal: Journal, participant_id: UUID, alert_event_id: UUID, *, actor: str, action: str, now: datetime
) -> CarriedOut:
    """Take an alert on, also of somebody of whom only a part reads. Raises PersonUnknown, AlertError, NotAWorker and
    DecisionContended."""
    journal.ensure_worker(actor)

    def decision(streams: Mapping[UUID, Sequence[Recorded]]) -> list[AlertAcknowledged]:
        history = history_in(streams, participant_id)
        return [acknowledging.acknowledge(history, participant_id, alert_event_id, actor=actor, action=action, now=now)]

    [outcome] = journal.decide_together([participant_id], decision, partly=True)
    return CarriedOut(outcome.event_id, outcome.status != "recorded")
