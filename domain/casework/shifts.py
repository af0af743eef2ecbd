"""Who has a person on their shift: from shift-handed-over to intervals.

Whoever was handed a person last has them until they are handed over again, and for 24† hours at most: then the shift
is over by itself, so that nobody has for ever whom they never handed on. That lies ahead from the start, and no clock
has to tick for it. A shift stands beside the assignments and changes none: who is assigned stays responsible. Of
several handovers at one instant all count.
"""

from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from domain.clock import END_OF_TIME
from domain.events import ShiftHandedOver
from domain.history import History
from domain.touchpoint import Touchpoint

HANDING_OVER: frozenset[type[Touchpoint]] = frozenset({ShiftHandedOver})
"""The touchpoints that tell of shifts."""
SHIFT_ENDS_AFTER = timedelta(hours=24)
"""A convention of the programme."""

_occurred_at = attrgetter("occurred_at")


class Shift(NamedTuple):
    """An interval [since, until) in which a worker had a person on their shift."""

    worker: str
    since: datetime
    until: datetime
    """The next handover, or 24 hours after `since` where that is sooner: it may lie ahead."""
    handed_over_by: UUID
    """The event that began it."""
    ended_by: UUID | None
    """The next handover; None: it ends by itself."""


def shifts_of(history: History) -> list[Shift]:
    """Every shift that had a person, in order of (since, worker)."""
    told = history.facts_of(HANDING_OVER)
    if not told:
        return []
    found: list[Shift] = []
    following: datetime = END_OF_TIME
    ended_by: UUID | None = None
    for moment, facts in reversed([(moment, list(facts)) for moment, facts in groupby(told, _occurred_at)]):
        first: dict[str, UUID] = {}
        for fact in facts:
            assert isinstance(fact.event, ShiftHandedOver)
            first.setdefault(fact.event.to_actor, fact.event_id)
        over = min(moment, END_OF_TIME - SHIFT_ENDS_AFTER) + SHIFT_ENDS_AFTER
        if over <= following:
            ended_by = None
        until = min(over, following)
        found += [Shift(worker, moment, until, event_id, ended_by) for worker, event_id in first.items()]
        following, ended_by = moment, facts[0].event_id
    return sorted(found, key=attrgetter("since", "worker"))
