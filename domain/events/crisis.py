"""Worry and danger: concerns of third people, attempts to find somebody, escalations, alerts."""

from uuid import UUID

from domain.codes import DiscoveryOutcome, EscalatedTo, Reporter
from domain.personal import Clinical, Identity
from domain.touchpoint import Name, Text, Touchpoint


class ConcernReported(Touchpoint, stored_as="concern-reported.v1"):
    """Somebody is worried about another person, who has no journey until contacted."""

    reporter: Reporter
    where: Identity[Text] | None = None


class DiscoveryAttempted(Touchpoint, stored_as="discovery-attempted.v1"):
    """A worker tried to find an isolated household."""

    outcome: DiscoveryOutcome


class CrisisEscalated(Touchpoint, stored_as="crisis-escalated.v1"):
    """A crisis was handed to an emergency service, a hospital or the shift's manager."""

    to: EscalatedTo
    result: Name | None = None
    reason: Clinical[Text] | None = None


class AlertAcknowledged(Touchpoint, stored_as="alert-acknowledged.v1"):
    """A worker took an alert on and said what they do about it."""

    alert_event_id: UUID
    action: Name
