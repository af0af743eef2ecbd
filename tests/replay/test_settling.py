"""Who asks as known at this very moment is told the same when they ask again."""

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event
from time import sleep
from typing import Any

import pytest
from sqlalchemy import Connection

from replay.journal import Journal
from replay.queries.as_of import person
from replay.settling import PATIENCE_SECONDS, wait_for_recordings
from tests.examples import PARTICIPANT, call_received, store_visited

BEFORE, EARLIER = datetime(2025, 7, 1, tzinfo=UTC), datetime(2025, 8, 1, tzinfo=UTC)


class Recording:
    """Somebody records a visit, and commits when they are told to."""

    def __init__(self, journal: Journal, others: ThreadPoolExecutor) -> None:
        self._held, self._let = Event(), Event()
        self._done: Future[Any] = others.submit(journal.record, [store_visited], beside=self._hold)
        assert self._held.wait(10)

    def _hold(self, _: Connection, __: object) -> None:
        self._held.set()
        assert self._let.wait(10)

    def commit(self) -> None:
        self._let.set()
        self._done.result(10)


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


@contextmanager
def recording(journal: Journal, others: ThreadPoolExecutor) -> Iterator[Recording]:
    """A call is recorded, and a visit about to be."""
    journal.record([call_received], now=EARLIER)
    found = Recording(journal, others)
    try:
        yield found
    finally:
        found.commit()


def test_whoever_is_recording_is_waited_for(journal: Journal, others: ThreadPoolExecutor) -> None:
    with recording(journal, others) as visit:
        now = journal.clock()
        asking = others.submit(person, journal, PARTICIPANT, known_at=now)
        sleep(0.1)
        assert not asking.done()
        visit.commit()
        assert asking.result(10).version == person(journal, PARTICIPANT, known_at=now).version == 2


def test_nobody_is_waited_for_without_known_at_or_where_something_later_is_in(
    journal: Journal, others: ThreadPoolExecutor
) -> None:
    with recording(journal, others):
        assert wait_for_recordings(journal.database, BEFORE, patience_seconds=0)
        assert not wait_for_recordings(journal.database, EARLIER, patience_seconds=0)
        assert person(journal, PARTICIPANT).version == 1


def test_patience_has_an_end_and_the_log_says_so(
    journal: Journal, others: ThreadPoolExecutor, caplog: pytest.LogCaptureFixture
) -> None:
    with recording(journal, others), caplog.at_level(logging.WARNING, "majung.replay"):
        assert not wait_for_recordings(journal.database, journal.clock(), patience_seconds=0.05)
        assert "may still change" in caplog.text
    assert wait_for_recordings(journal.database, journal.clock(), patience_seconds=0.05)


def test_who_waits_keeps_nobody_from_recording_elsewhere(journal: Journal, others: ThreadPoolExecutor) -> None:
    if not journal.database.is_postgres:
        pytest.skip("SQLite has one writer at a time: nothing is recorded beside it")
    with recording(journal, others):
        waiting = others.submit(wait_for_recordings, journal.database, journal.clock())
        sleep(0.1)
        with journal.database.write() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout TO '{PATIENCE_SECONDS * 250:.0f}ms'")
            connection.exec_driver_sql("INSERT INTO heads (shard, position, recorded_at) VALUES (7, 0, 0)")
            connection.exec_driver_sql("UPDATE heads SET position = 1 WHERE shard = 7")
        assert not waiting.done()
