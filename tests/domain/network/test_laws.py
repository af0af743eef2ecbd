"""Laws that hold for every network, however its events come in."""

from datetime import datetime
from itertools import pairwise
from random import Random

from hypothesis import assume
from hypothesis import given as supposing
from hypothesis import strategies as st

from domain.network import change_between, network_at, tie_ids_at, ties_of
from domain.touchpoint import Touchpoint
from tests.domain.network.stories import NAMES, history, moments, stories, survey

SETS = st.frozensets(st.sampled_from(NAMES))


@supposing(stories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(events: list[Touchpoint], chance: Random) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert ties_of(history(shuffled)) == ties_of(history(events))


@supposing(stories(), moments())
def test_the_network_at_a_moment_is_the_same_whatever_happened_later(
    events: list[Touchpoint], moment: datetime
) -> None:
    until_then, whole = ties_of(history(events, moment)), ties_of(history(events))
    assert network_at(until_then, moment) == network_at(whole, moment)
    assert tie_ids_at(until_then, moment) == tie_ids_at(whole, moment)


@supposing(stories())
def test_intervals_and_their_periods_last_and_follow_each_other(events: list[Touchpoint]) -> None:
    ties = ties_of(history(events))
    for tie in ties:
        assert (tie.ended_by is None) == (tie.until is None)
        for period, following in pairwise(tie.periods):
            assert period.until == following.since
            assert period[3:] != following[3:], "something changed"
        assert all(period.until is None or period.since < period.until for period in tie.periods)
    for one, other in pairwise(ties):
        if one.tie_id == other.tie_id:
            assert one.until is not None
            assert one.until <= other.since


@supposing(stories(), SETS)
def test_a_complete_survey_leaves_just_what_it_lists_and_told_again_changes_nothing(
    events: list[Touchpoint], names: frozenset[str]
) -> None:
    once = survey(*sorted(names), day="2025-08-01")
    again = survey(*sorted(names), day="2025-08-02")
    ties = ties_of(history([*events, once]))
    assert tie_ids_at(ties, once.occurred_at) == names
    assert ties_of(history([*events, once, again])) == ties


@supposing(SETS, SETS)
def test_hamming_is_formed_and_ended_and_the_sizes_add_up(before: frozenset[str], after: frozenset[str]) -> None:
    change = change_between(before, after)
    overlap = change.overlap
    assert overlap.hamming == len(before ^ after) == len(change.formed) + len(change.ended)
    assert len(change.kept) + len(change.formed) == len(after) == overlap.after
    assert len(change.kept) + len(change.ended) == len(before) == overlap.before


@supposing(SETS, SETS)
def test_jaccard_is_symmetric_and_a_share(before: frozenset[str], after: frozenset[str]) -> None:
    forth, back = change_between(before, after).overlap, change_between(after, before).overlap
    assert (forth.jaccard, forth.hamming) == (back.jaccard, back.hamming)
    assume(before | after)
    assert forth.jaccard == len(before & after) / len(before | after)
