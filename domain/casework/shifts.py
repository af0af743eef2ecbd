"""Who has a person on their shift: from shift-handed-over to intervals.

Whoever was handed a person last has them, until they are handed over again: no clock ends a shift. It stands beside
the assignments and changes none: who is assigned stays responsible. Of several handovers at one instant all count.
"""

from datetime import datetime
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

_occurred_at = attrgetter("occurred_at")


class Shift(NamedTuple):
    """An interval [since, until) in which a worker had a person on their shift."""

    worker: str
    since: datetime
    until: datetime
    """END_OF_TIME: still."""
    handed_over_by: UUID
    """The event that began it."""
    ended_by: UUID | None
    """The next handover; None: there was none."""


def shifts_of(history: History) -> list[Shift]:
    """Every shift that had a person, in order of (since, worker)."""
    told = history.facts_of(HANDING_OVER)
    if not told:
        return []
    found: list[Shift] = []
    until: datetime = END_OF_TIME
    ended_by: UUID | None = None
    for moment, facts in reversed([(moment, list(facts)) for moment, facts in groupby(told, _occurred_at)]):
        first: dict[str, UUID] = {}
        for fact in facts:
            assert isinstance(fact.event, ShiftHandedOver)
            first.setdefault(fact.event.to_actor, fact.event_id)
        found += [Shift(worker, moment, until, event_id, ended_by) for worker, event_id in first.items()]
        until, ended_by = moment, facts[0].event_id
    return sorted(found, key=attrgetter("since", "worker"))
