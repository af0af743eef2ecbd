"""The laws of every read model: order, duplicates and batches of arrival do not matter; live = rebuilt = as-of on
demand."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.simulation import population
from domain.touchpoint import Touchpoint
from replay.database import Database
from replay.journal import Journal
from replay.live import generations
from replay.live.worker import Worker
from replay.queries.as_of import person
from replay.rebuild import rebuild
from replay.schema import upgrade
from replay.vault import Vault
from tests.conftest import MASTER_KEY, MODELS
from tests.examples import EXAMPLES, OTHER_PARTICIPANT
from tests.given import on

SAME = {"derandomize": True, "deadline": None, "suppress_health_check": list(HealthCheck)}


def a_life() -> list[Touchpoint]:
    """Every kind of fact, of two people, some of them on several days."""
    told = [event for event in EXAMPLES.values() if not event.is_command]
    again = [
        on(event, day)
        for event in told[:24]
        for day in ("2025-06-20", "2025-09-01")
        if not hasattr(event, "target_event_id")
    ]
    others = [
        event.replaced(participant_id=OTHER_PARTICIPANT) for event in told if not hasattr(event, "target_event_id")
    ]
    return told + again + others


@contextmanager
def fresh_journal(folder: Path) -> Iterator[Journal]:
    """An empty journal on SQLite with its read models established."""
    name = uuid4().hex
    database, keys = Database(f"sqlite:///{folder / name}.db"), Database(f"sqlite:///{folder / name}-vault.db")
    upgrade(database, keys)
    with database.write() as connection:
        generations.establish(connection, MODELS)
    yield Journal(database, Vault(keys, MASTER_KEY))
    keys.close()
    database.close()


def rows(journal: Journal, *, arrival: bool) -> dict[str, str]:
    with journal.database.read() as connection:
        return {
            live.model.name: live.model.digest(generations.read(connection, live), arrival=arrival)
            for live in generations.live(connection, MODELS)
        }


def on_demand(journal: Journal, people: Sequence[UUID]) -> dict[str, str]:
    folded = [person(journal, participant).history for participant in people]
    return {model.name: model.digest(row for history in folded for row in model.fold(history)) for model in MODELS}


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    with fresh_journal(tmp_path_factory.mktemp("in-order")) as journal:
        journal.record(a_life())
        Worker(journal, MODELS).catch_up()
        return settled(journal)


def settled(journal: Journal) -> dict[str, str]:
    """The digests that may not depend on arrival; of contributions, the versions now in force."""
    found = rows(journal, arrival=False)
    with journal.database.read() as connection:
        for live in generations.live(connection, MODELS):
            if live.model.name == "contributions":
                from domain.clock import END_OF_TIME

                now = [row for row in generations.read(connection, live) if row.known_to == END_OF_TIME]
                found["contributions"] = live.model.digest(now, arrival=False)
    return found


@given(seed=st.integers(min_value=0), steps=st.integers(min_value=1, max_value=60))
@settings(max_examples=25, **SAME)  # type: ignore[arg-type]
def test_order_duplication_and_batching_of_arrival_do_not_change_any_row(
    tmp_path_factory: pytest.TempPathFactory, in_order: dict[str, str], seed: int, steps: int
) -> None:
    random = Random(seed)
    told = a_life()
    told += random.sample(told, 10)
    random.shuffle(told)
    with fresh_journal(tmp_path_factory.mktemp("shuffled")) as journal:
        worker = Worker(journal, MODELS, batch=random.randint(1, 50))
        for start in range(0, len(told), steps):
            journal.record(told[start : start + steps])
            if random.random() < 0.3:
                worker.step(0)
        worker.catch_up()
        assert settled(journal) == in_order


@given(seed=st.integers(min_value=0, max_value=2**32), size=st.integers(min_value=1, max_value=200))
@settings(max_examples=10, **SAME)  # type: ignore[arg-type]
def test_live_rows_rebuilt_rows_and_folds_on_demand_are_the_same_digest_for_digest(
    tmp_path_factory: pytest.TempPathFactory, seed: int, size: int
) -> None:
    with fresh_journal(tmp_path_factory.mktemp("live")) as journal:
        worker = Worker(journal, MODELS, batch=37)
        people: set[UUID] = set()
        for batch in population(size, seed):
            journal.record(batch.events, now=batch.now)
            people |= {event.participant_id for event in batch.events}
            worker.step(0)
        worker.catch_up()
        live = rows(journal, arrival=True)
        rebuild(journal, MODELS)
        assert rows(journal, arrival=True) == live
        assert on_demand(journal, sorted(people)) == live


def test_live_and_rebuilt_rows_are_the_same_on_each_database(
    tracked: Journal, digests: Callable[[], dict[str, str]]
) -> None:
    for batch in population(1500, 3):
        tracked.record(batch.events, now=batch.now)
    Worker(tracked, MODELS).catch_up()
    live = digests()
    rebuilt = rebuild(tracked, MODELS)
    assert rebuilt.events == tracked.head()[0]
    assert digests() == live
