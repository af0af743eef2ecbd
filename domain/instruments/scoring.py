"""From answers to a score, or to the reason why there is none. Nothing is imputed, and no reason repeats an answer."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from domain.events import MeasureTaken
from domain.instruments.catalogue import INSTRUMENTS
from domain.instruments.instrument import Instrument, Subscale, band_of


class Subscore(NamedTuple):
    """What one subscale says; no score where any of its items is missing."""

    name: str
    score: float | None
    band: str | None


class Scored(NamedTuple):
    """A score in the instrument's own points."""

    score: float
    band: str | None
    """None where the instrument has no bands, or where an unanswered item could move the score into another."""
    safety: bool = False
    """The answer about self-harm was above 0. False also where that answer is not known."""
    reported: bool = False
    """The producer's total, taken as it came; otherwise computed from the items."""
    missing: int = 0
    """Items unanswered, where the instrument's publication lets a total stand without them."""
    subscales: tuple[Subscore, ...] = ()


class NoScore(NamedTuple):
    """Why there is no score. The safety flag and complete subscales still stand."""

    reason: str
    safety: bool = False
    subscales: tuple[Subscore, ...] = ()


def score(event: MeasureTaken) -> Scored | NoScore:
    """The score of a measure that was taken; see `score_of`."""
    return _remembered(event.instrument, event.version, event.items, event.score)


def score_of(
    instrument: str, version: str, items: Sequence[int | None] | None, reported: float | None
) -> Scored | NoScore:
    """Score the items in the published order, None where one is missing, or else take the reported total.

    Where items are given the score comes from them alone: a total published beside missing items is not used. Where
    none are given, or the instrument is known here by its total only, the reported total counts if it can be attained.
    """
    known = INSTRUMENTS.get(instrument)
    if known is None:
        return NoScore(f"{instrument} is not an instrument that is scored here")
    if version not in known.versions:
        return NoScore(
            f"version {version} of {instrument} is not scored here, only {', '.join(sorted(known.versions))}",
            _raises_safety(known, items),
        )
    if items is None or not known.answers:
        return _as_reported(known, reported)
    return _from_items(known, items)


_remembered = lru_cache(maxsize=8192)(score_of)
"""Short instruments have few answers, and several read models score the same measure."""


def _from_items(known: Instrument, items: Sequence[int | None]) -> Scored | NoScore:
    safety = _raises_safety(known, items)
    keys = known.answers
    if len(items) != len(keys):
        return NoScore(f"expected {len(keys)} items, got {len(items)}", safety)
    points: list[int | None] = []
    for number, (answer, key) in enumerate(zip(items, keys, strict=True), start=1):
        if answer is not None and answer not in key:
            return NoScore(f"item {number} is out of range {min(key)}-{max(key)}", safety)
        points.append(None if answer is None else key[answer])
    subscales = tuple(_subscore(known.factor, subscale, points) for subscale in known.subscales)
    missing = points.count(None)
    if missing == len(points):
        return NoScore("all items missing", safety, subscales)
    if missing > known.missing_allowed:
        return NoScore(f"{missing} of {len(points)} items missing", safety, subscales)
    total = known.factor * sum(point for point in points if point is not None)
    band = band_of(known.bands, total)
    if missing and band != band_of(known.bands, _at_most(known, points)):
        band = None
    return Scored(float(total), band, safety, False, missing, subscales)


def _as_reported(known: Instrument, reported: float | None) -> Scored | NoScore:
    if reported is None:
        return NoScore("neither items nor a score were given" if known.answers else "no score was given")
    if not known.lowest <= reported <= known.highest:
        return NoScore(f"the reported score is out of range {known.lowest}-{known.highest}")
    if (reported - known.lowest) % known.factor:
        steps = "whole numbers" if known.factor == 1 else f"multiples of {known.factor}"
        return NoScore(f"the reported score cannot be attained: scores are {steps}")
    return Scored(float(reported), band_of(known.bands, reported), _total_needs_safety_item(known, reported), True)


def _raises_safety(known: Instrument, items: Sequence[int | None] | None) -> bool:
    """Whether the safety item was answered above 0, even where the rest gives no score."""
    if known.safety_item is None or items is None or len(items) < known.safety_item:
        return False
    answer = items[known.safety_item - 1]
    return answer is not None and answer > 0


def _total_needs_safety_item(known: Instrument, reported: float) -> bool:
    """Whether a total is so high that the other items alone cannot reach it (PHQ-9: 25 and more)."""
    if known.safety_item is None:
        return False
    return reported > known.highest - known.factor * max(known.answers[known.safety_item - 1].values())


def _subscore(factor: int, subscale: Subscale, points: Sequence[int | None]) -> Subscore:
    found = [point for number in subscale.items if (point := points[number - 1]) is not None]
    if len(found) < len(subscale.items):
        return Subscore(subscale.name, None, None)
    total = float(factor * sum(found))
    return Subscore(subscale.name, total, band_of(subscale.bands, total))


def _at_most(known: Instrument, points: Sequence[int | None]) -> int:
    """The score if every unanswered item had been answered with its most points."""
    return known.factor * sum(
        max(key.values()) if point is None else point for key, point in zip(known.answers, points, strict=True)
    )
