"""The caseload, concerns and households read models as their tables give them back, on both databases."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, MetaData, Table, create_engine, insert

from domain.casework import SHIFT_ENDS_AFTER
from domain.clock import END_OF_TIME, parse_moment
from domain.touchpoint import Touchpoint
from projections.alerts import alerts
from projections.caseload import CaseloadRow, caseload, caseload_of
from projections.concerns import ConcernRow, concerns, concerns_at
from projections.contributions import contributions
from projections.follow_ups import follow_ups
from projections.handover import Tables, handover_of
from projections.households import HouseholdRow, households, members_of
from projections.journey import journey
from projections.read_model import ReadModel
from tests.domain.follow_ups.stories import promise
from tests.domain.journey.stories import healing
from tests.examples import (
    HOUSEHOLD,
    PARTICIPANT,
    call_received,
    concern_reported,
    crisis_escalated,
    discovery_attempted,
    household_joined,
    household_left,
    journey_ended,
    shift_handed_over,
    worker_assigned,
    worker_unassigned,
)
from tests.given import given, on
from tests.servers import fresh_database


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    if request.param == "sqlite":
        engine = create_engine("sqlite://")
        with engine.begin() as connection:
            yield connection
        engine.dispose()
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            yield connection
        engine.dispose()


def stored(connection: Connection, model: ReadModel, *people: Sequence[Touchpoint]) -> Table:
    """A table with the rows of people who are told apart by the number of their pseudonym, from 1."""
    table = model.table(1, MetaData())
    table.create(connection)
    for number, story in enumerate(people, start=1):
        events = [event.replaced(participant_id=UUID(int=number)) for event in story]
        for row in model.fold(given(*events).history()):
            connection.execute(insert(table).values(row._asdict()))
    return table


def test_a_row_says_who_had_whom_and_by_which_events() -> None:
    rows = given(worker_assigned, worker_unassigned, shift_handed_over).project(caseload).rows
    assert rows == [
        CaseloadRow(
            component=PARTICIPANT,
            ground="assigned",
            worker="worker-08",
            role="case manager",
            since=worker_assigned.occurred_at,
            until=worker_unassigned.occurred_at,
            assigned_by=worker_assigned.event_id,
            ended_by=worker_unassigned.event_id,
        ),
        CaseloadRow(
            component=PARTICIPANT,
            ground="shift",
            worker="worker-08",
            role="",
            since=shift_handed_over.occurred_at,
            until=shift_handed_over.occurred_at + SHIFT_ENDS_AFTER,
            assigned_by=shift_handed_over.event_id,
            ended_by=None,
        ),
    ]


def test_a_row_says_how_the_search_stood_and_who_was_worried() -> None:
    [row] = given(concern_reported, on(discovery_attempted, "2025-05-03T16:20:00+09:00")).project(concerns).rows
    assert row == ConcernRow(
        component=PARTICIPANT,
        opened_by=concern_reported.event_id,
        since=concern_reported.occurred_at,
        until=END_OF_TIME,
        opened_at=concern_reported.occurred_at,
        about="self",
        reporter="neighbour",
        state="found",
        told_by=row.told_by,
        reports=1,
        attempts=1,
        last_outcome="contacted",
        last_attempt_at=concern_reported.occurred_at,
    )
    assert row.told_by != concern_reported.event_id


def test_a_row_says_who_lived_where() -> None:
    [row] = given(household_joined, household_left).project(households).rows
    joined, left = household_joined, household_left
    assert row == HouseholdRow(
        PARTICIPANT, HOUSEHOLD, joined.occurred_at, left.occurred_at, joined.event_id, left.event_id
    )


@pytest.mark.parametrize("model", [caseload, concerns, households], ids=lambda model: model.name)
def test_whom_none_of_it_concerns_has_no_row(model: ReadModel) -> None:
    assert given(call_received, *healing).project(model).rows == []


def test_a_caseload_has_those_of_the_moment_with_the_stage_they_were_in(connection: Connection) -> None:
    people: list[Any] = [
        [worker_assigned, *healing, promise("2025-06-01", "2025-06-10"), on(journey_ended, "2025-07-01")],
        [worker_assigned, worker_unassigned],
        [shift_handed_over],
        [worker_assigned.replaced(worker="worker-09")],
    ]
    tables = {
        "caseload": stored(connection, caseload, *people),
        "journey": stored(connection, journey, *people),
        "follow_ups": stored(connection, follow_ups, *people),
    }

    def on_day(day: str) -> list[tuple[int, str | None, int, int]]:
        found = caseload_of(connection, "worker-08", parse_moment(day), **tables)
        return [(case.participant_id.int, case.stage, case.open_follow_ups, case.overdue) for case in found]

    assert on_day("2025-05-04") == []
    assert [number for number, *_ in on_day("2025-05-20")] == [1, 2]
    assert on_day("2025-06-10") == [(1, "healing", 1, 0)]
    assert on_day("2025-06-11") == [(1, "healing", 1, 1)]
    assert on_day("2025-07-02") == [(1, "ended", 0, 0)]
    assert on_day("9999-12-31") == [(1, "ended", 0, 0)]


def test_a_handover_has_what_is_open_in_order_for_both_grounds(connection: Connection) -> None:
    emergency = on(call_received, "2025-06-12T09:30:00+09:00").replaced(level="emergency")
    people: list[Any] = [
        [worker_assigned, promise("2025-06-01", "2025-06-12"), promise("2025-06-01", "2025-06-10", "fu-2")],
        [on(shift_handed_over, "2025-06-11T18:00:00+09:00"), on(crisis_escalated, "2025-06-12T01:00:00+09:00")],
        [worker_assigned, on(concern_reported, "2025-06-11"), emergency],
        [on(crisis_escalated, "2025-06-12T02:00:00+09:00")],
    ]
    models = [caseload, alerts, follow_ups, concerns, contributions]
    tables = Tables(*(stored(connection, model, *people) for model in models))

    def items(moment: str) -> list[tuple[str, int, bool]]:
        found = handover_of(connection, "worker-08", parse_moment(moment), tables)
        return [(item.kind.value, item.participant_id.int, item.overdue) for item in found.items]

    follow_up = [("follow_up", 1, True), ("follow_up", 1, False)]
    assert items("2025-06-12T09:00:00+09:00") == [("crisis", 2, False), *follow_up, ("concern", 3, False)]
    at_once = items("2025-06-12T09:30:00+09:00")
    assert at_once == [("alert", 3, False), ("crisis", 2, False), *follow_up]
    assert items("2025-06-12T10:00:00+09:00")[0] == ("alert", 3, True)
    assert ("crisis", 2, False) in items("2025-06-12T17:59:59+09:00")
    assert ("crisis", 2, False) not in items("2025-06-12T18:00:00+09:00")
    last = handover_of(connection, "worker-08", parse_moment("2025-06-12T09:00:00+09:00"), tables)
    assert {person.int: count for person, count in last.to_hand_over.items()} == {1: 2, 2: 1, 3: 1}


def test_concerns_begin_behind_the_one_that_is_named(connection: Connection) -> None:
    people = [[on(concern_reported, day)] for day in ("2025-05-02", "2025-05-01", "2025-05-01")]
    table = stored(connection, concerns, *people)
    found = concerns_at(connection, table, END_OF_TIME)
    assert [one.opened_at for one in found] == sorted(one.opened_at for one in found)
    for number, one in enumerate(found):
        assert concerns_at(connection, table, END_OF_TIME, after=(one.opened_at, one.opened_by)) == found[number + 1 :]
    assert concerns_at(connection, table, END_OF_TIME, limit=2) == found[:2]


def test_the_members_of_a_household_are_those_of_the_moment(connection: Connection) -> None:
    elsewhere = household_joined.replaced(household_id=UUID(int=99))
    table = stored(connection, households, [household_joined, household_left], [household_joined], [elsewhere])

    def members(day: str) -> list[tuple[int, bool]]:
        found = members_of(connection, table, [HOUSEHOLD], parse_moment(day))
        return [(member.participant_id.int, member.until is None) for member in found]

    assert members("2025-05-01") == []
    assert members("2025-05-10") == [(1, True), (2, True)]
    assert members("2025-06-01") == [(1, False), (2, True)]
