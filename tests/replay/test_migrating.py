"""What counts as taken away from a release that goes on in a newer database."""

import pytest
from sqlalchemy import text

from replay.database import Database
from tests.replay.migrating import Shape, taken_away


@pytest.fixture
def told(database_url: str) -> Database:
    database = Database(database_url)
    with database.write() as connection:
        connection.execute(text("CREATE TABLE told (id INTEGER PRIMARY KEY, what VARCHAR)"))
    return database


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE another (id INTEGER PRIMARY KEY)",
        "ALTER TABLE told ADD COLUMN why VARCHAR",
        "ALTER TABLE told ADD COLUMN often INTEGER NOT NULL DEFAULT 1",
        "CREATE INDEX told_what ON told (what)",
    ],
)
def test_what_an_older_release_need_not_write_may_be_added(told: Database, change: str) -> None:
    assert changed(told, change) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("DROP TABLE told", "told is gone"),
        ("ALTER TABLE told RENAME TO said", "told is gone"),
        ("ALTER TABLE told DROP COLUMN what", "told.what is gone or another"),
        ("ALTER TABLE told RENAME COLUMN what TO words", "told.what is gone or another"),
        ("CREATE UNIQUE INDEX told_once ON told (what)", "what is unique in told is another"),
    ],
)
def test_what_an_older_release_uses_may_not_be_changed(told: Database, change: str, fault: str) -> None:
    assert changed(told, change) == [fault]


def test_a_column_that_every_row_must_have_is_too_much(told: Database) -> None:
    if not told.is_postgres:
        told.close()
        pytest.skip("SQLite refuses to add one")
    assert changed(told, "ALTER TABLE told ADD COLUMN who VARCHAR NOT NULL") == ["told.who must be written"]


def changed(database: Database, change: str) -> list[str]:
    with database.write() as connection:
        before = Shape.of(connection)
        connection.execute(text(change))
        found = taken_away(before, Shape.of(connection))
    database.close()
    return found
