"""Wellbeing: every measure of a person by instrument, with its score or the reason why there is none."""

from itertools import groupby
from uuid import UUID

import orjson

from api.http.answer import Answer, Asked, Instant, Part
from domain.change import Verdict
from domain.instruments import INSTRUMENTS
from projections.wellbeing import WellbeingRow
from projections.wellbeing import wellbeing as measures


class SubscaleScore(Part):
    """What one subscale says; null where an item of it is unanswered."""

    score: float | None
    band: str | None


class Measure(Part):
    """One measure in force, taken or not."""

    sequence: int
    """Its place among all measures of this instrument, from 1."""
    occurred_at: Instant
    event_id: UUID
    taken: bool
    """False: it was due and not taken, and `reason` says why."""
    score: float | None
    band: str | None
    reason: str | None
    """Why there is no score; null where there is one."""
    reported: bool
    """The score is the producer's own total."""
    missing: int
    """Items unanswered in a score that stands without them."""
    safety: bool
    """The measure calls for a look at the person's safety."""
    subscales: dict[str, SubscaleScore]
    change_from_first: float | None
    """This score minus the first of the instrument; null on the first."""
    reliable: Verdict | None
    """Reliable change from the first score (Jacobson and Truax 1991)."""
    important: Verdict | None
    """Clinically important change from the first score."""


class Series(Part):
    """All measures of one instrument, in order."""

    instrument: str
    title: str | None
    """Null for an instrument that is not scored here; so are the next three."""
    lowest: int | None
    highest: int | None
    higher_is_better: bool | None
    measures: list[Measure]


class PersonWellbeing(Answer):
    """How a person has been."""

    series: list[Series]
    """By instrument."""


def wellbeing(asked: Asked) -> PersonWellbeing:
    """The series of a person at both clocks."""
    rows = measures.ordered(measures.fold(asked.person.history))
    by_instrument = groupby(rows, key=lambda row: str(row.instrument))
    return PersonWellbeing(
        participant_id=asked.participant_id,
        as_of=asked.as_of,
        known_at=asked.known_at,
        version=asked.person.version,
        series=[_series(instrument, list(rows)) for instrument, rows in by_instrument],
    )


def _series(instrument: str, rows: list[WellbeingRow]) -> Series:
    known = INSTRUMENTS.get(instrument)
    return Series(
        instrument=instrument,
        title=known.title if known else None,
        lowest=known.lowest if known else None,
        highest=known.highest if known else None,
        higher_is_better=known.higher_is_better if known else None,
        measures=[_measure(row) for row in rows],
    )


def _measure(row: WellbeingRow) -> Measure:
    values = row._asdict() | {"subscales": orjson.loads(row.subscales) if row.subscales else {}}
    return Measure(**{name: values[name] for name in Measure.model_fields})
