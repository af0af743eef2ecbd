"""X1, X2 and X3: back into HEALING from RETURN and from RE_ISOLATION_PREVENTION."""

import pytest

from domain.codes import RiskLevel, Stage, StepDownReason
from tests.domain.journey.stories import (
    Story,
    after,
    journey,
    last_move,
    maintained,
    returned,
    selected,
    ucla,
    unscored,
)
from tests.examples import activist_stepped_down, prescription_issued, risk_assessed
from tests.given import on

from_either = pytest.mark.parametrize("before", [returned, maintained], ids=["from return", "from prevention of it"])


@from_either
@pytest.mark.parametrize("level", [RiskLevel.MEDIUM, RiskLevel.HIGH])
def test_x1_reassessed_medium_or_high_leads_back_to_healing(before: Story, level: RiskLevel) -> None:
    assessed = on(risk_assessed.replaced(level=level), "2025-10-05")
    spell = journey(*before, assessed).spells[-1]
    assert (spell.rule, spell.stage, spell.evidence) == ("X1", Stage.HEALING, (assessed.event_id,))


@from_either
def test_x1_reassessed_low_leads_nowhere(before: Story) -> None:
    assert journey(*before, on(risk_assessed.replaced(level=RiskLevel.LOW), "2025-10-05")) == journey(*before)


@from_either
@pytest.mark.parametrize(("days", "moved"), [(6, False), (7, True), (90, True), (91, False)])
def test_x2_two_consecutive_high_scores_count_from_7_to_90_days_apart(before: Story, days: int, moved: bool) -> None:
    scores = (ucla(6, "2025-10-01"), ucla(6, after("2025-10-01", days)))
    assert (last_move(*before, *scores) == "X2") is moved
    if moved:
        assert journey(*before, *scores).spells[-1].evidence == tuple(score.event_id for score in scores)


def test_x2_days_are_those_of_seoul() -> None:
    first = ucla(6, "2025-10-01T23:50:00+09:00")
    assert last_move(*returned, first, ucla(6, "2025-10-07T23:59:00+09:00")) == "T1"
    assert last_move(*returned, first, ucla(6, "2025-10-08T00:01:00+09:00")) == "X2"


def test_x2_a_low_score_between_parts_the_two() -> None:
    assert last_move(*returned, ucla(6, "2025-10-01"), ucla(5, "2025-10-05"), ucla(6, "2025-10-10")) == "T1"


def test_x2_a_measure_without_a_score_does_not_part_them() -> None:
    assert last_move(*returned, ucla(6, "2025-10-01"), unscored("2025-10-05"), ucla(6, "2025-10-10")) == "X2"
    assert last_move(*returned, ucla(6, "2025-10-01"), unscored("2025-10-10")) == "T1"


def test_x2_high_scores_too_close_are_still_consecutive_to_each_other_only() -> None:
    """The first and the third are 10 days apart, but not consecutive."""
    assert last_move(*returned, *(ucla(6, day) for day in ("2025-10-01", "2025-10-06", "2025-10-11"))) == "T1"


@from_either
@pytest.mark.parametrize(("score", "moved"), [(6, False), (7, True)])
def test_x2_one_score_counts_when_3_above_the_last_before_return(before: Story, score: int, moved: bool) -> None:
    """The last score before RETURN is 4."""
    assert (last_move(*before, ucla(score, "2025-10-01")) == "X2") is moved


def test_x2_names_the_score_before_return_as_evidence_too() -> None:
    high = ucla(7, "2025-10-01")
    assert journey(*returned, high).spells[-1].evidence == (returned[-1].event_id, high.event_id)


def test_x2_3_points_more_are_not_enough_below_the_cut_off() -> None:
    low_before = (*selected[:1], ucla(3, "2025-06-15"), *selected[1:])
    assert last_move(*low_before, ucla(5, "2025-10-01")) == "T2"
    assert last_move(*low_before, ucla(6, "2025-10-01")) == "X2"


def test_x2_without_a_score_before_return_one_score_is_never_enough() -> None:
    assert last_move(*selected, ucla(9, "2025-10-01")) == "T2"
    assert last_move(*selected, ucla(9, "2025-10-01"), ucla(9, "2025-10-10")) == "X2"


def test_x2_a_high_score_before_return_makes_no_pair_with_one_after() -> None:
    high_before = (*selected[:1], ucla(6, "2025-06-25"), *selected[1:])
    assert last_move(*high_before, ucla(6, "2025-07-05")) == "T2"


def test_x2_counts_a_score_of_return_with_one_of_the_stage_after_it() -> None:
    first = ucla(6, "2025-09-20")
    assert last_move(*returned, first, *maintained[-1:], ucla(6, "2025-10-01")) == "X2"


def test_x3_a_step_down_for_a_relapse_leads_back_to_healing() -> None:
    stepped_down = on(activist_stepped_down.replaced(reason=StepDownReason.RELAPSE), "2025-10-05")
    for before in (selected, maintained):
        spell = journey(*before, stepped_down).spells[-1]
        assert (spell.rule, spell.stage, spell.evidence) == ("X3", Stage.HEALING, (stepped_down.event_id,))


@pytest.mark.parametrize("reason", [reason for reason in StepDownReason if reason != StepDownReason.RELAPSE])
def test_x3_a_step_down_for_another_reason_leads_nowhere(reason: StepDownReason) -> None:
    assert last_move(*selected, on(activist_stepped_down.replaced(reason=reason), "2025-10-05")) == "T2"


@from_either
def test_a_repeat_prescription_after_return_leads_nowhere(before: Story) -> None:
    assert journey(*before, on(prescription_issued, "2025-10-05")) == journey(*before)
