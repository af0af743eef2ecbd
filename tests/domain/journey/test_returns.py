"""The qualifying exit and the return to isolation after it."""

import pytest

from domain.journey import VERSION_1, QualifyingExit, qualifying_exit
from domain.touchpoint import Touchpoint
from tests.domain.journey.stories import after, healing, journey, prevention, returned, selected, sessions, well
from tests.examples import call_received, journey_ended, prescription_issued, risk_assessed
from tests.given import on


def exit_of(*events: Touchpoint) -> QualifyingExit:
    found = qualifying_exit(journey(*events))
    assert found is not None
    return found


def relapse(days: int) -> Touchpoint:
    """Reassessed medium so many days after the exit of 2025-07-01."""
    return on(risk_assessed, after("2025-07-01", days))


def test_without_return_there_is_no_exit() -> None:
    assert qualifying_exit(journey(*prevention, *healing)) is None


def test_the_first_entry_into_return_is_the_exit() -> None:
    found = exit_of(*returned)
    assert (found.entered.rule, found.returned, found.unstable) == ("T1", None, ())


def test_an_exit_by_selection_is_marked() -> None:
    assert exit_of(*selected).entered.by_selection


@pytest.mark.parametrize(("days", "counted"), [(13, False), (14, True)])
def test_a_way_back_counts_from_14_days_after_the_exit(days: int, counted: bool) -> None:
    found = exit_of(*returned, relapse(days))
    assert [spell.rule for spell in found.unstable] == ([] if counted else ["X1"])
    assert (found.returned is not None) is counted


def test_after_an_unstable_exit_the_next_way_back_counts_from_the_same_exit() -> None:
    again = (*sessions(4, "2025-07-12"), *well("2025-07-12"))
    found = exit_of(*returned, relapse(5), *again, on(risk_assessed, "2025-10-01"))
    assert found.returned is not None
    assert (found.entered.entered_at, len(found.unstable)) == (returned[-1].occurred_at, 1)
    assert found.returned.entered_at == on(risk_assessed, "2025-10-01").occurred_at


@pytest.mark.parametrize("event", [risk_assessed, prescription_issued], ids=["H1", "H2"])
def test_healing_in_a_later_episode_is_a_return_to_isolation(event: Touchpoint) -> None:
    second_episode = (on(journey_ended, "2025-08-01"), on(call_received, "2025-12-01"), on(event, "2025-12-05"))
    found = exit_of(*returned, *second_episode)
    assert found.returned is not None
    assert (found.returned.episode, found.returned.entered_at) == (2, second_episode[-1].occurred_at)


def test_healing_before_the_exit_is_no_way_back_and_neither_is_prevention_after_an_end() -> None:
    found = exit_of(*returned, on(journey_ended, "2025-08-01"), on(call_received, "2025-12-01"))
    assert (found.returned, found.unstable) == (None, ())


def test_the_14_days_are_the_rule_sets() -> None:
    story = (*returned, relapse(13))
    found = qualifying_exit(journey(*story, rules=VERSION_1.varied(unstable_days=13)))
    assert found is not None
    assert found.returned is not None
