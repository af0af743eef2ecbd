"""Worry and danger: concerns of third people, attempts to find somebody, escalations, alerts."""

from uuid import UUID

from domain.codes import About, DiscoveryOutcome, EscalatedTo, Reporter
from domain.personal import Clinical, Identity
from domain.touchpoint import Name, Text, Touchpoint


class ConcernReported(Touchpoint, stored_as="concern-reported.v1"):
    """Somebody is worried about another person, who has no journey until contacted."""

    reporter: Reporter
    where: Identity[Text] | None = None


class DiscoveryAttempted(Touchpoint, stored_as="discovery-attempted.v2"):
    """A worker tried to find an isolated person or household, and says whom.

    A household is looked for under its own pseudonym, or under that of whoever called about it. The first shape did not
    say which: who had called about somebody else then passed for the one who was found, and of two concerns under one
    pseudonym nobody could tell which was meant. It is a version of its own because a release that does not know `about`
    must not fold the event without it: it would count the wrong person as reached.
    """

    outcome: DiscoveryOutcome
    about: About | None = None
    """Whom the worker was looking for: the person of this pseudonym (`self`), or somebody whom that person called
    about. None: not told, as in everything that was told in the first shape."""


class DiscoveryAttemptedV1(Touchpoint, stored_as="discovery-attempted.v1"):
    """A worker tried to find an isolated household: the first shape, which does not say whom."""

    outcome: DiscoveryOutcome

    def upcast(self) -> DiscoveryAttempted:
        """The same attempt, of which it is not told whom it was about."""
        return self.reshaped(DiscoveryAttempted)


class CrisisEscalated(Touchpoint, stored_as="crisis-escalated.v1"):
    """A crisis was handed to an emergency service, a hospital or the shift's manager."""

    to: EscalatedTo
    result: Name | None = None
    reason: Clinical[Text] | None = None


class AlertAcknowledged(Touchpoint, stored_as="alert-acknowledged.v1"):
    """A worker took an alert on and said what they do about it."""

    alert_event_id: UUID
    action: Name
