"""Workers share the shards of a journal on PostgreSQL: each is at one of its own, and no event is applied twice."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.identities import LinkingError, NotLinked
from replay.commands.linking import link, unlink
from replay.journal import Journal
from replay.live import generations
from replay.live.worker import Worker
from replay.rebuild import rebuild
from tests.conftest import MODELS
from tests.examples import call_received, measure_taken, store_visited
from tests.replay.linking import about, journal_of, on_demand, rows, shards_of
from tests.servers import fresh_database, waiting

WHY: dict[str, Any] = {"reason": "the same voice", "actor": "worker-07"}
FACTS = (call_received, store_visited, measure_taken)
SHARDS = 4
CROWD = [UUID(int=number << 64, version=4) for number in range(1, 31)]

_NOTE_EVERY_MOVE = (
    "CREATE TABLE moves (number bigserial, name text, shard int, before bigint, after bigint, xid bigint)",
    "CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " INSERT INTO moves (name, shard, before, after, xid)"
    " VALUES (NEW.name, NEW.shard, OLD.position, NEW.position, txid_current()); RETURN NULL; END $$",
    "CREATE TRIGGER note_move AFTER UPDATE ON positions FOR EACH ROW EXECUTE FUNCTION note_move()",
)


class Place(NamedTuple):
    """A journal, and what a process needs to open it."""

    journal: Journal
    arguments: tuple[str, str]


@pytest.fixture
def place(postgres_server: str, tmp_path: Path) -> Iterator[Place]:
    """An empty journal of four shards, of which every move of a position is noted in the transaction that makes it."""
    with fresh_database(postgres_server) as url, journal_of(url, tmp_path, SHARDS) as journal:
        with journal.database.write() as connection:
            for statement in _NOTE_EVERY_MOVE:
                connection.execute(text(statement))
        yield Place(journal, (url, journal.vault.database.url))


@contextmanager
def sharer(place: Place) -> Iterator[subprocess.Popen[str]]:
    """A worker in a process of its own, which is killed at the end."""
    command = [sys.executable, "-m", "tests.replay.live.sharer", *place.arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def ready(process: subprocess.Popen[str]) -> bool:
    assert process.stdout is not None
    return process.stdout.readline() == "ready\n"


def moves(journal: Journal) -> dict[tuple[str, int], list[tuple[int, int]]]:
    """From where to where the position of each generation in each shard was moved, in order."""
    found: dict[tuple[str, int], list[tuple[int, int]]] = {}
    with journal.database.read() as connection:
        for name, shard, before, after in connection.execute(
            text("SELECT name, shard, before, after FROM moves ORDER BY number")
        ):
            found.setdefault((name, shard), []).append((before, after))
    return found


def ensure_each_was_applied_once(journal: Journal) -> None:
    """Every move begins where the one before it ended, from the first event to the last."""
    with journal.database.read() as connection:
        live = [generation.name for generation in generations.live(connection, MODELS)]
    found = moves(journal)
    for shard, head in enumerate(journal.head()):
        for name in live if head else []:
            own = found[name, shard]
            assert [before for before, _ in own] == [0, *(after for _, after in own[:-1])]
            assert own[-1][1] == head
            assert sum(after - before for before, after in own) == head


def wait_for_all(journal: Journal) -> None:
    with journal.database.read() as connection:
        live = [generation.name for generation in generations.live(connection, MODELS)]
    for shard, head in enumerate(journal.head()):
        for name in live if head else []:
            journal.log_of(shard).wait(name, head, timeout=120)


def tell(journal: Journal, seed: int, steps: int) -> None:
    """Facts about everybody, and links and unlinks within groups of three, in an order of chance."""
    random = Random(seed)
    for number in range(steps):
        first = random.randrange(0, len(CROWD), 3)
        one, other = random.sample(CROWD[first : first + 3], 2)
        if random.random() < 0.8:
            fact = random.choice(FACTS).replaced(source_id=f"{seed}-{number}")
            journal.record(about(one, fact))
            continue
        try:
            link(journal, one, other, now=journal.clock(), **WHY)
        except LinkingError:
            with suppress(NotLinked):
                unlink(journal, one, other, now=journal.clock(), **WHY)


@pytest.mark.parametrize("steps", [25, pytest.param(150, marks=pytest.mark.soak)])
def test_three_processes_apply_every_event_once_though_one_is_killed(place: Place, steps: int) -> None:
    journal = place.journal
    journal.record([event for one in CROWD for event in about(one, call_received)])
    with ExitStack() as running:
        processes = [running.enter_context(sharer(place)) for _ in range(3)]
        assert all(map(ready, processes))
        with ThreadPoolExecutor(3) as writers:
            list(writers.map(lambda seed: tell(journal, seed, steps), range(3)))
            processes[0].kill()
            list(writers.map(lambda seed: tell(journal, seed, steps), range(3, 6)))
        wait_for_all(journal)
    ensure_each_was_applied_once(journal)
    live = rows(journal)
    assert live == on_demand(journal, CROWD)
    rebuild(journal, MODELS)
    assert rows(journal) == live


def test_a_worker_passes_by_the_shard_that_another_is_at(place: Place) -> None:
    journal = place.journal
    journal.record([event for one in CROWD for event in about(one, call_received)])
    busy, *_ = shards_of(journal, *CROWD)
    there = journal.head()[busy]
    one, other = Worker(journal, MODELS), Worker(journal, MODELS)
    with journal.database.write() as connection:
        generations.hold(connection)
        targets = generations.live(connection, MODELS)
        assert one._takes(connection, targets, busy)
        assert other._share() == len(CROWD) - there
        assert other.step(busy, wait=False) == 0
        assert one.apply(connection, targets, busy, 100) == there
    assert other.catch_up() == 0
    ensure_each_was_applied_once(journal)
    assert rows(journal) == on_demand(journal, CROWD)


def test_the_shard_of_a_worker_that_is_killed_in_it_is_taken_over(place: Place) -> None:
    journal = place.journal
    with sharer(place) as process:
        assert ready(process)
        with journal.database.write() as connection:
            # Whoever folds waits for this, with a shard in hand.
            connection.execute(text("LOCK TABLE members IN EXCLUSIVE MODE"))
            journal.record([event for one in CROWD for event in about(one, call_received)])
            while not waiting(journal.database.url):
                assert process.poll() is None
            process.kill()
            process.wait()
    assert Worker(journal, MODELS).catch_up() == len(CROWD)
    ensure_each_was_applied_once(journal)
    assert rows(journal) == on_demand(journal, CROWD)
