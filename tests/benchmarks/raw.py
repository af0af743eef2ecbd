"""The yardstick "raw": prebuilt tuples through the bare driver into a table of the journal's shape and indexes.

The same durability, and nothing that makes a journal: no triggers or heads, no ids to derive, nothing to seal.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack
from operator import itemgetter
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import String, create_engine

from projections.columns import placeholder
from replay.database import rows_of
from replay.journal import Journal
from replay.tables import COLUMN_NAMES, journal

_COLUMNS = ", ".join(COLUMN_NAMES)
_WIRE = ["int4", "int8", "bytea", "int4", "bytea", "text", "int8", "int8", "text", "text", "bytea", "bytea", "bytea"]

Row = tuple[Any, ...]
Rows = Sequence[Row]


class Raw:
    """A raw table, and how far it has come."""

    def __init__(self, url: str) -> None:
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        journal.create(engine)
        engine.dispose()
        self.position = 0

    def prepared(self, rows: list[Row]) -> list[Row]:
        """The rows as this table takes them: not counted."""
        return rows

    def write(self, rows: list[Row]) -> None:
        """Write rows in one durable transaction."""
        raise NotImplementedError


class RawSqlite(Raw):
    """`executemany` of what anybody would write; one row is an INSERT that is its own transaction."""

    insert = f"INSERT INTO journal ({_COLUMNS}) VALUES ({', '.join('?' * len(COLUMN_NAMES))})"

    def __init__(self, url: str, closing: ExitStack) -> None:
        super().__init__(url)
        self._connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        closing.callback(self._connection.close)
        for setting in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "mmap_size=67108864"):
            self._connection.execute(f"PRAGMA {setting}")

    def write(self, rows: list[Row]) -> None:
        if len(rows) == 1:
            self._connection.execute(self.insert, rows[0])
            return
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(self.insert, rows)
        self._connection.execute("COMMIT")


class RawSqliteTuned(RawSqlite):
    """The same with what our path does for speed, prepared beforehand: bare types, in the order of the event ids."""

    insert = f"INSERT INTO journal ({_COLUMNS}) VALUES ({', '.join(map(placeholder, journal.columns))})"
    _EMPTY = tuple("" if isinstance(column.type, String) else bytearray() for column in journal.columns)

    def prepared(self, rows: list[Row]) -> list[Row]:
        return [
            tuple(
                empty if value is None else bytearray(value) if isinstance(value, bytes) else value
                for value, empty in zip(row, self._EMPTY, strict=True)
            )
            for row in sorted(rows, key=itemgetter(COLUMN_NAMES.index("event_id")))
        ]


class RawSqliteGuarded(RawSqliteTuned):
    """The same under the journal's triggers: the least that keeping stored rows from being replaced costs."""

    def __init__(self, url: str, closing: ExitStack, guarded: Journal) -> None:
        super().__init__(url, closing)
        with guarded.database.read() as connection:
            triggers = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'journal'"
            for (trigger,) in rows_of(connection, triggers):
                self._connection.execute(trigger)


class RawPostgres(Raw):
    """Binary COPY; one row is an INSERT on an autocommit connection, which the driver prepares."""

    _INSERT = f"INSERT INTO journal ({_COLUMNS}) VALUES ({', '.join(['%s'] * len(COLUMN_NAMES))})"

    def __init__(self, url: str, closing: ExitStack) -> None:
        super().__init__(url)
        self._connection = closing.enter_context(psycopg.connect(url, autocommit=True))

    def prepared(self, rows: list[Row]) -> list[Row]:
        if len(rows) == 1:
            return rows
        # Ids as bytes, which need no Python code to send.
        return [tuple(value.bytes if isinstance(value, UUID) else value for value in row) for row in rows]

    def write(self, rows: list[Row]) -> None:
        if len(rows) == 1:
            self._connection.execute(self._INSERT, rows[0])
            return
        copying = f"COPY journal ({_COLUMNS}) FROM STDIN (FORMAT BINARY)"
        with self._connection.transaction(), self._connection.cursor() as cursor, cursor.copy(copying) as copy:
            copy.set_types(_WIRE)
            for row in rows:
                copy.write_row(row)


def raw(url: str, closing: ExitStack) -> Raw:
    """An empty raw table in a new database."""
    return (RawSqlite if url.startswith("sqlite") else RawPostgres)(url, closing)


def next_rows(source: Journal, table: Raw) -> list[Row]:
    """What the journal has stored and the table has not, as the table takes it."""
    mark = "%s" if source.database.is_postgres else "?"
    query = f"SELECT {_COLUMNS} FROM journal WHERE shard = 0 AND position > {mark} ORDER BY position"
    with source.database.read() as connection:
        rows = [tuple(row) for row in rows_of(connection, query, (table.position,))]
    table.position += len(rows)
    return table.prepared(rows)
