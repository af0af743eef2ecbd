"""One measure of one instrument as health over time sees it: when, and its score or the reason for none."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Measure(NamedTuple):
    """A measure in force, taken or not."""

    occurred_at: datetime
    event_id: UUID
    score: float | None
    taken: bool = True
    """False: it was due and not taken."""
    reason: str | None = None
    """Why there is no score; of a measure not taken the code of a NotTakenReason."""


def until(measures: Iterable[Measure], as_of: datetime) -> list[Measure]:
    """Those that had happened by then, in effective order."""
    told = [measure for measure in measures if measure.occurred_at <= as_of]
    return sorted(told, key=lambda measure: (measure.occurred_at, measure.event_id))
