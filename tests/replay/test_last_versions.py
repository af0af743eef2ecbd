"""The ends of streams are remembered by whoever appends, and hold only while nobody else does."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from replay import last_versions
from replay.journal import Journal
from replay.last_versions import Head, LastVersions
from replay.tables import journal as stored
from tests.examples import PARTICIPANT, call_received

BEGIN, FIRST, SECOND = Head(0, 0), Head(3, 1_000), Head(5, 2_000)
ANNE, BORA = b"anne", b"bora"


@pytest.fixture
def ends() -> LastVersions:
    found = LastVersions()
    found.keep(0, BEGIN, FIRST, {ANNE: 2, BORA: 1})
    return found


def test_what_an_append_left_is_known_at_the_head_that_it_left(ends: LastVersions) -> None:
    assert ends.at(0, FIRST) == {ANNE: 2, BORA: 1}


def test_the_next_append_adds_to_it(ends: LastVersions) -> None:
    ends.keep(0, FIRST, SECOND, {BORA: 3})
    assert ends.at(0, SECOND) == {ANNE: 2, BORA: 3}
    assert not ends.at(0, FIRST)


@pytest.mark.parametrize("head", [BEGIN, SECOND, FIRST._replace(recorded_at=1_001)])
def test_at_a_head_that_somebody_else_left_nothing_is_known(ends: LastVersions, head: Head) -> None:
    assert not ends.at(0, head)


def test_of_another_shard_nothing_is_known(ends: LastVersions) -> None:
    assert not ends.at(1, FIRST)


def test_after_somebody_else_only_the_streams_of_this_append_are_known(ends: LastVersions) -> None:
    ends.keep(0, Head(4, 1_500), SECOND, {BORA: 3})
    assert ends.at(0, SECOND) == {BORA: 3}


def test_of_too_many_people_nothing_is_kept(ends: LastVersions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_versions, "MOST_PEOPLE", 2)
    ends.keep(1, BEGIN, FIRST, {b"chul": 1})
    assert not ends.at(0, FIRST)
    assert not ends.at(1, FIRST)
    ends.keep(1, FIRST, SECOND, {b"chul": 2})
    assert ends.at(1, SECOND) == {b"chul": 2}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 1), st.lists(st.integers(0, 3), min_size=1, max_size=4)), max_size=8))
def test_whoever_appends_in_turn_no_stream_has_a_gap(journal: Journal, appended: list[tuple[int, list[int]]]) -> None:
    """By which of two processes, and whose touchpoints: a single one goes another way than several do."""
    people = [uuid4() for _ in range(4)]
    processes = [Journal(journal.database, journal.vault, shards=journal.shards) for _ in range(2)]
    for turn, (process, whose) in enumerate(appended):
        told = enumerate(whose)
        events = [call_received.replaced(participant_id=people[who], source_id=f"{turn}-{n}") for n, who in told]
        assert {outcome.status for outcome in processes[process].record(events)} == {"recorded"}
    counted = Counter(people[who] for _, whose in appended for who in whose)
    assert versions(journal, people) == {person: list(range(1, count + 1)) for person, count in counted.items()}


def test_an_append_that_was_undone_is_forgotten(journal: Journal) -> None:
    def undo(connection: object, outcomes: Sequence[object]) -> None:
        raise LookupError

    told = [call_received.replaced(source_id=str(number)) for number in range(6)]
    journal.record(told[:2])
    with pytest.raises(LookupError):
        journal.record(told[2:4], beside=undo)
    journal.record(told[4:])
    assert versions(journal, [PARTICIPANT]) == {PARTICIPANT: [1, 2, 3, 4]}


def versions(found: Journal, people: Sequence[UUID]) -> dict[UUID, list[int]]:
    """The versions in the stream of each of these people who has one."""
    query = select(stored.c.participant_id, stored.c.version).where(stored.c.participant_id.in_(people))
    told: dict[UUID, list[int]] = {}
    with found.database.read() as connection:
        for person, version in connection.execute(query.order_by(stored.c.version)):
            told.setdefault(person, []).append(version)
    return told
