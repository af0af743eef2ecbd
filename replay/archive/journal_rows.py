"""The journal's rows as they stand in the database: complete, by position, ids as bytes and instants as integers."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from domain.clock import to_microseconds
from replay.archive.columns import AT_ONCE
from replay.archive.refusals import JournalGap
from replay.database import rows_of
from replay.tables import COLUMN_NAMES, heads

_IDS = ("participant_id", "event_id")
_FROM = " FROM journal WHERE shard = {0} AND position BETWEEN {0} AND {0} ORDER BY position"
_SQLITE = f"SELECT {', '.join(COLUMN_NAMES)}{_FROM.format('?')}"
_POSTGRES = (
    f"SELECT {', '.join(f'uuid_send({name})' if name in _IDS else name for name in COLUMN_NAMES)}{_FROM.format('%s')}"
)

Rows = list[tuple[Any, ...]]


def rows_between(connection: Connection, shard: int, first: int, last: int) -> Rows:
    """The rows at these positions, both ends included. Raises JournalGap unless each of them is there."""
    statement = _POSTGRES if connection.dialect.name == "postgresql" else _SQLITE
    rows = rows_of(connection, statement, (shard, first, last))
    found = [row[1] for row in rows]
    if found != list(range(first, last + 1)):
        missing = next(position for position in range(first, last + 1) if position not in set(found))
        raise JournalGap(f"position {missing} of shard {shard} is missing in the journal: restore it from a copy")
    return rows


def portions_between(first: int, last: int) -> Iterator[tuple[int, int]]:
    """The same positions in portions of so many as are read at once."""
    for begin in range(first, last + 1, AT_ONCE):
        yield begin, min(last, begin + AT_ONCE - 1)


def heads_of(connection: Connection) -> dict[int, tuple[int, int]]:
    """The last position and the journal time of every shard, in microseconds since 1970."""
    query = select(heads.c.shard, heads.c.position, heads.c.recorded_at).order_by(heads.c.shard)
    return {shard: (position, to_microseconds(moment)) for shard, position, moment in connection.execute(query)}
