"""Alerts: what raises one, whom it reaches, until when, and the laws that hold for all of them."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as supposing
from hypothesis import strategies as st

from domain.alerts import ESCALATES_AFTER, Alert, Cause, Reach, alerts_of
from domain.clock import END_OF_TIME, parse_moment
from domain.codes import About
from domain.events import AlertAcknowledged
from domain.history import Recorded, history_of
from domain.touchpoint import Touchpoint
from tests.examples import (
    OTHER_PARTICIPANT,
    PARTICIPANT,
    alert_acknowledged,
    call_received,
    identities_linked,
    measure_taken,
    shift_handed_over,
    touchpoint_corrected,
    touchpoint_voided,
    worker_assigned,
    worker_unassigned,
)
from tests.given import given, on, recorded

emergency = on(call_received.replaced(level="emergency"), "2025-06-02T10:00:00+09:00")
RAISED_AT = emergency.occurred_at
phq9 = measure_taken.replaced(instrument="PHQ-9", items=(0, 0, 0, 0, 0, 0, 0, 0, 1), score=None)


def in_time(event: Touchpoint) -> Recorded:
    return Recorded(event, event.occurred_at + timedelta(seconds=1))


def acknowledged(of: Touchpoint = emergency, after_minutes: float = 5, **changes: Any) -> Touchpoint:
    at = of.occurred_at + timedelta(minutes=after_minutes)
    said = {"alert_event_id": of.event_id, "occurred_at": at, "source_id": f"ack-{after_minutes}"}
    return alert_acknowledged.replaced(**(said | changes))


def alerts(*events: Touchpoint | Recorded, **clocks: Any) -> list[Alert]:
    told = [event if isinstance(event, Recorded) else in_time(event) for event in events]
    return alerts_of(given(*told).history(**clocks))


def test_an_emergency_call_is_an_alert_from_when_it_came_and_everybodys_after_ten_minutes() -> None:
    assert alerts(emergency) == [
        Alert(
            event_id=emergency.event_id,
            cause=Cause.EMERGENCY_CALL,
            instrument=None,
            about=About.SELF,
            raised_at=RAISED_AT,
            escalates_at=RAISED_AT + timedelta(minutes=10),
            until=END_OF_TIME,
            acknowledgement=None,
            acknowledged_by=None,
            action=None,
            silent=False,
            reaches=(),
        )
    ]


def test_a_call_about_somebody_else_is_the_callers_alert_and_says_so() -> None:
    [alert] = alerts(emergency.replaced(about="other", outcome="abandoned"))
    assert alert.about == About.OTHER


@pytest.mark.parametrize("level", ["information", "loneliness_talk", "household_discovery", None])
def test_other_calls_are_none(level: str | None) -> None:
    assert alerts(call_received.replaced(level=level)) == []


def test_a_safety_flag_names_its_instrument_and_nothing_of_the_answers() -> None:
    [alert] = alerts(phq9)
    assert (alert.cause, alert.instrument, alert.about) == (Cause.SAFETY_FLAG, "PHQ-9", None)


@pytest.mark.parametrize(
    ("items", "score", "flagged"),
    [
        ((3, 3, 3, 3, 3, 3, 3, 3, 0), None, False),
        ((None, None, None, None, None, None, None, None, 3), None, True),
        ((3, 3, 3, 3, 3, 3, 3, 3, None), None, False),
        (None, 24, False),
        (None, 25, True),
    ],
)
def test_the_flag_is_the_ninth_item_also_where_the_rest_gives_no_score(
    items: tuple[int | None, ...] | None, score: float | None, flagged: bool
) -> None:
    assert bool(alerts(phq9.replaced(items=items, score=score))) is flagged


def test_the_first_acknowledgement_counts_and_says_who_does_what() -> None:
    later, first = acknowledged(after_minutes=8, actor="worker-2"), acknowledged(after_minutes=5, actor="worker-1")
    [alert] = alerts(later, emergency, first)
    assert (alert.until, alert.acknowledgement) == (RAISED_AT + timedelta(minutes=5), first.event_id)
    assert (alert.acknowledged_by, alert.action) == ("worker-1", "call back today")


def test_an_acknowledgement_dated_before_its_alert_counts_from_the_alert_on() -> None:
    [alert] = alerts(emergency, acknowledged(after_minutes=-3))
    assert alert.until == alert.raised_at == RAISED_AT
    assert alert.acknowledgement is not None


def test_an_acknowledgement_of_another_event_does_nothing() -> None:
    [alert] = alerts(emergency, acknowledged(alert_event_id=UUID(int=7)))
    assert alert.acknowledgement is None
    assert alerts(call_received, acknowledged(call_received)) == []


def test_an_acknowledgement_counts_under_a_linked_identity() -> None:
    link = identities_linked.replaced(participant_id=PARTICIPANT, other_id=OTHER_PARTICIPANT)
    [alert] = alerts(emergency, link, acknowledged(participant_id=OTHER_PARTICIPANT))
    assert alert.acknowledgement is not None


def test_an_acknowledgement_that_is_voided_opens_the_alert_again() -> None:
    answer = acknowledged()
    [alert] = alerts(emergency, answer, touchpoint_voided.replaced(target_event_id=answer.event_id))
    assert (alert.acknowledgement, alert.until) == (None, END_OF_TIME)


def test_a_voided_measure_raises_nothing() -> None:
    assert alerts(phq9, touchpoint_voided.replaced(target_event_id=phq9.event_id)) == []


def corrected(event: Touchpoint, level: str, at: str, occurred_at: str = "2025-06-02T10:00:00+09:00") -> Recorded:
    replacement = dict(touchpoint_corrected.replacement) | {"level": level, "occurred_at": occurred_at}
    correction = touchpoint_corrected.replaced(
        target_event_id=event.event_id,
        replacement=replacement,
        decided_at=parse_moment(at),
        occurred_at=parse_moment(at),
        source_id=f"correction-{at}",
    )
    return recorded(correction, at)


def test_a_correction_counts_as_corrected() -> None:
    assert alerts(emergency, corrected(emergency, "information", "2025-06-02T11:00:00+09:00")) == []
    moved = corrected(emergency, "emergency", "2025-06-02T11:00:00+09:00", "2025-06-02T09:00:00+09:00")
    [alert] = alerts(emergency, moved)
    assert (alert.event_id, alert.raised_at) == (emergency.event_id, parse_moment("2025-06-02T09:00:00+09:00"))


@pytest.mark.parametrize(("hours", "silent"), [(72, False), (72.001, True)])
def test_what_was_told_more_than_72_hours_later_is_silent(hours: float, silent: bool) -> None:
    [alert] = alerts(Recorded(emergency, RAISED_AT + timedelta(hours=hours)))
    assert alert.silent is silent


def test_a_late_correction_does_not_silence_what_was_told_in_time() -> None:
    [alert] = alerts(emergency, corrected(emergency, "emergency", "2025-06-09T10:00:00+09:00"))
    assert not alert.silent


@pytest.mark.parametrize(("at", "silent"), [("2025-06-03T10:00:00+09:00", False), ("2025-06-09T10:00:00+09:00", True)])
def test_where_only_the_correction_makes_it_an_alert_the_correction_has_to_be_in_time(at: str, silent: bool) -> None:
    call = emergency.replaced(level="information")
    [alert] = alerts(call, corrected(call, "emergency", at))
    assert alert.silent is silent


@pytest.mark.parametrize(
    ("occurred_at", "silent"), [("2025-06-02T10:00:00+09:00", True), ("2025-06-08T10:00:00+09:00", False)]
)
def test_a_correction_of_what_was_told_late_calls_only_where_it_happened_lately_after_all(
    occurred_at: str, silent: bool
) -> None:
    late = recorded(emergency, "2025-06-08T12:00:00+09:00")
    assert alerts(late)[0].silent
    [alert] = alerts(late, corrected(emergency, "emergency", "2025-06-09T10:00:00+09:00", occurred_at))
    assert alert.silent is silent


def test_what_was_told_in_time_and_taken_back_calls_when_it_is_told_again_however_late() -> None:
    mistaken = corrected(emergency, "information", "2025-06-02T11:00:00+09:00")
    assert alerts(emergency, mistaken) == []
    [alert] = alerts(emergency, mistaken, corrected(emergency, "emergency", "2025-06-09T10:00:00+09:00"))
    assert not alert.silent


def test_it_reaches_who_is_assigned_while_it_is_open_and_who_was_handed_the_shift_last() -> None:
    def at(event: Touchpoint, minutes: float, **changes: Any) -> Touchpoint:
        moment = RAISED_AT + timedelta(minutes=minutes)
        return event.replaced(occurred_at=moment, source_id=f"{event.source_id}-{minutes}", **changes)

    [alert] = alerts(
        emergency,
        at(worker_assigned, -100, worker="long gone"),
        at(worker_unassigned, -50, worker="long gone"),
        at(worker_assigned, -20, worker="assigned"),
        at(worker_unassigned, 3, worker="assigned"),
        at(worker_assigned, 3, worker="next"),
        at(shift_handed_over, -60, to_actor="day"),
        at(shift_handed_over, 4, to_actor="night"),
        at(worker_assigned, 20, worker="too late"),
        acknowledged(after_minutes=5),
    )
    minute = timedelta(minutes=1)
    assert alert.reaches == (
        Reach("assigned", RAISED_AT - 20 * minute, RAISED_AT + 3 * minute),
        Reach("day", RAISED_AT - 60 * minute, RAISED_AT + 4 * minute),
        Reach("next", RAISED_AT + 3 * minute, END_OF_TIME),
        Reach("night", RAISED_AT + 4 * minute, RAISED_AT + 10 * minute),
    )


def test_a_shift_that_is_over_is_not_reached() -> None:
    def handed(hours: int, worker: str) -> Touchpoint:
        moment = RAISED_AT - timedelta(hours=hours)
        return shift_handed_over.replaced(occurred_at=moment, to_actor=worker)

    assert alerts(emergency, handed(24, "over"))[0].reaches == ()
    assert [reach.worker for reach in alerts(emergency, handed(23, "lasts"))[0].reaches] == ["lasts"]


BEGIN = parse_moment("2025-06-02T00:00:00+09:00")
_KINDS: tuple[Touchpoint, ...] = (
    call_received,
    call_received.replaced(level="emergency"),
    measure_taken,
    phq9,
    *[worker_assigned.replaced(worker=name) for name in "ab"],
    *[worker_unassigned.replaced(worker=name) for name in "ab"],
    *[shift_handed_over.replaced(to_actor=name) for name in "ab"],
    alert_acknowledged,
    touchpoint_voided,
)


@st.composite
def stories(draw: st.DrawFn) -> list[Touchpoint]:
    """Up to 20 events within hours, several at one instant; acknowledgements and voids of any of them, or of none."""
    steps = st.tuples(st.sampled_from(_KINDS), st.sampled_from([0, 0, 5, 10, 60, 4000]))
    told, moment = draw(st.lists(steps, max_size=20)), BEGIN
    events: list[Touchpoint] = []
    for number, (event, minutes) in enumerate(told):
        moment += timedelta(minutes=minutes)
        events.append(event.replaced(occurred_at=moment, source_id=f"{event.source_id}-{number}"))
    anything = st.sampled_from([UUID(int=1), *(event.event_id for event in events)])
    for place, event in enumerate(events):
        if isinstance(event, AlertAcknowledged):
            events[place] = event.replaced(alert_event_id=draw(anything))
        elif event.stored_as == touchpoint_voided.stored_as:
            events[place] = event.replaced(target_event_id=draw(anything), decided_at=event.occurred_at)
    return events


def folded(events: list[Touchpoint], as_of: datetime = END_OF_TIME) -> list[Alert]:
    told = [Recorded(event, BEGIN + timedelta(minutes=1)) for event in events]
    return alerts_of(history_of(PARTICIPANT, told, as_of=as_of))


@supposing(stories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(events: list[Touchpoint], chance: Random) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert folded(shuffled) == folded(events)


def as_told_by(alert: Alert, moment: datetime) -> Alert:
    """What a whole row says of a moment: of what comes later it knows nothing."""
    open_still = alert.until > moment
    reaches = tuple(
        reach._replace(until=reach.until if reach.until <= moment else END_OF_TIME)
        for reach in alert.reaches
        if reach.since <= moment
    )
    if not open_still:
        return alert._replace(reaches=reaches)
    return alert._replace(until=END_OF_TIME, acknowledgement=None, acknowledged_by=None, action=None, reaches=reaches)


@supposing(stories())
def test_whole_rows_filtered_at_a_moment_are_those_of_the_history_as_of_then(events: list[Touchpoint]) -> None:
    whole = folded(events)
    edges = {event.occurred_at for event in events}
    for moment in edges | {edge - timedelta(microseconds=1) for edge in edges}:
        filtered = [as_told_by(alert, moment) for alert in whole if alert.raised_at <= moment]
        assert filtered == [as_told_by(alert, moment) for alert in folded(events, moment)]


@supposing(stories())
def test_every_alert_rests_on_one_fact_and_escalates_ten_minutes_after_it(events: list[Touchpoint]) -> None:
    found = folded(events)
    occurred = {event.event_id: event.occurred_at for event in events}
    assert len({alert.event_id for alert in found}) == len(found)
    for alert in found:
        assert alert.raised_at == occurred[alert.event_id] == alert.escalates_at - ESCALATES_AFTER
        assert alert.raised_at <= alert.until
        assert (alert.acknowledgement is None) == (alert.until == END_OF_TIME)


def test_a_silent_alert_reaches_nobody_however_many_are_responsible() -> None:
    late = Recorded(emergency, RAISED_AT + timedelta(hours=73))
    [alert] = alerts(late, worker_assigned, shift_handed_over)
    assert (alert.silent, alert.reaches) == (True, ())
    assert len(alerts(emergency, worker_assigned)[0].reaches) == 1


def test_who_is_assigned_and_has_the_shift_as_well_stands_for_each_of_the_two() -> None:
    said = {"occurred_at": RAISED_AT}
    both = (worker_assigned.replaced(worker="b", **said), shift_handed_over.replaced(to_actor="b", **said))
    [alert] = alerts(emergency, *both)
    assert [reach.worker for reach in alert.reaches] == ["b", "b"]
