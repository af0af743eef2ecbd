"""Journals that hold an event in two versions: stored as told, read in the present one, found by either name."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.casework import State
from domain.clock import END_OF_TIME
from domain.codes import Stage
from domain.events import DiscoveryAttempted
from domain.touchpoint import Touchpoint
from projections.contributions import contributions
from projections.figure_definition import Count, Window
from projections.timeline import TimelineRow, happenings
from replay.journal import Journal
from replay.live import generations, held
from replay.live.held import CannotBeFolded
from replay.live.worker import Worker
from replay.queries.as_of import person
from replay.queries.choice import Choice, people_of
from replay.rebuild import rebuild
from replay.tables import journal as stored
from tests.conftest import MODELS
from tests.examples import (
    call_placed,
    call_received,
    concern_reported,
    discovery_attempted,
    discovery_attempted_v1,
    store_visited,
    touchpoint_corrected,
)
from tests.given import on
from tests.replay.linking import PEOPLE, A, B, C, about, journal_of, on_demand, rows, settled

V1, V2 = "discovery-attempted.v1", "discovery-attempted.v2"
worried_call = call_received.replaced(about="household")
of_another = discovery_attempted.replaced(about="household")


@pytest.fixture(params=[1, 4], ids=["one shard", "four shards"])
def journal(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Journal]:
    """An empty journal."""
    with journal_of(database_url, tmp_path, request.param) as journal:
        yield journal


def topics(journal: Journal) -> list[str]:
    with journal.database.read() as connection:
        return sorted(connection.scalars(select(stored.c.topic)))


def told(journal: Journal, person: UUID) -> list[str]:
    [row] = [row for row in rows(journal)["timeline"] if row.component == person]
    assert isinstance(row, TimelineRow)
    return [happened.topic for happened in happenings(row)]


def test_both_versions_are_stored_as_told_and_fold_alike_live_rebuilt_and_on_demand(journal: Journal) -> None:
    both = [discovery_attempted_v1, discovery_attempted]
    journal.record([event for one in (A, B) for event in about(one, concern_reported, *both)])
    journal.record(about(C, worried_call, discovery_attempted_v1, of_another))
    found = settled(journal, [A, B, C])
    assert topics(journal).count(V1) == topics(journal).count(V2) == 3
    assert told(journal, A) == ["concern-reported.v1", V1, V2]
    assert {row.topic for row in found["contributions"]} == {"call-received.v1", V1, V2}


def test_more_old_events_than_a_walk_learns_from_fold_as_newly_told_ones_do(journal: Journal) -> None:
    """The rows are the same but for the name and the id of what was told."""
    attempts = [on(discovery_attempted_v1, f"2025-05-{day:02d}").replaced(outcome="no_answer") for day in range(4, 28)]
    journal.record([event for one in PEOPLE[:4] for event in about(one, concern_reported, *attempts)])
    live = settled(journal, PEOPLE[:4])
    last = {row.component: row for row in live["concerns"]}
    assert {(row.state, row.attempts) for row in last.values()} == {(State.OPEN, len(attempts))}


def test_an_attempt_that_says_whom_it_was_about_is_no_contact_of_the_caller(journal: Journal) -> None:
    journal.record([*about(A, worried_call, discovery_attempted_v1), *about(B, worried_call, of_another)])
    live = settled(journal, [A, B])
    assert {row.component: row.stage for row in live["journey"]} == {A: Stage.PREVENTION}
    assert {row.component: row.state for row in live["concerns"] if row.attempts} == {A: "found", B: "found"}


def test_told_again_in_its_version_it_is_a_duplicate_and_in_another_a_conflict(journal: Journal) -> None:
    newer = discovery_attempted.replaced(
        source_id=discovery_attempted_v1.source_id, occurred_at=discovery_attempted_v1.occurred_at, about=None
    )
    assert newer.event_id == discovery_attempted_v1.event_id
    outcomes = [
        journal.record([event])[0]
        for event in (
            discovery_attempted_v1,
            discovery_attempted_v1,
            discovery_attempted_v1.replaced(outcome="refused"),
            newer,
        )
    ]
    assert [(outcome.status, outcome.differing) for outcome in outcomes] == [
        ("recorded", ()),
        ("duplicate", ()),
        ("conflict", ("outcome",)),
        ("conflict", ("type",)),
    ]
    assert topics(journal) == [V1]


def test_of_both_versions_under_one_id_in_one_batch_the_first_is_recorded(journal: Journal) -> None:
    newer = discovery_attempted.replaced(source_id=discovery_attempted_v1.source_id)
    batch = [newer, newer, discovery_attempted_v1]
    assert [outcome.status for outcome in journal.record(batch)] == ["recorded", "duplicate", "conflict"]
    assert topics(journal) == [V2]


@pytest.mark.parametrize("arrives", ["after it", "before it"])
@pytest.mark.parametrize(("replacement_type", "whom"), [(V1, None), (V2, "household")])
def test_a_correction_in_either_version_applies_to_an_event_told_in_the_first(
    journal: Journal, arrives: str, replacement_type: str, whom: str | None
) -> None:
    [target] = about(A, discovery_attempted_v1)
    correction = touchpoint_corrected.replaced(
        participant_id=A,
        target_event_id=target.event_id,
        replacement_type=replacement_type,
        replacement={"outcome": "not_found", "note": "Nobody there."} | ({"about": whom} if whom else {}),
    )
    for event in [target, correction] if arrives == "after it" else [correction, target]:
        journal.record([event])
    journal.record(about(A, worried_call))
    live = settled(journal, [A])
    [fact] = person(journal, A).history.facts_of(frozenset({DiscoveryAttempted}))
    event = fact.event
    assert isinstance(event, DiscoveryAttempted)
    assert (event.outcome, event.about, event.note) == ("not_found", whom, "Nobody there.")
    assert (event.stored_as, fact.amended_by) == (replacement_type, correction.event_id)
    assert live["concerns"][-1].state == "not_found"


@pytest.mark.parametrize("name", [V1, V2])
def test_whoever_has_an_event_in_any_version_is_chosen_by_either_name(journal: Journal, name: str) -> None:
    journal.record([*about(A, discovery_attempted_v1), *about(B, discovery_attempted), *about(C, store_visited)])
    with journal.database.read() as connection:
        assert people_of(connection, Choice(types=[name])) == [A, B]


@pytest.mark.parametrize("name", [V1, V2])
def test_a_figure_counts_an_event_in_every_version_of_it(journal: Journal, name: str) -> None:
    journal.record([*about(A, discovery_attempted_v1), *about(B, discovery_attempted), *about(C, store_visited)])
    Worker(journal, MODELS).catch_up()
    with journal.database.read() as connection:
        [live] = generations.live(connection, [contributions])
        counted = Count((name,)).select(live.table, Window(), END_OF_TIME, END_OF_TIME)
        assert connection.scalar(counted) == 2


def test_an_older_release_holds_who_has_a_newer_version_and_a_newer_one_folds_them_by_itself(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.record([event for one in (A, B) for event in about(one, concern_reported, discovery_attempted_v1)])
    Worker(journal, MODELS, code="older").catch_up()
    before = rows(journal)
    journal.record([*about(A, of_another), *about(B, call_placed)])
    with monkeypatch.context() as older:
        older.delitem(Touchpoint.registry, V2)
        assert Worker(journal, MODELS, code="older").catch_up() == 2
        assert marks(journal) == {A: ("UnknownStoredName", V2)}
        assert [row for row in rows(journal)["timeline"] if row.component == A] == before["timeline"][:1]
        assert told(journal, B) == ["call-placed.v1", "concern-reported.v1", V1]
        with pytest.raises(CannotBeFolded, match="newer"):
            person(journal, A)
    newer = Worker(journal, MODELS, code="newer")
    assert newer.retry_held(untried=True) == [A]
    assert marks(journal) == {}
    live = rows(journal)
    assert live == on_demand(journal, [A, B])
    rebuild(journal, MODELS)
    assert rows(journal) == live


def marks(journal: Journal) -> dict[UUID, tuple[str, str | None]]:
    with journal.database.read() as connection:
        return {mark.participant_id: (mark.error, mark.event_type) for mark in held.list_held(connection)}
