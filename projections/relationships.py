"""Relationships: when each tie of a person was there and what was known of it, so that the network at any date is
`since <= date < until`.

Kinds and closeness stand under the pseudonym. Labels, reasons and the other person's pseudonym are not here: the first
two are sealed, the third may be shown only while both consent. A tie between two tracked people has its rows under the
one who told of it, once, so no figure counts it twice; mentions.py finds it from the other side.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, Column, Float, Integer, String

from domain.clock import END_OF_TIME
from domain.history import History
from domain.network import ties_of
from projections.columns import Instant, Pseudonym
from projections.read_model import ReadModel


class RelationshipRow(NamedTuple):
    """One tie during [since, until), in which the same was known of it."""

    component: UUID
    tie_id: str
    since: datetime
    until: datetime
    """END_OF_TIME: the tie is still there, and no more was told of it."""
    began_at: datetime
    """Since when the tie is there: the `since` of the first row of the interval."""
    ended_at: datetime | None
    """None: it is still there."""
    kind: str
    closeness: int | None
    contacts_per_month: float | None
    formed: bool
    """Reported as formed, by then; False: only found to exist."""
    source: str
    """Who told first that the tie is there: the same on all rows of the interval."""
    opened_by: UUID
    told_by: UUID
    """The event that told what this row holds."""
    ended_by: UUID | None
    """The event that ended the tie, or the complete survey that omitted it."""


def columns() -> list[Column[Any]]:
    return [
        Column("component", Pseudonym, primary_key=True),
        Column("tie_id", String, primary_key=True),
        Column("since", Instant, primary_key=True),
        Column("until", Instant, nullable=False),
        Column("began_at", Instant, nullable=False),
        Column("ended_at", Instant),
        Column("kind", String, nullable=False),
        Column("closeness", Integer),
        Column("contacts_per_month", Float),
        Column("formed", Boolean, nullable=False),
        Column("source", String, nullable=False),
        Column("opened_by", Pseudonym, nullable=False),
        Column("told_by", Pseudonym, nullable=False),
        Column("ended_by", Pseudonym),
    ]


def fold(history: History) -> list[RelationshipRow]:
    """Every period of every tie, in order of (tie_id, since)."""
    root = history.root
    rows = []
    for tie in ties_of(history):
        tie_id, source, opened_by, ended_by, _, periods = tie
        began_at, ended_at = tie.since, tie.until
        for since, until, told_by, kind, closeness, contacts_per_month, formed in periods:
            lasts_until = END_OF_TIME if until is None else until
            known = kind._value_, closeness, contacts_per_month, formed
            told = source, opened_by, told_by, ended_by
            rows.append(RelationshipRow(root, tie_id, since, lasts_until, began_at, ended_at, *known, *told))
    return rows


relationships = ReadModel(
    name="relationships",
    version=2,
    row=RelationshipRow,
    key=("component", "tie_id", "since"),
    columns=columns,
    fold=fold,
    evidence=("opened_by", "told_by", "ended_by"),
)
