"""The copy of a journal in PostgreSQL: a table beside it, of which nothing is logged.

A server that crashes empties such a table. So whoever finds nothing in it makes sure that there is something elsewhere
in it before they take that for nobody's events.
"""

import re
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from replay.database import Database, DatabaseUnusable, rows_of
from replay.journal import Journal
from replay.reading import Reader
from replay.rebuild.engine import Copy

_NAME = "journal_by_person_{}"
_NAMED = re.compile(_NAME.format(r"([0-9]+)"))
_COLUMNS = "shard, participant_id, event_id, topic, occurred_at, actor, source, state, sealed, recorded_at"
_SORTED_AT_ONCE = "32MB"
"""By each process of the server that takes part."""


class CopyLost(DatabaseUnusable):
    """The server was started again, and the copy that is read is empty since."""


class _CopyReader(Reader):
    def _rows(self, connection: Connection, where: str, parameters: Sequence[Any]) -> list[Any]:
        found = super()._rows(connection, where, parameters)
        if not found and not rows_of(connection, f"SELECT 1 FROM {self._table} LIMIT 1", ()):
            raise CopyLost(
                "the server was started again while a replay read its copy of the journal: `majung replay` goes on from"
                " the parts that are in"
            )
        return found


@contextmanager
def opened(place: str, journal: Journal) -> Iterator[Copy]:
    """The copy in a table, for who reads it."""
    yield Copy(place, journal.database, _CopyReader(journal.database, journal.vault, journal.shards, place))


def clear(database: Database, kept: Container[int]) -> None:
    """Drop what replays left that were killed; not what these replays, by number, still read."""
    with database.write() as connection:
        for table in inspect(connection).get_table_names():
            if (match := _NAMED.fullmatch(table)) and int(match[1]) not in kept:
                _drop(connection, table)


@contextmanager
def made(database: Database, number: int) -> Iterator[str]:
    """The name of a copy for the replay of this number, which is there for the length of the block.

    Raises what Core raises where the server does not make it.
    """
    table = _NAME.format(number)
    with database.write_behind() as connection:
        for setting in ("enable_indexscan TO off", f"work_mem TO '{_SORTED_AT_ONCE}'"):
            # By an index the rows would be visited in the order that is so dear.
            connection.exec_driver_sql(f"SET LOCAL {setting}")
        made_of = f"SELECT {_COLUMNS} FROM journal ORDER BY shard, participant_id"
        connection.exec_driver_sql(f"CREATE UNLOGGED TABLE {table} AS {made_of}")
        connection.exec_driver_sql(f"CREATE INDEX ON {table} (shard, participant_id)")
        # Else the server takes the rows of a range for scattered.
        connection.exec_driver_sql(f"ANALYZE {table} (shard, participant_id)")
    try:
        yield table
    finally:
        # Where the server is away, the next replay drops it.
        with suppress(DBAPIError), database.write() as connection:
            _drop(connection, table)


def _drop(connection: Connection, table: str) -> None:
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
