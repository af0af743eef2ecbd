"""A large journal in a file is folded from a copy in which the rows of a person lie together."""

import logging
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from replay.journal import Journal
from replay.rebuild import Crew, by_person, rebuild
from replay.rebuild.parts import Done
from tests.conftest import MODELS
from tests.examples import store_visited
from tests.replay.live.test_worker import linked
from tests.replay.rebuild.conftest import PEOPLE
from tests.replay.rebuild.test_crew import opened
from tests.replay.rebuild.test_resuming import Killed, after

Digests = Callable[[], dict[str, str]]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def large(populated: Journal, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """The journal of a hundred people, some of them linked, taken for a large one."""
    populated.record(linked(PEOPLE[3], PEOPLE[90], "far apart"))
    rebuild(populated, MODELS)
    monkeypatch.setattr(by_person, "WORTH_IT", 10)
    return populated


def copies(journal: Journal) -> list[str]:
    """What lies beside the file of a journal for a replay."""
    assert journal.database.path is not None
    return [found.name for found in journal.database.path.parent.glob("*-replay-*")]


def test_the_copy_gives_the_same_rows_and_goes_with_the_replay(
    large: Journal, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = digests()
    seen: list[str] = []

    def refused(*_: object) -> Iterator[object]:
        raise AssertionError("the journal was read where it lies")

    with monkeypatch.context() as patch:
        patch.setattr(large.reader, "range", refused)
        done = rebuild(large, MODELS, compare=True, told=lambda part: seen.extend(copies(large)))
    assert (done.events, done.people) == (302, len(PEOPLE) - 1)
    assert {each.people.differing for each in done.compared} == {0}
    assert digests() == expected
    assert len(set(seen)) == 1
    assert copies(large) == []


def test_what_is_recorded_after_the_copy_is_caught_up(large: Journal, digests: Digests) -> None:
    def record(part: Done) -> None:
        large.record([store_visited.replaced(participant_id=PEOPLE[0], source_id=f"in part {part.part}")])

    rebuild(large, MODELS, told=record)
    found = digests()
    rebuild(large, MODELS)
    assert found == digests()


def test_two_processes_read_one_copy(large: Journal, digests: Digests, database_url: str, tmp_path: Path) -> None:
    expected = digests()
    told: list[Done] = []
    two = Crew(2, partial(opened, database_url, tmp_path / "vault.db"))
    rebuild(large, MODELS, engine=two, told=told.append)
    assert digests() == expected
    assert len({part.worker for part in told}) == 2
    assert copies(large) == []


def test_an_interrupted_replay_goes_on_from_a_new_copy(large: Journal, digests: Digests) -> None:
    expected = digests()
    with pytest.raises(Killed):
        rebuild(large, MODELS, told=after(2))
    told: list[Done] = []
    done = rebuild(large, MODELS, told=told.append)
    assert sum(part.events for part in told) < done.events == 302
    assert digests() == expected


def test_what_a_killed_replay_left_is_removed_by_the_next_and_nothing_else(large: Journal) -> None:
    assert large.database.path is not None
    file = large.database.path.name
    for name in (f"{file}-replay-1-of_a_kil", f"{file}-replay-notes", f"{file}-replay-1-somebody's own"):
        left = large.database.path.with_name(name)
        left.mkdir()
        (left / "journal.db").touch()
    rebuild(large, MODELS)
    assert set(copies(large)) == {f"{file}-replay-notes", f"{file}-replay-1-somebody's own"}


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
        monkeypatch.setattr(by_person, "_ROOM", 10**12)
    else:
        monkeypatch.setattr(by_person, "TemporaryDirectory", refuse)
    with caplog.at_level(logging.WARNING, "majung.replay"):
        rebuild(large, MODELS)
    assert digests() == expected
    assert "read as it lies" in caplog.text


def test_a_small_journal_is_not_copied(large: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_person, "WORTH_IT", 303)
    seen: list[str] = []
    rebuild(large, MODELS, told=lambda part: seen.extend(copies(large)))
    assert seen == []


def test_who_ends_a_replay_does_not_wait_for_the_copy(large: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def telling(*told: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*told, **options)  # type: ignore[call-overload]
        connection.create_function("end_it", 0, lambda: os.kill(os.getpid(), signal.SIGINT))
        return connection

    monkeypatch.setattr(sqlite3, "connect", telling)
    endless = "WITH RECURSIVE n (v) AS (SELECT end_it() UNION ALL SELECT 1 FROM n) SELECT count(*) FROM n"
    monkeypatch.setattr(by_person, "_COPY", endless)
    with pytest.raises(KeyboardInterrupt):
        rebuild(large, MODELS)
    assert copies(large) == []
