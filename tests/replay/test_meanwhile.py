"""While PostgreSQL is waited for something else is done, and its answers are what they are without."""

from collections.abc import Iterator
from itertools import count

import psycopg
import pytest
from sqlalchemy import text

from replay.database import Database, cursor_of
from replay.meanwhile import meanwhile
from tests.servers import fresh_database

SLOW = "SELECT pg_sleep(0.05), 7"
ROWS = 50_000


@pytest.fixture
def database(postgres_server: str) -> Iterator[Database]:
    with fresh_database(postgres_server) as url:
        database = Database(url)
        yield database
        database.close()


def test_work_is_taken_while_an_answer_is_waited_for_and_at_no_other_time(database: Database) -> None:
    work = iter(count())
    with database.read() as connection:
        with meanwhile(work):
            assert connection.execute(text(SLOW)).one()[1] == 7
        taken = next(work)
        assert taken > 1
        assert connection.execute(text(SLOW)).one()[1] == 7
    assert next(work) == taken + 1


@pytest.mark.parametrize("work", [iter(()), iter(range(3)), count()], ids=["none", "little", "without end"])
def test_rows_are_sent_and_answers_come_however_much_work_there_is(database: Database, work: Iterator[object]) -> None:
    with meanwhile(work), database.write() as connection, cursor_of(connection) as cursor:
        cursor.execute("CREATE TABLE numbers (number int)")
        with cursor.copy("COPY numbers FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int4"])
            for number in range(ROWS):
                copy.write_row((number,))
        assert cursor.execute("SELECT sum(number) FROM numbers").fetchone() == (sum(range(ROWS)),)


def test_an_error_of_the_server_is_told_as_ever(database: Database) -> None:
    with meanwhile(count()), database.read() as connection, cursor_of(connection) as cursor:
        with pytest.raises(psycopg.errors.DivisionByZero):
            cursor.execute("SELECT 1 / (random() * 0)::int")
        connection.rollback()


def test_a_server_that_goes_away_is_told_as_ever(database: Database) -> None:
    with meanwhile(count()), pytest.raises(psycopg.OperationalError), database.autocommit() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_work_that_fails_is_told_when_the_statement_is_through(database: Database) -> None:
    class Failed(Exception):
        pass

    def failing() -> Iterator[None]:
        yield
        raise Failed

    with pytest.raises(Failed), meanwhile(failing()), database.write() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT 1 AS it FROM pg_sleep(0.05)"))
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM kept")).scalar() == 1


def test_what_is_left_of_the_work_can_be_done_later(database: Database) -> None:
    work = (number for number in count())
    with meanwhile(work), database.read() as connection:
        connection.execute(text(SLOW))
    assert next(work) + 1 == next(work)
