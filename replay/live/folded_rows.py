"""Rows on their way into the tables of generations: all that one component has there is replaced, or nothing is.

Whose rows a database does not take is found by halves, so that nobody else is held up by them.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection

from projections.columns import Cells, Storer, storer
from projections.read_model import ReadModel
from replay.database import Database, cursor_of, insert_rows, portions
from replay.live.generations import Generation

_REFUSALS = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    OverflowError,
    TypeError,
    UnicodeError,
)
"""What the drivers raise of the rows themselves, and of nothing else."""


class RowsRefused(Exception):
    """A database does not take rows that were folded; the message says nothing of what is in them."""

    def __init__(self, read_model: str, error: BaseException) -> None:
        why = "two of them have one key, or a value is none that its column holds"
        super().__init__(f"the database refuses these rows ({type(error).__name__}): {why}")
        self.read_model = read_model


class FoldedRows:
    """Rows of one generation on their way into its table, kept as the driver takes them."""

    def __init__(self, database: Database, generation: Generation) -> None:
        self.generation = generation
        self._stored = _storer(generation.model, database.is_postgres)
        self._rows: Cells = []

    def cells(self, rows: Sequence[Any]) -> Cells:
        """The rows of one component as the driver takes them; they are not taken yet."""
        return self._stored(rows) if rows else []

    def take(self, cells: Cells) -> None:
        """Take what `cells` made."""
        self._rows += cells

    def let_go(self) -> Cells:
        """What was taken, which is kept no more."""
        rows, self._rows = self._rows, []
        return rows


@cache
def _storer(model: ReadModel, postgres: bool) -> Storer:
    return storer(model.columns(), postgres=postgres)


def write(connection: Connection, rows: Sequence[FoldedRows]) -> dict[UUID, RowsRefused]:
    """Write what was taken of components that have no rows yet; returns whose the database refuses, by root: of theirs
    nothing is written."""
    cells = [found.let_go() for found in rows]
    return _write([found.generation for found in rows], cells, connection, None)


def replace(
    connection: Connection, rows: Sequence[FoldedRows], components: Mapping[UUID, Collection[UUID]]
) -> dict[UUID, RowsRefused]:
    """Write what was taken in place of all rows of these components, given with their identities by root; returns whose
    the database refuses: theirs stay as they are."""
    cells = [found.let_go() for found in rows]
    return _write([found.generation for found in rows], cells, connection, components)


def erase(connection: Connection, generation: Generation, people: Sequence[UUID]) -> None:
    """Take out the rows that stand under these pseudonyms.

    By the driver's cursor: Core takes longer to put such a statement together than a database to execute it, and every
    step of a worker has one for each read model.
    """
    begin = f"DELETE FROM {generation.table.name} WHERE component"
    with cursor_of(connection) as cursor:
        for some in portions(people):
            if connection.dialect.name == "postgresql":
                cursor.execute(f"{begin} = ANY(%s)", [list(some)])
            else:
                cursor.execute(f"{begin} IN ({', '.join('?' * len(some))})", [person.bytes for person in some])


def _write(
    targets: Sequence[Generation],
    cells: Sequence[Cells],
    connection: Connection,
    components: Mapping[UUID, Collection[UUID]] | None,
) -> dict[UUID, RowsRefused]:
    people = sorted({person for own in (components or {}).values() for person in own})
    try:
        with _savepoint(connection):
            for target, own in zip(targets, cells, strict=True):
                _replace(connection, target, own, people)
    except RowsRefused as refused:
        roots = sorted(components or {UUID(bytes=bytes(row[0])) for own in cells for row in own})
        if len(roots) == 1:
            return {roots[0]: refused}
        found = dict[UUID, RowsRefused]()
        for some in (set(roots[::2]), set(roots[1::2])):
            theirs = [[row for row in own if UUID(bytes=bytes(row[0])) in some] for own in cells]
            few = components and {root: components[root] for root in some}
            found |= _write(targets, theirs, connection, few)
        return found
    return {}


def _replace(connection: Connection, target: Generation, cells: Cells, people: Sequence[UUID]) -> None:
    erase(connection, target, people)
    try:
        _insert(connection, target, cells)
    except _REFUSALS as error:
        raise RowsRefused(target.model.name, error) from error


def _insert(connection: Connection, target: Generation, cells: Cells) -> None:
    table = target.table
    columns = list(table.columns)
    with cursor_of(connection) as cursor:
        if connection.dialect.name == "postgresql":
            names = ", ".join(column.name for column in columns)
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types([_wire_type(column.type.compile(connection.dialect)) for column in columns])
                for row in cells:
                    copy.write_row(row)
        else:
            insert_rows(cursor, table.name, columns, cells)


@contextmanager
def _savepoint(connection: Connection) -> Iterator[None]:
    """What is written within is taken back where rows are refused; after any other error the transaction is over."""
    connection.exec_driver_sql("SAVEPOINT rows_to_write")
    try:
        yield
    except RowsRefused:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT rows_to_write")
        connection.exec_driver_sql("RELEASE SAVEPOINT rows_to_write")
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT rows_to_write")


_WIRE_TYPES = {
    "UUID": "bytea",
    "BIGINT": "int8",
    "INTEGER": "int4",
    "SMALLINT": "int2",
    "BOOLEAN": "bool",
    "FLOAT": "float8",
    "DOUBLE PRECISION": "float8",
    "BYTEA": "bytea",
}


def _wire_type(declared: str) -> str:
    """How psycopg is to send a value in binary COPY; ids go as the 16 bytes that PostgreSQL's uuid reads."""
    return _WIRE_TYPES.get(declared, "text")
