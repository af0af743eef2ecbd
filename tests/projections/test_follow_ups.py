"""The follow_ups read model as the table gives it back, and who is called first."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, MetaData, Table, create_engine, insert, select

from domain.clock import END_OF_TIME, parse_moment
from domain.follow_ups import Kind
from domain.touchpoint import Touchpoint
from projections.follow_ups import FollowUpRow, fold, follow_ups
from projections.whom_to_call import KIND_ORDER, Call, Urgency, whom_to_call
from tests.domain.follow_ups.stories import accepted, consents, kept, promise, self_check, sent
from tests.domain.journey.stories import healing, prevention
from tests.examples import PARTICIPANT, activist_selected, store_visited
from tests.given import given, on


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def stored(connection: Connection, *people: Sequence[Touchpoint]) -> Table:
    """A table with the rows of people who are told apart by the number of their pseudonym, from 1."""
    table = follow_ups.table(1, MetaData())
    table.create(connection)
    for number, story in enumerate(people, start=1):
        events = [event.replaced(participant_id=UUID(int=number)) for event in story]
        for row in fold(given(*events).history()):
            connection.execute(insert(table).values(row._asdict()))
    return table


def listed(connection: Connection, table: Table, day: str, **chosen: Any) -> list[Call]:
    return whom_to_call(connection, table, parse_moment(day), **chosen)


def test_a_row_says_what_is_due_from_when_and_why() -> None:
    scheduled = promise("2025-06-01", "2025-06-10")
    assert given(scheduled).project(follow_ups).rows == [
        FollowUpRow(
            component=PARTICIPANT,
            kind="promise",
            subject="fu-1",
            due_from=parse_moment("2025-06-10T00:00:00+09:00"),
            due_at=parse_moment("2025-06-10T00:00:00+09:00"),
            overdue_from=parse_moment("2025-06-11T00:00:00+09:00"),
            until=END_OF_TIME,
            stage=None,
            reason="promised for 2025-06-10: ask how the week went",
            evidence=f'["{scheduled.event_id}"]',
        )
    ]


def test_rows_come_back_from_the_table_as_they_were_folded(connection: Connection) -> None:
    story = (*healing, promise("2025-06-01", "2025-06-10"), sent("2025-06-02"), self_check(9, "2025-06-02"))
    table = stored(connection, story)
    found = [FollowUpRow(*row) for row in connection.execute(select(table))]
    assert {row.kind for row in found} == {"assess", "lost", "promise", "referral_unanswered", "silent"}
    own = given(*(event.replaced(participant_id=UUID(int=1)) for event in story)).project(follow_ups)
    assert follow_ups.digest(found) == follow_ups.digest(own.rows)


def test_the_longest_overdue_come_first_then_what_is_due_then_silence_by_stage_then_the_lost(
    connection: Connection,
) -> None:
    lost_long, lost_since_june = (on(prevention[0], day) for day in ("2024-01-01", "2024-12-20"))
    table = stored(
        connection,
        (lost_long,),
        (lost_since_june,),
        (on(store_visited, "2025-03-31"), on(store_visited, "2025-04-01")),
        (on(healing[0], "2025-05-20"),),
        (on(healing[0], "2025-04-20"),),
        (on(activist_selected, "2025-04-25"),),
        (promise("2025-06-01", "2025-07-01"),),
        (promise("2025-06-01", "2025-06-28"),),
        (sent("2025-06-14"),),
        (promise("2025-06-01", "2025-07-02"),),
    )
    found = listed(connection, table, "2025-07-01T12:00:00+09:00")
    assert [(call.participant_id.int, call.urgency, call.days_overdue) for call in found] == [
        (9, Urgency.OVERDUE, 10),
        (8, Urgency.OVERDUE, 3),
        (7, Urgency.DUE, 0),
        (5, Urgency.SILENT, 0),
        (4, Urgency.SILENT, 0),
        (6, Urgency.SILENT, 0),
        (3, Urgency.SILENT, 0),
        (2, Urgency.LOST, 0),
        (1, Urgency.LOST, 0),
    ]
    assert [call.rank for call in found] == list(range(1, 10))
    assert [call.stage for call in found[3:7]] == ["healing", "healing", "return", "prevention"]


def test_a_promise_is_overdue_from_the_day_after_and_says_by_how_many_days(connection: Connection) -> None:
    table = stored(connection, (promise("2025-06-01", "2025-06-10"),))
    days = ("2025-06-09", "2025-06-10", "2025-06-11T00:00:00+09:00", "2025-06-12")
    found = [[(call.urgency, call.days_overdue) for call in listed(connection, table, day)] for day in days]
    assert found == [[], [(Urgency.DUE, 0)], [(Urgency.OVERDUE, 1)], [(Urgency.OVERDUE, 2)]]


def test_what_is_done_is_off_the_list_from_that_moment_on(connection: Connection) -> None:
    done = kept("2025-06-12T10:00:00+09:00")
    table = stored(connection, (promise("2025-06-01", "2025-06-10"), done))
    assert len(listed(connection, table, "2025-06-12T09:59:59+09:00")) == 1
    assert listed(connection, table, "2025-06-12T10:00:00+09:00") == []


def test_equals_stand_in_order_of_their_kind_and_then_of_the_pseudonym(connection: Connection) -> None:
    both = (sent("2025-06-03"), promise("2025-06-01", "2025-06-10"))
    table = stored(connection, both, both, (accepted("2025-05-11"),))
    found = listed(connection, table, "2025-06-12")
    assert [(call.kind, call.participant_id.int) for call in found] == [
        (Kind.PROMISE, 1),
        (Kind.PROMISE, 2),
        (Kind.REFERRAL_UNANSWERED, 1),
        (Kind.REFERRAL_UNANSWERED, 2),
        (Kind.REFERRAL_NOT_CLOSED, 3),
    ]


def test_what_waits_for_the_next_contact_comes_last_the_longest_waiting_first(connection: Connection) -> None:
    lost = (on(prevention[0], "2024-01-01"),)
    of_may, of_march = (consents("2025-01-01", "callback", valid_until=day) for day in ("2025-05-31", "2025-03-31"))
    table = stored(connection, (of_may,), lost, (of_march,), (promise("2025-06-01", "2025-06-12"),))
    found = listed(connection, table, "2025-06-12")
    assert [(call.participant_id.int, call.urgency) for call in found] == [
        (4, Urgency.DUE),
        (2, Urgency.LOST),
        (3, Urgency.AT_NEXT_CONTACT),
        (1, Urgency.AT_NEXT_CONTACT),
    ]
    assert [str(call.due_on) for call in found[2:]] == ["2025-04-01", "2025-06-01"]
    assert [call.days_overdue for call in found[2:]] == [0, 0]


def test_a_kind_an_urgency_and_a_number_choose(connection: Connection) -> None:
    table = stored(
        connection, (sent("2025-06-03"), promise("2025-06-01", "2025-06-12")), (promise("2025-06-01", "2025-06-11"),)
    )
    assert [call.kind for call in listed(connection, table, "2025-06-12", kind=Kind.PROMISE)] == [Kind.PROMISE] * 2
    overdue = listed(connection, table, "2025-06-12", urgency=Urgency.OVERDUE)
    assert [call.days_overdue for call in overdue] == [2, 1]
    [first] = listed(connection, table, "2025-06-12", limit=1)
    assert (first.rank, first.kind) == (1, Kind.REFERRAL_UNANSWERED)


def test_every_kind_has_its_place() -> None:
    assert sorted(KIND_ORDER) == sorted(Kind)
