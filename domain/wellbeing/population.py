"""Change since the baseline over many people: who could be measured, who was, and how those with both scores moved.

Each person counts once, from their first entry into HEALING. Nothing is imputed. Without a comparison group the figures
are change, not effect.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import fmean, stdev
from typing import NamedTuple

from domain.change import RELIABILITIES, Verdict, change
from domain.wellbeing.baseline import baseline_of, may_still_come
from domain.wellbeing.entry import Entry
from domain.wellbeing.measure import Measure
from domain.wellbeing.schedule import MONTHS, score_at, window_is_over


class Follower(NamedTuple):
    """Somebody who entered HEALING, and their measures of one instrument until the moment asked about, in order."""

    entry: Entry
    measures: Sequence[Measure]


class Start(NamedTuple):
    """The baselines. Base -> with a baseline are those eligible and those analysed."""

    base: int
    """People whose window of the baseline is over: only of them the baseline is settled."""
    not_yet_observable: int
    """The others: they are in no count that follows."""
    n: int
    """Of the base, people with a baseline."""
    triggered: int
    """Of `n`, baselines on which the entry into HEALING rests."""
    mean: float | None
    sd: float | None
    """Of a sample (n - 1); None for fewer than two."""


class OccasionChange(NamedTuple):
    """One occasion against the baseline. Base -> measured -> n are those eligible, measured and analysed."""

    months: int
    base: int
    """People whose window of this occasion is over, measured or not."""
    not_yet_observable: int
    """The others: they are in no count that follows."""
    with_baseline: int
    """Of the base."""
    measured: int
    """Of the base, people with a score on this occasion."""
    n: int
    """Of the base, people with both: of these are all figures that follow."""
    mean_baseline: float | None
    mean_later: float | None
    mean_change: float | None
    """Later minus baseline, in the instrument's points."""
    sd_change: float | None
    improved: int | None
    """By reliable change; None, as the next two, for an instrument without a reliability."""
    same: int | None
    worse: int | None


def start_of(people: Iterable[Follower], as_of: datetime, *, with_triggers: bool = True) -> Start:
    """The baselines of everybody at a moment; without `with_triggers`, no score on which the entry rests is one."""
    told = list(people)
    base = [one for one in told if not may_still_come(one.entry, as_of)]
    found = [baseline_of(one.measures, one.entry, with_triggers=with_triggers) for one in base]
    baselines = [baseline for baseline in found if baseline is not None]
    scores = [baseline.score for baseline in baselines]
    triggered = sum(baseline.triggered_entry for baseline in baselines)
    return Start(
        len(base), len(told) - len(base), len(scores), triggered, fmean(scores) if scores else None, _sd(scores)
    )


def change_since_baseline(
    instrument: str, people: Iterable[Follower], as_of: datetime, *, with_triggers: bool = True
) -> list[OccasionChange]:
    """Every occasion after the first against the baseline; the baseline itself stands for the first."""
    told = list(people)
    return [_at(instrument, told, months, as_of, with_triggers) for months in MONTHS if months]


def _at(instrument: str, told: Sequence[Follower], months: int, as_of: datetime, with_triggers: bool) -> OccasionChange:
    base = [one for one in told if window_is_over(one.entry, months, as_of)]
    starts = [baseline_of(one.measures, one.entry, with_triggers=with_triggers) for one in base]
    laters = [score_at(one.measures, one.entry, months) for one in base]
    pairs = [
        (start.score, later.score)
        for start, later in zip(starts, laters, strict=True)
        if start is not None and later is not None and later.score is not None
    ]
    changes = [after - before for before, after in pairs]
    return OccasionChange(
        months=months,
        base=len(base),
        not_yet_observable=len(told) - len(base),
        with_baseline=len(starts) - starts.count(None),
        measured=len(laters) - laters.count(None),
        n=len(pairs),
        mean_baseline=fmean(before for before, _ in pairs) if pairs else None,
        mean_later=fmean(after for _, after in pairs) if pairs else None,
        mean_change=fmean(changes) if changes else None,
        sd_change=_sd(changes),
        **_verdicts(instrument, pairs),
    )


def _verdicts(instrument: str, pairs: Sequence[tuple[float, float]]) -> dict[Verdict, int | None]:
    names: tuple[Verdict, ...] = ("improved", "same", "worse")
    if instrument not in RELIABILITIES:
        return dict.fromkeys(names)
    found = [change(instrument, before, after).reliable for before, after in pairs]
    return {name: found.count(name) for name in names}


def _sd(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None
