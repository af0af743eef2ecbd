"""Concerns: what opens one, how the search for the third person stands, and what closes it."""

from datetime import timedelta
from itertools import cycle

import pytest

from domain.casework import Concern, State, concerns_of
from domain.clock import parse_moment
from domain.codes import About
from domain.journey import journey_of
from domain.touchpoint import Touchpoint
from tests.domain.casework.stories import discovery_call, worried_call
from tests.examples import (
    call_received,
    concern_reported,
    counselling_held,
    discovery_attempted,
    journey_ended,
    risk_assessed,
    store_visited,
)
from tests.given import given, on

START = parse_moment("2025-01-01")


def attempt(day: str, outcome: str, about: str | None = None) -> Touchpoint:
    """An attempt that does not say whom it was about, as in the first shape, unless told."""
    return on(discovery_attempted, day).replaced(outcome=outcome, about=about)


def concern(*events: Touchpoint) -> Concern:
    [found] = concerns_of(given(*events).history())
    return found


def states(*events: Touchpoint) -> list[str]:
    return [period.state for period in concern(*events).periods]


def test_a_report_opens_a_concern_about_the_pseudonym_it_stands_under() -> None:
    found = concern(concern_reported)
    assert (found.about, found.reporter, found.opened_by) == (About.SELF, "neighbour", concern_reported.event_id)
    assert [(period.state, period.attempts) for period in found.periods] == [(State.OPEN, 0)]


@pytest.mark.parametrize("about", ["other", "household"])
def test_a_call_about_somebody_else_opens_a_concern_and_no_stage_of_the_caller(about: str) -> None:
    call = call_received.replaced(about=about)
    found = concern(call)
    assert (found.about, found.reporter) == (about, None)
    assert journey_of(given(call).history()).stage is None


@pytest.mark.parametrize("outcome", ["abandoned", "wrong_number", "nuisance"])
def test_a_call_that_nobody_heard_opens_none(outcome: str) -> None:
    assert concerns_of(given(worried_call.replaced(outcome=outcome)).history()) == []


def test_a_call_about_oneself_opens_none() -> None:
    assert concerns_of(given(call_received, store_visited).history()) == []


def test_attempts_are_counted_and_say_how_the_search_stands() -> None:
    events = [attempt("2025-05-04", "no_answer"), attempt("2025-05-05", "refused"), attempt("2025-05-06", "no_answer")]
    found = concern(concern_reported, *events)
    assert [(period.state, period.attempts, period.last_outcome) for period in found.periods] == [
        ("open", 0, None),
        ("open", 1, "no_answer"),
        ("refused", 2, "refused"),
        ("refused", 3, "no_answer"),
    ]
    assert found.periods[-1].last_attempt_at == events[-1].occurred_at


def test_who_was_not_found_may_be_found_later() -> None:
    assert states(concern_reported, attempt("2025-05-04", "not_found"), attempt("2025-05-08", "contacted")) == [
        "open",
        "not_found",
        "found",
    ]


def test_any_later_contact_with_the_third_person_closes_their_concern_once() -> None:
    assert states(concern_reported, counselling_held, on(counselling_held, "2025-05-20")) == ["open", "found"]


def test_a_contact_before_the_report_closes_nothing() -> None:
    assert states(on(counselling_held, "2025-05-01"), concern_reported) == ["open"]


def test_in_doubt_a_concern_stays_open() -> None:
    by_day = concern_reported.replaced(precision="day")
    same_day = on(counselling_held, "2025-05-03T18:00:00+09:00")
    assert states(by_day, same_day) == ["open"]
    assert states(by_day, on(counselling_held, "2025-05-04")) == ["open", "found"]


def test_an_attempt_at_the_instant_of_the_report_counts() -> None:
    at = "2025-05-03T12:00:00+09:00"
    found = concern(on(concern_reported, at), attempt(at, "contacted"))
    assert [(period.state, period.attempts) for period in found.periods] == [("found", 1)]


def test_of_two_attempts_at_one_instant_the_one_that_told_more_stands() -> None:
    at = "2025-05-05T12:00:00+09:00"
    for number in range(6):
        no_answer = attempt(at, "no_answer").replaced(source_id=f"d-{number}")
        last = concern(concern_reported, no_answer, attempt(at, "contacted")).periods[-1]
        assert (last.state, last.attempts, last.last_outcome) == ("found", 2, "contacted")


def test_what_is_no_contact_closes_nothing() -> None:
    assert states(concern_reported, risk_assessed) == ["open"]


def test_a_call_for_discovery_is_an_attempt_to_reach_the_third_person() -> None:
    unanswered = on(discovery_call, "2025-05-04").replaced(outcome="wrong_number")
    reached = on(discovery_call, "2025-05-05").replaced(outcome="reached")
    found = concern(concern_reported, unanswered, reached).periods
    assert [(period.state, period.attempts) for period in found] == [("open", 0), ("open", 1), ("found", 2)]


def test_the_callers_own_contacts_say_nothing_of_the_third_person() -> None:
    reached = on(discovery_call, "2025-05-05").replaced(outcome="reached")
    assert states(worried_call, counselling_held, reached, journey_ended) == ["open"]


def test_an_attempt_in_the_callers_stream_closes_the_callers_concern() -> None:
    assert states(worried_call, attempt("2025-05-05", "contacted")) == ["open", "found"]


def test_where_both_are_open_an_attempt_is_about_the_person_of_the_stream() -> None:
    about_self, about_other = on(concern_reported, "2025-05-10"), worried_call
    found = concerns_of(given(about_other, about_self, attempt("2025-05-11", "contacted")).history())
    assert {one.about: one.periods[-1].state for one in found} == {"other": "open", "self": "found"}


def test_the_end_of_the_journey_ends_the_concern_and_a_later_report_opens_another() -> None:
    again = on(concern_reported, "2025-06-20")
    first, second = concerns_of(given(concern_reported, journey_ended, again).history())
    assert [period.state for period in first.periods] == ["open", "ended"]
    assert [period.state for period in second.periods] == ["open"]


def found(*events: Touchpoint) -> list[tuple[str, str, int, int]]:
    """Of every concern: about whom, how it stands in the end, how often it was reported and sought after."""
    concerns = concerns_of(given(*events).history())
    return [(one.about, last.state, last.reports, last.attempts) for one in concerns for last in one.periods[-1:]]


def test_a_report_while_a_concern_is_open_belongs_to_it_and_is_counted() -> None:
    again = on(concern_reported, "2025-05-06").replaced(reporter="family")
    one = concern(concern_reported, attempt("2025-05-04", "refused"), again)
    assert [(period.state, period.reports, period.told_by) for period in one.periods[1:]] == [
        ("refused", 1, one.periods[1].told_by),
        ("refused", 2, again.event_id),
    ]
    assert (one.opened_by, one.reporter) == (concern_reported.event_id, "neighbour")


def test_of_two_reports_at_one_instant_the_concern_is_one() -> None:
    at = "2025-05-05T12:00:00+09:00"
    two = [on(concern_reported, at).replaced(source_id=f"c-{number}") for number in range(2)]
    assert found(*two) == [("self", "open", 2, 0)]


def test_a_report_after_a_concern_was_closed_is_a_new_one() -> None:
    again = on(worried_call, "2025-06-01")
    assert found(worried_call, attempt("2025-05-05", "contacted"), again) == [
        ("other", "found", 1, 1),
        ("other", "open", 1, 0),
    ]


def test_an_attempt_in_the_callers_stream_is_about_whom_was_reported_last() -> None:
    other, household = on(worried_call, "2025-05-01"), on(worried_call.replaced(about="household"), "2025-05-02")
    reached = attempt("2025-05-05", "contacted")
    assert found(other, household, reached) == [("other", "open", 1, 0), ("household", "found", 1, 1)]
    other_again = on(worried_call, "2025-05-03")
    assert found(other, household, other_again, reached) == [("other", "found", 2, 1), ("household", "open", 1, 0)]
    next_one = attempt("2025-05-06", "contacted")
    assert found(other, household, reached, next_one) == [("other", "found", 1, 1), ("household", "found", 1, 1)]


def test_of_both_reported_at_one_instant_an_attempt_is_about_the_other_whatever_their_ids() -> None:
    at = "2025-05-05T12:00:00+09:00"
    for number in range(6):
        household = on(worried_call, at).replaced(about="household", source_id=f"h-{number}")
        told = found(on(worried_call, at), household, attempt("2025-05-06", "contacted"))
        assert sorted(told) == [("household", "open", 1, 0), ("other", "found", 1, 1)]


def test_an_attempt_that_says_whom_it_was_about_is_about_nobody_else() -> None:
    other, household = on(worried_call, "2025-05-01"), on(worried_call.replaced(about="household"), "2025-05-02")
    three = (other, household, on(concern_reported, "2025-05-03"))
    for about in ("other", "household", "self"):
        for outcome, state in (("contacted", "found"), ("refused", "refused"), ("no_answer", "open")):
            told = found(*three, attempt("2025-05-05", outcome, about))
            assert [one for one in told if one[3]] == [(about, state, 1, 1)]
            assert [one[1:] for one in told if one[0] != about] == [("open", 1, 0)] * 2


def test_an_attempt_about_whom_nobody_worried_belongs_to_no_concern() -> None:
    assert found(worried_call, attempt("2025-05-05", "contacted", "household")) == [("other", "open", 1, 0)]
    assert found(concern_reported, attempt("2025-05-05", "contacted", "other")) == [("self", "open", 1, 0)]
    assert found(worried_call, attempt("2025-05-05", "contacted", "self")) == [("other", "open", 1, 0)]


def test_a_contact_has_to_be_clearly_later_than_every_report() -> None:
    by_day = concern_reported.replaced(precision="day")
    again = on(concern_reported, "2025-05-03T13:00:00+09:00")
    contact = "2025-05-03T18:00:00+09:00"
    assert states(on(concern_reported, "2025-05-02"), again, on(counselling_held, contact))[-1] == "found"
    assert states(by_day, again, on(counselling_held, contact)) == ["open", "open"]
    assert states(on(concern_reported, "2025-05-02"), by_day, on(counselling_held, contact)) == ["open", "open"]


@pytest.mark.parametrize(
    ("reports", "about"),
    [
        ([concern_reported], ["self"]),
        ([worried_call, worried_call.replaced(about="household")], ["other", "household"]),
    ],
)
def test_two_thousand_reports_and_attempts_give_no_more_periods_than_that(
    reports: list[Touchpoint], about: list[str]
) -> None:
    several = [*reports, discovery_attempted.replaced(outcome="no_answer", about=None)]
    told = [
        event.replaced(occurred_at=START + timedelta(hours=number), source_id=f"e-{number}")
        for number, event in zip(range(2000), cycle(several), strict=False)
    ]
    concerns = concerns_of(given(*told).history())
    assert [one.about for one in concerns] == about
    assert sum(len(one.periods) for one in concerns) == 2000
    last = [one.periods[-1] for one in concerns]
    assert sum(period.reports + period.attempts for period in last) == 2000
