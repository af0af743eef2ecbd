"""Who does a part of the publishing now, until when: holder and end of a claim, in the row that says how far it is.

A claim keeps two publishers from doing the same work. It proves nothing: one that was stopped for longer than its claim
lasts comes back, and finds only when it notes what it sent that another has gone on.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Table, select, update


def is_free(held_by: str | None, held_until: datetime | None, *, to: str, now: datetime) -> bool:
    """Whether nobody else claims what is held so."""
    return held_by in (None, to) or held_until is None or held_until <= now


def claim(
    connection: Connection,
    table: Table,
    place: Sequence[ColumnElement[bool]],
    holder: str,
    *,
    now: datetime,
    until: datetime,
) -> Row[tuple[object, ...]] | None:
    """Claim a row that is there until then; returns it as it stood before, None while another holds it."""
    found = connection.execute(select(table).where(*place).with_for_update()).one()
    if not is_free(found.holder, found.held_until, to=holder, now=now):
        return None
    connection.execute(update(table).where(*place).values(holder=holder, held_until=until))
    return found


def release(connection: Connection, table: Table, topic: str, holder: str) -> None:
    """Give up what this publisher claims of a topic, so that another need not wait for its end."""
    held = update(table).where(table.c.topic == topic, table.c.holder == holder)
    connection.execute(held.values(holder=None, held_until=None))
