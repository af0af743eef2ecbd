"""A database that is restarted amid a replay: it ends with a word on how to go on, and the next one does."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy import func, select

from replay.journal import Journal
from replay.live import held
from replay.live.verify import verify
from replay.live.worker import Worker
from replay.rebuild import Crew, CutOff, Expect, cluster, parts, rebuild, snapshots
from replay.rebuild.engine import WorkerFailed
from replay.rebuild.parts import Done, Part
from replay.rebuild.switching import Gate, Switching
from replay.tables import rebuild_parts
from tests.conftest import MODELS
from tests.examples import call_received, measure_taken, store_visited
from tests.replay.linking import journal_of
from tests.replay.rebuild.conftest import PEOPLE
from tests.servers import fresh_database, postgres, stopped
from tests.soak.replayer import opened
from tests.soak.test_kills import digests

PARTS = 10


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """One that may be stopped and started."""
    if "MAJUNG_TEST_POSTGRES" in os.environ:
        pytest.skip("the server that MAJUNG_TEST_POSTGRES names is not ours to stop and start")
    with postgres(durable=True) as server:
        yield server


@pytest.fixture
def journal(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    """A hundred people of three events each, in parts of some thirty events; the rows that serve are at the head."""
    monkeypatch.setattr(parts, "EVENTS_AT_ONCE", 30)
    monkeypatch.setattr(parts, "TEACHING", 10)
    told = (call_received, store_visited, measure_taken)
    with fresh_database(server) as url, journal_of(url, tmp_path, 1) as journal:
        journal.record([event.replaced(participant_id=person) for person in PEOPLE for event in told])
        Worker(journal, MODELS, batch=1_000).catch_up()
        yield journal


class Restart:
    """Restarts the server of a journal when four parts are done and one fact more is recorded.

    That commit waits for the disk, and what was written before it is there with it.
    """

    def __init__(self, journal: Journal, server: str) -> None:
        self._journal = journal
        self._server = server
        self._done = 0

    def __call__(self, _: Done) -> None:
        self._done += 1
        if self._done == 4:
            self._journal.record([call_received.replaced(participant_id=PEOPLE[0], source_id="meanwhile")])
            restart(self._server)


def restart(server: str) -> None:
    with stopped(server):
        pass


def parts_left(journal: Journal) -> int:
    with journal.database.read() as connection:
        left = select(func.count()).select_from(rebuild_parts).where(rebuild_parts.c.events.is_(None))
        return connection.scalar(left) or 0


def ensure_the_next_goes_on(journal: Journal, left: int) -> None:
    """As a process that is started then: with connections of its own."""
    Worker(journal, MODELS).catch_up()
    live, folded = digests(journal), list[Done]()
    assert rebuild(journal, MODELS, expect=Expect.NONE, told=folded.append).switched
    assert len(folded) == left
    assert digests(journal) == live
    assert verify(journal, MODELS).findings == []
    with journal.database.read() as connection:
        assert held.count_held(connection) == 0


@pytest.mark.parametrize("processes", [1, 2])
def test_amid_its_parts_a_replay_ends_with_a_word_and_the_next_one_goes_on(
    journal: Journal, server: str, processes: int
) -> None:
    live = digests(journal)
    crew = Crew(processes, partial(opened, journal.database.url, journal.vault.database.url))
    with pytest.raises(CutOff, match="When it answers again, `majung replay` goes on from the parts that are in"):
        rebuild(journal, MODELS, engine=crew, told=Restart(journal, server))
    journal.database.close()
    assert digests(journal) == live
    left = parts_left(journal)
    assert 0 < left <= PARTS - 4
    ensure_the_next_goes_on(journal, left)


def test_before_its_switch_a_replay_ends_with_a_word_and_the_next_one_switches(
    journal: Journal, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, switch = digests(journal), Switching.switch

    def restarted_before(self: Switching, gate: Gate) -> object:
        restart(server)
        return switch(self, gate)

    with monkeypatch.context() as patched:
        patched.setattr(Switching, "switch", restarted_before)
        with pytest.raises(CutOff):
            rebuild(journal, MODELS, compare=True)
    journal.database.close()
    assert digests(journal) == live
    ensure_the_next_goes_on(journal, 0)


def test_a_snapshot_that_is_being_taken_ends_with_a_word_and_goes_on_under_its_name(
    journal: Journal, server: str
) -> None:
    told = snapshots.clocks(journal, MODELS, "report", None, None)
    with pytest.raises(CutOff, match="`majung snapshots take report` goes on from the parts"):
        snapshots.take(journal, MODELS, told, told=Restart(journal, server))
    journal.database.close()
    left, folded = parts_left(journal), list[Done]()
    assert 0 < left <= PARTS - 4
    told = snapshots.clocks(journal, MODELS, "report", None, None)
    assert snapshots.take(journal, MODELS, told, told=folded.append).state == "taken"
    assert len(folded) == left


def test_a_worker_of_a_cluster_that_loses_the_database_says_how_to_go_on_and_no_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Lost(cluster.ReplayOnWorker):
        def __init__(self) -> None:
            """Nothing is opened."""

        def fold(self, part: Part, worker: str) -> Done:
            raise psycopg.OperationalError("the connection is lost\nDETAIL: Key (name)=(홍길동)")

    monkeypatch.setattr(cluster, "get_worker", lambda: SimpleNamespace(name="far"))
    with pytest.raises(WorkerFailed) as failure:
        cluster.fold_part(Lost(), Part(1, 0, 0, None, b""))
    assert str(failure.value) == (
        "worker far: the database refused: the connection is lost. When it answers again, `majung replay` goes on from"
        " the parts that are in"
    )
