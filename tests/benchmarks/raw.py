"""The yardstick "raw": prebuilt tuples through the bare driver into a table of the journal's shape and indexes.

The same durability, and none of what makes a journal: no triggers, no heads, no ids to derive, nothing to encode or seal.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Protocol
from uuid import UUID

import psycopg
from sqlalchemy import String, create_engine

from projections.columns import placeholder
from replay.database import rows_of
from replay.journal import Journal
from replay.tables import COLUMN_NAMES, journal

_COLUMNS = ", ".join(COLUMN_NAMES)
_WIRE = ["int4", "int8", "bytea", "int4", "bytea", "text", "int8", "int8", "text", "text", "bytea", "bytea", "bytea"]

Rows = list[tuple[Any, ...]]


class Raw(Protocol):
    """Writes rows, each call one durable transaction."""

    def many(self, rows: Rows) -> None: ...
    def one(self, row: tuple[Any, ...]) -> None: ...


class RawSqlite:
    """`executemany`, and an INSERT that is its own transaction."""

    def __init__(self, url: str, closing: ExitStack, *, insert: str | None = None) -> None:
        make_table(url)
        self._connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        closing.callback(self._connection.close)
        for setting in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "mmap_size=268435456"):
            self._connection.execute(f"PRAGMA {setting}")
        self._insert = insert or f"INSERT INTO journal ({_COLUMNS}) VALUES ({', '.join('?' * len(COLUMN_NAMES))})"

    def many(self, rows: Rows) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(self._insert, rows)
        self._connection.execute("COMMIT")

    def one(self, row: tuple[Any, ...]) -> None:
        self._connection.execute(self._insert, row)


class RawSqliteBareTypes(RawSqlite):
    """The same with the types that Python's sqlite3 binds fastest, prepared beforehand: the trick that our path uses."""

    def __init__(self, url: str, closing: ExitStack) -> None:
        marks = ", ".join(map(placeholder, journal.columns))
        super().__init__(url, closing, insert=f"INSERT INTO journal ({_COLUMNS}) VALUES ({marks})")

    @staticmethod
    def prepared(rows: Rows) -> Rows:
        """The rows with their blobs as bytearrays, and an empty text or blob for the NULL that `placeholder` makes of it."""
        empty = ["" if isinstance(column.type, String) else bytearray() for column in journal.columns]
        return [
            tuple(
                nothing if value is None else bytearray(value) if isinstance(value, bytes) else value
                for value, nothing in zip(row, empty, strict=True)
            )
            for row in rows
        ]


class RawPostgres:
    """Binary COPY, and an INSERT on an autocommit connection, which the driver prepares."""

    def __init__(self, url: str, closing: ExitStack) -> None:
        make_table(url)
        self._connection = closing.enter_context(psycopg.connect(url, autocommit=True))
        self._insert = f"INSERT INTO journal ({_COLUMNS}) VALUES ({', '.join(['%s'] * len(COLUMN_NAMES))})"

    def many(self, rows: Rows) -> None:
        with (
            self._connection.transaction(),
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY journal ({_COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(_WIRE)
            for row in rows:
                copy.write_row(row)

    def one(self, row: tuple[Any, ...]) -> None:
        shard, position, participant, version, event, *rest = row
        row = (shard, position, UUID(bytes=participant), version, UUID(bytes=event), *rest)
        self._connection.execute(self._insert, row)  # type: ignore[arg-type]


def raw(url: str, closing: ExitStack) -> Raw:
    """An empty raw table in a new database."""
    return (RawSqlite if url.startswith("sqlite") else RawPostgres)(url, closing)


def make_table(url: str) -> None:
    """The journal's table with its key and its unique indexes, and nothing else."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    journal.create(engine)
    engine.dispose()


def rows_after(journal: Journal, position: int) -> Rows:
    """What the journal stored after a position: the very rows that the raw table is to take, in plain types."""
    mark = "%s" if journal.database.is_postgres else "?"
    query = f"SELECT {_COLUMNS} FROM journal WHERE shard = 0 AND position > {mark} ORDER BY position"
    with journal.database.read() as connection:
        return [_plain(row) for row in rows_of(connection, query, (position,))]


def _plain(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(value.bytes if isinstance(value, UUID) else value for value in row)
