"""A long log by two processes, through the gate, and beside readers; and as the library would run a projection."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import cycle, islice
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import Tracking
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.sqlite import SQLiteTrackingRecorder
from sqlalchemy import select

from projections.journey import journey
from projections.timeline import timeline
from replay.journal import Journal
from replay.live import generations
from replay.rebuild import Crew, Opened, ledger, rebuild
from tests.benchmarks.events import realistic
from tests.benchmarks.ground import Ground, open_journal
from tests.benchmarks.measuring import Goal, Measured, Spent, take_turns
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stock import StockEvents, read_all, stock
from tests.conftest import MODELS

TWO = {"sqlite": Goal(1.3), "postgresql": Goal(1.4)}
"""On two processors, which the processes share with a database's server."""


@contextmanager
def opened(url: str, vault_url: str) -> Iterator[Opened]:
    """The same journal in a process that folds."""
    with ExitStack() as closing:
        yield Opened(open_journal(url, vault_url, closing), MODELS)


def crew(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """All read models of a long log: two processes, one, one with the gate; and stock merely reading it."""
    tracked, application, as_stock = ground.journal(), stock(ground.url(), ground.closing), StockEvents()
    told = realistic(sizes.long_log)
    while batch := list(islice(told, sizes.small_batch)):
        tracked.record(batch)
        application.save(*as_stock.of(batch))
    two = Crew(2, partial(opened, tracked.database.url, tracked.vault.database.url))
    ways = (
        partial(rebuild, tracked, MODELS, engine=two),
        partial(rebuild, tracked, MODELS),
        partial(rebuild, tracked, MODELS, compare=True),
        partial(read_all, application),
    )
    assert ways[1]().events == ways[3]() == sizes.long_log
    spent = [take_turns(*([way] for way in ways)) for _ in range(sizes.pairs)]
    case, database = f"replay {sizes.long_log:,}", ground.database
    yield _faster(f"{case}, 2 processes / 1", database, [(both, one) for both, one, _, _ in spent], TWO[database])
    reading = [(both, read) for both, _, _, read in spent]
    yield _faster(f"{case}, 2 processes / stock reading", database, reading, Goal(2.5))
    gated = [(gate.wall, one.wall) for _, one, gate, _ in spent]
    yield Measured(f"{case}, with the gate / without", database, gated, Goal(1.35, at_most=True), "s", inverted=True)


def _faster(case: str, database: str, spent: list[tuple[Spent, Spent]], goal: Goal) -> Measured:
    return Measured(case, database, [(ours.wall, yardstick.wall) for ours, yardstick in spent], goal, "s")


def runner(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """Against the library's ProjectionRunner, its events in memory and its view (on SQLite) doing nothing but to keep
    its position: the least that it can do."""
    tracked, as_stock = ground.journal(), StockEvents()
    told = list(realistic(sizes.log))
    few = told[: sizes.log // 40]
    for start in range(0, len(told), sizes.large_batch):
        tracked.record(told[start : start + sizes.large_batch])
    rebuild(tracked, MODELS)
    events = as_stock.of(few)
    spent = [
        take_turns([partial(rebuild, tracked, MODELS)], [partial(_run, ground, events)]) for _ in range(sizes.pairs)
    ]
    pairs = [(ours.wall / len(told) * 1e6, theirs.wall / len(few) * 1e6) for ours, theirs in spent]
    yield Measured(f"replay {sizes.log:,} / ProjectionRunner", ground.database, pairs, Goal(50))


class _Positions(SQLiteTrackingRecorder):
    """A view that holds nothing but how far it is."""


class _Following(Projection[_Positions]):
    """Keeps its position, event by event."""

    name = "following"

    def process_event(self, domain_event: DomainEvent, tracking: Tracking) -> None:
        self.view.insert_tracking(tracking)


def _run(ground: Ground, events: list[DomainEvent]) -> None:
    """From the first event to the last."""
    path = ground.folder / f"runner-{next(ground.numbers)}.db"
    env = {"FOLLOWING_PERSISTENCE_MODULE": "eventsourcing.sqlite", "FOLLOWING_SQLITE_DBNAME": str(path)}
    with ProjectionRunner(
        application_class=Application[UUID], projection_class=_Following, view_class=_Positions, env=env
    ) as running:
        running.app.save(*events)
        running.wait(len(events), timeout=600)


def beside(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """Reads of people's rows beside a replay in one process that gives way, against the same reads alone."""
    tracked = ground.journal()
    told = realistic(sizes.log)
    while batch := list(islice(told, sizes.large_batch)):
        tracked.record(batch)
    rebuild(tracked, MODELS)
    with tracked.database.read() as connection:
        [live] = generations.live(connection, [timeline])
        people = list(connection.scalars(select(live.table.c.component).limit(sizes.reads)))
    _read(tracked, people, lambda _: False)
    pairs = []
    for _ in range(sizes.pairs):
        with _replaying(tracked, sizes.niceness) as process:
            seconds, reads = _read(tracked, cycle(people), lambda _: process.poll() is not None)
        alone, _ = _read(tracked, islice(cycle(people), reads), lambda _: False)
        pairs.append((seconds, alone))
    yield Measured("reads beside a replay / alone", ground.database, pairs, Goal(0.7), "s")


def _read(of: Journal, people: Iterable[UUID], enough: Callable[[int], bool]) -> tuple[float, int]:
    """The rows of one after the other, each in a snapshot of its own; returns the seconds and how many they were."""
    begun, done = time.perf_counter(), 0
    for person in people:
        if enough(done):
            break
        with of.database.read() as connection:
            for live in generations.live(connection, [timeline, journey]):
                connection.execute(select(live.table).where(live.table.c.component == person)).all()
        done += 1
    return time.perf_counter() - begun, done


@contextmanager
def _replaying(of: Journal, niceness: int) -> Iterator[subprocess.Popen[bytes]]:
    """A replay in another process that is at work when the block begins."""
    command = ["nice", "-n", str(niceness), sys.executable, "-m", "tests.benchmarks.one_replay"]
    arguments = [of.database.url, of.vault.database.url]
    with subprocess.Popen([*command, *arguments], stdout=subprocess.DEVNULL) as process:
        while not _is_folding(of):
            assert process.poll() is None, "the replay ended before it was seen"
        yield process


def _is_folding(of: Journal) -> bool:
    with of.database.read() as connection:
        return any(found.at_work and found.folded for found in ledger.unfinished(connection, of.clock()))
