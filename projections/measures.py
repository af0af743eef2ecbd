"""The measures of one instrument over all people, as outcomes are asked: a query over a wellbeing table."""

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import Connection, Table, select

from domain.clock import END_OF_TIME, day_of
from domain.occasions import Measured

Grouping = Literal["source", "origin", "organisation", "site", "district"]
GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)
OccasionBy = Literal["day", "sequence"]


def instruments(connection: Connection, table: Table) -> list[str]:
    """The codes of the instruments of which there is any measure."""
    return list(connection.scalars(select(table.c.instrument).distinct().order_by(table.c.instrument)))


def measures(
    connection: Connection,
    table: Table,
    instrument: str,
    *,
    as_of: datetime = END_OF_TIME,
    occasion: OccasionBy = "day",
    group: Grouping | None = None,
    source: str | None = None,
    origin: str | None = None,
) -> list[Measured]:
    """Every measure taken of an instrument until `as_of`, in effective order, by its Seoul day or place in the series.

    A measure that was due and not taken is none. `source` and `origin` keep data sets apart.
    """
    rows = table.c
    query = (
        select(rows.component, rows.occurred_at, rows.sequence, rows[group or "origin"], rows.score, rows.reason)
        .where(rows.instrument == instrument, rows.occurred_at <= as_of, rows.taken)
        .order_by(rows.occurred_at, rows.event_id)
    )
    for name, value in (("source", source), ("origin", origin)):
        if value is not None:
            query = query.where(rows[name] == value)
    return [
        Measured(person, day_of(moment) if occasion == "day" else sequence, place if group else None, score, reason)
        for person, moment, sequence, place, score, reason in connection.execute(query)
    ]
