"""Reliable and clinically important change between two scores."""

from math import isclose

import pytest
from hypothesis import given, strategies

from domain.change import RELIABILITIES, NotAReliability, change, reliable_beyond, reliable_change
from domain.instruments import INSTRUMENTS


def test_ucla_3_must_change_by_three_whole_points_to_have_changed_reliably() -> None:
    found = RELIABILITIES["UCLA-3"]
    assert (found.reliability, found.sd) == (0.81, 1.81)
    assert round(reliable_beyond(reliability=found.reliability, sd=found.sd), 3) == 2.187
    assert change("UCLA-3", 7, 5).reliable == "same"
    assert change("UCLA-3", 7, 4).reliable == "improved"
    assert change("UCLA-3", 4, 6).reliable == "same"
    assert change("UCLA-3", 4, 7).reliable == "worse"


def test_the_index_is_the_difference_in_standard_errors() -> None:
    # Jacobson & Truax (1991), their own worked example: 47.5 to 32.5, SD 7.5, reliability .88 gives RC = -4.08.
    index = reliable_change(47.5, 32.5, reliability=0.88, sd=7.5)
    assert index is not None
    assert round(index, 2) == -4.08


def test_reliable_change_is_not_available_without_a_reliability_or_a_standard_deviation() -> None:
    assert reliable_change(7, 3, reliability=None, sd=1.81) is None
    assert reliable_change(7, 3, reliability=0.81, sd=None) is None
    assert change("PHQ-9", 20, 5).reliable is None


@pytest.mark.parametrize(("reliability", "sd"), [(1, 1.81), (-0.1, 1.81), (0.81, 0), (float("nan"), 1), (0.8, -1)])
def test_figures_that_are_no_reliability_are_refused(reliability: float, sd: float) -> None:
    with pytest.raises(NotAReliability, match="reliability from 0 to below 1"):
        reliable_change(7, 3, reliability=reliability, sd=sd)


@pytest.mark.parametrize(
    ("instrument", "before", "after", "verdict"),
    [
        ("PHQ-9", 15, 11, "same"),
        ("PHQ-9", 15, 10, "improved"),
        ("PHQ-9", 10, 15, "worse"),
        ("GAD-7", 10, 7, "same"),
        ("GAD-7", 10, 6, "improved"),
        ("GAD-7", 6, 10, "worse"),
        ("WHO-5", 40, 48, "same"),
        ("WHO-5", 40, 52, "improved"),
        ("WHO-5", 52, 40, "worse"),
        ("UCLA-3", 9, 3, None),
        ("LSNS-6", 0, 30, None),
    ],
)
def test_a_change_is_important_from_the_published_number_of_points_in_the_direction_of_the_instrument(
    instrument: str, before: int, after: int, verdict: str | None
) -> None:
    found = change(instrument, before, after)
    assert (found.difference, found.important) == (after - before, verdict)


def test_every_reliability_is_of_an_instrument_in_use_and_names_its_source_and_version() -> None:
    for code, found in RELIABILITIES.items():
        assert code in INSTRUMENTS
        assert found.instrument == code
        assert found.source
        assert found.version


scores = strategies.integers(0, 100)


@given(scores, scores, strategies.floats(0, 0.99), strategies.floats(0.1, 50))
def test_going_back_undoes_the_change_and_the_index_agrees_with_the_threshold(
    before: int, after: int, reliability: float, sd: float
) -> None:
    there = reliable_change(before, after, reliability=reliability, sd=sd)
    back = reliable_change(after, before, reliability=reliability, sd=sd)
    assert there is not None
    assert there == -(back or 0)
    beyond = reliable_beyond(reliability=reliability, sd=sd)
    if not isclose(abs(after - before), beyond):
        assert (abs(there) > 1.96) == (abs(after - before) > beyond)


@given(strategies.sampled_from(sorted(INSTRUMENTS)), scores, scores)
def test_what_is_better_one_way_is_worse_the_other_way(instrument: str, before: int, after: int) -> None:
    opposite = {"improved": "worse", "worse": "improved", "same": "same", None: None}
    there, back = change(instrument, before, after), change(instrument, after, before)
    assert (there.reliable, there.important) == (opposite[back.reliable], opposite[back.important])
