"""Silent people appear by themselves, on the day that passes without contact."""

from datetime import date

from domain.clock import END_OF_TIME, start_of_day
from domain.follow_ups import Kind
from tests.domain.follow_ups.stories import due, kinds
from tests.domain.journey.stories import healing, prevention
from tests.examples import call_placed, journey_ended, store_visited
from tests.given import on


def test_somebody_falls_silent_and_is_lost_without_any_event() -> None:
    visit = on(store_visited, "2025-06-10")
    story = (*healing, visit)
    assert kinds("2025-07-09", *story) == []
    [silent] = due("2025-07-10T00:00:00+09:00", *story)
    assert (silent.kind, silent.stage) == (Kind.SILENT, "healing")
    assert silent.reason == "no contact since 2025-06-10: silent in healing from 30 days on"
    assert silent.evidence == (visit.event_id, healing[0].event_id)
    assert silent.until == start_of_day(date(2025, 12, 7))
    [lost] = due("2025-12-07", *story)
    assert (lost.kind, lost.reason) == (Kind.LOST, "no contact since 2025-06-10: lost from 180 days on")
    assert lost.until == END_OF_TIME


def test_the_next_contact_ends_silence_and_an_unreached_call_does_not() -> None:
    reached = on(call_placed, "2025-07-20T10:00:00+09:00")
    assert kinds("2025-07-20T09:00:00+09:00", *healing, reached) == [Kind.SILENT]
    assert kinds("2025-07-20T10:00:00+09:00", *healing, reached) == []
    unreached = reached.replaced(outcome="no_answer")
    assert kinds("2025-07-21", *healing, unreached) == [Kind.SILENT]


def test_silence_in_another_stage_is_another_silence() -> None:
    story = (*prevention, on(healing[0], "2025-07-01"))
    [found] = due("2025-07-02", *story)
    assert (found.stage, found.due_from) == ("healing", story[1].occurred_at)
    assert found.due_at == start_of_day(date(2025, 6, 19))


def test_who_is_lost_stays_lost_in_another_stage() -> None:
    story = (*prevention, on(healing[0], "2026-01-01"))
    [before], [after] = due("2025-12-31", *story), due("2026-01-01", *story)
    assert (before.kind, before.stage, before.until) == (Kind.LOST, "prevention", story[1].occurred_at)
    assert (after.kind, after.stage, after.due_from) == (Kind.LOST, "healing", story[1].occurred_at)


def test_a_contact_on_the_day_of_silence_ends_it_within_that_day() -> None:
    story = (*healing, on(store_visited, "2025-07-01T15:00:00+09:00"))
    assert kinds("2025-06-30", *story) == []
    assert kinds("2025-07-01T14:59:00+09:00", *story) == [Kind.SILENT]
    assert kinds("2025-07-01T15:00:00+09:00", *story) == []


def test_nobody_waits_for_somebody_whose_journey_ended() -> None:
    story = (*healing, on(journey_ended.replaced(reason="died"), "2025-07-10"))
    assert kinds("2025-07-09", *story) == [Kind.SILENT]
    assert kinds("2025-07-11", *story) == kinds("2027-07-11", *story) == []
