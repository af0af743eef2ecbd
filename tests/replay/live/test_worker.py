"""The live worker: rows and position together, woken by commits, components kept whole through links and unlinks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

import pytest
from sqlalchemy import select, update

from domain.events import IdentitiesLinked, IdentitiesUnlinked
from domain.touchpoint import Touchpoint
from projections.contributions import contributions
from projections.timeline import timeline
from replay.database import Database
from replay.journal import Journal
from replay.live import generations
from replay.live.generations import ReadModelOutdated
from replay.live.worker import Worker
from replay.queries.as_of import person
from replay.rebuild import rebuild
from replay.schema import upgrade
from replay.tables import members, positions, read_models
from replay.vault import Vault
from tests.conftest import MASTER_KEY, MODELS
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, call_received, measure_taken, store_visited
from tests.given import on

THIRD = UUID("ffffffff-0000-4000-8000-000000000003")
SOME_DAY = datetime(2025, 7, 1, tzinfo=UTC)


def linked(one: UUID, other: UUID, pair: str, kind: type[Touchpoint] = IdentitiesLinked) -> list[Touchpoint]:
    """Both halves of a link or unlink."""
    return [
        kind.model_validate(
            {
                "participant_id": half,
                "other_id": of,
                "pair_id": pair,
                "reason": "the same person",
                "occurred_at": SOME_DAY,
                "source": "urn:majung:command",
                "source_id": f"{kind.stored_as}:{pair}:{half}",
            }
        )
        for half, of in ((one, other), (other, one))
    ]


def timeline_of(journal: Journal) -> dict[UUID, int]:
    """How many touchpoints the timeline of each component has."""
    with journal.database.read() as connection:
        [live] = generations.live(connection, [timeline])
        return {row.component: row.touchpoints for row in generations.read(connection, live)}


def about(participant_id: UUID, *events: Touchpoint) -> list[Touchpoint]:
    return [event.replaced(participant_id=participant_id) for event in events]


def test_a_worker_brings_the_rows_to_the_head_of_the_log(tracked: Journal) -> None:
    tracked.record([call_received, store_visited, measure_taken])
    assert Worker(tracked, MODELS).catch_up() == 3
    assert timeline_of(tracked) == {PARTICIPANT: 3}


def test_an_idle_worker_has_nothing_to_apply(tracked: Journal) -> None:
    tracked.record([call_received])
    worker = Worker(tracked, MODELS)
    worker.catch_up()
    assert worker.step(0) == 0


def test_a_step_that_fails_moves_neither_rows_nor_position(tracked: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    tracked.record([call_received])

    def break_down(*_: object) -> None:
        raise RuntimeError("power cut")

    worker = Worker(tracked, MODELS)
    with monkeypatch.context() as patched:
        patched.setattr(generations, "move_to", break_down)
        with pytest.raises(RuntimeError):
            worker.step(0)
    assert timeline_of(tracked) == {}
    assert worker.catch_up() == 1
    assert timeline_of(tracked) == {PARTICIPANT: 1}


def test_applying_a_batch_again_changes_nothing(tracked: Journal, digests: Callable[[], dict[str, str]]) -> None:
    tracked.record([call_received, measure_taken])
    worker = Worker(tracked, MODELS)
    worker.catch_up()
    before = digests()
    with tracked.database.write() as connection:
        connection.execute(update(positions).values(position=0))
    assert worker.catch_up() == 2
    assert digests() == before


def test_linked_identities_become_one_component_and_an_unlink_parts_them(
    tracked: Journal, digests: Callable[[], dict[str, str]]
) -> None:
    worker = Worker(tracked, MODELS)
    tracked.record([call_received, *about(OTHER_PARTICIPANT, store_visited), *about(THIRD, measure_taken)])
    worker.catch_up()
    apart = timeline_of(tracked)
    tracked.record(linked(PARTICIPANT, OTHER_PARTICIPANT, "pair-1"))
    tracked.record(linked(OTHER_PARTICIPANT, THIRD, "pair-2"))
    worker.catch_up()
    assert timeline_of(tracked) == {min(PARTICIPANT, OTHER_PARTICIPANT): 7}
    tracked.record(linked(OTHER_PARTICIPANT, THIRD, "pair-2", IdentitiesUnlinked))
    worker.catch_up()
    assert timeline_of(tracked).keys() == {min(PARTICIPANT, OTHER_PARTICIPANT), THIRD}
    tracked.record(linked(PARTICIPANT, OTHER_PARTICIPANT, "pair-1", IdentitiesUnlinked))
    worker.catch_up()
    assert timeline_of(tracked).keys() == apart.keys()
    live = digests()
    rebuild(tracked, MODELS)
    assert digests() == live


def test_late_facts_of_a_linked_identity_reach_the_component(tracked: Journal) -> None:
    worker = Worker(tracked, MODELS)
    tracked.record([call_received, *linked(PARTICIPANT, OTHER_PARTICIPANT, "pair-1")])
    worker.catch_up()
    tracked.record(about(OTHER_PARTICIPANT, on(store_visited, "2025-04-02")))
    worker.catch_up()
    assert timeline_of(tracked) == {min(PARTICIPANT, OTHER_PARTICIPANT): 4}
    with tracked.database.read() as connection:
        assert set(connection.scalars(select(members.c.participant_id))) == {PARTICIPANT, OTHER_PARTICIPANT}


def test_on_demand_a_link_counts_from_when_it_was_recorded(tracked: Journal) -> None:
    early, late = datetime(2025, 8, 1, tzinfo=UTC), datetime(2025, 9, 1, tzinfo=UTC)
    tracked.record([call_received, *about(OTHER_PARTICIPANT, store_visited)], now=early)
    tracked.record(linked(PARTICIPANT, OTHER_PARTICIPANT, "pair-1"), now=late)
    assert person(tracked, PARTICIPANT, known_at=early).identities == {PARTICIPANT}
    assert person(tracked, PARTICIPANT, known_at=late).identities == {PARTICIPANT, OTHER_PARTICIPANT}
    assert len(person(tracked, OTHER_PARTICIPANT).history.facts) == 4


def test_rows_of_another_version_are_not_served(tracked: Journal) -> None:
    with tracked.database.write() as connection:
        connection.execute(update(read_models).where(read_models.c.name == "timeline").values(version=99))
    with pytest.raises(ReadModelOutdated, match="majung replay"):
        Worker(tracked, MODELS).step(0)
    rebuild(tracked, MODELS)
    Worker(tracked, MODELS).step(0)


@contextmanager
def running(journal: Journal) -> Iterator[Worker]:
    """A worker in a thread of its own, as `majung work` runs it."""
    worker, stop = Worker(journal, MODELS), Event()
    thread = Thread(target=worker.run, args=(stop,))
    thread.start()
    yield worker
    stop.set()
    thread.join()


def test_a_sleeping_worker_is_woken_by_a_commit(tracked: Journal) -> None:
    with running(tracked):
        for number in range(5):
            tracked.record([call_received.replaced(source_id=f"wake-{number}")])
            wait_for_position(tracked, number + 1)
    assert timeline_of(tracked) == {PARTICIPANT: 5}


def test_two_workers_never_apply_an_event_twice(tracked: Journal, digests: Callable[[], dict[str, str]]) -> None:
    with running(tracked), running(tracked):
        for number in range(30):
            tracked.record([on(call_received, f"2025-06-{number % 28 + 1:02}").replaced(source_id=f"two-{number}")])
        wait_for_position(tracked, 30)
    live = digests()
    rebuild(tracked, MODELS)
    assert digests() == live


def wait_for_position(journal: Journal, position: int) -> None:
    """Follow the position the way the library's recorders wait: bounded, and failing by TimeoutError."""
    with journal.database.read() as connection:
        names = [live.name for live in generations.live(connection, MODELS)]
    for name in names:
        journal.log_of(0).wait(name, position, timeout=30)


def test_a_journal_of_four_shards_folds_like_one_of_one_shard(database_url: str, tmp_path: Path) -> None:
    keys = Database(f"sqlite:///{tmp_path / 'keys.db'}")
    sharded = Database(database_url)
    upgrade(sharded, keys, shards=4)
    with sharded.write() as connection:
        generations.establish(connection, MODELS)
    journal = Journal(sharded, Vault(keys, MASTER_KEY), shards=4)
    people = [UUID(int=number << 64, version=4) for number in range(1, 30)]
    events = [event for person in people for event in about(person, call_received, measure_taken)]
    outcomes = journal.record(events)
    assert [outcome.status for outcome in outcomes] == ["recorded"] * len(events)
    assert [outcome.status for outcome in journal.record(events)] == ["duplicate"] * len(events)
    journal.record(linked(people[0], people[1], "pair-1") + linked(people[1], people[2], "pair-2"))
    heads = journal.head()
    assert sum(heads) == len(events) + 4
    assert min(heads) > 0
    Worker(journal, MODELS).catch_up()
    assert timeline_of(journal) == {people[0]: 10} | dict.fromkeys(people[3:], 2)
    with sharded.read() as connection:
        live = {g.name: g.model.digest(generations.read(connection, g)) for g in generations.live(connection, MODELS)}
    rebuild(journal, MODELS)
    with sharded.read() as connection:
        rebuilt = [g.model.digest(generations.read(connection, g)) for g in generations.live(connection, MODELS)]
    assert rebuilt == list(live.values())
    keys.close()
    sharded.close()


def test_what_was_known_of_people_stays_known_after_they_are_parted(
    tracked: Journal, digests: Callable[[], dict[str, str]]
) -> None:
    first, second, third = (UUID(int=number << 64, version=4) for number in (3, 2, 1))
    recorded = [datetime(2025, 8, day, tzinfo=UTC) for day in range(1, 6)]
    worker = Worker(tracked, MODELS)
    tracked.record([event for one in (first, second, third) for event in about(one, store_visited)], now=recorded[0])
    tracked.record(linked(first, second, "pair-1") + linked(second, third, "pair-2"), now=recorded[1])
    worker.catch_up()
    assert people_known_at(tracked, recorded[2]) == {third}
    tracked.record(linked(first, second, "pair-1", IdentitiesUnlinked), now=recorded[3])
    worker.catch_up()
    assert people_known_at(tracked, recorded[2]) == {third}
    assert people_known_at(tracked, recorded[4]) == {third, first}
    live = digests()
    folded = [person(tracked, one).history for one in (first, third)]
    assert live == {model.name: model.digest(row for one in folded for row in model.fold(one)) for model in MODELS}
    rebuild(tracked, MODELS)
    assert digests() == live


def people_known_at(journal: Journal, known_at: datetime) -> set[UUID | None]:
    """Whose the visits were, as a figure pinned to a journal time counts them."""
    with journal.database.read() as connection:
        [live] = generations.live(connection, [contributions])
        rows = list(generations.read(connection, live))
    return {row.person for row in rows if row.known_from <= known_at < row.known_to}
