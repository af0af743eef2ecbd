"""Facts are recorded once, whatever order and however often they come; a conflict is told and loses nothing."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import TextClause, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from domain.events import TouchpointVoided
from domain.history import History
from domain.touchpoint import Touchpoint
from domain.versions import present
from replay.database import Database
from replay.journal import DecisionContended, Journal
from replay.reading import Reader
from replay.tables import IMMUTABLE, heads
from replay.tables import journal as stored
from replay.vault import KeyMissing, SealBroken, Vault
from tests.conftest import MASTER_KEY
from tests.examples import (
    EXAMPLES,
    OTHER_PARTICIPANT,
    PARTICIPANT,
    call_received,
    measure_taken,
    risk_assessed,
    store_visited,
)
from tests.given import given, on
from tests.replay.linking import A, B, C, about
from tests.replay.live.test_held import FAULTS, damaged_key, missing_key


def positions(found: Journal) -> list[int]:
    with found.database.read() as connection:
        return list(connection.scalars(select(stored.c.position).order_by(stored.c.position)))


def test_every_event_comes_back_from_the_journal_as_it_went_in(journal: Journal) -> None:
    events = list(EXAMPLES.values())
    journal.record(events)
    found = {event.event_id: event for event in journal.find([event.event_id for event in events])}
    assert found == {event.event_id: present(event) for event in events}
    assert all(found[event.event_id].stored_as == event.stored_as for event in events)


def test_a_single_fact_comes_back_as_it_went_in(journal: Journal) -> None:
    [outcome] = journal.record([measure_taken])
    assert (outcome.status, outcome.position) == ("recorded", 1)
    assert journal.find([measure_taken.event_id]) == [measure_taken]


def test_a_batch_takes_gapless_positions_in_the_order_given(journal: Journal) -> None:
    events = list(EXAMPLES.values())
    outcomes = journal.record(events)
    assert [outcome.position for outcome in outcomes] == list(range(1, len(events) + 1))
    assert positions(journal) == list(range(1, len(events) + 1))


@pytest.mark.parametrize("size", [1, 2])
def test_a_redelivered_fact_is_a_duplicate_and_adds_nothing(journal: Journal, size: int) -> None:
    events = [measure_taken, store_visited][:size]
    journal.record(events)
    assert [outcome.status for outcome in journal.record(events)] == ["duplicate"] * size
    assert positions(journal) == list(range(1, size + 1))


def test_a_batch_may_hold_the_same_fact_twice(journal: Journal) -> None:
    outcomes = journal.record([call_received, store_visited, call_received])
    assert [outcome.status for outcome in outcomes] == ["recorded", "recorded", "duplicate"]


def test_new_facts_beside_redelivered_ones_are_recorded(journal: Journal) -> None:
    journal.record([call_received])
    outcomes = journal.record([store_visited, call_received, measure_taken])
    assert [(outcome.status, outcome.position) for outcome in outcomes] == [
        ("recorded", 2),
        ("duplicate", None),
        ("recorded", 3),
    ]


def test_other_content_under_the_same_id_is_a_conflict_that_names_the_fields(journal: Journal) -> None:
    journal.record([call_received, measure_taken])
    told_otherwise = call_received.replaced(duration_seconds=1, note="told otherwise")
    rescored = measure_taken.replaced(items=(1, 1, 1))
    outcomes = journal.record([told_otherwise, rescored, store_visited])
    assert [outcome.status for outcome in outcomes] == ["conflict", "conflict", "recorded"]
    assert set(outcomes[0].differing) == {"duration_seconds", "note"}
    assert outcomes[1].differing == ("items",)
    assert journal.find([call_received.event_id]) == [call_received]


@pytest.mark.parametrize(
    ("before", "again"),
    [({"eats": 1}, {"eats": True}), ({"eats": False}, {"eats": 0}), ({"of": [{"x": [1]}]}, {"of": [{"x": [True]}]})],
)
def test_an_answer_of_yes_is_not_the_answer_1_though_python_calls_them_equal(
    journal: Journal, before: dict[str, Any], again: dict[str, Any]
) -> None:
    journal.record([risk_assessed.replaced(answers=before)])
    [conflict] = journal.record([risk_assessed.replaced(answers=again)])
    [duplicate] = journal.record([risk_assessed.replaced(answers=before)])
    assert (conflict.status, conflict.differing) == ("conflict", ("answers",))
    assert duplicate.status == "duplicate"


def test_another_type_under_the_same_id_is_a_conflict_of_type(journal: Journal) -> None:
    journal.record([call_received])
    other = store_visited.replaced(source=call_received.source, source_id=call_received.source_id)
    [outcome] = journal.record([other])
    assert (outcome.status, outcome.differing) == ("conflict", ("type",))


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.__name__.replace("_", " ") for fault in FAULTS])
def test_what_is_told_again_and_does_not_read_is_blocked_and_holds_up_nothing_else(
    journal: Journal, fault: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.record(about(C, measure_taken))
    [told] = about(A, measure_taken)
    readable = about(A, store_visited.replaced(note=None, nickname=None))
    journal.record(readable)
    with fault(journal, monkeypatch) as error:
        outcomes = journal.record([told, *readable, *about(B, call_received, call_received), told])
        statuses = ["blocked", "duplicate", "recorded", "duplicate", "blocked"]
        assert [outcome.status for outcome in outcomes] == statuses
        cause = outcomes[0].cause
        assert cause is not None
        assert cause.error == error
        assert str(A) not in cause.message
        [alone] = journal.record([told])
        assert (alone.status, alone.cause) == ("blocked", cause)
    journal.vault._known.clear()
    assert [outcome.status for outcome in journal.record([told])] == ["duplicate"]


@pytest.mark.parametrize("fault", [missing_key, damaged_key], ids=["missing", "damaged"])
def test_nobody_gets_a_second_key_while_theirs_is_away(
    journal: Journal, fault: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.record(about(B, store_visited))
    [new] = about(A, call_received)
    with fault(journal, monkeypatch) as error:
        outcomes = journal.record(
            [new, *about(A, store_visited.replaced(note=None, nickname=None)), *about(C, call_received)]
        )
        assert [outcome.status for outcome in outcomes] == ["blocked", "recorded", "recorded"]
        assert outcomes[0].cause is not None
        assert outcomes[0].cause.error == error
        assert [outcome.status for outcome in journal.record([new])] == ["blocked"]
    journal.vault._known.clear()
    assert [outcome.status for outcome in journal.record([new])] == ["recorded"]
    assert journal.find([new.event_id]) == [new]


def test_the_same_source_id_of_another_person_is_another_event(journal: Journal) -> None:
    outcomes = journal.record([call_received, call_received.replaced(participant_id=OTHER_PARTICIPANT)])
    assert [outcome.status for outcome in outcomes] == ["recorded", "recorded"]


def test_the_journals_clock_never_runs_backwards(journal: Journal) -> None:
    later = datetime(2026, 1, 2, tzinfo=UTC)
    journal.record([call_received], now=later)
    journal.record([store_visited], now=later - timedelta(days=1))
    journal.record([measure_taken, on(measure_taken, "2025-07-01")], now=later - timedelta(days=1))
    with journal.database.read() as connection:
        recorded = connection.execute(text("SELECT DISTINCT recorded_at FROM journal")).scalars().all()
        assert connection.scalar(select(heads.c.recorded_at)) == later
    assert len(recorded) == 1


def test_versions_count_each_stream_from_one(journal: Journal) -> None:
    other = call_received.replaced(participant_id=OTHER_PARTICIPANT)
    journal.record([call_received, other, store_visited])
    journal.record([measure_taken])
    assert [event.originator_version for event in journal.events.get(PARTICIPANT)] == [1, 2, 3]
    assert [event.originator_version for event in journal.events.get(OTHER_PARTICIPANT)] == [1]


@pytest.mark.parametrize("change", ["UPDATE journal SET actor = 'x'", "DELETE FROM journal"])
def test_a_stored_event_cannot_be_changed_or_deleted(journal: Journal, change: str) -> None:
    journal.record([call_received])
    with pytest.raises(IntegrityError, match="immutable"), journal.database.write() as connection:
        connection.execute(text(change))
    assert journal.find([call_received.event_id]) == [call_received]


def test_the_journal_cannot_be_truncated(journal: Journal) -> None:
    if not journal.database.is_postgres:
        pytest.skip("SQLite has no TRUNCATE: DELETE is refused")
    journal.record([call_received])
    with pytest.raises(DBAPIError, match=IMMUTABLE), journal.database.write() as connection:
        connection.execute(text("TRUNCATE journal"))


OTHERWISE = {
    "rowid": "(SELECT max(rowid) + 1 FROM journal)",
    "position": "position + 1",
    "event_id": "zeroblob(16)",
    "version": "version + 1",
}
"""Of each place that a row has, another one, in which it takes nothing from the first."""


def replacing(places: Mapping[str, str]) -> TextClause:
    """Puts a row in at these places, like the one that is there in all else."""
    same = "shard, participant_id, topic, occurred_at, source, state"
    return text(
        f"INSERT OR REPLACE INTO journal ({', '.join(places)}, {same})"
        f" SELECT {', '.join(places.values())}, {same} FROM journal"
    )


@pytest.mark.parametrize("taken", OTHERWISE)
def test_a_row_cannot_be_put_in_the_place_of_another(journal: Journal, taken: str) -> None:
    if journal.database.is_postgres:
        pytest.skip("PostgreSQL has no INSERT OR REPLACE: its upsert fires the UPDATE trigger")
    journal.record([call_received])
    places = {**OTHERWISE, taken: taken}
    with pytest.raises(IntegrityError), journal.database.write() as connection:
        connection.execute(replacing(places))
    assert journal.find([call_received.event_id]) == [call_received]


def test_a_row_whose_places_are_all_free_is_no_replacement(journal: Journal) -> None:
    if journal.database.is_postgres:
        pytest.skip("PostgreSQL has no INSERT OR REPLACE: its upsert fires the UPDATE trigger")
    journal.record([call_received])
    with journal.database.write() as connection:
        connection.execute(replacing(OTHERWISE))
    with journal.database.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM journal")) == 2


def test_an_upsert_cannot_change_a_stored_event(journal: Journal) -> None:
    journal.record([call_received])
    upsert = (
        "INSERT INTO journal SELECT * FROM journal WHERE position = 1"
        " ON CONFLICT (shard, position) DO UPDATE SET actor = 'x'"
    )
    with pytest.raises(IntegrityError), journal.database.write() as connection:
        connection.execute(text(upsert))


def test_sealed_fields_stand_nowhere_in_the_database_files(journal: Journal, tmp_path: Path) -> None:
    canary = "canary-7f3a"
    journal.record([call_received.replaced(note=canary), measure_taken])
    with journal.database.read() as connection:
        rows = connection.execute(select(stored)).all()
    assert canary not in repr(rows)
    for file in tmp_path.glob("*.db*"):
        assert canary.encode() not in file.read_bytes()


def test_sealed_bytes_of_one_event_do_not_open_as_another(journal: Journal) -> None:
    journal.record([measure_taken])
    keys = journal.vault.for_opening([PARTICIPANT.bytes])
    with journal.database.read() as connection:
        sealed = connection.scalars(select(stored.c.sealed)).one()
    with pytest.raises(SealBroken, match="belong to another event"):
        keys[PARTICIPANT.bytes].open(bytes(sealed), b"another event")


def test_a_vault_without_the_key_says_whose_is_missing(journal: Journal, tmp_path: Path) -> None:
    from replay.vault import metadata

    journal.record([measure_taken])
    empty = Database(f"sqlite:///{tmp_path / 'other-vault.db'}")
    with empty.write() as connection:
        metadata.create_all(connection)
    reader = Reader(journal.database, Vault(empty, MASTER_KEY), 1)
    with pytest.raises(KeyMissing, match=str(PARTICIPANT)), journal.database.read() as connection:
        reader.streams(connection, [PARTICIPANT])
    empty.close()


def test_a_command_appends_what_it_decides(journal: Journal) -> None:
    journal.record([call_received])
    outcomes = journal.decide(PARTICIPANT, _void_the_first)
    assert [outcome.status for outcome in outcomes] == ["recorded"]
    [stored_type] = [outcome.event.stored_as for outcome in outcomes]
    assert stored_type == "touchpoint-voided.v1"
    assert [told.originator_version for told in journal.events.get(PARTICIPANT)] == [1, 2]


def test_a_command_given_again_after_a_lost_reply_is_a_duplicate(journal: Journal) -> None:
    journal.record([call_received])
    [void] = _void_the_first(given(call_received).history())
    journal.decide(PARTICIPANT, lambda _: [void])
    assert [outcome.status for outcome in journal.decide(PARTICIPANT, lambda _: [void])] == ["duplicate"]
    assert len(positions(journal)) == 2


def test_a_command_decides_anew_when_somebody_was_faster(journal: Journal) -> None:
    journal.record([call_received])
    seen: list[int] = []

    def slow(history: History) -> list[Touchpoint]:
        seen.append(len(history.facts))
        if len(seen) == 1:
            journal.record([store_visited])
        return list(_void_the_first(history))

    journal.decide(PARTICIPANT, slow)
    assert seen == [1, 2]


def test_a_command_gives_up_after_its_attempts_and_stores_nothing(journal: Journal) -> None:
    journal.record([call_received])

    def always_late(history: History) -> list[Touchpoint]:
        journal.record([on(store_visited, f"2025-07-0{len(history.facts)}")])
        return list(_void_the_first(history))

    with pytest.raises(DecisionContended, match="try again"):
        journal.decide(PARTICIPANT, always_late, attempts=3)
    assert len(positions(journal)) == 4


def _void_the_first(history: History) -> list[Touchpoint]:
    target = history.facts[0]
    return [
        TouchpointVoided(
            participant_id=PARTICIPANT,
            source="urn:majung:command",
            source_id=f"void-{target.event_id}",
            occurred_at=target.occurred_at,
            target_event_id=target.event_id,
            decided_at=target.occurred_at,
        )
    ]
