"""The network at a moment: size, kinds, professional share, closeness, contacts."""

from domain.codes import TieKind
from domain.journey.seen import OWN_TIES
from domain.network import PROFESSIONAL, Network, network_at, tie_ids_at, ties_of
from domain.touchpoint import Touchpoint
from tests.domain.network.stories import end, report
from tests.given import given, on

OLD, NEW = report("a", "2025-06-01", "family", 2, 4.0), report("b", "2025-06-05", "worker", None, 0.5)
BARE = report("c", "2025-06-05", "activist", 5)


def at(day: str, *events: Touchpoint) -> Network:
    return network_at(ties_of(given(*events).history()), on(events[0], day).occurred_at)


def test_a_network_counts_the_ties_in_force_by_kind() -> None:
    found = at("2025-06-06", OLD, NEW, BARE)
    assert found.size == 3
    assert {kind.value: count for kind, count in found.kinds.items() if count} == {
        "family": 1,
        "worker": 1,
        "activist": 1,
    }
    assert list(found.kinds) == list(TieKind)
    assert (found.professional, found.professional_share) == (2, 2 / 3)


def test_means_and_sums_go_over_the_ties_of_which_something_was_told() -> None:
    found = at("2025-06-06", OLD, NEW, BARE)
    assert (found.mean_closeness, found.closeness_told) == (3.5, 2)
    assert (found.contacts_per_month, found.contacts_told) == (4.5, 2)
    silent = at("2025-06-06", report("a"))
    assert (silent.size, silent.mean_closeness, silent.contacts_per_month) == (1, None, None)


def test_of_an_empty_network_there_is_no_share_and_no_mean() -> None:
    found = at("2025-05-01", OLD)
    assert (found.size, found.professional) == (0, 0)
    assert (found.professional_share, found.mean_closeness, found.contacts_per_month) == (None, None, None)


def test_each_moment_has_what_was_known_then() -> None:
    events = OLD, report("a", "2025-06-10", "friend", 5), end("a", "2025-06-20")
    assert at("2025-06-09", *events).mean_closeness == 2
    assert at("2025-06-11", *events).kinds[TieKind.FRIEND] == 1
    assert at("2025-06-21", *events).size == 0
    assert tie_ids_at(ties_of(given(*events).history()), events[1].occurred_at) == {"a"}


def test_ties_are_professional_or_of_a_persons_own_life() -> None:
    assert set(TieKind) == PROFESSIONAL | OWN_TIES
    assert not PROFESSIONAL & OWN_TIES
