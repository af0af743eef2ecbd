"""Health over time of one person from the rows of the wellbeing read model, by instrument."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from domain.history import History
from domain.journey import Journey
from domain.wellbeing import (
    DueOccasion,
    Entry,
    Measure,
    Progress,
    entry_of_current_episode,
    occasions_of,
    progress_of,
)
from projections.wellbeing import WellbeingRow, wellbeing


class InstrumentOverTime(NamedTuple):
    """One instrument: its measures, how it moved since the baseline, and what was or is due."""

    instrument: str
    rows: list[WellbeingRow]
    progress: Progress
    occasions: list[DueOccasion]
    """None of them before an entry into HEALING."""


class HealthOverTime(NamedTuple):
    """A person's instruments in order of their codes, counted from one entry into HEALING."""

    entry: Entry | None
    instruments: list[InstrumentOverTime]


def health_over_time(history: History, journey: Journey, as_of: datetime) -> HealthOverTime:
    """The health of a person at a moment; history and journey are as of it, and the journey is of that history."""
    entry = entry_of_current_episode(journey)
    rows: Iterable[WellbeingRow] = wellbeing.ordered(wellbeing.fold(history))
    found = [
        _over_time(str(instrument), list(told), entry, as_of)
        for instrument, told in groupby(rows, key=lambda row: row.instrument)
    ]
    return HealthOverTime(entry, found)


def _over_time(instrument: str, rows: list[WellbeingRow], entry: Entry | None, as_of: datetime) -> InstrumentOverTime:
    measures = [Measure(row.occurred_at, row.event_id, row.score, row.taken, row.reason) for row in rows]
    progress = progress_of(instrument, measures, entry, as_of)
    return InstrumentOverTime(instrument, rows, progress, occasions_of(measures, entry, as_of) if entry else [])
