"""What never moves a stage by itself: many loneliness calls, one high self-check, a repeat prescription, silence."""

from domain.clock import parse_moment
from domain.codes import Stage
from domain.journey import Standing, journey_of, status
from tests.domain.journey.stories import journey, moves, prevention, returned, selected, ucla
from tests.examples import call_received, measure_taken, prescription_issued, store_visited
from tests.given import given, on


def test_a_hundred_loneliness_calls_leave_somebody_in_prevention() -> None:
    calls = (on(call_received, f"2025-06-{1 + number % 30:02}T{number // 30:02}:00:00+09:00") for number in range(100))
    found = journey(*calls)
    assert (len(found.contacts), [spell.rule for spell in found.spells]) == (100, ["P1"])


def test_loneliness_calls_in_return_are_no_relapse() -> None:
    assert moves(*returned, *(on(call_received, f"2025-08-{day:02}") for day in range(1, 31))) == ["H2", "T1"]


def test_one_high_self_check_leaves_somebody_in_prevention() -> None:
    self_check = on(measure_taken.replaced(mode="self", items=(3, 3, 3), score=None), "2025-06-02")
    assert moves(*prevention, on(store_visited, "2025-06-02"), self_check) == ["P1"]


def test_one_high_score_in_return_leaves_somebody_there() -> None:
    assert moves(*selected, ucla(9, "2025-08-01")) == ["H2", "T2"]


def test_a_repeat_prescription_after_return_leaves_somebody_there() -> None:
    assert moves(*returned, on(prescription_issued, "2025-08-01")) == ["H2", "T1"]


def test_silence_is_seen_on_the_day_and_moves_nothing() -> None:
    history = given(*returned).history()
    a_year_later = status(journey_of(history), parse_moment("2026-07-01"))
    assert (a_year_later.standing, a_year_later.stage) == (Standing.LOST, Stage.RETURN)
    assert given(*returned).history(as_of="2026-07-01") == history
