"""The alerts read model as the table gives it back, and the list of a moment."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import MetaData, create_engine, insert

from domain.clock import END_OF_TIME, parse_moment
from domain.history import Recorded
from domain.touchpoint import Touchpoint
from projections.alert_list import AlertLine, alert_list
from projections.alerts import AlertRow, alerts, all_rows, calling_rows, fold, standing_rows
from tests.domain.test_alerts import RAISED_AT, acknowledged, emergency, in_time, phq9
from tests.examples import PARTICIPANT, shift_handed_over, worker_assigned
from tests.given import given, on

MINUTE = timedelta(minutes=1)
flagged = on(phq9, "2025-06-02T10:05:00+09:00")
late = Recorded(on(emergency, "2025-05-01T09:00:00+09:00"), RAISED_AT)
assigned = on(worker_assigned.replaced(worker="case"), "2025-06-01")


def rows(*events: Touchpoint | Recorded) -> Sequence[AlertRow]:
    told = [event if isinstance(event, Recorded) else in_time(event) for event in events]
    return given(*told).project(alerts).rows


def listed(found: Sequence[AlertRow], at: datetime, **asked: Any) -> list[tuple[str, UUID]]:
    lines = alert_list(found, at, manager="manager", as_of=asked.pop("as_of", at), **asked)
    return [(line.state.value, line.event_id) for line in lines]


def test_a_row_says_which_instrument_and_no_answer_and_no_score() -> None:
    [row] = rows(flagged.replaced(items=(3, 3, 3, 3, 3, 3, 3, 3, 2)))
    assert row == AlertRow(
        component=PARTICIPANT,
        event_id=flagged.event_id,
        cause="safety_flag",
        instrument="PHQ-9",
        about=None,
        raised_at=flagged.occurred_at,
        escalates_at=flagged.occurred_at + 10 * MINUTE,
        until=END_OF_TIME,
        acknowledgement=None,
        acknowledged_by=None,
        action=None,
        silent=False,
        reaches="[]",
    )


def test_the_table_gives_back_what_calls_and_what_is_asked_for_besides() -> None:
    answered = on(emergency, "2025-06-02T09:00:00+09:00")
    found = rows(emergency, flagged, assigned, late, answered, acknowledged(answered))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table = alerts.table(1, MetaData())
        table.create(connection)
        for row in found:
            connection.execute(insert(table).values(row._asdict()))
        calling = {row.event_id: row for row in calling_rows(connection, table)}
        both = {row.event_id for row in calling_rows(connection, table, [answered.event_id])}
        assert alerts.ordered(all_rows(connection, table)) == found
    engine.dispose()
    assert list(calling)
    assert all(row.calls and row in found for row in calling.values())
    assert calling.keys() == {emergency.event_id, flagged.event_id}
    assert both == calling.keys() | {answered.event_id}


def test_the_list_of_a_moment_has_the_escalated_first_then_the_oldest() -> None:
    found = rows(flagged, emergency)
    assert listed(found, RAISED_AT - MINUTE) == []
    assert listed(found, RAISED_AT + 6 * MINUTE) == [("open", emergency.event_id), ("open", flagged.event_id)]
    assert listed(found, RAISED_AT + 10 * MINUTE) == [("escalated", emergency.event_id), ("open", flagged.event_id)]


def test_what_was_acknowledged_or_told_too_late_is_listed_only_when_everything_is_asked_for() -> None:
    found = rows(emergency, late, acknowledged(after_minutes=5))
    at = RAISED_AT + 6 * MINUTE
    assert listed(found, at) == []
    assert listed(found, at, everything=True) == [
        ("acknowledged", emergency.event_id),
        ("silent", late.event_id),
    ]
    assert listed(found, RAISED_AT + 4 * MINUTE) == [("open", emergency.event_id)]


def test_it_reaches_the_assigned_the_one_with_the_shift_and_the_manager_and_once_escalated_everybody() -> None:
    handed = on(shift_handed_over.replaced(to_actor="shift"), "2025-06-02T09:00:00+09:00")
    found = rows(emergency, assigned, handed)
    [line] = alert_list(found, RAISED_AT, manager="manager")
    assert line.recipients == ["case", "shift", "manager"]
    for worker in line.recipients:
        assert listed(found, RAISED_AT, worker=worker) == [("open", emergency.event_id)]
    assert listed(found, RAISED_AT, worker="nobody") == []
    assert listed(found, RAISED_AT + 10 * MINUTE, worker="nobody") == [("escalated", emergency.event_id)]
    [escalated] = alert_list(found, RAISED_AT + 10 * MINUTE, manager="manager")
    assert escalated.recipients == ["case", "manager"]


def test_who_had_the_shift_while_it_was_open_sees_it_when_it_is_over() -> None:
    shifts = [
        on(shift_handed_over, f"2025-06-02T{time}:00+09:00").replaced(to_actor=worker, source_id=worker)
        for time, worker in [("09:00", "before"), ("10:02", "meanwhile"), ("10:04", "after")]
    ]
    found = rows(emergency, *shifts, acknowledged(after_minutes=3))
    seen = [worker for worker in ("before", "meanwhile", "after") if over(found, worker)]
    assert seen == ["before", "meanwhile"]


def over(found: Sequence[AlertRow], worker: str) -> list[tuple[str, UUID]]:
    return listed(found, RAISED_AT + 60 * MINUTE, worker=worker, everything=True)


def test_what_stands_at_a_moment_is_read_without_what_is_over_or_yet_to_come() -> None:
    answered = on(emergency, "2025-06-02T09:00:00+09:00")
    found = rows(emergency, flagged, late, answered, acknowledged(answered))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table = alerts.table(1, MetaData())
        table.create(connection)
        for row in found:
            connection.execute(insert(table).values(row._asdict()))
        for moment in [*(row.raised_at for row in found), *(row.until for row in found), END_OF_TIME]:
            for at in (moment, moment - timedelta(microseconds=1)):
                standing = list(standing_rows(connection, table, at))
                assert listed(standing, at) == listed(found, at)
                assert len(standing) == len(listed(found, at))
    engine.dispose()


def test_a_manager_who_is_also_assigned_is_named_once() -> None:
    [line] = alert_list(rows(emergency, assigned), RAISED_AT, manager="case")
    assert line.recipients == ["case"]


def test_of_what_is_over_a_worker_sees_what_reached_them() -> None:
    at = RAISED_AT + 60 * MINUTE
    in_ten = rows(emergency, assigned, late, acknowledged(after_minutes=5))
    assert listed(in_ten, at, worker="case", everything=True) == [("acknowledged", emergency.event_id)]
    assert listed(in_ten, at, worker="nobody", everything=True) == []
    after_ten = rows(emergency, acknowledged(after_minutes=11))
    assert listed(after_ten, at, worker="nobody", everything=True) == [("acknowledged", emergency.event_id)]


def test_now_counts_what_is_dated_ahead_and_a_moment_that_is_asked_about_does_not() -> None:
    found = rows(emergency)
    before = RAISED_AT - MINUTE
    assert listed(found, before) == []
    assert listed(found, before, as_of=END_OF_TIME) == [("open", emergency.event_id)]


def test_a_line_tells_of_an_acknowledgement_only_once_it_was_given() -> None:
    found = rows(emergency, acknowledged(after_minutes=5))

    def line(minutes: int) -> AlertLine:
        at = RAISED_AT + minutes * MINUTE
        [one] = alert_list(found, at, manager="manager", as_of=at, everything=True)
        return one

    assert (line(4).acknowledged_at, line(4).acknowledged_by, line(4).action) == (None, None, None)
    assert line(5).acknowledged_at == parse_moment("2025-06-02T10:05:00+09:00")
    assert (line(5).acknowledged_by, line(5).action) == ("worker-07", "call back today")


def test_an_alert_that_nobody_acknowledges_for_a_year_does_not_grow_with_every_shift() -> None:
    shifts = [
        shift_handed_over.replaced(
            occurred_at=RAISED_AT + timedelta(hours=8 * number - 1),
            to_actor=f"shift-{number % 3}",
            source_id=str(number),
        )
        for number in range(3 * 365)
    ]
    [row] = rows(emergency, assigned, *shifts)
    assert [reach.worker for reach in row.responsible()] == ["case", "shift-0"]
    assert len(repr(row)) < 1_000


def test_most_people_have_none() -> None:
    assert fold(given(assigned, phq9.replaced(items=(3, 3, 3, 3, 3, 3, 3, 3, 0))).history()) == []
