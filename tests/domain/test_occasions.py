"""Scores by occasion, and change in pairs."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.occasions import Measured, OccasionScores, PairedChange, WithoutScore, by_occasion, paired, without_score

JANUARY, APRIL, JUNE = date(2020, 1, 1), date(2020, 4, 1), date(2020, 6, 1)
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


def measured(person: UUID, occasion: date | int, score: float | None, group: str | None = None) -> Measured:
    return Measured(person, occasion, group, score, None if score is not None else "all items missing")


STORY = [
    measured(ONE, JANUARY, 3),
    measured(TWO, JANUARY, 7),
    measured(THREE, JANUARY, 5),
    measured(ONE, APRIL, 6),
    measured(TWO, APRIL, 4),
    measured(THREE, APRIL, None),
]


def test_an_occasion_has_number_mean_spread_and_who_reaches_the_threshold() -> None:
    january, april = by_occasion(STORY, 6)
    assert january == OccasionScores(JANUARY, None, 3, 5.0, 2.0, 6, 1, 0)
    assert (april.n, april.mean, april.at_or_above, april.without_score) == (2, 5.0, 1, 1)
    assert april.sd == pytest.approx(2**0.5)


def test_without_a_threshold_nothing_is_counted_against_one() -> None:
    assert {row.at_or_above for row in by_occasion(STORY)} == {None}
    [pairs] = paired(STORY)
    assert (pairs.crossed_up, pairs.crossed_down) == (None, None)


def test_only_those_with_both_scores_are_pairs() -> None:
    [pairs] = paired(STORY, 6)
    assert pairs._replace(sd_change=None) == PairedChange(JANUARY, APRIL, None, 2, 0.0, None, 1, 1)
    assert pairs.sd_change == pytest.approx(3 * 2**0.5)


def test_every_later_occasion_is_compared_with_the_first() -> None:
    later = [measured(ONE, JUNE, 9), measured(THREE, JUNE, 9)]
    assert [(row.first, row.later, row.n, row.mean_change) for row in paired(STORY + later)] == [
        (JANUARY, APRIL, 2, 0.0),
        (JANUARY, JUNE, 2, 5.0),
    ]


def test_groups_stand_apart_and_no_group_comes_last() -> None:
    mixed = [measured(ONE, 1, 3, "a"), measured(TWO, 1, 5), measured(ONE, 2, 4, "a"), measured(TWO, 2, 9, "a")]
    assert [(row.group, row.occasion, row.n) for row in by_occasion(mixed)] == [("a", 1, 1), ("a", 2, 2), (None, 1, 1)]
    assert [(row.group, row.n, row.mean_change) for row in paired(mixed)] == [("a", 1, 1.0)]


def test_of_several_scores_on_one_occasion_the_last_counts_once() -> None:
    twice = [measured(ONE, JANUARY, 3), measured(ONE, JANUARY, 8), measured(ONE, JANUARY, None)]
    assert [(row.n, row.mean, row.without_score) for row in by_occasion(twice)] == [(1, 8.0, 0)]


def test_a_measure_without_a_score_is_listed_with_its_reason() -> None:
    assert without_score(STORY) == [WithoutScore(THREE, APRIL, None, "all items missing")]


def test_nothing_measured_gives_nothing() -> None:
    assert (by_occasion([]), paired([], 6), without_score([])) == ([], [], [])


def test_a_single_score_has_no_spread() -> None:
    [row] = by_occasion([measured(ONE, 1, 4)])
    assert (row.mean, row.sd) == (4.0, None)


@given(st.permutations(STORY))
def test_the_order_in_which_people_come_does_not_matter(shuffled: list[Measured]) -> None:
    assert by_occasion(shuffled, 6) == by_occasion(STORY, 6)
    assert paired(shuffled, 6) == paired(STORY, 6)
    assert without_score(shuffled) == without_score(STORY)
