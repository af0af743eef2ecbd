"""Progress: from the baseline to the latest score, with the reliable change index and both verdicts."""

import pytest

from domain.clock import parse_moment
from domain.wellbeing import Measure, Progress, progress_of
from tests.domain.wellbeing.stories import entry, measure

LATER = parse_moment("2026-12-31")


def progress(instrument: str, *told: Measure, as_of: str = "2026-12-31") -> Progress:
    return progress_of(instrument, told, entry(), parse_moment(as_of))


def test_the_index_of_ucla_3_is_the_one_worked_out_by_hand() -> None:
    # Jacobson & Truax (1991): S_diff = sqrt(2) x 1.81 x sqrt(1 - .81) = 1.1158, so -3 points are -3 / 1.1158 = -2.689,
    # and 1.96 x 1.1158 = 2.187 points are the least that is reliable.
    found = progress("UCLA-3", measure(8, "2025-06-02"), measure(5, "2025-09-01", 2))
    assert found.reliable_change_index == pytest.approx(-2.689, abs=0.0005)
    assert (found.change, found.reliable, found.important, found.not_compared) == (-3, "improved", None, None)


def test_two_points_of_ucla_3_are_no_reliable_change() -> None:
    found = progress("UCLA-3", measure(8, "2025-06-02"), measure(6, "2025-09-01", 2))
    assert found.reliable_change_index == pytest.approx(-1.7925, abs=0.00005)
    assert (found.change, found.reliable) == (-2, "same")


def test_an_instrument_without_a_reliability_has_no_index_and_may_have_an_important_change() -> None:
    found = progress("WHO-5", measure(40, "2025-06-02"), measure(52, "2025-09-01", 2))
    assert (found.change, found.reliable_change_index, found.reliable) == (12, None, None)
    assert found.important == "improved"
    assert progress("LSNS-6", measure(9, "2025-06-02"), measure(20, "2025-09-01", 2)).important is None


def test_change_is_from_the_baseline_and_not_from_the_first_score() -> None:
    found = progress("UCLA-3", measure(3, "2025-01-01"), measure(8, "2025-06-02", 2), measure(8, "2025-09-01", 3))
    assert (found.change, found.reliable) == (0, "same")


def test_without_a_baseline_it_says_why_and_still_has_the_latest_score() -> None:
    found = progress("UCLA-3", measure(8, "2025-01-01"), measure(5, "2025-09-01", 2))
    assert found.baseline is None
    assert found.latest is not None
    assert (found.latest.score, found.change, found.reliable_change_index) == (5, None, None)
    assert found.not_compared == "no score from 30 days before to 14 days after entering healing"


def test_while_the_window_is_open_a_baseline_may_still_come() -> None:
    told = measure(8, "2025-01-01")
    on_the_last_day = progress("UCLA-3", told, as_of="2025-06-15")
    assert on_the_last_day.not_compared == "no score from 30 days before to 14 days after entering healing yet"
    over = progress("UCLA-3", told, as_of="2025-06-16")
    assert over.not_compared == "no score from 30 days before to 14 days after entering healing"


def test_with_no_score_after_the_baseline_there_is_no_change() -> None:
    found = progress("UCLA-3", measure(8, "2025-06-02"), measure(None, "2025-09-01", 2, reason="all items missing"))
    assert found.baseline is not None
    assert (found.change, found.not_compared) == (None, "no score after the baseline")


def test_without_an_entry_into_healing_there_is_none_to_count_from() -> None:
    found = progress_of("UCLA-3", [measure(8, "2025-06-02")], None, LATER)
    assert (found.baseline, found.not_compared) == (None, "has not entered healing in this episode")


def test_what_happens_after_the_moment_plays_no_part() -> None:
    told = [measure(8, "2025-06-02"), measure(5, "2025-09-01", 2), measure(9, "2025-12-01", 3)]
    assert progress("UCLA-3", *told, as_of="2025-10-01") == progress("UCLA-3", *told[:2])
