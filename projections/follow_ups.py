"""Follow-ups: what somebody is to do for a person and why, stored ahead of the clock.

The list of a moment is `due_from <= moment < until`: no clock ever has to tick for somebody to fall due, or silent.
How it is ranked: projections/whom_to_call.py.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Column, String

from domain.follow_ups import follow_ups_of
from domain.history import History, as_tuple
from projections.columns import Instant, Pseudonym
from projections.read_model import ReadModel


class FollowUpRow(NamedTuple):
    """One thing to do during [due_from, until); the columns mean what they mean in domain.follow_ups.FollowUp."""

    component: UUID
    kind: str
    subject: str
    due_from: datetime
    due_at: datetime
    overdue_from: datetime | None
    until: datetime
    stage: str | None
    reason: str
    evidence: str
    """JSON list of event ids."""


def columns() -> list[Column[Any]]:
    return [
        Column("component", Pseudonym, primary_key=True),
        Column("kind", String, primary_key=True),
        Column("subject", String, primary_key=True),
        Column("due_from", Instant, primary_key=True),
        Column("due_at", Instant, nullable=False),
        Column("overdue_from", Instant),
        Column("until", Instant, nullable=False),
        Column("stage", String),
        Column("reason", String, nullable=False),
        Column("evidence", String, nullable=False),
    ]


def fold(history: History) -> list[FollowUpRow]:
    """Everything that is or will be due, by what is known; nothing for times in which nobody may call."""
    root = history.root
    rows = []
    for kind, subject, due_from, due_at, overdue_from, until, reason, evidence, stage in follow_ups_of(history):
        told = orjson.dumps(evidence).decode()
        # `_value_` is five times as fast as `value`.
        row = root, kind._value_, subject, due_from, due_at, overdue_from, until, stage, reason, told
        rows.append(as_tuple(FollowUpRow, row))
    return rows


follow_ups = ReadModel(
    name="follow_ups",
    version=3,
    row=FollowUpRow,
    key=("component", "kind", "subject", "due_from"),
    columns=columns,
    fold=fold,
    indexes=(("until", "due_from"),),
    evidence=("evidence",),
)
