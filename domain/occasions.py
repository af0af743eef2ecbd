"""Before and after: the scores of one instrument by occasion and group, and how the same people moved in between.

Nothing is imputed: a person without a score on an occasion is counted as such, and belongs to no pair with it. Without
a comparison group the figures are change, not effect.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import groupby
from statistics import fmean, stdev
from typing import Any, NamedTuple
from uuid import UUID

Occasion = date | int
"""The Seoul day of a measure, or its place in the person's own series, from 1."""


class Measured(NamedTuple):
    """One measure of one person: a score, or the reason why there is none."""

    person: UUID
    occasion: Occasion
    group: str | None
    score: float | None
    reason: str | None = None


class OccasionScores(NamedTuple):
    """The scores of a group on one occasion; each person counts once."""

    occasion: Occasion
    group: str | None
    n: int
    mean: float | None
    sd: float | None
    """Of a sample (n - 1); None for fewer than two."""
    threshold: float | None
    at_or_above: int | None
    """How many scores reach the threshold; None without one."""
    without_score: int


class PairedChange(NamedTuple):
    """The people of a group who have a score on the first occasion and on a later one."""

    first: Occasion
    later: Occasion
    group: str | None
    n: int
    mean_change: float
    """Later minus first, in the instrument's points."""
    sd_change: float | None
    crossed_up: int | None
    """From below the threshold to it or above; None without a threshold."""
    crossed_down: int | None


class WithoutScore(NamedTuple):
    """A measure that gives no score, and why."""

    person: UUID
    occasion: Occasion
    group: str | None
    reason: str | None


def by_occasion(measured: Iterable[Measured], threshold: float | None = None) -> list[OccasionScores]:
    """Number, mean and spread of the scores of each group on each occasion."""
    found = []
    for (group, occasion), people in _cells(measured):
        scores = [one.score for one in people if one.score is not None]
        reached = None if threshold is None else sum(score >= threshold for score in scores)
        mean = fmean(scores) if scores else None
        missing = len(people) - len(scores)
        found.append(OccasionScores(occasion, group, len(scores), mean, _sd(scores), threshold, reached, missing))
    return found


def paired(measured: Iterable[Measured], threshold: float | None = None) -> list[PairedChange]:
    """How the same people changed from the first occasion of their group to each later one."""
    found = []
    for _, cells in groupby(_cells(measured), key=lambda cell: _order(cell[0][0])):
        ((group, first), before), *later = list(cells)
        start = {one.person: one.score for one in before if one.score is not None}
        for (_, occasion), people in later:
            pairs = [(start[one.person], one.score) for one in people if one.score is not None and one.person in start]
            if pairs:
                found.append(_change(first, occasion, group, pairs, threshold))
    return found


def without_score(measured: Iterable[Measured]) -> list[WithoutScore]:
    """Every measure that gives no score, with its reason."""
    none = [one for one in measured if one.score is None]
    return [
        WithoutScore(one.person, one.occasion, one.group, one.reason)
        for one in sorted(none, key=lambda one: (_order(one.group), _order(one.occasion), one.person))
    ]


def _cells(measured: Iterable[Measured]) -> list[tuple[tuple[str | None, Occasion], list[Measured]]]:
    """The measures of each group and occasion, in that order. Of several by one person the last with a score counts."""
    cells: dict[tuple[str | None, Occasion], dict[UUID, Measured]] = {}
    for one in measured:
        people = cells.setdefault((one.group, one.occasion), {})
        if one.score is not None or one.person not in people:
            people[one.person] = one
    ordered = sorted(cells.items(), key=lambda cell: (_order(cell[0][0]), _order(cell[0][1])))
    return [(key, list(people.values())) for key, people in ordered]


def _change(
    first: Occasion,
    later: Occasion,
    group: str | None,
    pairs: Sequence[tuple[float, float]],
    threshold: float | None,
) -> PairedChange:
    changes = [after - before for before, after in pairs]
    up, down = (None, None) if threshold is None else _crossings(pairs, lambda score: score >= threshold)
    return PairedChange(first, later, group, len(pairs), fmean(changes), _sd(changes), up, down)


def _crossings(pairs: Iterable[tuple[float, float]], reaches: Callable[[float], bool]) -> tuple[int, int]:
    moves = [(reaches(before), reaches(after)) for before, after in pairs]
    return moves.count((False, True)), moves.count((True, False))


def _sd(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def _order(value: Any) -> tuple[bool, Any]:
    """None comes last, and never meets a value of another type."""
    return (value is None, value)
