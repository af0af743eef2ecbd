"""Snapshots: everybody's rows of one moment, as known at another, whatever is recorded later."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from domain.events import IdentitiesUnlinked, TouchpointVoided
from domain.touchpoint import Touchpoint
from projections.contributions import contributions
from projections.journey import journey
from projections.read_model import ReadModel
from projections.timeline import timeline
from replay.identities import links_by_person
from replay.journal import Journal
from replay.live import generations
from replay.queries.as_of import person
from replay.queries.backlog import journal_heads, newest
from replay.reading import Reader
from replay.rebuild import ReplayRunning, rebuild, snapshots
from replay.rebuild.ledger import Clocks
from replay.rebuild.snapshots import SnapshotRefused, clocks, drop, find, listed, pinned, take
from replay.tables import rebuilds
from tests.conftest import MODELS
from tests.examples import call_received, measure_taken, participant_registered, session_attended, store_visited
from tests.given import on
from tests.replay.live.test_worker import linked
from tests.replay.rebuild.conftest import PEOPLE
from tests.replay.rebuild.test_resuming import Killed, after
from tests.servers import waiting

FIRST, SECOND, THIRD = (datetime(2025, month, 1, tzinfo=UTC) for month in (8, 9, 10))
ONE, OTHER, ALONE = PEOPLE[:3]


@pytest.fixture
def told(tracked: Journal) -> Journal:
    """Two people who were one from August to October, and a third; a call that was voided in September."""
    tracked.record(
        [on(call_received, "2025-05-01").replaced(participant_id=one) for one in (ONE, OTHER, ALONE)], now=FIRST
    )
    tracked.record([*linked(ONE, OTHER, "pair"), *_late(OTHER)], now=FIRST)
    voided = on(call_received, "2025-05-01").replaced(participant_id=ALONE)
    tracked.record(
        [
            TouchpointVoided.model_validate(
                {
                    "participant_id": ALONE,
                    "occurred_at": SECOND,
                    "source": "urn:majung:command",
                    "source_id": "void",
                    "target_event_id": voided.event_id,
                    "decided_at": SECOND,
                    "reason": "told twice",
                }
            )
        ],
        now=SECOND,
    )
    tracked.record(linked(ONE, OTHER, "pair", IdentitiesUnlinked), now=THIRD)
    return tracked


def _late(of: UUID) -> list[Touchpoint]:
    return [
        on(store_visited, "2025-07-15").replaced(participant_id=of),
        on(measure_taken, "2025-06-01").replaced(participant_id=of),
    ]


def rows(journal: Journal, model: ReadModel, name: str) -> list[object]:
    with journal.database.read() as connection:
        [found] = pinned(connection, [model], name)
        return model.ordered(generations.read(connection, found))


def states(journal: Journal) -> dict[str, str]:
    with journal.database.read() as connection:
        return {found.name: found.state for found in listed(connection, journal.clock())}


@pytest.mark.parametrize("known_at", [FIRST, SECOND, THIRD])
@pytest.mark.parametrize("as_of", [datetime(2025, 6, 15, tzinfo=UTC), THIRD])
def test_a_snapshot_holds_what_each_person_is_on_demand(told: Journal, as_of: datetime, known_at: datetime) -> None:
    found = take(told, MODELS, Clocks("report", as_of, known_at))
    assert (found.as_of, found.known_at) == (as_of, known_at)
    people = {
        id(one.history): one.history
        for one in (person(told, each, as_of=as_of, known_at=known_at) for each in (ONE, OTHER, ALONE))
    }
    by_root = {history.root: history for history in people.values()}
    for model in MODELS:
        folded = [row for history in by_root.values() for row in model.fold(history)]
        assert rows(told, model, "report") == model.ordered(folded), model.name


def test_a_household_has_no_stage_as_of_before_it_was_told_to_be_one_wherever_it_is_asked(tracked: Journal) -> None:
    as_of = datetime(2025, 6, 15, tzinfo=UTC)
    household = on(participant_registered, "2025-07-01").replaced(kind="household")
    tracked.record([on(call_received, "2025-05-01"), on(session_attended, "2025-05-02"), household], now=FIRST)
    rebuild(tracked, MODELS)
    take(tracked, MODELS, Clocks("report", as_of, FIRST))
    with tracked.database.read() as connection:
        [serving] = generations.live(connection, [journey])
        assert list(generations.read(connection, serving)) == []
    assert rows(tracked, journey, "report") == []
    assert journey.fold(person(tracked, household.participant_id, as_of=as_of).history) == []


def test_what_is_recorded_later_does_not_change_a_snapshot(told: Journal) -> None:
    take(told, [timeline, contributions], Clocks("report", THIRD, THIRD))
    before = rows(told, timeline, "report"), rows(told, contributions, "report")
    told.record([on(store_visited, "2025-07-20").replaced(participant_id=ALONE, source_id="late")])
    rebuild(told, MODELS)
    rebuild(told, MODELS)
    assert (rows(told, timeline, "report"), rows(told, contributions, "report")) == before


def test_a_snapshot_that_was_interrupted_goes_on_and_is_no_ones_until_it_is_whole(populated: Journal) -> None:
    now = populated.clock()
    with pytest.raises(Killed):
        take(populated, MODELS, Clocks("report", now, now), told=after(3))
    assert states(populated) == {"report": "interrupted"}
    with populated.database.read() as connection, pytest.raises(SnapshotRefused, match="no snapshot report"):
        find(connection, "report")
    rebuild(populated, MODELS)
    assert take(populated, MODELS, Clocks("report", now, now)).state == "taken"
    assert states(populated) == {"report": "taken"}
    assert len(rows(populated, timeline, "report")) == len(PEOPLE)


def test_a_name_is_used_once_until_it_is_dropped(populated: Journal) -> None:
    now = populated.clock()
    take(populated, [timeline], Clocks("report", now, now))
    with pytest.raises(SnapshotRefused, match="already"):
        take(populated, [timeline], Clocks("report", now, now))
    drop(populated, "report")
    with populated.database.read() as connection, pytest.raises(SnapshotRefused, match="no snapshot report"):
        find(connection, "report")
    take(populated, [timeline], Clocks("report", now, now))


def test_a_name_that_is_none_and_a_future_that_may_change_are_refused(populated: Journal) -> None:
    now = populated.clock()
    with pytest.raises(SnapshotRefused, match="small letters"):
        take(populated, [timeline], Clocks("Report 2025", now, now))
    with pytest.raises(SnapshotRefused, match="future"):
        take(populated, [timeline], Clocks("report", now, now + timedelta(days=1)))


def test_a_read_model_that_a_snapshot_does_not_hold_is_named(populated: Journal) -> None:
    now = populated.clock()
    take(populated, [timeline], Clocks("report", now, now))
    with (
        populated.database.read() as connection,
        pytest.raises(SnapshotRefused, match="holds timeline, not contributions"),
    ):
        pinned(connection, [contributions], "report")


def test_what_is_recorded_while_a_snapshot_is_taken_is_not_in_it_whatever_the_clock_says(populated: Journal) -> None:
    now = populated.clock()
    late = iter(PEOPLE)

    def record(_: object) -> None:
        for one in late:
            populated.record([store_visited.replaced(participant_id=one, source_id="late")], now=now)

    take(populated, [timeline], Clocks("report", now, now), told=record)
    assert next(late, None) is None
    assert {row.touchpoints for row in rows(populated, timeline, "report")} == {3}  # type: ignore[attr-defined]


def test_a_snapshot_is_nothing_that_the_journal_took(populated: Journal) -> None:
    with populated.database.read() as connection:
        before = journal_heads(connection)
    now = populated.clock()
    take(populated, [timeline], Clocks("report", now, now))
    with populated.database.read() as connection:
        assert journal_heads(connection) == before
    assert newest(before) < now


def test_what_was_being_recorded_when_a_snapshot_began_is_in_it_for_everybody_or_for_nobody(
    populated: Journal,
) -> None:
    if not populated.database.is_postgres:
        pytest.skip("SQLite has one writer at a time: nothing is recorded beside it")
    recorded, committed = Event(), Event()

    def held_back(_: Connection, __: object) -> None:
        recorded.set()
        assert committed.wait(10)

    late = [store_visited.replaced(participant_id=person, source_id="late") for person in PEOPLE]
    with ThreadPoolExecutor(2) as others:
        recording = others.submit(populated.record, late, beside=held_back)
        assert recorded.wait(10)
        now = populated.clock()

        def commit(_: object = None) -> None:
            committed.set()
            recording.result()

        taking = others.submit(take, populated, [timeline], Clocks("report", now, now), told=commit)
        # It waits for whoever records; were it to fold meanwhile, the rest would come after its first part.
        while not committed.is_set() and not taking.done():
            if waiting(populated.database.url):
                commit()
        taking.result()
    assert {row.touchpoints for row in rows(populated, timeline, "report")} == {4}  # type: ignore[attr-defined]


def test_one_that_was_interrupted_goes_on_as_of_its_own_moments_where_none_are_told(populated: Journal) -> None:
    begun = clocks(populated, MODELS, "report", None, None)
    with pytest.raises(Killed):
        take(populated, MODELS, begun, told=after(3))
    assert clocks(populated, MODELS, "report", None, None) == begun
    assert clocks(populated, MODELS, "report", begun.as_of, None) == begun
    assert clocks(populated, MODELS, "report", FIRST, None).known_at > begun.known_at
    assert clocks(populated, [timeline], "report", None, None).known_at > begun.known_at
    assert clocks(populated, MODELS, "other", None, None).known_at > begun.known_at
    take(populated, MODELS, clocks(populated, MODELS, "report", None, None))
    with populated.database.read() as connection:
        assert len(connection.execute(select(rebuilds)).all()) == 1


def test_one_that_was_interrupted_can_be_dropped_and_one_at_work_cannot(populated: Journal) -> None:
    now = populated.clock()

    def look(_: object) -> None:
        assert states(populated) == {"report": "building"}
        with pytest.raises(ReplayRunning, match="at work"):
            drop(populated, "report")
        raise Killed

    with pytest.raises(Killed):
        take(populated, MODELS, Clocks("report", now, now), told=look)
    drop(populated, "report")
    assert states(populated) == {}
    with pytest.raises(SnapshotRefused, match="no snapshot report"):
        drop(populated, "report")


def test_of_one_name_with_other_read_models_only_the_last_is_left(populated: Journal) -> None:
    now = populated.clock()
    with pytest.raises(Killed):
        take(populated, [timeline], Clocks("report", now, now), told=after(3))
    take(populated, [contributions], Clocks("report", now, now))
    with populated.database.read() as connection:
        assert [found.read_models for found in listed(connection, now)] == [("contributions",)]


def test_workers_go_on_while_links_are_read_and_rows_are_indexed(
    populated: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not populated.database.is_postgres:
        pytest.skip("SQLite has one writer at a time")
    links, index = links_by_person, generations.index
    done: list[str] = []

    def go_on(what: str) -> None:
        with populated.database.write() as other:
            other.exec_driver_sql("SET LOCAL lock_timeout TO '1s'")
            generations.hold(other)
        done.append(what)

    def reading(connection: Connection, reader: Reader) -> object:
        go_on("links")
        return links(connection, reader)

    def indexing(connection: Connection, target: generations.Generation) -> None:
        index(connection, target)
        go_on(target.model.name)

    monkeypatch.setattr(snapshots, "links_by_person", reading)
    monkeypatch.setattr(generations, "index", indexing)
    now = populated.clock()
    take(populated, [timeline, contributions], Clocks("report", now, now))
    assert done == ["links", "timeline", "contributions"]
