"""T1: out of HEALING by being well and participating."""

import pytest

from domain.codes import RiskLevel, Stage, TieKind
from domain.touchpoint import Touchpoint
from tests.domain.journey.stories import (
    after,
    healing,
    journey,
    last_move,
    moves,
    returned,
    sessions,
    tie,
    ucla,
    unscored,
    well,
)
from tests.examples import measure_taken, risk_assessed, session_attended, session_missed
from tests.given import on

friend = tie(TieKind.FRIEND, "2025-06-02")
four = sessions(4, "2025-06-05")


def assessed_low(day: str) -> Touchpoint:
    return on(risk_assessed.replaced(level=RiskLevel.LOW), day)


def test_t1_well_and_four_sessions_open_return_with_both_sets_as_evidence() -> None:
    scores = well("2025-06-03")
    spell = journey(*healing, *scores, *four).spells[-1]
    assert (spell.rule, spell.stage, spell.by_selection) == ("T1", Stage.RETURN, False)
    assert spell.evidence == tuple(event.event_id for event in (*scores, *four))
    assert spell.entered_at == scores[1].occurred_at


def test_t1_is_entered_when_the_later_of_the_two_is_complete() -> None:
    scores, late = well("2025-06-03"), sessions(4, "2025-08-01")
    assert journey(*healing, *scores, *late).spells[-1].entered_at == late[3].occurred_at


@pytest.mark.parametrize(("days", "moved"), [(27, False), (28, True)])
def test_t1_low_scores_count_from_28_days_apart(days: int, moved: bool) -> None:
    scores = (ucla(5, "2025-06-03"), ucla(5, after("2025-06-03", days)))
    assert (last_move(*healing, *four, *scores) == "T1") is moved


@pytest.mark.parametrize(
    ("second", "moved"), [("2025-06-30T23:59:00+09:00", False), ("2025-07-01T00:01:00+09:00", True)]
)
def test_t1_days_are_those_of_seoul(second: str, moved: bool) -> None:
    """Both moments are 30 June in UTC, and less than 28 times 24 hours after the first score."""
    scores = (ucla(5, "2025-06-03T23:50:00+09:00"), ucla(5, second))
    assert (last_move(*healing, *four, *scores) == "T1") is moved


def test_t1_a_score_of_6_is_not_low() -> None:
    assert last_move(*healing, *four, ucla(5, "2025-06-03"), ucla(6, "2025-07-03")) == "H2"
    assert last_move(*healing, *four, ucla(6, "2025-06-03"), ucla(5, "2025-07-03")) == "H2"


def test_t1_a_high_score_between_begins_the_wait_anew() -> None:
    interrupted = (ucla(4, "2025-06-03"), ucla(6, "2025-06-20"), ucla(4, "2025-07-05"))
    assert last_move(*healing, *four, *interrupted) == "H2"
    assert last_move(*healing, *four, *interrupted, ucla(4, "2025-08-01")) == "H2"
    assert last_move(*healing, *four, *interrupted, ucla(4, "2025-08-02")) == "T1"


def test_t1_low_scores_between_do_not_begin_the_wait_anew() -> None:
    assert last_move(*healing, *four, *(ucla(4, day) for day in ("2025-06-03", "2025-06-20", "2025-07-01"))) == "T1"


def test_t1_well_once_reached_stands_though_a_high_score_follows() -> None:
    """The rule asks that none lies between the two."""
    assert last_move(*healing, *well("2025-06-03"), ucla(8, "2025-07-20"), *sessions(4, "2025-08-01")) == "T1"


def test_t1_a_measure_without_a_score_is_as_if_not_taken() -> None:
    assert last_move(*healing, *four, ucla(4, "2025-06-03"), unscored("2025-06-20"), ucla(4, "2025-07-01")) == "T1"
    assert last_move(*healing, *four, ucla(4, "2025-06-03"), unscored("2025-07-01")) == "H2"


def test_t1_only_the_ucla_3_tells_who_is_well() -> None:
    other = measure_taken.replaced(instrument="GAD-7", items=None, score=4)
    assert last_move(*healing, *four, on(other, "2025-06-03"), on(other, "2025-07-01")) == "H2"


def test_t1_what_was_before_healing_does_not_count() -> None:
    assert last_move(ucla(4, "2025-05-30"), *healing, *four, ucla(4, "2025-07-01")) == "H2"
    assert last_move(on(session_attended, "2025-05-30"), *healing, *sessions(3, "2025-06-05"), *well("2025-06-03")) == (
        "H2"
    )
    assert last_move(tie(TieKind.FRIEND, "2025-05-30"), *healing, *well("2025-06-03")) == "H2"


@pytest.mark.parametrize(("days", "moved"), [(27, False), (28, True)])
def test_t1_reassessed_low_counts_from_28_days_after_entry(days: int, moved: bool) -> None:
    low = assessed_low(after("2025-06-01", days))
    assert (last_move(*healing, friend, low) == "T1") is moved
    if moved:
        assert journey(*healing, friend, low).spells[-1].evidence == (low.event_id, friend.event_id)


def test_t1_reassessed_medium_is_not_well() -> None:
    assert last_move(*healing, friend, on(risk_assessed, "2025-07-15")) == "H2"


@pytest.mark.parametrize(("count", "moved"), [(3, False), (4, True)])
def test_t1_participating_begins_with_the_fourth_session(count: int, moved: bool) -> None:
    assert (last_move(*healing, *sessions(count, "2025-06-05"), *well("2025-06-03")) == "T1") is moved


def test_t1_a_missed_session_is_not_attended() -> None:
    assert last_move(*healing, *sessions(3, "2025-06-05"), on(session_missed, "2025-06-10"), *well("2025-06-03")) == (
        "H2"
    )


@pytest.mark.parametrize("kind", TieKind)
def test_t1_a_new_tie_of_ones_own_is_participating_and_one_of_the_programme_is_not(kind: TieKind) -> None:
    own = kind in (TieKind.FAMILY, TieKind.FRIEND, TieKind.NEIGHBOUR, TieKind.GROUP)
    assert (last_move(*healing, tie(kind, "2025-06-02"), *well("2025-06-03")) == "T1") is own


def test_t1_a_tie_found_to_exist_is_not_formed() -> None:
    assert last_move(*healing, tie(TieKind.FRIEND, "2025-06-02", formed=False), *well("2025-06-03")) == "H2"


def test_t1_neither_set_alone_is_enough() -> None:
    assert moves(*healing, *well("2025-06-03")) == ["H2"]
    assert moves(*healing, friend, *sessions(12, "2025-06-05")) == ["H2"]


def test_t1_after_a_relapse_both_sets_are_gathered_anew() -> None:
    relapse = on(risk_assessed, "2025-07-10")
    assert moves(*returned, relapse, *sessions(3, "2025-07-12"), *well("2025-07-12")) == ["H2", "T1", "X1"]
    assert moves(*returned, relapse, *sessions(4, "2025-07-12"), *well("2025-07-12")) == ["H2", "T1", "X1", "T1"]


def test_t1_a_low_score_before_a_relapse_is_not_the_first_of_two_after_it() -> None:
    relapse = on(risk_assessed, "2025-07-10")
    assert last_move(*returned, relapse, *sessions(4, "2025-07-12"), ucla(4, "2025-08-20")) == "X1"


def test_t1_names_the_first_of_several_ties() -> None:
    spell = journey(*healing, friend, tie(TieKind.GROUP, "2025-06-04"), *well("2025-06-03")).spells[-1]
    assert spell.evidence[2:] == (friend.event_id,)
