"""Episodes: who ended and came back has several, each with its end, its way out and its way back."""

from itertools import pairwise

from hypothesis import given as supposing
from hypothesis import strategies as st

from domain.codes import JourneyEnd
from domain.journey import Episode, episodes_of, journey_of, qualifying_exit
from domain.touchpoint import Touchpoint
from tests.domain.journey.stories import healing, journey, prevention, returned, selected
from tests.domain.journey.test_laws import history, stories
from tests.examples import call_received, journey_ended, prescription_issued, risk_assessed
from tests.given import on

COMPLETED = on(journey_ended.replaced(reason="completed"), "2025-12-01")
BACK = (on(call_received, "2027-03-01"), on(risk_assessed.replaced(level="high"), "2027-03-10"))


def episodes(*events: Touchpoint) -> list[Episode]:
    return episodes_of(journey(*events))


def test_nobody_without_a_stage_has_an_episode() -> None:
    assert episodes(on(call_received.replaced(anonymous=True), "2025-05-01")) == []


def test_who_completed_in_2025_and_came_back_in_2027_has_two() -> None:
    first, second = episodes(*returned, COMPLETED, *BACK)
    assert (first.began_at, first.ended_at) == (healing[0].occurred_at, COMPLETED.occurred_at)
    assert (first.end_reason, first.last_stage, first.died_at) == (JourneyEnd.COMPLETED, "return", None)
    assert (first.qualifying_exit_at, first.by_selection) == (returned[-1].occurred_at, False)
    assert (first.returned_at, first.unstable) == (None, ())
    assert (second.episode, second.began_at, second.ended_at) == (2, BACK[0].occurred_at, None)
    assert (second.end_reason, second.last_stage) == (None, "healing")
    assert (second.qualifying_exit_at, second.by_selection) == (None, None)
    assert second.returned_at == BACK[1].occurred_at


def test_a_way_back_too_soon_is_unstable_and_stands_where_it_lies() -> None:
    soon = on(risk_assessed, "2025-07-05")
    [found] = episodes(*returned, soon)
    assert (found.unstable, found.returned_at, found.last_stage) == ((soon.occurred_at,), None, "healing")


def test_an_exit_by_selection_is_marked() -> None:
    [found] = episodes(*selected)
    assert found.by_selection is True


def test_a_death_after_another_end_does_not_rewrite_that_end() -> None:
    died = on(journey_ended.replaced(reason="died"), "2026-02-01")
    [found] = episodes(*healing, COMPLETED, died)
    assert (found.ended_at, found.end_reason) == (COMPLETED.occurred_at, JourneyEnd.COMPLETED)
    assert found.died_at == died.occurred_at


def test_an_episode_that_is_nothing_but_its_end_has_no_last_stage() -> None:
    [found] = episodes(COMPLETED)
    assert (found.began_at, found.ended_at, found.last_stage) == (COMPLETED.occurred_at, COMPLETED.occurred_at, None)


def test_a_later_exit_is_not_the_qualifying_one() -> None:
    again = (on(prescription_issued, "2027-03-10"), on(selected[-1], "2027-05-01"))
    first, second = episodes(*prevention, *returned, COMPLETED, BACK[0], *again)
    assert first.qualifying_exit_at is not None
    assert (second.qualifying_exit_at, second.last_stage) == (None, "return")


@supposing(stories())
def test_episodes_follow_one_another_and_hold_the_exit_and_the_ways_back_once(events: list[Touchpoint]) -> None:
    whole = journey_of(history(events))
    found, left = episodes_of(whole), qualifying_exit(whole)
    assert [one.episode for one in found] == list(range(1, len(found) + 1))
    for one, following in pairwise(found):
        assert one.ended_at is not None
        assert one.began_at <= one.ended_at < following.began_at
    exits = [one.qualifying_exit_at for one in found if one.qualifying_exit_at]
    back = [one.returned_at for one in found if one.returned_at]
    unstable = [moment for one in found for moment in one.unstable]
    assert exits == ([left.entered.entered_at] if left else [])
    assert back == ([left.returned.entered_at] if left and left.returned else [])
    assert unstable == [spell.entered_at for spell in (left.unstable if left else ())]


@supposing(stories(), st.integers(0, 400))
def test_episodes_as_of_a_day_are_those_of_the_history_as_of_then(events: list[Touchpoint], place: int) -> None:
    if not events:
        return
    moment = events[place % len(events)].occurred_at
    whole = journey_of(history(events))
    assert episodes_of(whole.at(moment)) == episodes_of(journey_of(history(events, moment)))
