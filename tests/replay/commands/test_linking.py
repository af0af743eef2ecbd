"""Link and unlink as commands: right before, between and after, undone completely, and never twice."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from domain import identities
from domain.clock import END_OF_TIME
from domain.clues import ClueKind
from domain.codes import Stage
from domain.events import IdentitiesLinked, IdentitiesUnlinked
from domain.identities import AlreadyOnePerson, LinkingError, NotLinked
from domain.journey import journey_of
from projections.contributions import contributions
from projections.figures import figures
from projections.timeline import happenings
from replay.commands.linking import identities_of, link, unlink
from replay.journal import DecisionContended, Journal
from replay.live import generations
from replay.queries.as_of import person
from replay.tables import journal as stored
from tests.examples import (
    call_received,
    counselling_held,
    measure_taken,
    prescription_issued,
    risk_assessed,
    session_attended,
    store_visited,
    tie_reported,
)
from tests.given import on
from tests.replay.linking import PEOPLE, A, B, C, D, Hand, about, journal_of, settled, shards_of
from tests.replay.live.test_worker import linked

WHY: dict[str, Any] = {"reason": "the same voice", "actor": "worker-07"}
ASSESSED_LATER = [on(event, "2025-05-25") for event in (call_received, measure_taken, risk_assessed)]


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture(params=[1, 4])
def journal(request: pytest.FixtureRequest, database_url: str, tmp_path: Path, clock: Hand) -> Iterator[Journal]:
    """An empty journal of one shard and of four, whose clock the test sets."""
    with journal_of(database_url, tmp_path, request.param, clock=clock) as journal:
        yield journal


def counted(journal: Journal, known_at: Any) -> dict[str, float | None]:
    """Store visits and visitors, as known at a journal time."""
    with journal.database.read() as connection:
        [live] = generations.live(connection, [contributions])
        found = figures(connection, live.table, END_OF_TIME, known_at)
    return {value.code: value.value for value in found if value.code in ("store_visits", "store_visits_people")}


def stage(journal: Journal, one: Any, known_at: Any) -> str | None:
    spells = journey_of(person(journal, one, known_at=known_at).history).spells
    return spells[-1].stage if spells else None


def test_history_stage_and_figures_are_right_before_between_and_after(journal: Journal, clock: Hand) -> None:
    journal.record([*about(A, store_visited), *about(B, store_visited, risk_assessed)])
    before = clock.now
    linked_at = clock.at(10)
    link(journal, A, B, now=linked_at, **WHY)
    clock.at(15)
    journal.record(about(B, counselling_held))
    between = clock.now
    unlinked_at = clock.at(20)
    unlink(journal, B, A, now=unlinked_at, **WHY)
    clock.at(25)
    journal.record(about(A, session_attended))
    settled(journal, [A, B])

    def told(one: Any, known_at: Any) -> tuple[int, int, str | None]:
        found = person(journal, one, known_at=known_at)
        return len(found.identities), len(found.history.facts), stage(journal, one, known_at)

    # One visit under a nickname is nobody's journey yet.
    assert [told(one, before) for one in (A, B)] == [(1, 1, None), (1, 2, Stage.HEALING)]
    for moment, facts in ((linked_at, 5), (between, 6)):
        assert [told(one, moment) for one in (A, B)] == [(2, facts, Stage.HEALING)] * 2
    assert [told(one, unlinked_at) for one in (A, B)] == [(1, 3, None), (1, 5, Stage.HEALING)]
    assert [told(one, clock.now) for one in (A, B)] == [(1, 4, Stage.PREVENTION), (1, 5, Stage.HEALING)]
    people = {moment: counted(journal, moment) for moment in (before, linked_at, between, unlinked_at, clock.now)}
    assert [figure["store_visits"] for figure in people.values()] == [2, 2, 2, 2, 2]
    assert [figure["store_visits_people"] for figure in people.values()] == [2, 1, 1, 2, 2]


def test_an_anonymous_caller_is_a_person_only_while_linked(journal: Journal, clock: Hand) -> None:
    anonymous = call_received.replaced(anonymous=True)
    journal.record([*about(A, anonymous), *about(B, on(call_received, "2025-05-25"))])
    link(journal, A, B, now=clock.at(1), **WHY)
    unlink(journal, A, B, now=clock.at(2), **WHY)
    found = settled(journal, [A, B])["contributions"]
    told = {row.known_from: row.person for row in found if row.component == A}
    assert list(told.values()) == [None, A, None]


def test_a_wrong_link_of_two_people_with_journeys_of_their_own_is_undone_completely(
    journal: Journal, clock: Hand
) -> None:
    """As if never linked, but that the timeline tells of the link and its end, the directory of its end, and figures
    know what was known."""
    lives = [call_received, measure_taken, risk_assessed, prescription_issued, store_visited, tie_reported]
    journal.record([*about(A, *lives), *about(B, *ASSESSED_LATER, *lives[-2:]), *about(C, *lives)])
    apart = settled(journal, PEOPLE[:3])
    clock.at(1)
    link(journal, A, B, now=clock.now, **WHY)
    together = settled(journal, PEOPLE[:3])
    clock.at(2)
    unlink(journal, A, B, now=clock.now, **WHY)
    undone = settled(journal, PEOPLE[:3])
    links = (IdentitiesLinked.stored_as, IdentitiesUnlinked.stored_as)
    for name, found in undone.items():
        if {A, B} <= {row.component for row in apart[name]}:
            assert together[name] != apart[name], name
        if name == "timeline":
            told, before = ([told for row in rows for told in happenings(row)] for rows in (found, apart[name]))
            assert sorted(one.topic for one in told if one.topic in links) == sorted(links * 2)
            found, apart[name] = [one for one in told if one.topic not in links], before
        if name == "directory":
            # Whom staff parted is remembered, so that they are not suggested to be one again.
            assert [row.component for row in found if row.kind == ClueKind.PARTED] == [A, B]
            found = [row for row in found if row.kind != ClueKind.PARTED]
        if name == "contributions":
            # What was so from the first and is so again; rows of the times between stay, for those times.
            found = [row._replace(known_from=None) for row in found if row.known_to == END_OF_TIME]
            apart[name] = [row._replace(known_from=None) for row in apart[name]]
        assert found == apart[name], name


def test_both_halves_of_a_link_are_known_from_one_moment_on_whatever_their_shards(
    database_url: str, tmp_path: Path
) -> None:
    with journal_of(database_url, tmp_path, 4) as journal:
        assert len(set(shards_of(journal, A, B))) == 2
        journal.record(about(A, call_received))
        journal.record(about(B, call_received))
        clocks = {told.recorded_at for one in (A, B) for told in journal.events.get(one)}  # type: ignore[attr-defined]
        assert len(clocks) == 2
        link(journal, A, B, now=max(clocks), **WHY)
        [half, other] = [list(journal.events.get(one))[-1] for one in (A, B)]
        assert half.recorded_at == other.recorded_at >= max(clocks)  # type: ignore[attr-defined]


def test_a_faster_shard_pulls_the_other_half_to_its_time(database_url: str, tmp_path: Path, clock: Hand) -> None:
    with journal_of(database_url, tmp_path, 4, clock=clock) as journal:
        journal.record(about(A, call_received))
        ahead = clock.at(9)
        journal.record(about(B, call_received))
        link(journal, A, B, now=clock.at(3), **WHY)
        for one in (A, B):
            assert list(journal.events.get(one))[-1].recorded_at == ahead  # type: ignore[attr-defined]


def test_both_people_get_the_same_answer_between_the_times_of_the_two_halves(journal: Journal, clock: Hand) -> None:
    """Halves that were not told by a command may bear different times: either of them tells of both."""
    journal.record([*about(A, call_received), *about(B, call_received)])
    for day, half in enumerate(linked(A, B, "pair-1") + linked(A, B, "pair-1", IdentitiesUnlinked), start=1):
        clock.at(day)
        journal.record([half])
    for one in (A, B):
        known = [person(journal, one, known_at=clock.at(day)).identities for day in range(5)]
        assert known == [{one}, {A, B}, {A, B}, {one}, {one}]


def test_the_same_commands_told_again_are_duplicates(journal: Journal, clock: Hand) -> None:
    journal.record([*about(A, call_received), *about(B, call_received)])
    pair: dict[str, Any] = {"pair_id": "11111111-1111-4111-8111-111111111111"}
    assert link(journal, A, B, now=clock.now, **WHY, **pair) == ((pair["pair_id"],), False)
    head = journal.head()
    assert link(journal, A, B, now=clock.at(1), **WHY, **pair).duplicate
    assert journal.head() == head
    assert not unlink(journal, A, now=clock.now, **WHY, **pair).duplicate
    head = journal.head()
    assert unlink(journal, B, A, now=clock.at(2), **WHY).duplicate
    assert journal.head() == head


def test_a_refused_command_changes_nothing(journal: Journal, clock: Hand) -> None:
    journal.record([*about(A, call_received), *about(B, call_received)])
    link(journal, A, B, now=clock.now, **WHY)
    head = journal.head()
    for refused in ((A, B), (A, A), (A, C)):
        with pytest.raises(LinkingError):
            link(journal, *refused, now=clock.now, **WHY)
    with pytest.raises(NotLinked):
        unlink(journal, A, pair_id="pair-9", now=clock.now, **WHY)
    assert journal.head() == head


def test_a_reason_is_stored_sealed(journal: Journal, clock: Hand) -> None:
    journal.record([*about(A, call_received), *about(B, call_received)])
    link(journal, A, B, now=clock.now, **WHY)
    with journal.database.read() as connection:
        found = connection.execute(select(stored.c.state, stored.c.sealed).where(stored.c.topic.like("identities%")))
        halves = found.all()
    assert len(halves) == 2
    assert all(b"voice" not in bytes(state) + bytes(sealed) for state, sealed in halves)


def test_links_are_told_as_they_were_known(journal: Journal, clock: Hand) -> None:
    journal.record([event for one in (A, B, C) for event in about(one, call_received)])
    first, second, third = clock.at(1), clock.at(2), clock.at(3)
    clock.now = first
    link(journal, A, B, now=first, **WHY)
    clock.now = second
    link(journal, B, C, now=second, **WHY)
    clock.now = third
    unlink(journal, A, B, now=third, **WHY)
    found = {moment: identities_of(journal, B, known_at=moment) for moment in (first, second, third)}
    assert [told.person.identities for told in found.values()] == [{A, B}, {A, B, C}, {B, C}]
    assert [[pair.unlinked_at for pair in told.pairs] for told in found.values()] == [
        [None],
        [None, None],
        [third, None],
    ]
    assert [pair.linked_at for pair in found[third].pairs] == [first, second]


def test_two_who_link_the_same_two_at_once_make_one_link(journal: Journal) -> None:
    journal.record([*about(A, call_received), *about(B, call_received)])

    def linking(number: int) -> str:
        try:
            link(journal, *((A, B) if number % 2 else (B, A)), now=journal.clock(), **WHY)
        except AlreadyOnePerson:
            return "refused"
        return "linked"

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(linking, range(4)))
    assert sorted(told) == ["linked", "refused", "refused", "refused"]
    assert sum(journal.head()) == 4
    assert len(identities_of(journal, A).pairs) == 1


def test_two_who_tell_the_same_command_at_once_are_one_link_and_a_duplicate(journal: Journal) -> None:
    journal.record([*about(A, call_received), *about(B, call_received)])
    pair: dict[str, Any] = {"pair_id": "11111111-1111-4111-8111-111111111111"}
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: link(journal, A, B, now=journal.clock(), **WHY, **pair), range(4)))
    assert sorted(done.duplicate for done in told) == [False, True, True, True]
    assert sum(journal.head()) == 4


def test_links_that_share_no_stream_and_would_join_the_same_people_take_turns(journal: Journal, clock: Hand) -> None:
    journal.record([event for one in (A, B, C, D) for event in about(one, call_received)])
    link(journal, A, B, now=clock.now, **WHY)
    link(journal, C, D, now=clock.now, **WHY)
    tried: list[int] = []

    def overtaken(streams: identities.Streams) -> Any:
        decided = identities.link(streams, A, C, pair_id="pair-3", now=clock.now, **WHY)
        if not tried:
            link(journal, B, D, now=clock.now, **WHY)
        tried.append(1)
        return decided

    with pytest.raises(AlreadyOnePerson) as refused:
        journal.decide_together([A, C], overtaken)
    assert refused.value.through == (B, D)
    assert len(tried) == 1


def test_a_joint_command_that_is_always_overtaken_says_so_and_changes_nothing(journal: Journal, clock: Hand) -> None:
    journal.record([event for one in PEOPLE for event in about(one, call_received)])
    others = iter(PEOPLE[2:])

    def overtaken(streams: identities.Streams) -> Any:
        link(journal, B, next(others), now=clock.now, **WHY)
        return identities.link(streams, A, B, pair_id="pair-1", now=clock.now, **WHY)

    with pytest.raises(DecisionContended, match="try again"):
        journal.decide_together([A, B], overtaken, attempts=3)
    assert identities_of(journal, A).pairs == []


def test_facts_that_come_while_a_link_is_decided_do_not_hold_it_up(journal: Journal, clock: Hand) -> None:
    journal.record([*about(A, call_received), *about(B, call_received)])
    tried: list[int] = []

    def meanwhile(streams: identities.Streams) -> Any:
        tried.append(1)
        journal.record([*about(A, store_visited), *about(B, store_visited)])
        return identities.link(streams, A, B, pair_id="pair-1", now=clock.now, **WHY)

    assert [outcome.status for outcome in journal.decide_together([A, B], meanwhile)] == ["recorded"] * 2
    assert len(tried) == 1
    for one in (A, B):
        assert [told.originator_version for told in journal.events.get(one)] == [1, 2, 3]


def test_an_event_id_that_is_taken_leaves_neither_half(journal: Journal, clock: Hand) -> None:
    [half, taken] = linked(A, B, "pair-1")
    journal.record([*about(A, call_received), *about(B, call_received)])
    head = journal.head()
    journal.record([call_received.replaced(participant_id=B, source=taken.source, source_id=taken.source_id)])
    with pytest.raises(DecisionContended):
        journal.decide_together([A, B], lambda _: [half, taken], attempts=2)
    assert sum(journal.head()) == sum(head) + 1
    assert identities_of(journal, A).pairs == []


def test_a_database_that_cannot_take_a_command_is_named_by_its_driver(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = psycopg.OperationalError if journal.database.is_postgres else sqlite3.OperationalError

    def full(*_: object) -> None:
        raise kind("no space left")

    monkeypatch.setattr("replay.recorder.write_rows", full)
    with pytest.raises(kind):
        journal.decide(A, lambda _: about(A, call_received))
