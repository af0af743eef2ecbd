"""A worker on PostgreSQL while its database is restarted: it goes on by itself, and rows are the fold."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import make_url

from api import wiring
from api.http import create_app, embedded_worker
from api.settings import Settings, settings_in
from api.wiring import Majung
from api.working import work
from domain.touchpoint import Touchpoint
from replay.live.verify import verify
from replay.live.worker import Worker
from replay.metrics import OF_PROCESS
from tests.consumers.kafka.topics import eventually
from tests.examples import call_received, measure_taken, participant_registered, store_visited
from tests.servers import database_url, fresh_database, postgres, stopped

PEOPLE = [UUID(int=number << 96, version=4) for number in range(1, 101)]


def told(source: str) -> list[Touchpoint]:
    facts = (participant_registered, call_received, store_visited, measure_taken)
    return [fact.replaced(participant_id=person, source_id=source) for person in PEOPLE for fact in facts]


def record(settings: Settings, source: str) -> None:
    """As another process does."""
    with wiring.start(settings) as other:
        other.journal.record(told(source))


def retries() -> float:
    """How often it has begun anew, whatever for."""
    samples = [sample for metric in OF_PROCESS.collect() for sample in metric.samples]
    own = [each for each in samples if each.name == "majung_retries_total" and each.labels["part"] == "project"]
    return sum(each.value for each in own)


def is_level(majung: Majung) -> bool:
    return majung.lag().behind == 0


def test_a_worker_whose_database_restarts_catches_up_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once amid a transaction of the worker, for so long that it tries in vain, and once while it sleeps."""
    if "MAJUNG_TEST_POSTGRES" in os.environ:
        pytest.skip("the server that MAJUNG_TEST_POSTGRES names is not ours to stop and start")
    with postgres(durable=True) as server, fresh_database(server) as url, fresh_database(server) as vault_url:
        settings = settings_in(tmp_path).model_copy(update={"database_url": url, "vault_url": vault_url})
        wiring.upgrade(settings)
        stop, away, apply, before = Event(), ExitStack(), Worker.apply, retries()

        def cut_off_amid(self: Worker, *arguments: Any) -> int:
            applied = apply(self, *arguments)
            monkeypatch.undo()
            away.enter_context(stopped(server))
            return applied

        monkeypatch.setattr(Worker, "apply", cut_off_amid)
        record(settings, "before")
        with wiring.start(settings) as majung, wiring.start(settings) as asked, ThreadPoolExecutor(1) as threads:
            working = threads.submit(work, majung, stop)
            try:
                with away:
                    eventually(lambda: retries() > before + 2)
                    asked.journal.give_back_connections()
                eventually(lambda: is_level(asked))
                with stopped(server):
                    asked.journal.give_back_connections()
                record(settings, "after")
                eventually(lambda: is_level(asked))
            finally:
                stop.set()
            working.result(60)
            found = verify(asked.journal, asked.serving)
            assert (found.people, found.findings) == (len(PEOPLE), [])


@contextmanager
def working(majung: Majung) -> Iterator[None]:
    """As `majung work` does."""
    stop = Event()
    with ThreadPoolExecutor(1) as threads:
        worker = threads.submit(work, majung, stop)
        try:
            yield
        finally:
            stop.set()
        worker.result(60)


@contextmanager
def serving(majung: Majung) -> Iterator[None]:
    """As the worker inside `majung serve` does."""
    with TestClient(create_app(majung, work=True)):
        yield


@pytest.mark.parametrize("run", [working, serving])
def test_a_worker_whose_connections_were_cut_fails_once_and_not_once_for_each_database(
    run: Callable[[Majung], AbstractContextManager[None]],
    postgres_server: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedded_worker, "RETRY_SECONDS", 0.05)
    with fresh_database(postgres_server) as url, fresh_database(postgres_server) as vault_url:
        settings = settings_in(tmp_path).model_copy(update={"database_url": url, "vault_url": vault_url})
        wiring.upgrade(settings)
        with wiring.start(settings) as majung, wiring.start(settings) as asked, run(majung):
            record(settings, "before")
            eventually(lambda: is_level(asked))
            before = retries()
            # The keys have to be asked for again.
            majung.journal.vault._known.clear()
            asked.journal.give_back_connections()
            cut_off(postgres_server, url, vault_url)
            record(settings, "after")
            eventually(lambda: is_level(asked))
            assert retries() - before <= 1


def cut_off(server: str, *urls: str) -> None:
    """End all connections to these databases, as a server that restarts does."""
    names = [make_url(url).database for url in urls]
    with psycopg.connect(database_url(server, "postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s)", (names,))
