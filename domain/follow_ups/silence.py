"""Who was not heard of: the times in which a person's standing is silent or lost, found ahead of the clock.

The same answer as `domain.journey.status` gives for every moment, from the same figures: days without contact run from
the last contact, and where none is known from the first entry into a stage.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from domain.clock import END_OF_TIME, day_of, start_of_day
from domain.codes import Stage
from domain.follow_ups.follow_up import FollowUp, Kind
from domain.journey import Journey, Spell

# A member of an enumeration is found by its class each time; of these every spell of everybody asks.
_SILENT, _LOST, _ENDED = Kind.SILENT, Kind.LOST, Stage.ENDED


def silences(journey: Journey, contact_ids: Sequence[UUID]) -> list[FollowUp]:
    """Every time of silence and of being lost; one that goes on in another stage is another.

    `contact_ids` are those of the journey's contacts, in their order.
    """
    contacts, lost_days = journey.contacts, journey.rules.lost_days
    found: list[FollowUp] = []
    for spell in journey.spells:
        if spell.stage is None or spell.stage == _ENDED:
            continue
        silent_days = min(journey.rules.silent_days(spell.stage) or lost_days, lost_days)
        enough = _shortest(silent_days)
        begin, left_at = spell.entered_at, spell.left_at or END_OF_TIME
        first, last = bisect_right(contacts, begin), bisect_left(contacts, left_at)
        for count in range(first, max(first, last) + 1):
            quiet_from = contacts[count - 1] if count else journey.spells[0].entered_at
            end = contacts[count] if count < last else left_at
            if end - quiet_from > enough:
                since = contact_ids[count - 1] if count else journey.spells[0].evidence[-1]
                marks = _marks(day_of(quiet_from), str(spell.stage), silent_days, lost_days)
                found += _silence(marks, spell, since, begin, end)
            begin = end
    return found


@lru_cache
def _shortest(days: int) -> timedelta:
    """Too early in any time zone to be so many days: spares most contacts the calendar."""
    return timedelta(days - 2)


class _Marks(NamedTuple):
    """What a last contact on a day leads to in a stage, and in which words."""

    stage: str
    silent_at: datetime
    """The same as `lost_at`, where nobody is silent who is not lost."""
    silent: str
    lost_at: datetime
    lost: str


@lru_cache(16_384)
def _marks(quiet_on: date, stage: str, silent_days: int, lost_days: int) -> _Marks:
    quiet = f"no contact since {quiet_on}"
    return _Marks(
        stage,
        start_of_day(quiet_on + timedelta(silent_days)),
        f"{quiet}: silent in {stage} from {silent_days} days on",
        start_of_day(quiet_on + timedelta(lost_days)),
        f"{quiet}: lost from {lost_days} days on",
    )


def _silence(marks: _Marks, spell: Spell, since: UUID, begin: datetime, end: datetime) -> Iterator[FollowUp]:
    stage, silent_at, silent, lost_at, lost = marks
    entry = spell.evidence[-1]
    evidence = (since,) if since == entry else (since, entry)
    due_from, until = max(begin, silent_at), min(end, lost_at)
    if due_from < until:
        yield FollowUp(_SILENT, "", due_from, silent_at, None, until, silent, evidence, stage)
    due_from = max(begin, lost_at)
    if due_from < end:
        yield FollowUp(_LOST, "", due_from, lost_at, None, end, lost, evidence, stage)
