"""Who lives in which household: from household-joined and household-left to intervals.

Both are told in the stream of the person. `household_id` is the pseudonym of a participant of kind household, which
has a history of its own and no stage; somebody may belong to several.
"""

from datetime import datetime
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from domain.casework.spans import spans
from domain.events import HouseholdJoined, HouseholdLeft
from domain.history import History
from domain.touchpoint import Touchpoint

MOVING: frozenset[type[Touchpoint]] = frozenset({HouseholdJoined, HouseholdLeft})
"""The touchpoints that tell who lives where."""


class Residence(NamedTuple):
    """An interval [since, until) in which a person belonged to a household."""

    household_id: UUID
    since: datetime
    until: datetime
    """END_OF_TIME: still."""
    joined_by: UUID
    """The event that began it."""
    left_by: UUID | None
    """The event that ended it; None: it has not ended."""


def residences_of(history: History) -> list[Residence]:
    """Every interval of every household of a person, in order of (household_id, since)."""
    told = history.facts_of(MOVING)
    return [Residence(*span) for span in spans(told, HouseholdJoined, attrgetter("household_id"))] if told else []
