"""What an instrument is, as data: what each answer is worth, range, bands, subscales, and where that was published."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

AnswerKey = Mapping[int, int]
"""The points of each answer that may be given to an item; any other answer is out of range."""

TextLicence = Literal["scores only", "cite", "confirm terms", "free", "non-commercial", "public domain"]
"""On what terms the items' text may be shown. No text is shipped here, whatever the terms."""


class Band(NamedTuple):
    """A named stretch of scores, from `lowest` up to the next band."""

    lowest: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscale:
    """Items that have a score of their own, which counts only when every one of them is answered."""

    name: str
    items: tuple[int, ...]
    """Numbered from 1, as published."""
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One instrument: score = `factor` x the sum of its items' points.

    Warning: a change here changes scores already reported. Another way of scoring is another version or another code.
    """

    code: str
    title: str
    versions: frozenset[str]
    """Values of `measure-taken.version` that this scoring is for; "1" is what an event says that names none."""
    answers: tuple[AnswerKey, ...]
    """One key per item, in the published order. Empty: only the reported total is known here."""
    lowest: int
    highest: int
    """The least and the greatest score that can be attained."""
    factor: int = 1
    """A score moves in steps of this."""
    bands: tuple[Band, ...] = ()
    """Ascending, the first from `lowest`; empty where no cut-off is agreed."""
    higher_is_better: bool = False
    subscales: tuple[Subscale, ...] = ()
    missing_allowed: int = 0
    """How many items may be unanswered and the total still stand, where its publication says so."""
    safety_item: int | None = None
    """The item, from 1, that raises the safety flag at any answer above 0."""
    important_change: int | None = None
    """The least clinically important change in points, either way; `change_source` says who found it."""
    source: str
    change_source: str | None = None
    text_licence: TextLicence


def sums(items: int, *, lowest: int, highest: int, reversed_items: Collection[int] = ()) -> tuple[AnswerKey, ...]:
    """Keys under which an answer is its own points, and in a reversed item (from 1) lowest + highest - answer."""
    plain = {answer: answer for answer in range(lowest, highest + 1)}
    turned = {answer: lowest + highest - answer for answer in plain}
    return tuple(turned if number in reversed_items else plain for number in range(1, items + 1))


def band_of(bands: tuple[Band, ...], score: float) -> str | None:
    """The name of the band a score falls in; None where there are no bands."""
    name = None
    for band in bands:
        if score < band.lowest:
            break
        name = band.name
    return name
