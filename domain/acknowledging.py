"""Acknowledging an alert: what is checked before a worker takes it on.

The same worker telling the same again gives the event that is in force, so that it is harmless. Somebody else, or
another action, is refused once the alert is acknowledged: an alert is taken on once.
"""

from datetime import datetime
from itertools import count
from typing import ClassVar
from uuid import UUID

from domain.alerts import alerts_of
from domain.events import AlertAcknowledged
from domain.history import History
from domain.touchpoint import origin_of_decision

# AlertError
# ├── AlertUnknown             alert-unknown
# └── AlertTakenOn             alert-taken-on

ACKNOWLEDGED_BY = "urn:majung:command:acknowledge-alert"
"""The source of the command's events. Their id within it is the alert's: of two who are as fast one is first."""


class AlertError(ValueError):
    """The command is refused, and nothing was changed. `code` never changes; messages hold no personal data."""

    code: ClassVar[str] = "alert-refused"


class AlertUnknown(AlertError):
    """The person has no alert of this event."""

    code = "alert-unknown"


class AlertTakenOn(AlertError):
    """Somebody acknowledged it before."""

    code = "alert-taken-on"


def acknowledge(
    history: History, participant_id: UUID, alert_event_id: UUID, *, actor: str, action: str, now: datetime
) -> AlertAcknowledged:
    """The event by which a worker takes an alert on.

    It stands in the stream of what raised the alert, under whichever linked identity it is told: so of two who are as
    fast only one is recorded, and a link that is taken back does not part the two. A silent alert may be acknowledged
    too. Raises AlertError.
    """
    alert = next((alert for alert in alerts_of(history) if alert.event_id == alert_event_id), None)
    if alert is None:
        raise AlertUnknown(f"{participant_id} has no alert {alert_event_id}: `majung alerts list --all` has them all")
    if alert.acknowledgement is not None:
        if (alert.acknowledged_by, alert.action) == (actor, action):
            return _in_force(history, alert.acknowledgement)
        raise AlertTakenOn(f"alert {alert_event_id} was acknowledged before: `majung alerts list --all` says by whom")
    raised = next(fact.event for fact in history.facts if fact.event_id == alert_event_id)
    recorded = {told.event_id for told in history.touchpoints}
    # One that was voided keeps its id: the next has a number.
    for number in count(1):
        event = AlertAcknowledged(
            participant_id=raised.participant_id,
            occurred_at=now,
            source=ACKNOWLEDGED_BY,
            source_id=str(alert_event_id) if number == 1 else f"{alert_event_id}/{number}",
            origin=origin_of_decision(fact.event for fact in history.facts),
            actor=actor,
            alert_event_id=alert_event_id,
            action=action,
        )
        if event.event_id not in recorded:
            return event
    raise AssertionError


def _in_force(history: History, event_id: UUID) -> AlertAcknowledged:
    found = next(fact.event for fact in history.facts if fact.event_id == event_id)
    assert isinstance(found, AlertAcknowledged)
    return found
