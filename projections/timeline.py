"""Timeline: what happened to a person, in order. A thin index: contents stay in the journal, opened by the page."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, String

from domain.history import History, as_tuple
from projections.columns import Instant, Pseudonym
from projections.read_model import ReadModel


class TimelineRow(NamedTuple):
    """One touchpoint in force."""

    component: UUID
    occurred_at: datetime
    event_id: UUID
    participant_id: UUID
    topic: str
    amended_by: UUID | None
    recorded_at: datetime


def columns() -> list[Column[Any]]:
    return [
        Column("component", Pseudonym, primary_key=True),
        Column("occurred_at", Instant, primary_key=True),
        Column("event_id", Pseudonym, primary_key=True),
        Column("participant_id", Pseudonym, nullable=False),
        Column("topic", String, nullable=False),
        Column("amended_by", Pseudonym),
        Column("recorded_at", Instant, nullable=False),
    ]


def fold(history: History) -> list[TimelineRow]:
    """Every touchpoint in force, corrected ones as corrected and under the correction's id beside their own."""
    root = history.root
    return [
        as_tuple(TimelineRow, (root, at, event_id, event.participant_id, event.stored_as, amended_by, recorded_at))
        for event, event_id, at, recorded_at, amended_by in history.facts
    ]


timeline = ReadModel(
    name="timeline",
    version=1,
    row=TimelineRow,
    key=("component", "occurred_at", "event_id"),
    columns=columns,
    fold=fold,
    arrival=frozenset({"recorded_at"}),
)
