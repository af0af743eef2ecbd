"""Two live workers that share four shards, against one that has all of them: the same events, the same rows."""

from collections.abc import Iterator
from functools import partial

from sqlalchemy import update

from replay.journal import Journal
from replay.tables import positions
from tests.benchmarks.events import realistic
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Goal, Measured, take_turns
from tests.benchmarks.process import Process
from tests.benchmarks.sizes import Sizes

SHARDS = 4
_GOAL = Goal(1.2)
"""On two processors, which the workers share with the database's server. SQLite has one writer at a time: no goal."""


def workers(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """From the first event to the last: both apply everything from the start, over the rows that are there already."""
    journal = ground.journal(shards=SHARDS)
    journal.record(list(realistic(sizes.large_batch)))
    crew = [Process("tests.benchmarks.one_worker", journal, ground) for _ in range(2)]
    assert {process.answer() for process in crew} == {"ready"}
    # Once before: every process has learned what the folds read, and the rows are there for either side.
    for process in crew:
        _rewind(journal)
        _apply(journal, [process])
    spent = [take_turns(_turn(journal, crew), _turn(journal, crew[:1])) for _ in range(sizes.pairs)]
    pairs = [(two.wall / sizes.large_batch * 1e6, one.wall / sizes.large_batch * 1e6) for two, one in spent]
    goal = _GOAL if ground.database == "postgresql" else None
    yield Measured(f"2 workers / 1 worker, {SHARDS} shards", ground.database, pairs, goal)


def _turn(journal: Journal, crew: list[Process]) -> Iterator[partial[None]]:
    _rewind(journal)
    yield partial(_apply, journal, crew)


def _apply(journal: Journal, crew: list[Process]) -> None:
    for process in crew:
        process.begin()
    applied = sum(int(process.answer()) for process in crew)
    # Applied once each, whoever did it: nothing twice, and nothing left.
    assert applied == sum(journal.head())


def _rewind(journal: Journal) -> None:
    with journal.database.write() as connection:
        connection.execute(update(positions).values(position=0))
