"""Two networks compared, for a person and summed over people."""

from domain.network import Overlap, change_between, summed, tie_ids_at, ties_of
from tests.domain.network.stories import end, report
from tests.given import given, on


def test_ties_are_formed_ended_or_kept() -> None:
    change = change_between({"a", "b", "c"}, {"b", "c", "d"})
    assert [sorted(ties) for ties in change] == [["d"], ["a"], ["b", "c"]]
    overlap = change.overlap
    assert (overlap.before, overlap.after, overlap.hamming, overlap.jaccard) == (3, 3, 2, 0.5)


def test_two_empty_networks_have_no_jaccard_index() -> None:
    nothing = change_between(frozenset(), frozenset()).overlap
    assert (nothing.hamming, nothing.jaccard) == (0, None)
    assert change_between({"a"}, frozenset()).overlap.jaccard == 0
    assert change_between({"a"}, {"a"}).overlap.jaccard == 1


def test_a_tie_that_ended_in_between_and_came_back_is_kept() -> None:
    events = report("a", "2025-06-01"), end("a", "2025-06-10"), report("a", "2025-06-20")
    ties = ties_of(given(*events).history())
    before, after = (tie_ids_at(ties, on(events[0], day).occurred_at) for day in ("2025-06-05", "2025-06-25"))
    assert change_between(before, after).overlap == Overlap(formed=0, ended=0, kept=1)


def test_a_population_is_the_sum_of_its_people_and_of_nobody_is_zero() -> None:
    """As computed for 50 people at two waves: 113 and 116 ties, Jaccard .3314, Hamming 115 (data: s50)."""
    assert summed([]) == Overlap(0, 0, 0)
    everybody = summed([Overlap(50, 50, 50), Overlap(9, 6, 7)])
    assert (everybody.before, everybody.after, everybody.hamming) == (113, 116, 115)
    assert everybody.jaccard is not None
    assert round(everybody.jaccard, 7) == 0.3313953
