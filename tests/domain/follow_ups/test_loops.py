"""Promises, referrals and self-checks: what is due, since when, and what ends it."""

from datetime import date

import pytest

from domain.clock import END_OF_TIME, day_of, end_of_day, parse_moment, start_of_day
from domain.follow_ups import Figures, Kind, follow_ups_of
from tests.domain.follow_ups.stories import (
    accepted,
    called_off,
    closed,
    declined,
    due,
    kept,
    kinds,
    promise,
    self_check,
    sent,
)
from tests.domain.journey.stories import Story, healing, prevention
from tests.examples import journey_ended, measure_taken, participant_registered, risk_assessed, touchpoint_voided
from tests.given import given, on


def test_a_promise_is_due_on_its_day_and_overdue_the_day_after() -> None:
    scheduled = promise("2025-06-01", "2025-06-10")
    assert due("2025-06-09", scheduled) == []
    [found] = due("2025-06-10T00:00:00+09:00", scheduled)
    assert (found.kind, found.subject) == (Kind.PROMISE, "fu-1")
    assert found.reason == "promised for 2025-06-10: ask how the week went"
    assert found.overdue_from == start_of_day(date(2025, 6, 11))
    assert found.evidence == (scheduled.event_id,)


def test_a_promise_told_after_its_day_is_due_from_when_it_was_told() -> None:
    [found] = due("2025-06-20", promise("2025-06-15T10:00:00+09:00", "2025-06-10"))
    assert found.due_from == parse_moment("2025-06-15T10:00:00+09:00")
    assert day_of(found.due_at) == date(2025, 6, 10)


@pytest.mark.parametrize("end", [kept, called_off])
def test_a_promise_kept_or_cancelled_is_off_the_list(end: type) -> None:
    story = (promise("2025-06-01", "2025-06-10"), end("2025-06-12T10:00:00+09:00"))
    assert kinds("2025-06-12T09:59:00+09:00", *story) == [Kind.PROMISE]
    assert kinds("2025-06-12T10:00:00+09:00", *story) == []
    assert kinds("2026-06-12", *story) == []


def test_a_promise_kept_before_its_day_never_falls_due() -> None:
    story = (promise("2025-06-01", "2025-06-10"), kept("2025-06-05"))
    assert follow_ups_of(given(*story).history()) == []


def test_a_promise_scheduled_again_is_due_on_the_later_told_day_only() -> None:
    story = (promise("2025-06-01", "2025-06-10"), promise("2025-06-11", "2025-06-20"))
    assert kinds("2025-06-10", *story) == [Kind.PROMISE]
    assert kinds("2025-06-19", *story) == []
    [found] = due("2025-06-20", *story)
    assert found.evidence == (story[1].event_id,)


def test_two_systems_that_count_from_one_make_two_promises() -> None:
    mine = promise("2025-06-01", "2025-06-10")
    theirs = promise("2025-06-02", "2025-06-10").replaced(source="urn:store:gwanak")
    assert [found.subject for found in due("2025-06-10", mine, theirs)] == ["fu-1", "fu-1\turn:store:gwanak"]
    [left] = due("2025-06-12", mine, theirs, kept("2025-06-11").replaced(source="urn:store:gwanak"))
    assert left.evidence == (mine.event_id,)
    [left] = due("2025-06-12", mine, theirs, kept("2025-06-11").replaced(source=mine.source))
    assert left.evidence == (theirs.event_id,)


def test_an_end_told_by_a_system_that_promised_nothing_is_about_all_of_that_id() -> None:
    mine = promise("2025-06-01", "2025-06-10")
    theirs = promise("2025-06-02", "2025-06-10").replaced(source="urn:store:gwanak")
    assert due("2025-06-12", mine, kept("2025-06-11").replaced(source="urn:case-files")) == []
    assert due("2025-06-12", mine, theirs, kept("2025-06-11").replaced(source="urn:case-files")) == []


def test_keeping_a_promise_that_nobody_knows_is_harmless() -> None:
    story = (kept("2025-06-05", "unknown"), promise("2025-06-01", "2025-06-10"))
    assert kinds("2025-06-10", *story) == [Kind.PROMISE]


def test_a_promise_made_anew_after_it_was_kept_is_a_new_one() -> None:
    story = (promise("2025-06-01", "2025-06-10"), kept("2025-06-10"), promise("2025-06-11", "2025-06-20"))
    assert kinds("2025-06-20", *story) == [Kind.PROMISE]


def test_what_was_kept_on_the_day_it_is_known_by_is_not_due_again() -> None:
    same_day = promise("2025-06-10T12:00:00+09:00", "2025-06-10").replaced(precision="day")
    assert kinds("2025-06-30", kept("2025-06-10T09:00:00+09:00"), same_day) == []


def test_a_promise_voided_was_never_made() -> None:
    scheduled = promise("2025-06-01", "2025-06-10")
    voided = touchpoint_voided.replaced(target_event_id=scheduled.event_id)
    assert follow_ups_of(given(scheduled, voided).history()) == []


def test_a_referral_without_an_answer_is_due_after_seven_days() -> None:
    story = (sent("2025-06-01T15:00:00+09:00"),)
    assert due("2025-06-07", *story) == []
    [found] = due("2025-06-08T00:00:00+09:00", *story)
    assert (found.kind, found.subject) == (Kind.REFERRAL_UNANSWERED, "ref-1")
    assert found.reason == "referred to mental-health-centre on 2025-06-01: no answer after 7 days"
    assert found.overdue_from == start_of_day(date(2025, 6, 9))


@pytest.mark.parametrize(("answer", "days"), [(accepted, 30), (declined, 7)], ids=["accepted", "declined"])
def test_an_answered_referral_without_an_outcome_is_due_after_its_own_days(answer: type, days: int) -> None:
    story = (sent("2025-06-01"), answer("2025-06-20"))
    assert kinds("2025-06-19", *story) == [Kind.REFERRAL_UNANSWERED]
    falls_due = date.fromordinal(date(2025, 6, 20).toordinal() + days)
    assert kinds("2025-06-20", *story) == []
    assert kinds(end_of_day(date.fromordinal(falls_due.toordinal() - 1)).isoformat(), *story) == []
    [found] = due(str(falls_due), *story)
    assert found.kind == Kind.REFERRAL_NOT_CLOSED
    assert found.reason == f"referral {answer.__name__} on 2025-06-20: no outcome after {days} days"
    assert found.evidence == tuple(event.event_id for event in story)


def test_a_referral_closed_with_its_outcome_is_off_the_list_whatever_is_answered_then() -> None:
    story = (sent("2025-06-01"), accepted("2025-06-05"), closed("2025-08-01"), accepted("2025-08-02"))
    assert kinds("2025-07-31", *story) == [Kind.REFERRAL_NOT_CLOSED]
    assert kinds("2026-08-01", *story) == []


def test_a_referral_of_one_system_is_answered_by_another_and_each_system_closes_its_own() -> None:
    mine, theirs = sent("2025-06-01"), sent("2025-06-02").replaced(source="urn:store:gwanak")
    answered = accepted("2025-06-05").replaced(source="urn:clinic")
    assert kinds("2025-07-10", mine, answered) == [Kind.REFERRAL_NOT_CLOSED]
    both = due("2025-07-10", mine, theirs, answered)
    assert [found.subject for found in both] == ["ref-1", "ref-1\turn:store:gwanak"]
    [left] = due("2025-07-10", mine, theirs, answered, closed("2025-06-20").replaced(source=theirs.source))
    assert left.evidence == (mine.event_id, answered.event_id)


def test_the_same_answer_again_gives_no_more_time() -> None:
    story = (sent("2025-06-01"), accepted("2025-06-05"), accepted("2025-07-01"))
    assert kinds("2025-07-05", *story) == [Kind.REFERRAL_NOT_CLOSED]


def test_of_two_answers_the_last_counts() -> None:
    story = (sent("2025-06-01"), accepted("2025-06-05"), declined("2025-06-06"))
    [found] = due("2025-06-13", *story)
    assert found.reason.startswith("referral declined on 2025-06-06")


def test_a_referral_sent_again_begins_anew() -> None:
    story = (sent("2025-06-01"), declined("2025-06-05"), sent("2025-06-10"))
    assert kinds("2025-06-16", *story) == []
    assert kinds("2025-06-17", *story) == [Kind.REFERRAL_UNANSWERED]


def test_a_referral_sent_again_after_its_outcome_can_be_answered_again() -> None:
    story = (sent("2025-06-01"), closed("2025-06-05"), sent("2025-06-10"), accepted("2025-06-12"))
    assert kinds("2025-07-12", *story) == [Kind.REFERRAL_NOT_CLOSED]


def test_an_answer_to_a_referral_nobody_told_of_counts() -> None:
    assert kinds("2025-07-05", accepted("2025-06-05")) == [Kind.REFERRAL_NOT_CLOSED]


def test_other_figures_move_the_days() -> None:
    history = given(sent("2025-06-01")).history()
    [found] = follow_ups_of(history, figures=Figures(referral_answered_days=14))
    assert day_of(found.due_at) == date(2025, 6, 15)


def test_a_high_self_check_calls_for_an_assessment_within_seven_days() -> None:
    check = self_check(6, "2025-06-01T14:00:00+09:00")
    [found] = due("2025-06-01T14:00:00+09:00", *prevention, check)
    assert (found.kind, found.subject, found.evidence) == (Kind.ASSESS, "UCLA-3", (check.event_id,))
    assert found.reason == "UCLA-3 self-check of 6 on 2025-06-01: not assessed since"
    assert found.overdue_from == start_of_day(date(2025, 6, 9))


def test_an_assessment_of_any_level_answers_a_self_check() -> None:
    story = (*prevention, self_check(9, "2025-06-01"), on(risk_assessed.replaced(level="low"), "2025-06-04"))
    assert kinds("2025-06-03", *story) == [Kind.ASSESS]
    assert kinds("2025-06-04", *story) == []


def test_of_several_high_self_checks_in_a_row_the_first_counts_and_a_low_one_answers_none() -> None:
    first = self_check(7, "2025-06-01")
    story = (*prevention, first, self_check(9, "2025-06-05"), self_check(3, "2025-06-06"))
    [found] = due("2025-06-07", *story)
    assert found.evidence == (first.event_id,)


@pytest.mark.parametrize(
    "story",
    [
        (*prevention, self_check(5, "2025-06-01")),
        (*prevention, on(measure_taken.replaced(items=None, score=9), "2025-06-01")),
        (*prevention, on(measure_taken.replaced(mode="self", items=(3, None, 3), score=None), "2025-06-01")),
        (self_check(9, "2025-06-01"),),
    ],
    ids=["low", "in an interview", "without a score", "of somebody without a stage"],
)
def test_nothing_else_calls_for_an_assessment(story: Story) -> None:
    assert kinds("2025-06-05", *story) == []


def test_the_end_of_a_journey_ends_whatever_was_open_for_good() -> None:
    begun = (promise("2025-06-02", "2025-06-10"), sent("2025-06-02"), self_check(9, "2025-06-02"))
    story = (*healing, *begun, on(journey_ended, "2025-06-15"))
    assert kinds("2025-06-14", *story) == [Kind.ASSESS, Kind.PROMISE, Kind.REFERRAL_UNANSWERED]
    assert kinds("2025-06-15", *story) == []
    back = on(prevention[0], "2025-06-20")
    assert kinds("2025-06-21", *story, back) == []
    assert kinds("2025-07-01", *story, back, promise("2025-06-21", "2025-07-01")) == [Kind.PROMISE]


def test_a_promise_known_by_the_day_of_the_end_belongs_to_the_journey_that_ended() -> None:
    end = on(journey_ended, "2025-06-15T09:00:00+09:00")
    same_day = promise("2025-06-15T12:00:00+09:00", "2025-06-20")
    back = on(prevention[0], "2025-06-18")
    assert kinds("2025-06-20", *healing, end, back, same_day) == [Kind.PROMISE]
    assert kinds("2025-06-20", *healing, end, back, same_day.replaced(precision="day")) == []


def test_a_self_check_stays_one_thing_to_do_when_the_stage_changes() -> None:
    check = self_check(9, "2025-05-25")
    story = (*prevention, check, *healing)
    [found] = [one for one in follow_ups_of(given(*story).history()) if one.kind == Kind.ASSESS]
    assert (found.due_from, found.until) == (check.occurred_at, END_OF_TIME)


def test_a_household_has_what_was_promised_to_it_and_is_never_silent() -> None:
    household = participant_registered.replaced(kind="household")
    story = (household, *prevention, promise("2025-06-01", "2025-06-10"))
    assert kinds("2026-06-10", *story) == [Kind.PROMISE]
