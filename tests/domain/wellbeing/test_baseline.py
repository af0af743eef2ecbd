"""The baseline: the last score from 30 days before to 14 days after entering HEALING."""

from uuid import UUID

import pytest

from domain.wellbeing import Baseline, baseline_of
from tests.domain.wellbeing.stories import entry, measure


@pytest.mark.parametrize(
    ("moment", "counts"),
    [
        ("2025-05-01T23:59:59.999999+09:00", False),
        ("2025-05-02T00:00:00+09:00", True),
        ("2025-06-01T11:59:59+09:00", True),
        ("2025-06-15T23:59:59.999999+09:00", True),
        ("2025-06-16T00:00:00+09:00", False),
    ],
)
def test_it_lies_from_30_days_before_to_14_after_the_entry_to_midnight_in_seoul(moment: str, counts: bool) -> None:
    assert (baseline_of([measure(7, moment)], entry()) is not None) is counts


@pytest.mark.parametrize("entered", ["2025-06-01T00:00:00+09:00", "2025-06-01T23:59:59+09:00"])
def test_the_hour_of_the_entry_moves_no_edge(entered: str) -> None:
    first, last = measure(7, "2025-05-02T00:00:00+09:00"), measure(8, "2025-06-15T23:59:59+09:00")
    for edge in (first, last):
        assert baseline_of([edge], entry(entered)) is not None


def test_the_last_score_in_the_window_is_the_baseline() -> None:
    told = [measure(9, "2025-05-20"), measure(8, "2025-06-10"), measure(3, "2025-07-20")]
    assert baseline_of(told, entry()) == Baseline(8, told[1].occurred_at, told[1].event_id, False)


def test_a_measure_without_a_score_is_none() -> None:
    told = [measure(9, "2025-05-20"), measure(None, "2025-06-10", reason="all items missing")]
    found = baseline_of(told, entry())
    assert found is not None
    assert found.score == 9
    assert baseline_of(told[1:], entry()) is None


def test_a_score_that_triggered_the_entry_is_flagged_and_left_out_of_the_sensitivity_line() -> None:
    earlier, trigger = measure(5, "2025-05-20", 1), measure(8, "2025-06-01", 2)
    triggered = entry("2025-06-01", trigger.event_id)
    found = baseline_of([earlier, trigger], triggered)
    assert found is not None
    assert (found.score, found.triggered_entry) == (8, True)
    without = baseline_of([earlier, trigger], triggered, with_triggers=False)
    assert without is not None
    assert (without.score, without.triggered_entry) == (5, False)
    assert baseline_of([trigger], triggered, with_triggers=False) is None


def test_what_else_triggered_the_entry_flags_no_score() -> None:
    found = baseline_of([measure(8, "2025-06-01")], entry("2025-06-01", UUID(int=99)))
    assert found is not None
    assert not found.triggered_entry
