"""An entry into HEALING and measures around it, for tests without a journal. A bare date is its noon in Seoul."""

from uuid import UUID

from domain.clock import parse_moment
from domain.wellbeing import Entry, Measure

ENTERED = "2025-06-01"


def moment(text: str) -> str:
    return f"{text}T12:00:00+09:00" if len(text) == 10 else text


def entry(day: str = ENTERED, *evidence: UUID, ended: str | None = None) -> Entry:
    ended_at = parse_moment(moment(ended)) if ended else None
    return Entry(1, parse_moment(moment(day)), "H1", evidence, ended_at)


def measure(score: float | None, day: str, number: int = 1, **told: object) -> Measure:
    """A measure whose id has this number: at one instant the smaller comes first."""
    return Measure(parse_moment(moment(day)), UUID(int=number), score, **told)  # type: ignore[arg-type]


def not_taken(reason: str, day: str) -> Measure:
    return measure(None, day, taken=False, reason=reason)
