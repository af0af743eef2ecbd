"""Many rows in one statement are the rows, empty cells included, that one by one would have been."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, select

from projections.columns import Instant, Pseudonym, storer
from replay.database import Database, cursor_of, insert_rows

AT = datetime(2025, 5, 1, 9, tzinfo=UTC)


@pytest.fixture
def table() -> Table:
    """A table with every kind of cell that may be empty."""
    return Table(
        "bulk",
        MetaData(),
        Column("component", Pseudonym, primary_key=True),
        Column("number", Integer, primary_key=True),
        Column("other", Pseudonym),
        Column("words", String),
        Column("at", Instant),
    )


@pytest.fixture
def database(tmp_path: Path, table: Table) -> Iterator[Database]:
    """A database that holds the empty table."""
    database = Database(f"sqlite:///{tmp_path / 'bulk.db'}")
    table.create(database.engine)
    yield database
    database.close()


@pytest.mark.parametrize("count", [0, 1, 299, 300, 301, 1_000])
def test_any_number_of_rows_comes_back_as_it_went_in(database: Database, table: Table, count: int) -> None:
    root, other = UUID(int=1), UUID(int=2)
    rows = [
        (root, number, (None, root, other)[number % 3], None if number % 2 else "말", None if number % 5 else AT)
        for number in range(count)
    ]

    with database.write() as connection, cursor_of(connection) as cursor:
        insert_rows(cursor, table.name, list(table.columns), storer(list(table.columns), postgres=False)(rows))

    with database.read() as connection:
        assert [tuple(row) for row in connection.execute(select(table).order_by("number"))] == rows


def test_a_row_that_is_there_already_stores_none_of_the_batch(database: Database, table: Table) -> None:
    rows = storer(list(table.columns), postgres=False)([(UUID(int=1), n % 700, None, None, None) for n in range(800)])

    with pytest.raises(sqlite3.IntegrityError), database.write() as connection, cursor_of(connection) as cursor:
        insert_rows(cursor, table.name, list(table.columns), rows)

    with database.read() as connection:
        assert connection.execute(select(table)).all() == []
