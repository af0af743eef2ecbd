"""A large journal is folded from a copy in which the rows of a person lie together."""

import logging
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from sqlalchemy import inspect, text

from replay.archive.export import export_journal
from replay.archive.local_copy import local_copy
from replay.database import Database
from replay.journal import Journal
from replay.rebuild import Crew, rebuild
from replay.rebuild.by_person import in_file, in_table
from replay.rebuild.by_person.in_table import CopyLost
from replay.rebuild.parts import Done
from tests.conftest import MODELS
from tests.examples import store_visited
from tests.replay.live.test_worker import linked
from tests.replay.rebuild.conftest import PEOPLE
from tests.replay.rebuild.test_crew import opened
from tests.replay.rebuild.test_resuming import Killed, after

Digests = Callable[[], dict[str, str]]

COPYING = Crew(copies_from=10)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgres = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def large(populated: Journal) -> Journal:
    """The journal of a hundred people, some of them linked, which `COPYING` takes for a large one."""
    populated.record(linked(PEOPLE[3], PEOPLE[90], "far apart"))
    rebuild(populated, MODELS)
    return populated


def copies(journal: Journal) -> list[str]:
    """What lies beside the journal for a replay."""
    path = journal.database.path
    if path is not None:
        return [found.name for found in path.parent.glob("*-replay-*")]
    with journal.database.read() as connection:
        return [name for name in inspect(connection).get_table_names() if "by_person" in name]


def test_the_copy_gives_the_same_rows_and_goes_with_the_replay(
    large: Journal, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = digests()
    seen: list[str] = []

    def refused(*_: object) -> Iterator[object]:
        raise AssertionError("the journal was read where it lies")

    with monkeypatch.context() as patch:
        patch.setattr(large.reader, "range", refused)
        done = rebuild(large, MODELS, engine=COPYING, compare=True, told=lambda part: seen.extend(copies(large)))
    assert (done.events, done.people) == (302, len(PEOPLE) - 1)
    assert {each.people.differing for each in done.compared} == {0}
    assert digests() == expected
    assert len(set(seen)) == 1
    assert copies(large) == []


def test_what_is_recorded_after_the_copy_is_caught_up(large: Journal, digests: Digests) -> None:
    def record(part: Done) -> None:
        large.record([store_visited.replaced(participant_id=PEOPLE[0], source_id=f"in part {part.part}")])

    rebuild(large, MODELS, engine=COPYING, told=record)
    found = digests()
    rebuild(large, MODELS)
    assert found == digests()


def test_two_processes_read_one_copy(large: Journal, digests: Digests, database_url: str, tmp_path: Path) -> None:
    expected = digests()
    told: list[Done] = []
    two = Crew(2, partial(opened, database_url, tmp_path / "vault.db"), copies_from=10)
    rebuild(large, MODELS, engine=two, told=told.append)
    assert digests() == expected
    assert len({part.worker for part in told}) == 2
    assert copies(large) == []


def test_an_interrupted_replay_goes_on_from_a_new_copy(large: Journal, digests: Digests) -> None:
    expected = digests()
    with pytest.raises(Killed):
        rebuild(large, MODELS, engine=COPYING, told=after(2))
    told: list[Done] = []
    done = rebuild(large, MODELS, engine=COPYING, told=told.append)
    assert sum(part.events for part in told) < done.events == 302
    assert digests() == expected


@on_sqlite
def test_what_a_killed_replay_left_is_removed_by_the_next_and_nothing_else(large: Journal) -> None:
    assert large.database.path is not None
    file = large.database.path.name
    for name in (f"{file}-replay-1-of_a_kil", f"{file}-replay-notes", f"{file}-replay-1-somebody's own"):
        left = large.database.path.with_name(name)
        left.mkdir()
        (left / "journal.db").touch()
    rebuild(large, MODELS)
    assert set(copies(large)) == {f"{file}-replay-notes", f"{file}-replay-1-somebody's own"}


@on_postgres
def test_a_table_that_a_killed_replay_left_is_dropped_by_the_next_and_no_other(large: Journal) -> None:
    with large.database.write() as connection:
        for name in ("journal_by_person_1", "journal_by_person_notes"):
            connection.execute(text(f"CREATE TABLE {name} ()"))
    rebuild(large, MODELS)
    assert copies(large) == ["journal_by_person_notes"]


def test_a_replay_from_an_archive_removes_what_a_killed_one_left_beside_the_journal(
    large: Journal, digests: Digests, tmp_path: Path
) -> None:
    expected = digests()
    path = large.database.path
    if path is not None:
        path.with_name(f"{path.name}-replay-1-of_a_kil").mkdir()
    else:
        with large.database.write() as connection:
            connection.execute(text("CREATE TABLE journal_by_person_1 ()"))
    export_journal(large.database, tmp_path / "archive", clock=large.clock)
    with local_copy(large, tmp_path / "archive") as archived:
        rebuild(large, MODELS, archived=archived, engine=COPYING)
    assert copies(large) == []
    assert digests() == expected


@on_sqlite
@pytest.mark.parametrize("missing", ["room", "permission"])
def test_without_room_for_a_copy_the_journal_is_read_as_it_lies(
    large: Journal,
    digests: Digests,
    missing: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("no folder can be made there")

    expected = digests()
    if missing == "room":
        monkeypatch.setattr(in_file, "_ROOM", 10**12)
    else:
        monkeypatch.setattr(in_file, "TemporaryDirectory", refuse)
    with caplog.at_level(logging.WARNING, "majung.replay"):
        rebuild(large, MODELS, engine=COPYING)
    assert digests() == expected
    assert "read as it lies" in caplog.text


@on_postgres
def test_where_the_server_refuses_the_copy_the_journal_is_read_as_it_lies(
    large: Journal, digests: Digests, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    expected = digests()
    monkeypatch.setattr(in_table, "_SORTED_AT_ONCE", "more than there is")
    with caplog.at_level(logging.WARNING, "majung.replay"):
        rebuild(large, MODELS, engine=COPYING)
    assert digests() == expected
    assert "read as it lies" in caplog.text
    assert copies(large) == []


@on_postgres
def test_a_copy_that_the_server_emptied_is_not_taken_for_nobodys_events(large: Journal, digests: Digests) -> None:
    expected = digests()

    def emptied(part: Done) -> None:
        # As a crash does to a table of which nothing is logged.
        with large.database.write() as connection:
            for copy in copies(large):
                connection.execute(text(f"TRUNCATE {copy}"))

    with pytest.raises(CopyLost, match="majung replay"):
        rebuild(large, MODELS, engine=COPYING, told=emptied)
    assert copies(large) == []
    rebuild(large, MODELS, engine=COPYING)
    assert digests() == expected


@pytest.mark.parametrize("copies_from", [303, 0])
def test_a_small_journal_is_not_copied_and_none_where_nobody_wants_it(large: Journal, copies_from: int) -> None:
    seen: list[str] = []
    rebuild(large, MODELS, engine=Crew(copies_from=copies_from), told=lambda part: seen.extend(copies(large)))
    assert seen == []


@pytest.fixture
def heard() -> Iterator[None]:
    """An interrupt is heard, also where whoever started the tests has it ignored (as shells do for background jobs)."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@on_sqlite
@pytest.mark.usefixtures("heard")
def test_who_ends_a_replay_does_not_wait_for_the_copy(large: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def telling(*told: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*told, **options)  # type: ignore[call-overload]
        connection.create_function("end_it", 0, lambda: os.kill(os.getpid(), signal.SIGINT))
        return connection

    monkeypatch.setattr(sqlite3, "connect", telling)
    endless = "WITH RECURSIVE n (v) AS (SELECT end_it() UNION ALL SELECT 1 FROM n) SELECT count(*) FROM n"
    monkeypatch.setattr(in_file, "_COPY", endless)
    with pytest.raises(KeyboardInterrupt):
        rebuild(large, MODELS, engine=COPYING)
    assert copies(large) == []


@on_postgres
@pytest.mark.usefixtures("heard")
def test_who_ends_a_replay_does_not_wait_for_the_copy_of_a_server(
    large: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_table, "_COLUMNS", "pg_sleep(600)::text, journal.*")
    watching = Thread(target=end_when_copying, args=(large.database,))
    watching.start()
    with pytest.raises(KeyboardInterrupt):
        rebuild(large, MODELS, engine=COPYING)
    watching.join()
    assert copies(large) == []


def end_when_copying(database: Database) -> None:
    """Interrupt this process as soon as the server copies for it."""
    copying: Any = None
    with psycopg.connect(database.url, autocommit=True) as connection:
        query = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'CREATE UNLOGGED%%' AND state = 'active'"
        while copying is None:
            copying = connection.execute(query).fetchone()
    os.kill(os.getpid(), signal.SIGINT)
