"""Change since the baseline over many people, worked out by hand."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import parse_moment
from domain.wellbeing import Follower, OccasionChange, Start, change_since_baseline, start_of
from tests.domain.wellbeing.stories import entry, measure

AS_OF = parse_moment("2025-12-31")
"""The windows of 3 months are over, those of 6 months end on this very day."""
TRIGGER = UUID(int=7)
PEOPLE = [
    Follower(entry(), [measure(8, "2025-06-02"), measure(5, "2025-09-01", 2)]),
    Follower(entry(), [measure(6, "2025-06-02"), measure(5, "2025-09-01", 2)]),
    Follower(entry(ended="2025-06-20"), [measure(4, "2025-06-02")]),
    Follower(entry(), [measure(9, "2025-09-01")]),
    Follower(entry("2025-06-01", TRIGGER), [measure(7, "2025-06-01", 7), measure(10, "2025-09-01", 2)]),
    Follower(entry("2025-12-20"), [measure(9, "2025-12-20")]),
]
"""Changes of -3, -1 and 3; one was not measured again, one has no baseline, one began too late to tell."""


def test_those_with_a_baseline_are_told_apart_from_all_who_entered() -> None:
    assert start_of(PEOPLE, AS_OF)._replace(sd=None) == Start(
        base=5, not_yet_observable=1, n=4, triggered=1, mean=6.25, sd=None
    )


def test_only_those_with_both_scores_are_compared() -> None:
    third, *later = change_since_baseline("UCLA-3", PEOPLE, AS_OF)
    assert third._replace(sd_change=None, mean_later=None, mean_change=None) == OccasionChange(
        months=3,
        base=5,
        not_yet_observable=1,
        with_baseline=4,
        measured=4,
        n=3,
        mean_baseline=7.0,
        mean_later=None,
        mean_change=None,
        sd_change=None,
        improved=1,
        same=1,
        worse=1,
    )
    assert third.mean_later == pytest.approx(20 / 3)
    assert third.mean_change == pytest.approx(-1 / 3)
    # Changes -3, -1, 3 around -1/3: squares 64/9 + 4/9 + 100/9 = 168/9, over n - 1 = 2.
    assert third.sd_change == pytest.approx((168 / 18) ** 0.5)
    assert [(one.months, one.base, one.n, one.mean_change, one.improved) for one in later] == [
        (6, 0, 0, None, 0),
        (12, 0, 0, None, 0),
        (24, 0, 0, None, 0),
    ]


def test_the_sensitivity_line_leaves_out_scores_that_triggered_the_entry() -> None:
    assert start_of(PEOPLE, AS_OF, with_triggers=False)[:5] == (5, 1, 3, 0, 6.0)
    third, *_ = change_since_baseline("UCLA-3", PEOPLE, AS_OF, with_triggers=False)
    assert (third.base, third.with_baseline, third.measured, third.n, third.mean_change) == (5, 3, 4, 2, -2.0)
    assert (third.improved, third.same, third.worse) == (1, 1, 0)


def test_an_instrument_without_a_reliability_has_no_verdicts() -> None:
    third, *_ = change_since_baseline("PHQ-9", PEOPLE, AS_OF)
    assert (third.n, third.improved, third.same, third.worse) == (3, None, None, None)


def test_nobody_gives_nothing() -> None:
    assert start_of([], AS_OF) == Start(0, 0, 0, 0, None, None)
    assert {found.n for found in change_since_baseline("UCLA-3", [], AS_OF)} == {0}


@given(st.permutations(PEOPLE), st.booleans())
def test_the_order_in_which_people_come_does_not_matter(shuffled: list[Follower], with_triggers: bool) -> None:
    for told in (shuffled, PEOPLE):
        found = change_since_baseline("UCLA-3", told, AS_OF, with_triggers=with_triggers)
        assert [one.n for one in found] == [3 if with_triggers else 2, 0, 0, 0]
    assert start_of(shuffled, AS_OF) == start_of(PEOPLE, AS_OF)


def test_a_figure_stands_once_its_window_is_over() -> None:
    [before, *_] = change_since_baseline("UCLA-3", PEOPLE[:5], parse_moment("2025-10-01"))
    [after, *_] = change_since_baseline("UCLA-3", PEOPLE[:5], parse_moment("2025-10-02"))
    [long_after, *_] = change_since_baseline("UCLA-3", PEOPLE[:5], parse_moment("2030-01-01"))
    assert (before.base, before.not_yet_observable) == (0, 5)
    assert after == long_after
