"""Concerns: worry about somebody who is not in contact yet, and how the search stands, period by period.

How it stood at a moment: the rows with `since <= moment < until`. Where somebody lives is sealed, and not here.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, Connection, Integer, String, Table, and_, or_, select

from domain.casework import CLOSED, Concern, Period, concerns_of
from domain.clock import within_time
from domain.history import History
from projections.columns import Instant, Pseudonym
from projections.read_model import ReadModel


class ConcernRow(NamedTuple):
    """A concern during [since, until), in which the same was known of it; see domain.casework.Concern."""

    component: UUID
    """Whose stream it stands in: the third person's own, or where it is about another, the caller's."""
    opened_by: UUID
    since: datetime
    until: datetime
    """END_OF_TIME: nothing more was told."""
    opened_at: datetime
    about: str
    reporter: str | None
    state: str
    told_by: UUID
    reports: int
    attempts: int
    last_outcome: str | None
    last_attempt_at: datetime | None


def columns() -> list[Column[Any]]:
    return [
        Column("component", Pseudonym, primary_key=True),
        Column("opened_by", Pseudonym, primary_key=True),
        Column("since", Instant, primary_key=True),
        Column("until", Instant, nullable=False),
        Column("opened_at", Instant, nullable=False),
        Column("about", String, nullable=False),
        Column("reporter", String),
        Column("state", String, nullable=False),
        Column("told_by", Pseudonym, nullable=False),
        Column("reports", Integer, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("last_outcome", String),
        Column("last_attempt_at", Instant),
    ]


def fold(history: History) -> list[ConcernRow]:
    """Every period of every concern."""
    root = history.root
    return [_row(root, concern, period) for concern in concerns_of(history) for period in concern.periods]


def _row(root: UUID, concern: Concern, period: Period) -> ConcernRow:
    return ConcernRow(
        component=root,
        opened_by=concern.opened_by,
        since=period.since,
        until=period.until,
        opened_at=concern.opened_at,
        about=concern.about.value,
        reporter=concern.reporter,
        state=period.state.value,
        told_by=period.told_by,
        reports=period.reports,
        attempts=period.attempts,
        last_outcome=period.last_outcome,
        last_attempt_at=period.last_attempt_at,
    )


concerns = ReadModel(
    name="concerns",
    version=1,
    row=ConcernRow,
    key=("component", "opened_by", "since"),
    columns=columns,
    fold=fold,
    indexes=(("until", "opened_at"),),
    evidence=("opened_by", "told_by"),
)


class ConcernStands(NamedTuple):
    """A concern at a moment."""

    participant_id: UUID
    """Of the third person where `about` is `self`, else of the caller."""
    opened_at: datetime
    opened_by: UUID
    about: str
    reporter: str | None
    state: str
    since: datetime
    """Since when all of this is known."""
    told_by: UUID
    reports: int
    attempts: int
    last_outcome: str | None
    last_attempt_at: datetime | None


def concerns_at(
    connection: Connection,
    table: Table,
    as_of: datetime,
    *,
    only_open: bool = False,
    after: tuple[datetime, UUID] | None = None,
    limit: int | None = None,
) -> list[ConcernStands]:
    """How every concern stands at a moment, as known now, in order of (opened_at, opened_by).

    `only_open` leaves out those that are closed; `after` begins behind a concern, by that order.
    """
    moment = within_time(as_of)
    rows = table.c
    query = (
        select(*(rows["component" if name == "participant_id" else name] for name in ConcernStands._fields))
        .where(rows.until > moment, rows.since <= moment)
        .order_by(rows.opened_at, rows.opened_by)
        .limit(limit)
    )
    if only_open:
        query = query.where(rows.state.not_in([state.value for state in CLOSED]))
    if after is not None:
        opened_at, opened_by = after
        query = query.where(
            or_(rows.opened_at > opened_at, and_(rows.opened_at == opened_at, rows.opened_by > opened_by))
        )
    return [ConcernStands(*row) for row in connection.execute(query)]
