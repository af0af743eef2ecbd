"""How everybody's networks changed between two moments: a query over a relationships table."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, case, func, or_, select

from domain.clock import END_OF_TIME
from domain.network import Overlap


class PopulationChange(NamedTuple):
    """How the networks of everybody changed between two moments."""

    egos: int
    """People with a tie at either moment. Who had none at both has no row, and is not counted."""
    overlap: Overlap
    """Ties as directed pairs ego -> tie, summed over all of them."""


def population_change(
    connection: Connection, table: Table, *, before: datetime, after: datetime, source: str | None = None
) -> PopulationChange:
    """The networks of everybody at two moments, compared; `source` keeps to ties that this source was first to tell."""
    rows = table.c
    then, later = _in_force(table, before), _in_force(table, after)
    chosen = select(
        rows.component,
        func.max(_one_if(then)).label("then"),
        func.max(_one_if(later)).label("later"),
    ).where(or_(then, later))
    if source is not None:
        chosen = chosen.where(rows.source == source)
    ties = chosen.group_by(rows.component, rows.tie_id).subquery()
    kept = func.coalesce(func.sum(ties.c.then * ties.c.later), 0)
    query = select(
        func.count(ties.c.component.distinct()),
        func.coalesce(func.sum(ties.c.later), 0) - kept,
        func.coalesce(func.sum(ties.c.then), 0) - kept,
        kept,
    )
    egos, formed, ended, kept_ties = connection.execute(query).one()
    return PopulationChange(egos, Overlap(int(formed), int(ended), int(kept_ties)))


def _in_force(table: Table, moment: datetime) -> ColumnElement[bool]:
    """Rows of ties that are still there end at the end of time: nobody asks for later."""
    asked = min(moment, END_OF_TIME - timedelta(microseconds=1))
    return (table.c.since <= asked) & (table.c.until > asked)


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
