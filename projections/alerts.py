"""Alerts: every safety flag and emergency call, since when, until when, and who was responsible meanwhile.

Stored ahead of the clock: an alert is escalated at a moment from `escalates_at` on, and no clock has to tick for it.
The row says which instrument raised a flag, never an answer or a score. Who is told what: projections/alert_list.py.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Boolean, Column, Connection, String, Table, and_, false, or_, select

from domain.alerts import Alert, Reach, alerts_of
from domain.clock import END_OF_TIME, from_microseconds, to_microseconds, within_time
from domain.history import History
from projections.columns import Instant, Pseudonym
from projections.read_model import ReadModel


class AlertRow(NamedTuple):
    """One alert; the columns mean what they mean in domain.alerts.Alert."""

    component: UUID
    event_id: UUID
    cause: str
    instrument: str | None
    about: str | None
    raised_at: datetime
    escalates_at: datetime
    until: datetime
    acknowledgement: UUID | None
    acknowledged_by: str | None
    action: str | None
    silent: bool
    reaches: str
    """JSON list of [worker, since, until], in microseconds since 1970."""

    @property
    def calls(self) -> bool:
        """As known now: open, and not silent."""
        return self.acknowledgement is None and not self.silent

    def responsible(self) -> list[Reach]:
        """Whom it reaches while it is open, and when, besides the shift's manager."""
        told = orjson.loads(self.reaches)
        return [Reach(worker, from_microseconds(since), from_microseconds(until)) for worker, since, until in told]


def columns() -> list[Column[Any]]:
    return [
        Column("component", Pseudonym, primary_key=True),
        Column("event_id", Pseudonym, primary_key=True),
        Column("cause", String, nullable=False),
        Column("instrument", String),
        Column("about", String),
        Column("raised_at", Instant, nullable=False),
        Column("escalates_at", Instant, nullable=False),
        Column("until", Instant, nullable=False),
        Column("acknowledgement", Pseudonym),
        Column("acknowledged_by", String),
        Column("action", String),
        Column("silent", Boolean, nullable=False),
        Column("reaches", String, nullable=False),
    ]


def fold(history: History) -> list[AlertRow]:
    """Every alert of a person; none of most people."""
    return [_row(history.root, alert) for alert in alerts_of(history)]


def _row(root: UUID, alert: Alert) -> AlertRow:
    reaches = [(who, to_microseconds(since), to_microseconds(until)) for who, since, until in alert.reaches]
    return AlertRow(
        component=root,
        event_id=alert.event_id,
        cause=alert.cause.value,
        instrument=alert.instrument,
        about=alert.about.value if alert.about else None,
        raised_at=alert.raised_at,
        escalates_at=alert.escalates_at,
        until=alert.until,
        acknowledgement=alert.acknowledgement,
        acknowledged_by=alert.acknowledged_by,
        action=alert.action,
        silent=alert.silent,
        reaches=orjson.dumps(reaches).decode(),
    )


alerts = ReadModel(
    name="alerts",
    version=1,
    row=AlertRow,
    key=("component", "event_id"),
    columns=columns,
    fold=fold,
    indexes=(("until",), ("event_id",)),
    arrival=frozenset({"silent", "reaches"}),
    evidence=("event_id", "acknowledgement"),
)


def standing_rows(connection: Connection, table: Table, as_of: datetime) -> Iterator[AlertRow]:
    """Those that called for somebody at a moment, by what had happened then, and hardly any other."""
    rows = table.c
    standing = select(table).where(rows.until > within_time(as_of), rows.raised_at <= as_of, rows.silent == false())
    for row in connection.execute(standing):
        yield AlertRow(*row)


def all_rows(connection: Connection, table: Table) -> Iterator[AlertRow]:
    """Every alert there ever was."""
    for row in connection.execute(select(table)):
        yield AlertRow(*row)


def calling_rows(connection: Connection, table: Table, also: Collection[UUID] = ()) -> Iterator[AlertRow]:
    """Those that call for somebody as known now, and those of these events in whatever state."""
    # An acknowledgement may bear the end of time; whether it is there says `acknowledgement`, and the index the rest.
    calling = and_(table.c.until == END_OF_TIME, table.c.silent == false())
    named = table.c.event_id.in_(list(also))
    for row in connection.execute(select(table).where(or_(calling, named) if also else calling)):
        yield AlertRow(*row)
