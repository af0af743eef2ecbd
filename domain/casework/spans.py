"""What begins with one touchpoint and ends with another, as intervals: of assignments and of households alike.

Only `occurred_at` counts, so the order of arrival cannot matter. What begins twice is one interval, and the end of what
has not begun is nothing. At one instant an end outweighs a beginning: no id decides, and an interval that would last no
time is none.
"""

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from domain.clock import END_OF_TIME
from domain.history import Fact
from domain.touchpoint import Touchpoint

Key = TypeVar("Key", bound=Hashable)


class Span(NamedTuple, Generic[Key]):
    """An interval [since, until) of what a key names."""

    key: Key
    since: datetime
    until: datetime
    """END_OF_TIME: still."""
    begun_by: UUID
    ended_by: UUID | None


def spans(facts: Iterable[Fact], begins: type[Touchpoint], key_of: Callable[[Any], Key]) -> list[Span[Key]]:
    """Every interval, in order of (key, since). Facts come in order; one that is no `begins` ends what it names."""
    still: dict[Key, Span[Key]] = {}
    ended: list[Span[Key]] = []
    for moment, told in groupby(facts, key=attrgetter("occurred_at")):
        ends: dict[Key, UUID] = {}
        for fact in told:
            key = key_of(fact.event)
            if type(fact.event) is begins:
                still.setdefault(key, Span(key, moment, END_OF_TIME, fact.event_id, None))
            else:
                ends.setdefault(key, fact.event_id)
        for key, event_id in ends.items():
            span = still.pop(key, None)
            if span is not None and span.since < moment:
                ended.append(span._replace(until=moment, ended_by=event_id))
    return sorted(ended + list(still.values()), key=attrgetter("key", "since"))
