"""When measures are due: 0, 3, 6, 12 and 24 months after entering HEALING, each 30 days early or late at most.

All from the moment that is asked about and in Seoul days: no clock ticks, and nothing is stored.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from domain.clock import day_of, months_after
from domain.codes import NotTakenReason
from domain.wellbeing.entry import Entry
from domain.wellbeing.measure import Measure, until

MONTHS = (0, 3, 6, 12, 24)
DAYS_AROUND = 30


class OccasionState(StrEnum):
    """What became of an occasion."""

    MEASURED = "measured"
    UNSCORED = "unscored"
    """Taken, and it gives no score."""
    DECLINED = NotTakenReason.DECLINED.value
    CRISIS = NotTakenReason.CRISIS.value
    UNFIT = NotTakenReason.UNFIT.value
    ABSENT = NotTakenReason.ABSENT.value
    MISSED = "missed"
    """The window is over, and nothing was told."""
    DUE = "due"
    NOT_YET = "not_yet"
    """The window has not begun."""
    ENDED = "ended"
    """The episode ended before the window was over, by a death perhaps: nobody is waited for."""


class DueOccasion(NamedTuple):
    """One occasion and its window, the first and the last day included."""

    months: int
    due_on: date
    first_day: date
    last_day: date
    state: OccasionState
    measure: Measure | None = None
    """The one that decides: the score, or what was told instead of one."""


def occasions_of(measures: Iterable[Measure], entry: Entry, as_of: datetime) -> list[DueOccasion]:
    """Every occasion of one instrument at a moment. A score decides, else what was told instead, else the day.

    Of several the nearest to the day due decides, of two as near the earlier.
    """
    told = until(measures, as_of)
    return [_occasion(told, entry, months, as_of) for months in MONTHS]


def score_at(measures: Sequence[Measure], entry: Entry, months: int) -> Measure | None:
    """The measure with a score that an occasion counts; None without one."""
    due_on = months_after(day_of(entry.entered_at), months)
    return _nearest([measure for measure in measures if measure.score is not None], due_on)


def window_is_over(entry: Entry, months: int, as_of: datetime) -> bool:
    """Whether nothing that happens later can be of this occasion."""
    return _days_after(months_after(day_of(entry.entered_at), months), DAYS_AROUND) < day_of(as_of)


def _occasion(told: Sequence[Measure], entry: Entry, months: int, as_of: datetime) -> DueOccasion:
    due_on = months_after(day_of(entry.entered_at), months)
    window = due_on, _days_after(due_on, -DAYS_AROUND), _days_after(due_on, DAYS_AROUND)
    if found := score_at(told, entry, months):
        return DueOccasion(months, *window, OccasionState.MEASURED, found)
    if found := _nearest(told, due_on):
        return DueOccasion(months, *window, _told(found), found)
    return DueOccasion(months, *window, _untold(entry, *window[1:], as_of))


def _told(measure: Measure) -> OccasionState:
    return OccasionState.UNSCORED if measure.taken else OccasionState(str(measure.reason))


def _untold(entry: Entry, first_day: date, last_day: date, as_of: datetime) -> OccasionState:
    today = day_of(as_of)
    if entry.ended_at is not None and day_of(entry.ended_at) <= last_day:
        return OccasionState.ENDED
    if today < first_day:
        return OccasionState.NOT_YET
    return OccasionState.DUE if today <= last_day else OccasionState.MISSED


def _nearest(measures: Iterable[Measure], due_on: date) -> Measure | None:
    """The first of the nearest; they come in effective order."""
    near = [(abs((day_of(measure.occurred_at) - due_on).days), measure) for measure in measures]
    inside = [pair for pair in near if pair[0] <= DAYS_AROUND]
    return min(inside, key=lambda pair: pair[0])[1] if inside else None


def _days_after(day: date, days: int) -> date:
    """As addition, up to the last day that there is."""
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))
