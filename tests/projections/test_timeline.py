"""The timeline: one row a person, which tells what happened in order."""

from domain.events import TouchpointVoided
from projections.timeline import Happened, fold, happenings, timeline
from tests.examples import (
    PARTICIPANT,
    call_received,
    session_attended,
    store_visited,
    touchpoint_corrected,
    touchpoint_voided,
)
from tests.given import given


def test_a_timeline_tells_what_happened_in_order() -> None:
    history = given(session_attended, store_visited, call_received).history()

    [row] = fold(history)

    assert happenings(row) == [
        Happened(fact.occurred_at, fact.event_id, fact.event.stored_as, None, PARTICIPANT, fact.recorded_at)
        for fact in history.facts
    ]
    assert (row.touchpoints, row.first_at, row.last_at) == (
        3,
        history.facts[0].occurred_at,
        history.facts[-1].occurred_at,
    )


def test_a_corrected_touchpoint_names_its_correction_and_keeps_its_own_id() -> None:
    corrected = touchpoint_corrected.replaced(target_event_id=call_received.event_id)

    [told] = [told for row in fold(given(call_received, corrected).history()) for told in happenings(row)]

    assert (told.event_id, told.amended_by) == (call_received.event_id, corrected.event_id)


def test_to_whom_nothing_happened_there_is_no_row() -> None:
    voided = touchpoint_voided.replaced(target_event_id=call_received.event_id)
    assert isinstance(voided, TouchpointVoided)

    assert fold(given(call_received, voided).history()) == []


def test_when_it_was_recorded_is_about_arrival_alone() -> None:
    orders = (call_received, store_visited), (store_visited, call_received)
    first, second = (fold(given(*order).history()) for order in orders)

    assert timeline.digest(first, arrival=False) == timeline.digest(second, arrival=False)
    assert timeline.digest(first) != timeline.digest(second)
