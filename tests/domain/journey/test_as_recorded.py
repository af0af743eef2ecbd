"""The rule set that takes stages as an outside system recorded them."""

from domain.codes import Stage
from domain.journey import AS_RECORDED, why
from domain.touchpoint import Touchpoint
from tests.domain.journey.stories import journey, returned
from tests.examples import state_observed
from tests.given import given, on


def state(name: str, day: str) -> Touchpoint:
    return on(state_observed.replaced(state=name), day)


def test_states_are_spells_under_their_own_names_and_our_stages_are_ours() -> None:
    events = (state("waiting list", "2025-06-01"), state("healing", "2025-07-01"))
    first, second = journey(*events, rules=AS_RECORDED).spells
    assert (first.stage, second.stage) == ("waiting list", Stage.HEALING)
    assert (first.left_at, second.left_at) == (events[1].occurred_at, None)
    assert (second.rule, second.rule_version, second.evidence) == ("S1", "as-recorded", (events[1].event_id,))


def test_seeing_the_same_state_again_is_no_new_spell() -> None:
    days = (("a", "2025-06-01"), ("a", "2025-06-02"), ("b", "2025-06-03"), ("a", "2025-06-04"))
    found = journey(*(state(name, day) for name, day in days), rules=AS_RECORDED)
    assert [spell.stage for spell in found.spells] == ["a", "b", "a"]


def test_our_own_rules_see_no_recorded_state_and_the_recorded_see_no_rule() -> None:
    assert journey(*returned, state("ended", "2025-12-01")).stage == Stage.RETURN
    assert journey(*returned, rules=AS_RECORDED).spells == ()


def test_the_explanation_says_that_no_rule_was_applied() -> None:
    found = why(given(state("a", "2025-06-01")).history(), AS_RECORDED)
    assert (found.stage, found.rule_version, found.ahead) == ("a", "as-recorded", ())
    assert found.remark is not None
    assert [step.words for step in found.steps] == ["state observed by an outside system"]
