"""Timeline: what happened to a person, in order. A thin index: contents stay in the journal, opened by the page.

It is one row a person, and not one a touchpoint: it is always read and always replaced as a whole, and the log of a
programme has as many touchpoints as everything else together has rows.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Column, Integer, String

from domain.history import History
from projections.columns import Instant, Pseudonym
from projections.read_model import ReadModel


class TimelineRow(NamedTuple):
    """Every touchpoint in force of one person, corrected ones as corrected."""

    component: UUID
    touchpoints: int
    first_at: datetime
    last_at: datetime
    happened: str
    """JSON list of [occurred_at, event id, type, id of the correction in force or null, pseudonym of whom it was told
    or null where that is the component], in effective order."""
    recorded_at: str
    """JSON list of when each of them was recorded, in the same order."""


class Happened(NamedTuple):
    """One touchpoint of a timeline."""

    occurred_at: datetime
    event_id: UUID
    topic: str
    amended_by: UUID | None
    participant_id: UUID
    recorded_at: datetime


def columns() -> list[Column[Any]]:
    return [
        Column("component", Pseudonym, primary_key=True),
        Column("touchpoints", Integer, nullable=False),
        Column("first_at", Instant, nullable=False),
        Column("last_at", Instant, nullable=False),
        Column("happened", String, nullable=False),
        Column("recorded_at", String, nullable=False),
    ]


def fold(history: History) -> list[TimelineRow]:
    """The row of somebody to whom anything happened."""
    facts = history.facts
    if not facts:
        return []
    root = history.root
    happened = [
        (at, event_id, event.stored_as, amended_by, None if person is root or person == root else person)
        for event, event_id, at, _, amended_by in facts
        for person in (event.participant_id,)
    ]
    recorded = [fact.recorded_at for fact in facts]
    return [
        TimelineRow(
            component=root,
            touchpoints=len(facts),
            first_at=facts[0].occurred_at,
            last_at=facts[-1].occurred_at,
            happened=orjson.dumps(happened, option=orjson.OPT_UTC_Z).decode(),
            recorded_at=orjson.dumps(recorded, option=orjson.OPT_UTC_Z).decode(),
        )
    ]


def happenings(row: TimelineRow) -> list[Happened]:
    """The touchpoints of a row, in effective order."""
    return [
        Happened(
            datetime.fromisoformat(occurred_at),
            UUID(event_id),
            topic,
            amended_by and UUID(amended_by),
            UUID(participant_id) if participant_id else row.component,
            datetime.fromisoformat(recorded_at),
        )
        for (occurred_at, event_id, topic, amended_by, participant_id), recorded_at in zip(
            orjson.loads(row.happened), orjson.loads(row.recorded_at), strict=True
        )
    ]


def events_told(happened: str) -> Iterator[UUID]:
    """The events that the column `happened` names: the touchpoints, and the corrections in force."""
    for _, event_id, _, amended_by, _ in orjson.loads(happened):
        yield UUID(event_id)
        if amended_by is not None:
            yield UUID(amended_by)


timeline = ReadModel(
    name="timeline",
    version=2,
    row=TimelineRow,
    key=("component",),
    columns=columns,
    fold=fold,
    arrival=frozenset({"recorded_at"}),
    evidence=("happened",),
    events_in=events_told,
)
