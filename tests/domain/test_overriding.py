"""Overriding a stage: what is decided on what is known, and what is refused."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.clock import parse_moment
from domain.codes import Origin, Stage
from domain.events import OverrideEnded, StageOverridden
from domain.history import History
from domain.journey import override_at
from domain.overriding import (
    CommandIdUsed,
    HouseholdHasNoStage,
    NothingOverridden,
    OverrideExpired,
    end_override,
    override,
)
from domain.touchpoint import Touchpoint
from tests.examples import PARTICIPANT, call_received, participant_registered
from tests.given import given

NOW = parse_moment("2025-06-10T09:00:00+09:00")
LAST_DAY = date(2025, 6, 30)


def overridden(history: History, **said: Any) -> StageOverridden:
    usual: dict[str, Any] = {
        "stage": Stage.HEALING,
        "expires_on": LAST_DAY,
        "reason": "heard more",
        "actor": "worker-7",
        "command_id": "c1",
        "now": NOW,
    }
    return override(history, PARTICIPANT, **(usual | said))


def ended(history: History, **said: Any) -> OverrideEnded:
    usual: dict[str, Any] = {"reason": "assessed", "actor": "worker-7", "now": NOW}
    return end_override(history, PARTICIPANT, **(usual | said))


def known(*events: Touchpoint) -> History:
    return given(call_received, *events).history()


def test_an_override_is_in_force_once_it_is_recorded() -> None:
    event = overridden(known())

    found = override_at(known(event), NOW)

    assert found is not None
    assert (found.event_id, found.stage, found.expires_on) == (event.event_id, Stage.HEALING, LAST_DAY)


def test_an_override_may_end_today_and_not_yesterday() -> None:
    assert overridden(known(), expires_on=date(2025, 6, 10)).expires_on == date(2025, 6, 10)
    with pytest.raises(OverrideExpired, match="name today or a later day"):
        overridden(known(), expires_on=date(2025, 6, 9))


def test_a_household_has_no_stage_to_override() -> None:
    with pytest.raises(HouseholdHasNoStage, match="override that of a member"):
        overridden(known(participant_registered.replaced(kind="household")))


def test_the_same_command_told_again_gives_the_event_it_gave_then() -> None:
    first = overridden(known())
    later = parse_moment("2025-07-20T09:00:00+09:00")

    assert overridden(known(first), now=later) is first


@pytest.mark.parametrize("other", [{"stage": Stage.RETURN}, {"reason": "another"}, {"actor": None}])
def test_another_override_under_the_same_command_id_is_refused(other: dict[str, Any]) -> None:
    first = overridden(known())
    with pytest.raises(CommandIdUsed, match="take a new one"):
        overridden(known(first), **other)


def test_ending_names_the_override_in_force() -> None:
    first, second = overridden(known()), overridden(known(), command_id="c2", stage=Stage.RETURN)
    story = known(first, second)
    in_force = override_at(story, NOW)
    assert in_force is not None

    event = ended(story)

    assert event.override_event_id == in_force.event_id
    assert override_at(known(first, second, event), NOW) is None


def test_where_nothing_is_overridden_there_is_nothing_to_end() -> None:
    with pytest.raises(NothingOverridden):
        ended(known())
    with pytest.raises(NothingOverridden):
        ended(known(overridden(known())), now=parse_moment("2025-07-01T00:00:00+09:00"))


def test_ending_told_again_gives_the_event_it_gave_then_and_other_words_are_refused() -> None:
    first = overridden(known())
    event = ended(known(first))

    assert ended(known(first, event)) is event
    with pytest.raises(NothingOverridden):
        ended(known(first, event), reason="changed my mind")


def test_what_is_decided_of_a_simulated_person_is_synthetic() -> None:
    simulated = given(call_received.replaced(origin="synthetic")).history()

    assert overridden(simulated).origin == Origin.SYNTHETIC
    assert overridden(known()).origin == Origin.LIVE


def test_two_commands_are_two_events() -> None:
    ids: set[UUID] = {overridden(known(), command_id=f"c{number}").event_id for number in range(3)}

    assert len(ids) == 3
