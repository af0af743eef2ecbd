"""What says that a database is away, busy or full: Core and the drivers, each in words of its own."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, exc, text
from sqlalchemy.pool import QueuePool

from replay.database import Database, is_away, rows_of
from tests.servers import fresh_database


def test_a_server_that_does_not_answer_is_away() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(exc.DBAPIError) as failure, database.read():
        pass
    assert is_away(failure.value)


def test_a_server_that_cuts_a_connection_is_away(postgres_server: str) -> None:
    with fresh_database(postgres_server) as url, closing(Database(url)) as database:
        with pytest.raises(exc.DBAPIError) as failure, database.write() as connection:
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        assert is_away(failure.value)


def test_every_character_is_told_whatever_the_environment_says_of_encodings(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    with fresh_database(postgres_server) as url, closing(Database(url)) as database, database.read() as connection:
        assert rows_of(connection, "SELECT %s", ("마중",)) == [("마중",)]


def test_a_file_that_another_writes_to_is_busy(tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "one.db")) as writer,
        closing(sqlite3.connect(tmp_path / "one.db", timeout=0)) as other,
    ):
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.Error) as failure:
            other.execute("BEGIN IMMEDIATE")
    assert is_away(failure.value)


def test_a_pool_that_has_lent_all_its_connections_is_busy() -> None:
    engine = create_engine("sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01)
    with engine.connect(), pytest.raises(exc.TimeoutError) as failure:
        engine.connect()
    engine.dispose()
    assert is_away(failure.value)


def test_what_no_waiting_mends_is_not_away(database: Database) -> None:
    with pytest.raises(exc.SQLAlchemyError) as failure, database.write() as connection:
        connection.execute(text("INSERT INTO published (topic) VALUES ('a topic')"))
    assert not is_away(failure.value)
    assert not is_away(ZeroDivisionError())
