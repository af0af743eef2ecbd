"""Overrides: beside the rule's stage, for as long as they last, and in no outcome."""

from datetime import date

from domain.clock import parse_moment
from domain.codes import Stage
from domain.events import StageOverridden
from domain.journey import Override, override_at
from domain.touchpoint import Touchpoint
from tests.domain.journey.stories import journey, prevention
from tests.examples import override_ended, stage_overridden
from tests.given import given, on

to_healing: StageOverridden = on(stage_overridden.replaced(expires_on=date(2025, 6, 15)), "2025-06-01")


def override_on(moment: str, *events: Touchpoint) -> Override | None:
    return override_at(given(*events).history(), parse_moment(moment))


def test_an_override_is_in_force_from_its_moment_to_the_end_of_its_last_day_in_seoul() -> None:
    expected = Override(to_healing.event_id, Stage.HEALING, to_healing.occurred_at, date(2025, 6, 15))
    assert override_on("2025-05-31", to_healing) is None
    assert override_on("2025-06-01", to_healing) == expected
    assert override_on("2025-06-15T23:59:59+09:00", to_healing) == expected
    assert override_on("2025-06-16T00:00:00+09:00", to_healing) is None


def test_an_override_that_was_lifted_is_over_from_then_on() -> None:
    lifted = on(override_ended.replaced(override_event_id=to_healing.event_id), "2025-06-05")
    assert override_on("2025-06-04", to_healing, lifted) is not None
    assert override_on("2025-06-05", to_healing, lifted) is None


def test_lifting_one_override_leaves_another_in_force() -> None:
    lifted = on(override_ended, "2025-06-05")
    assert override_on("2025-06-06", to_healing, lifted) is not None


def test_a_later_override_replaces_an_earlier_one_for_good() -> None:
    later = on(stage_overridden.replaced(stage=Stage.RETURN, expires_on=date(2025, 6, 5)), "2025-06-03")
    found = override_on("2025-06-04", to_healing, later)
    assert found is not None
    assert found.stage == Stage.RETURN
    assert override_on("2025-06-06", to_healing, later) is None


def test_the_rules_know_nothing_of_an_override() -> None:
    assert journey(*prevention, to_healing).spells == journey(*prevention).spells
