"""Replays, workers, writers and whoever links people, all at once: nobody's rows are lost, doubled or taken back."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from projections.timeline import timeline
from replay.append import AlreadyThere
from replay.database import Database
from replay.identities import relink, relink_all
from replay.journal import Journal
from replay.live import generations
from replay.live.generations import ReplaySuperseded
from replay.live.worker import Worker
from replay.rebuild import ReplayRunning, rebuild
from replay.rebuild.switching import Switching
from replay.tables import heads, members
from tests.conftest import MODELS
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, call_received, measure_taken, store_visited
from tests.replay.live.test_worker import about, linked, timeline_of
from tests.servers import waiting

BOTH = {PARTICIPANT, OTHER_PARTICIPANT}


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    """Threads for whoever else is at work."""
    with ThreadPoolExecutor(6) as pool:
        yield pool


def begun(others: ThreadPoolExecutor, database: Database, works: list[Callable[[], Any]]) -> list[Future[Any]]:
    """Begin these, and return as soon as PostgreSQL makes every one of them wait for the transaction at hand."""
    if not database.is_postgres:
        pytest.skip("SQLite has one writer at a time: nobody is ever in between")
    futures = [others.submit(work) for work in works]
    while waiting(database.url) != len(works):
        assert not any(future.done() for future in futures), "it did not wait"
    return futures


def test_a_worker_beside_a_replay_that_relinks_people_still_sees_them_as_one(
    tracked: Journal, digests: Callable[[], dict[str, str]], others: ThreadPoolExecutor
) -> None:
    tracked.record(linked(PARTICIPANT, OTHER_PARTICIPANT, "pair-1"))
    worker = Worker(tracked, MODELS)
    worker.catch_up()
    tracked.record(about(max(BOTH), measure_taken))
    with tracked.database.write() as connection:
        relink_all(connection, tracked.reader)
        [following] = begun(others, tracked.database, [worker.catch_up])
    assert following.result() == 1
    assert timeline_of(tracked) == {min(BOTH): 3}
    live = digests()
    rebuild(tracked, MODELS)
    assert digests() == live


def test_two_who_link_the_same_people_take_turns(tracked: Journal, others: ThreadPoolExecutor) -> None:
    tracked.record(linked(PARTICIPANT, OTHER_PARTICIPANT, "pair-1"))

    def link() -> set[UUID]:
        with tracked.database.write() as connection:
            return relink(connection, tracked.reader, {PARTICIPANT})

    with tracked.database.write() as connection:
        relink(connection, tracked.reader, {OTHER_PARTICIPANT})
        [linking] = begun(others, tracked.database, [link])
    assert linking.result() == BOTH
    with tracked.database.read() as connection:
        assert dict(connection.execute(select(members)).tuples().all()) == dict.fromkeys(BOTH, min(BOTH))


def test_of_two_replays_at_once_the_second_is_refused_and_told_how_far_the_first_has_come(
    tracked: Journal, digests: Callable[[], dict[str, str]]
) -> None:
    tracked.record([call_received, *about(OTHER_PARTICIPANT, store_visited)])
    Worker(tracked, MODELS).catch_up()
    live = digests()
    refused = []

    def begin_another(_done: int, _total: int) -> None:
        with pytest.raises(ReplayRunning, match=r"timeline, journey, .* of 2 events folded\) is at work") as raised:
            rebuild(tracked, [timeline])
        refused.append(raised)

    assert rebuild(tracked, MODELS, begin_another).switched
    assert refused
    assert digests() == live


def test_an_overtaken_replay_never_writes_into_the_rows_of_the_next(tracked: Journal) -> None:
    def begin() -> generations.Generation:
        with tracked.database.write() as connection:
            for stale in generations.unfinished(connection, [timeline]):
                generations.drop(connection, stale)
            return generations.create(connection, timeline)

    overtaken, following = begin(), begin()
    assert overtaken.name != following.name
    with tracked.database.write() as connection:
        generations.ensure_building(connection, [following])
        with pytest.raises(ReplaySuperseded):
            generations.ensure_building(connection, [overtaken])


def test_new_rows_begin_to_serve_with_all_that_those_before_them_had(
    tracked: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracked.record([call_received])
    catching_up = Switching.catch_up

    def overtaken(self: Switching) -> None:
        """A replay that has caught up; and then one more fact comes, which the worker is faster to take."""
        catching_up(self)
        tracked.record([store_visited])
        Worker(tracked, MODELS).catch_up()

    monkeypatch.setattr(Switching, "catch_up", overtaken)
    rebuild(tracked, MODELS)
    assert timeline_of(tracked) == {PARTICIPANT: 2}


def test_a_replay_waits_for_the_step_of_a_worker_before_it_switches(
    tracked: Journal, others: ThreadPoolExecutor
) -> None:
    tracked.record([call_received])
    with tracked.database.write() as connection:
        generations.hold(connection)
        [replay] = begun(others, tracked.database, [lambda: rebuild(tracked, MODELS)])
        Worker(tracked, MODELS).apply(connection, generations.live(connection, MODELS), 0, 1)
    assert replay.result().events == 1
    assert timeline_of(tracked) == {PARTICIPANT: 1}


def test_single_facts_of_one_person_that_wait_for_each_other_all_find_their_place(
    tracked: Journal, others: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("replay.journal._ATTEMPTS", 1)
    told = [call_received.replaced(source_id=f"at once {number}") for number in range(6)]
    with tracked.database.write() as connection:
        connection.execute(update(heads).values(position=heads.c.position))
        waiting = begun(others, tracked.database, [lambda one=one: tracked.record([one]) for one in told])  # type: ignore[misc]
    statuses = [outcome.status for future in waiting for outcome in future.result()]
    assert statuses == ["recorded"] * 6
    assert [event.originator_version for event in tracked.events.get(PARTICIPANT)] == [1, 2, 3, 4, 5, 6]


def test_a_single_fact_that_always_loses_its_place_in_the_stream_still_gets_one(
    tracked: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object, **__: object) -> int:
        raise AlreadyThere("others were faster")

    monkeypatch.setattr("replay.journal.append_one", lost)
    assert [outcome.status for outcome in tracked.record([call_received])] == ["recorded"]


def test_a_person_with_an_id_of_zeros_is_replayed_too(tracked: Journal, digests: Callable[[], dict[str, str]]) -> None:
    nobody = UUID(int=0)
    tracked.record([call_received, *about(nobody, call_received, store_visited)])
    Worker(tracked, MODELS).catch_up()
    live = digests()
    assert rebuild(tracked, MODELS).people == 2
    assert digests() == live
    assert timeline_of(tracked)[nobody] == 2
