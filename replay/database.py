"""One code for SQLite and PostgreSQL: engines, transactions, and the driver cursors of the hot statements.

SQLite runs in WAL with synchronous=FULL, and every writing transaction is BEGIN IMMEDIATE: a deferred one that reads
and then writes fails at once under concurrency, whatever the busy time-out.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.pq import Format
from psycopg.types.string import BytesBinaryDumper
from sqlalchemy import Column, Connection, Engine, create_engine, event, exc, make_url

from projections.columns import placeholder
from replay import meanwhile

BUSY_TIMEOUT_SECONDS = 60
_PAGES, _PAGES_BEHIND = 8_000, 16_000
"""After how many pages of 4 KiB SQLite moves its WAL into the database: its own default, and one for bulk work."""

_SQLITE_DRIVERS = ("sqlite", "sqlite+pysqlite")


class DatabaseUnusable(Exception):
    """The database cannot be used as it is; the message says what to do."""


class UnknownDatabase(DatabaseUnusable):
    """The URL names neither SQLite nor PostgreSQL."""


AWAY: tuple[type[Exception], ...] = (
    exc.OperationalError,
    exc.TimeoutError,
    psycopg.OperationalError,
    sqlite3.OperationalError,
)
"""What Core and the drivers raise where a database is away, busy or full."""


def is_away(error: BaseException) -> bool:
    """Whether it says that a database is away, busy or full, so that waiting may mend it."""
    return isinstance(error, AWAY) or (isinstance(error, exc.DBAPIError) and error.connection_invalidated)


class Database:
    """A database by URL. Nothing connects before the first transaction.

    `sqlite:///majung.db` or `postgresql://user@host/name` (the psycopg 3 driver is chosen by itself).
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        try:
            parsed = make_url(url)
        except exc.ArgumentError:
            raise UnknownDatabase("not a database URL: write sqlite:///FILE or postgresql://USER@HOST/NAME") from None
        name = parsed.get_backend_name()
        if name not in ("sqlite", "postgresql"):
            raise UnknownDatabase(f"{name} is not supported: use sqlite:///FILE or postgresql://USER@HOST/NAME")
        if name == "sqlite" and parsed.database in (None, "", ":memory:"):
            raise UnknownDatabase("a database in memory keeps nothing: name a file, as in sqlite:///FILE")
        if name == "sqlite" and (parsed.drivername not in _SQLITE_DRIVERS or parsed.query or _is_uri(parsed.database)):
            # What may follow can make it a database in memory after all, or one of other locks.
            raise UnknownDatabase("a SQLite database is named by its file and nothing else: write sqlite:///FILE")
        self.url = url
        self.is_postgres = name == "postgresql"
        if self.is_postgres:
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.path = None if self.is_postgres or not parsed.database else Path(parsed.database)
        try:
            self.engine: Engine = create_engine(parsed, **self._engine_options(pool_size))
        except exc.NoSuchModuleError as error:
            raise UnknownDatabase(f"{name}: {error}") from None
        self._facts: Engine | None = None
        if self.is_postgres:
            event.listen(self.engine, "do_connect", _connect_postgres)
            event.listen(self.engine, "connect", _prepare_postgres)
        else:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_immediate)

    def _engine_options(self, pool_size: int) -> dict[str, Any]:
        if self.is_postgres:
            # Whatever the environment says (PGCLIENTENCODING): in another encoding not every name can be told.
            own: dict[str, Any] = {"client_encoding": "utf8"}
            return {"pool_size": pool_size, "max_overflow": pool_size, "pool_pre_ping": False, "connect_args": own}
        return {"pool_size": pool_size, "max_overflow": pool_size, "connect_args": {"timeout": BUSY_TIMEOUT_SECONDS}}

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may write: committed at the end, rolled back on any error."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write_behind(self) -> Iterator[Connection]:
        """A transaction that does not wait for the disk, for rows that can be made again until a durable one follows.

        What it wrote is consistent whatever happens, and durable with the next durable commit of this database. Pages
        that it gives up (a table dropped) are not zeroed before something else fills them: that takes a replay a tenth
        of its time.
        """
        with self.engine.connect() as connection:
            if self.is_postgres:
                with connection.begin():
                    connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
                    yield connection
                return
            with cursor_of(connection) as cursor:
                cursor.execute("PRAGMA synchronous=NORMAL")
                cursor.execute("PRAGMA secure_delete=FAST")
                cursor.execute(f"PRAGMA wal_autocheckpoint={_PAGES_BEHIND}")
                try:
                    with connection.begin():
                        yield connection
                finally:
                    cursor.execute("PRAGMA synchronous=FULL")
                    cursor.execute("PRAGMA secure_delete=ON")
                    cursor.execute(f"PRAGMA wal_autocheckpoint={_PAGES}")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot for reading."""
        with self.engine.connect() as connection:
            if self.is_postgres:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            else:
                connection = connection.execution_options(majung_reads=True)
            with connection.begin():
                yield connection

    @contextmanager
    def autocommit(self) -> Iterator[Any]:
        """A PostgreSQL driver cursor whose every statement is its own transaction."""
        if self._facts is None:
            self._facts = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        with self._facts.connect() as connection, cursor_of(connection) as cursor:
            try:
                yield cursor
            except psycopg.OperationalError:
                # Core does not see what goes through the driver's cursor: without this, every other connection that the
                # server has cut fails a request of its own.
                if cursor.connection.closed:
                    self.engine.dispose()
                raise

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _is_uri(file: str | None) -> bool:
    return file is not None and file.startswith("file:")


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def cache_more(connection: Connection) -> None:
    """Let SQLite keep 64 MiB of pages from here on, for what writes all over large indexes; a replay does with less."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size=-65536")


@contextmanager
def cursor_of(connection: Connection) -> Iterator[Any]:
    """The driver's own cursor inside Core's transaction: for the few hot statements only."""
    cursor = connection.connection.cursor()
    try:
        yield cursor
    finally:
        cursor.close()


_IN_ONE_QUERY = 400
T = TypeVar("T")


def portions(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in order, so many at a time as one statement names."""
    for start in range(0, len(values), _IN_ONE_QUERY):
        yield values[start : start + _IN_ONE_QUERY]


_CELLS_AT_ONCE = 1_500


def insert_rows(cursor: Any, table: str, columns: Sequence[Column[Any]], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert on SQLite, many rows in each statement: two thirds of the time of `executemany`, a statement a row.

    Cells are as `columns.placeholder` says.
    """
    names = ", ".join(column.name for column in columns)
    one_row = f"({', '.join(map(placeholder, columns))})"
    at_once = _CELLS_AT_ONCE // len(columns)
    begin = f"INSERT INTO {table} ({names}) VALUES "
    whole, several = len(rows) - len(rows) % at_once, begin + ", ".join([one_row] * at_once)
    for start in range(0, whole, at_once):
        cursor.execute(several, list(chain.from_iterable(rows[start : start + at_once])))
    cursor.executemany(begin + one_row, rows[whole:])


def rows_of(connection: Connection, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """All rows of a driver-level query, in the driver's parameter style; PostgreSQL sends them in binary."""
    with cursor_of(connection) as cursor:
        if connection.dialect.name == "postgresql":
            cursor.format = Format.BINARY
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _connect_postgres(_dialect: Any, _record: Any, arguments: Any, options: Any) -> meanwhile.Connection:
    return meanwhile.Connection.connect(*arguments, **options)


def _prepare_postgres(connection: psycopg.Connection, _record: Any) -> None:
    # By the type's name alone, as in COPY, psycopg finds the dumper of DB-API's Binary, which is Python code; that of
    # `bytes` is compiled.
    connection.adapters.register_dumper(bytes, BytesBinaryDumper)


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA wal_autocheckpoint={_PAGES}")
    # What is deleted is overwritten: keys above all. Only some builds of SQLite do that by themselves.
    connection.execute("PRAGMA secure_delete=ON")
    # Cached and mapped pages count as memory of the process: enough for the hot ones, whatever the size of the file.
    connection.execute("PRAGMA cache_size=-16384")
    connection.execute("PRAGMA mmap_size=67108864")


def _begin_immediate(connection: Connection) -> None:
    reads = connection.get_execution_options().get("majung_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
