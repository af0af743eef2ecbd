"""Which corrections and retractions change nothing, and why."""

import pytest

from domain.touchpoint import Touchpoint
from domain.without_effect import NoEffect, without_effect
from tests.examples import (
    OTHER_PARTICIPANT,
    PARTICIPANT,
    call_received,
    identities_linked,
    store_visited,
    touchpoint_corrected,
    touchpoint_voided,
)
from tests.given import given, recorded

VOID = touchpoint_voided.replaced(target_event_id=store_visited.event_id)
CORRECTION = touchpoint_corrected.replaced(target_event_id=call_received.event_id)
ELSEWHERE = VOID.replaced(participant_id=OTHER_PARTICIPANT)


def test_an_amendment_that_counts_is_not_among_them() -> None:
    assert without_effect(given(store_visited, call_received, VOID, CORRECTION).history()) == []


def test_of_two_amendments_that_count_the_one_decided_first_is_not_among_them_either() -> None:
    later = VOID.replaced(source_id="again", decided_at="2025-06-01T09:00:00+09:00")
    assert without_effect(given(store_visited, VOID, later).history()) == []


@pytest.mark.parametrize("amendment", [VOID, CORRECTION])
def test_an_amendment_whose_target_never_came_is_told_with_the_id_it_looks_for(amendment: Touchpoint) -> None:
    [line] = without_effect(given(amendment).history())
    assert (line.reason, line.told_of) == (NoEffect.TARGET_UNKNOWN, None)
    assert (line.event_id, line.type, line.participant_id) == (amendment.event_id, amendment.stored_as, PARTICIPANT)
    assert line.target_event_id == amendment.target_event_id  # type: ignore[attr-defined]


def test_an_amendment_whose_target_comes_later_counts_from_then_on() -> None:
    waiting = given(VOID)
    assert len(without_effect(waiting.history())) == 1
    assert without_effect(waiting.when(store_visited).history()) == []


def test_an_amendment_of_what_was_told_of_a_linked_identity_says_of_which() -> None:
    [line] = without_effect(given(store_visited, identities_linked, ELSEWHERE).history())
    assert (line.reason, line.told_of) == (NoEffect.OTHER_IDENTITY, PARTICIPANT)
    assert (line.event_id, line.participant_id) == (ELSEWHERE.event_id, OTHER_PARTICIPANT)


def test_an_amendment_of_what_was_told_of_somebody_who_is_not_linked_finds_no_target() -> None:
    [line] = without_effect(given(ELSEWHERE, store_visited).history())
    assert (line.reason, line.told_of) == (NoEffect.TARGET_UNKNOWN, None)


@pytest.mark.parametrize("target", [identities_linked, CORRECTION, VOID])
def test_an_amendment_of_a_command_or_of_an_amendment_changes_nothing(target: Touchpoint) -> None:
    amendment = VOID.replaced(source_id="again", target_event_id=target.event_id)
    [line] = without_effect(given(store_visited, call_received, target, amendment).history())
    assert (line.event_id, line.reason) == (amendment.event_id, NoEffect.NOT_AMENDABLE)


def test_they_are_in_the_order_in_which_they_were_recorded_and_as_known_at_a_moment() -> None:
    first = recorded(ELSEWHERE.replaced(participant_id=PARTICIPANT), "2025-06-01T09:00:00+09:00")
    second = recorded(CORRECTION, "2025-06-02T09:00:00+09:00")
    story = given(second, first)
    assert [line.event_id for line in without_effect(story.history())] == [first.event_id, second.event_id]
    assert [line.event_id for line in without_effect(story.history(known_at="2025-06-01"))] == [first.event_id]
