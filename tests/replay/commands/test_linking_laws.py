"""The laws of links: however they come and go, live rows = rebuilt rows = folds on demand; nobody is linked twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.clues import ClueKind
from domain.components import in_force, roots
from domain.history import links_of
from domain.identities import LinkingError, NotLinked
from replay.commands.linking import identities_of, link, unlink
from replay.identities import streams_ever_linked
from replay.journal import Journal
from replay.live.worker import Worker
from tests.conftest import MODELS
from tests.examples import call_received, measure_taken, risk_assessed, store_visited, tie_reported
from tests.given import on
from tests.replay.linking import PEOPLE, about, journal_of, settled

WHY: dict[str, Any] = {"reason": "the same voice", "actor": "worker-07"}
FACTS = (call_received, store_visited, measure_taken, risk_assessed, tie_reported)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["link", "link", "unlink", "unlink", "fact", "worker"]),
        st.sampled_from(PEOPLE),
        st.sampled_from(PEOPLE),
    ),
    max_size=25,
)


def pairs_in_force(journal: Journal) -> list[frozenset[UUID]]:
    """The links in force, each once."""
    with journal.database.read() as connection:
        streams = streams_ever_linked(connection, journal.reader, PEOPLE)
    links = in_force(told for stream in streams.values() for told in links_of(stream))
    return [frozenset((told.one, told.other)) for told in {told.pair_id: told for told in links}.values()]


def is_a_forest(pairs: list[frozenset[UUID]]) -> bool:
    """No link joins who was one person without it."""
    found = roots((one, other) for one, other in pairs)
    return len(pairs) == len(found) - len(set(found.values()))


@given(steps=STEPS, shards=st.sampled_from([1, 4]), batch=st.integers(1, 7))
@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_links_and_unlinks_keep_live_rows_the_fold(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, UUID, UUID]], shards: int, batch: int
) -> None:
    folder = tmp_path_factory.mktemp("links")
    with journal_of(f"sqlite:///{folder / 'majung.db'}", folder, shards) as journal:
        journal.record([event for one in PEOPLE for event in about(one, *FACTS)])
        worker = Worker(journal, MODELS, batch=batch)
        expected: set[frozenset[UUID]] = set()
        for number, (what, one, other) in enumerate(steps):
            if what == "worker":
                worker.step(number % shards)
            elif what == "fact":
                journal.record(about(one, on(store_visited, f"2025-06-{number + 1:02}")))
            else:
                with suppress(LinkingError):
                    (link if what == "link" else unlink)(journal, one, other, now=journal.clock(), **WHY)
                    expected ^= {frozenset((one, other))}
        found = pairs_in_force(journal)
        assert set(found) == expected
        assert is_a_forest(found)
        worker.catch_up()
        settled(journal, PEOPLE)


@given(steps=STEPS, shards=st.sampled_from([1, 4]))
@settings(max_examples=15, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_when_every_link_is_taken_back_everybody_is_who_they_were(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, UUID, UUID]], shards: int
) -> None:
    folder = tmp_path_factory.mktemp("unlinked")
    with journal_of(f"sqlite:///{folder / 'majung.db'}", folder, shards) as journal:
        journal.record([event for one in PEOPLE for event in about(one, *FACTS)])
        apart = settled(journal, PEOPLE)
        for _, one, other in steps:
            with suppress(LinkingError):
                link(journal, one, other, now=journal.clock(), **WHY)
        for pair in {pair.pair_id: pair for one in PEOPLE for pair in identities_of(journal, one).pairs}.values():
            unlink(journal, pair.one, pair_id=pair.pair_id, now=journal.clock(), **WHY)
        undone = settled(journal, PEOPLE)
        # That staff parted two is remembered, so that they are not suggested to be one again.
        undone["directory"] = [row for row in undone["directory"] if row.kind != ClueKind.PARTED]
        for name in undone.keys() - {"timeline", "contributions"}:
            assert undone[name] == apart[name], name


@pytest.mark.parametrize("rounds", [4, pytest.param(60, marks=pytest.mark.soak)])
@pytest.mark.parametrize("shards", [1, 4])
def test_links_under_concurrent_writers_and_two_workers_keep_rows_the_fold(
    database_url: str, tmp_path: Path, shards: int, rounds: int
) -> None:
    with journal_of(database_url, tmp_path, shards) as journal:
        journal.record([event for one in PEOPLE for event in about(one, *FACTS)])

        def write(random: Random) -> None:
            """Facts only delay a command: they never make it fail."""
            for _ in range(rounds):
                told = [random.choice(FACTS).replaced(source_id=str(uuid4())) for _ in range(random.choice([1, 1, 5]))]
                journal.record([event for one in told for event in about(random.choice(PEOPLE), one)])

        def command(random: Random) -> None:
            for _ in range(rounds):
                one, other = random.sample(PEOPLE, 2)
                try:
                    link(journal, one, other, now=journal.clock(), **WHY)
                except LinkingError:
                    with suppress(NotLinked):
                        unlink(journal, one, other, now=journal.clock(), **WHY)

        def work(random: Random) -> None:
            worker = Worker(journal, MODELS, batch=random.randint(3, 40))
            for number in range(rounds * 3):
                worker.step(number % shards)

        parts: list[Callable[[Random], None]] = [write, write, command, command, work, work]
        with ThreadPoolExecutor(len(parts)) as pool:
            futures = [pool.submit(part, Random(number)) for number, part in enumerate(parts)]
        for future in futures:
            future.result()
        assert is_a_forest(pairs_in_force(journal))
        settled(journal, PEOPLE)
