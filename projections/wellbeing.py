"""Wellbeing: every measure of a person with its score or the reason why there is none, and the change since the first.

Clinical figures, under the pseudonym only. Change from a baseline around entering a stage needs the journey: not here.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Boolean, Column, Float, Integer, String

from domain.change import Verdict, change
from domain.events import MeasureNotTaken, MeasureTaken
from domain.history import Fact, History
from domain.instruments import NoScore, Subscore, score
from domain.touchpoint import Touchpoint
from projections.columns import Instant, Pseudonym
from projections.read_model import ReadModel


class WellbeingRow(NamedTuple):
    """One measure in force, taken or not."""

    component: UUID
    instrument: str
    occurred_at: datetime
    event_id: UUID
    sequence: int
    """Its place among all measures of this instrument, from 1, in effective order; those without a score count too."""
    taken: bool
    """False: it was due and not taken, and `reason` says why (declined, crisis, unfit, absent)."""
    score: float | None = None
    band: str | None = None
    """None where there is no score, no agreed band, or where an unanswered item leaves it open."""
    reason: str | None = None
    """Why there is no score; None where there is one."""
    reported: bool = False
    """The score is the producer's own total."""
    missing: int = 0
    """Items unanswered in a score that stands without them."""
    safety: bool = False
    """The measure calls for a look at the person's safety (PHQ-9 item 9 above 0), whether or not there is a score."""
    subscales: str | None = None
    """Canonical JSON such as {"family": {"band": "marginal", "score": 5.0}}; None where there are none or no items."""
    change_from_first: float | None = None
    """This score minus the first score of the instrument, in its points; None on that first one."""
    reliable: Verdict | None = None
    """Reliable change from the first score (Jacobson-Truax); None: nothing to compare, or not available."""
    important: Verdict | None = None
    """Clinically important change from the first score; None likewise."""
    source: str = ""
    origin: str = ""
    organisation: str | None = None
    site: str | None = None
    district: str | None = None
    """These five as the measure itself tells them: what outcomes are grouped and told apart by."""


def columns() -> list[Column[Any]]:
    return [
        Column("component", Pseudonym, primary_key=True),
        Column("instrument", String, primary_key=True),
        Column("occurred_at", Instant, primary_key=True),
        Column("event_id", Pseudonym, primary_key=True),
        Column("sequence", Integer, nullable=False),
        Column("taken", Boolean, nullable=False),
        Column("score", Float),
        Column("band", String),
        Column("reason", String),
        Column("reported", Boolean, nullable=False),
        Column("missing", Integer, nullable=False),
        Column("safety", Boolean, nullable=False),
        Column("subscales", String),
        Column("change_from_first", Float),
        Column("reliable", String),
        Column("important", String),
        Column("source", String, nullable=False),
        Column("origin", String, nullable=False),
        Column("organisation", String),
        Column("site", String),
        Column("district", String),
    ]


def fold(history: History) -> list[WellbeingRow]:
    """Every measure in force, in effective order; each is compared with the first score of its instrument."""
    root = history.root
    rows: list[WellbeingRow] = []
    counts: dict[str, int] = {}
    firsts: dict[str, float] = {}
    for fact in history.facts_of(_MEASURES):
        event = fact.event
        # `type(...) is` and not isinstance: pydantic's instance check is slow.
        if type(event) is MeasureTaken:
            sequence = counts[event.instrument] = counts.get(event.instrument, 0) + 1
            rows.append(_taken(root, fact, event, sequence, firsts))
        elif type(event) is MeasureNotTaken:
            sequence = counts[event.instrument] = counts.get(event.instrument, 0) + 1
            rows.append(_not_taken(root, fact, event, sequence))
    return rows


_MEASURES: frozenset[type[Touchpoint]] = frozenset({MeasureTaken, MeasureNotTaken})


def _taken(root: UUID, fact: Fact, event: MeasureTaken, sequence: int, firsts: dict[str, float]) -> WellbeingRow:
    instrument = event.instrument
    found = score(event)
    subscales = _as_json(found.subscales)
    if isinstance(found, NoScore):
        return WellbeingRow(
            root,
            instrument,
            fact.occurred_at,
            fact.event_id,
            sequence,
            taken=True,
            reason=found.reason,
            safety=found.safety,
            subscales=subscales,
            **_told_by(event),
        )
    first = firsts.get(instrument)
    if first is None:
        firsts[instrument] = found.score
    return WellbeingRow(
        root,
        instrument,
        fact.occurred_at,
        fact.event_id,
        sequence,
        True,
        found.score,
        found.band,
        None,
        found.reported,
        found.missing,
        found.safety,
        subscales,
        *((None, None, None) if first is None else change(instrument, first, found.score)),
        **_told_by(event),
    )


def _not_taken(root: UUID, fact: Fact, event: MeasureNotTaken, sequence: int) -> WellbeingRow:
    return WellbeingRow(
        root,
        event.instrument,
        fact.occurred_at,
        fact.event_id,
        sequence,
        taken=False,
        reason=event.reason.value,
        **_told_by(event),
    )


def _told_by(event: MeasureTaken | MeasureNotTaken) -> dict[str, Any]:
    return {
        "source": event.source,
        "origin": event.origin._value_,
        "organisation": event.organisation,
        "site": event.site,
        "district": event.district,
    }


def _as_json(subscales: tuple[Subscore, ...]) -> str | None:
    if not subscales:
        return None
    content = {name: {"score": score, "band": band} for name, score, band in subscales}
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()


wellbeing = ReadModel(
    name="wellbeing",
    version=1,
    row=WellbeingRow,
    key=("component", "instrument", "occurred_at", "event_id"),
    columns=columns,
    fold=fold,
    evidence=("event_id",),
)
