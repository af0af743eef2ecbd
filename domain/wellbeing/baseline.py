"""The baseline: the last score from 30 days before to 14 days after entering HEALING, in Seoul days, both included."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domain.clock import day_of
from domain.wellbeing.entry import Entry
from domain.wellbeing.measure import Measure

# Conventions of ours: a score soon after the entry still says how somebody came.
DAYS_BEFORE, DAYS_AFTER = 30, 14


class Baseline(NamedTuple):
    """The score that later ones are compared with."""

    score: float
    occurred_at: datetime
    event_id: UUID
    triggered_entry: bool
    """The rule that opened HEALING rests on it. Chosen for being high, it falls by chance (regression to the mean)."""


def baseline_of(measures: Iterable[Measure], entry: Entry, *, with_triggers: bool = True) -> Baseline | None:
    """The baseline among measures of one instrument in effective order; None without a score in the window.

    Without `with_triggers`, scores on which the entry rests are passed over: the sensitivity line.
    """
    found = None
    for measure in measures:
        if measure.score is None or not -DAYS_BEFORE <= _days_from(entry, measure) <= DAYS_AFTER:
            continue
        triggered = measure.event_id in entry.evidence
        if with_triggers or not triggered:
            found = Baseline(measure.score, measure.occurred_at, measure.event_id, triggered)
    return found


def may_still_come(entry: Entry, as_of: datetime) -> bool:
    """Whether the window of the baseline is open: a later score would take its place."""
    return days_from(entry, day_of(as_of)) <= DAYS_AFTER


def days_from(entry: Entry, day: date) -> int:
    """Seoul days since the entry; negative before it."""
    return (day - day_of(entry.entered_at)).days


def _days_from(entry: Entry, measure: Measure) -> int:
    return days_from(entry, day_of(measure.occurred_at))
