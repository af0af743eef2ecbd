"""Which pseudonyms are one person, at a time."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.clock import END_OF_TIME
from domain.components import Link, in_force, root_at, roots
from tests.given import FIRST_RECORDED_AT

A, B, C, D = (UUID(int=number, version=4) for number in range(1, 5))


def at(second: int) -> datetime:
    return FIRST_RECORDED_AT + timedelta(seconds=second)


def link(one: UUID, other: UUID, second: int, pair_id: str = "") -> Link:
    return Link(pair_id or f"{one}-{other}", one, other, True, at(second))


def unlink(one: UUID, other: UUID, second: int, pair_id: str = "") -> Link:
    return Link(pair_id or f"{one}-{other}", one, other, False, at(second))


def test_a_pseudonym_without_links_is_its_own_root() -> None:
    assert root_at(B, [], END_OF_TIME) == (B, False)
    assert root_at(D, [link(A, B, 0)], END_OF_TIME) == (D, False)


@pytest.mark.parametrize("pair", [(A, B), (B, A)])
def test_the_root_of_a_pair_is_the_smaller_id(pair: tuple[UUID, UUID]) -> None:
    links = [link(*pair, 0)]
    assert root_at(A, links, END_OF_TIME) == root_at(B, links, END_OF_TIME) == (A, True)


def test_links_chain() -> None:
    links = [link(C, D, 0), link(B, C, 1), link(A, D, 2)]
    assert {root_at(member, links, END_OF_TIME)[0] for member in (A, B, C, D)} == {A}


def test_a_link_counts_from_the_instant_it_was_recorded() -> None:
    links = [link(A, B, 5)]
    assert root_at(B, links, at(5) - timedelta(microseconds=1)) == (B, False)
    assert root_at(B, links, at(5)) == (A, True)


def test_an_unlink_takes_back_its_own_pair_and_leaves_the_others() -> None:
    links = [link(A, B, 0), link(B, C, 1), unlink(A, B, 2)]
    assert root_at(C, links, at(1)) == (A, True)
    assert root_at(C, links, at(2)) == (B, True)
    assert root_at(A, links, at(2)) == (A, False)


def test_of_two_links_between_the_same_two_one_is_enough() -> None:
    links = [link(A, B, 0, "first"), link(A, B, 1, "second"), unlink(A, B, 2, "first")]
    assert root_at(B, links, at(2)) == (A, True)


def test_an_unlink_recorded_in_the_same_instant_as_its_link_ends_it() -> None:
    """Journal times may be equal, and a list may come in any order: neither may bring a taken-back link to life."""
    links = [link(A, B, 0), unlink(A, B, 0)]
    assert in_force(links, at(0)) == in_force(links[::-1], at(0)) == []


def test_the_half_of_a_link_that_a_faster_clock_recorded_does_not_outlive_the_unlink() -> None:
    links = [link(A, B, 0), link(B, A, 9, f"{A}-{B}"), unlink(A, B, 1), unlink(B, A, 9, f"{A}-{B}")]
    assert root_at(B, links, at(0)) == (A, True)
    assert root_at(B, links, at(1)) == root_at(B, links, at(9)) == (B, False)


def test_an_unlink_ends_no_link_of_other_people_that_was_given_the_same_pair_id() -> None:
    links = [link(A, B, 0, "pair"), link(C, D, 1, "pair"), link(B, C, 2), unlink(D, C, 3, "pair")]
    assert root_at(B, links, at(3)) == root_at(C, links, at(3)) == (A, True)
    assert root_at(D, links, at(3)) == (D, False)


PAIRS = st.lists(st.tuples(st.sampled_from((A, B, C, D)), st.sampled_from((A, B, C, D))), max_size=6)


@for_all(PAIRS)
def test_the_two_ends_of_every_pair_have_one_root_which_is_the_smallest_of_its_members(
    pairs: list[tuple[UUID, UUID]],
) -> None:
    found = roots(pairs)
    assert all(found[one] == found[other] for one, other in pairs)
    for root in set(found.values()):
        assert root == min(member for member, its_root in found.items() if its_root == root)


@for_all(PAIRS.flatmap(lambda pairs: st.tuples(st.just(pairs), st.permutations(pairs))))
def test_roots_do_not_depend_on_the_order_of_the_pairs(
    orders: tuple[list[tuple[UUID, UUID]], list[tuple[UUID, UUID]]],
) -> None:
    one, other = orders
    assert roots(one) == roots(other)


@for_all(PAIRS)
def test_two_pseudonyms_share_a_root_only_when_a_path_of_links_joins_them(pairs: list[tuple[UUID, UUID]]) -> None:
    found = roots(pairs)
    for start in found:
        reached = {start}
        while grown := {end for pair in pairs if reached & set(pair) for end in pair} - reached:
            reached |= grown
        assert reached == {member for member in found if found[member] == found[start]}
