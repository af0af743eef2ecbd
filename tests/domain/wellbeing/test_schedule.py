"""Occasions: 0, 3, 6, 12 and 24 months after entering HEALING, 30 days early or late at most."""

from datetime import date

import pytest

from domain.clock import parse_moment
from domain.wellbeing import DueOccasion, Entry, Measure, occasions_of
from tests.domain.wellbeing.stories import entry, measure, moment, not_taken


def states(*told: Measure, as_of: str, since: Entry | None = None) -> list[str]:
    return [found.state.value for found in occasions_of(told, since or entry(), parse_moment(as_of))]


def third_month(*told: Measure, as_of: str = "2025-12-31") -> DueOccasion:
    """Due on 2025-09-01, from 08-02 to 10-01."""
    return occasions_of(told, entry(), parse_moment(as_of))[1]


def test_they_are_calendar_months_after_the_seoul_day_of_the_entry() -> None:
    late_in_the_evening = entry("2024-08-31T23:59:59+09:00")
    found = occasions_of([], late_in_the_evening, parse_moment("2024-09-01"))
    assert [(one.months, one.due_on) for one in found] == [
        (0, date(2024, 8, 31)),
        (3, date(2024, 11, 30)),
        (6, date(2025, 2, 28)),
        (12, date(2025, 8, 31)),
        (24, date(2026, 8, 31)),
    ]
    assert (found[1].first_day, found[1].last_day) == (date(2024, 10, 31), date(2024, 12, 30))


def test_the_day_that_is_asked_about_decides_what_is_not_yet_due_and_missed() -> None:
    assert states(as_of="2025-06-01") == ["due", "not_yet", "not_yet", "not_yet", "not_yet"]
    assert states(as_of="2025-07-01") == ["due", "not_yet", "not_yet", "not_yet", "not_yet"]
    assert states(as_of="2025-07-02") == ["missed", "not_yet", "not_yet", "not_yet", "not_yet"]
    assert states(as_of="2025-08-01") == ["missed", "not_yet", "not_yet", "not_yet", "not_yet"]
    assert states(as_of="2025-08-02") == ["missed", "due", "not_yet", "not_yet", "not_yet"]
    assert states(as_of="2027-07-02") == ["missed"] * 5


@pytest.mark.parametrize(
    ("taken", "state"),
    [
        ("2025-08-01T23:59:59.999999+09:00", "missed"),
        ("2025-08-02T00:00:00+09:00", "measured"),
        ("2025-10-01T23:59:59.999999+09:00", "measured"),
        ("2025-10-02T00:00:00+09:00", "missed"),
    ],
)
def test_a_window_has_30_days_on_both_sides_to_midnight_in_seoul(taken: str, state: str) -> None:
    assert third_month(measure(5, taken)).state.value == state


def test_the_nearest_score_counts_and_of_two_as_near_the_earlier() -> None:
    near, nearer = measure(7, "2025-08-10"), measure(5, "2025-09-03", 2)
    assert third_month(near, nearer).measure == nearer
    before, after = measure(7, "2025-08-30", 3), measure(5, "2025-09-03", 2)
    assert third_month(before, after).measure == before
    morning, evening = measure(7, "2025-09-03T09:00:00+09:00", 5), measure(6, "2025-09-03T19:00:00+09:00", 4)
    assert third_month(morning, evening).measure == morning


@pytest.mark.parametrize("reason", ["declined", "crisis", "unfit", "absent"])
def test_a_measure_not_taken_says_why_also_while_the_window_is_open(reason: str) -> None:
    told = not_taken(reason, "2025-09-01")
    for as_of in ("2025-09-01", "2025-12-31"):
        found = third_month(told, as_of=as_of)
        assert (found.state.value, found.measure) == (reason, told)


def test_a_score_outweighs_a_nearer_refusal() -> None:
    found = third_month(not_taken("declined", "2025-09-01"), measure(5, "2025-09-30", 2))
    assert (found.state.value, found.measure and found.measure.score) == ("measured", 5)


def test_a_measure_that_gives_no_score_is_neither_measured_nor_missed() -> None:
    assert third_month(measure(None, "2025-09-01", reason="all items missing")).state.value == "unscored"


def test_nobody_is_waited_for_after_an_end() -> None:
    ended = entry(ended="2025-09-20")
    assert states(as_of="2027-12-31", since=ended) == ["missed", "ended", "ended", "ended", "ended"]
    assert states(measure(5, "2025-09-25"), as_of="2027-12-31", since=ended)[1] == "measured"


def test_what_happens_after_the_moment_plays_no_part() -> None:
    assert third_month(measure(5, "2025-09-01"), as_of="2025-08-31").state.value == "due"


def test_an_entry_at_the_end_of_time_has_its_windows() -> None:
    last = Entry(1, parse_moment(moment("9998-12-31")), "H1", ())
    assert occasions_of([], last, parse_moment("9999-12-31"))[-1].last_day == date.max
