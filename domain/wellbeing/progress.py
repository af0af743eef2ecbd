"""From the baseline to the latest score of one instrument: points, reliable change index, and the two verdicts."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from domain.change import Verdict, change, index_of_change
from domain.wellbeing.baseline import DAYS_AFTER, DAYS_BEFORE, Baseline, baseline_of, may_still_come
from domain.wellbeing.entry import Entry
from domain.wellbeing.measure import Measure, until

NOT_ENTERED = "has not entered healing in this episode"
NO_SCORE = f"no score from {DAYS_BEFORE} days before to {DAYS_AFTER} days after entering healing"
NO_SCORE_YET = f"{NO_SCORE} yet"
NONE_AFTER = "no score after the baseline"


class Progress(NamedTuple):
    """How one instrument moved since the baseline. All None where there is nothing to compare: `not_compared` says why.

    A change is after minus before, in the instrument's points.
    """

    instrument: str
    baseline: Baseline | None
    latest: Measure | None
    """The last score; also one that lies before the entry."""
    change: float | None = None
    reliable_change_index: float | None = None
    """After Jacobson & Truax (1991), in points as `change`; None also where no reliability was published."""
    reliable: Verdict | None = None
    """Whether the index lies beyond 1.96; None likewise."""
    important: Verdict | None = None
    """Clinically important change; None also where the instrument has no published number of points."""
    not_compared: str | None = None
    """Why there is no change."""


def progress_of(instrument: str, measures: Iterable[Measure], entry: Entry | None, as_of: datetime) -> Progress:
    """The progress at a moment, from all measures of one instrument of the catalogue."""
    told = until(measures, as_of)
    latest = next((measure for measure in reversed(told) if measure.score is not None), None)
    if entry is None:
        return Progress(instrument, None, latest, not_compared=NOT_ENTERED)
    baseline = baseline_of(told, entry)
    if baseline is None or latest is None or latest.score is None:
        missing = NO_SCORE_YET if may_still_come(entry, as_of) else NO_SCORE
        return Progress(instrument, None, latest, not_compared=missing)
    if latest.event_id == baseline.event_id:
        return Progress(instrument, baseline, latest, not_compared=NONE_AFTER)
    found = change(instrument, baseline.score, latest.score)
    index = index_of_change(instrument, baseline.score, latest.score)
    return Progress(instrument, baseline, latest, found.difference, index, found.reliable, found.important)
