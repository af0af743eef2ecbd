"""Laws that hold for every list of follow-ups, however its events come in."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given as supposing
from hypothesis import strategies as st

from domain.clock import END_OF_TIME
from domain.codes import ConsentScope, JourneyEnd, Stage
from domain.events import ConsentWithdrawn, JourneyEnded
from domain.follow_ups import DATED, FollowUp, Kind, follow_ups_of
from domain.journey import Standing, journey_of, status
from domain.touchpoint import Touchpoint
from tests.domain.follow_ups.stories import at, history, moments, stories
from tests.examples import call_received, journey_ended, prescription_issued, store_visited, training_completed


def as_known_by_then(found: list[FollowUp]) -> list[FollowUp]:
    """All that a follow-up says but when it will end."""
    return [one._replace(until=END_OF_TIME) for one in found]


@supposing(stories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(events: list[Touchpoint], chance: Random) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert follow_ups_of(history(shuffled)) == follow_ups_of(history(events))


@supposing(stories(), st.lists(moments(), min_size=5, max_size=5))
def test_future_dated_follow_ups_filtered_at_a_moment_are_those_of_the_history_as_of_then(
    events: list[Touchpoint], asked: list[datetime]
) -> None:
    found = follow_ups_of(history(events))
    edges = [one.due_from for one in found] + [one.until for one in found if one.until != END_OF_TIME]
    for moment in [*asked, *edges, *(edge - timedelta(microseconds=1) for edge in edges)]:
        then = follow_ups_of(history(events, moment))
        assert as_known_by_then(at(moment, found)) == as_known_by_then(at(moment, then))


@supposing(stories())
def test_no_thing_to_do_is_on_the_list_twice_and_each_is_there_for_a_while(events: list[Touchpoint]) -> None:
    for one, following in pairwise(follow_ups_of(history(events))):
        if (one.kind, one.subject) == (following.kind, following.subject):
            assert one.until <= following.due_from
    assert all(one.due_at <= one.due_from < one.until for one in follow_ups_of(history(events)))
    assert all((one.overdue_from is None) == (one.kind not in DATED) for one in follow_ups_of(history(events)))


@supposing(stories())
def test_whatever_is_due_rests_on_events_that_had_happened(events: list[Touchpoint]) -> None:
    occurred = {event.event_id: event.occurred_at for event in events}
    for one in follow_ups_of(history(events)):
        assert one.evidence
        assert all(occurred[event_id] <= one.due_from for event_id in one.evidence)


@supposing(stories(), st.lists(moments(), min_size=5, max_size=5))
def test_nobody_who_died_or_whose_journey_has_ended_is_on_the_list(
    events: list[Touchpoint], asked: list[datetime]
) -> None:
    found, journey = follow_ups_of(history(events)), journey_of(history(events))
    died = [
        event.occurred_at for event in events if isinstance(event, JourneyEnded) and event.reason == JourneyEnd.DIED
    ]
    for moment in [*asked, *(one.due_from for one in found)]:
        if journey.at(moment).stage == Stage.ENDED or any(death <= moment for death in died):
            assert at(moment, found) == []


@supposing(stories())
def test_nobody_who_withdrew_is_on_the_list_before_the_next_event(events: list[Touchpoint]) -> None:
    found = follow_ups_of(history(events))
    for event in events:
        if isinstance(event, ConsentWithdrawn) and {ConsentScope.SERVICE, ConsentScope.CALLBACK} & set(event.scopes):
            later = min((one.occurred_at for one in events if one.occurred_at > event.occurred_at), default=END_OF_TIME)
            assert [one for one in found if one.due_from < later and event.occurred_at < one.until] == []


JOURNEYS = (call_received, store_visited, prescription_issued, training_completed, journey_ended)


@supposing(stories(JOURNEYS), st.lists(moments(), min_size=10, max_size=10))
def test_silent_and_lost_are_on_the_list_exactly_while_that_is_the_standing(
    events: list[Touchpoint], asked: list[datetime]
) -> None:
    whole = history(events)
    found, journey = follow_ups_of(whole), journey_of(whole)
    edges = [edge for one in found for edge in (one.due_from, one.until) if edge != END_OF_TIME]
    just_before = [event.occurred_at - timedelta(microseconds=1) for event in events]
    for moment in [*asked, *edges, *just_before]:
        listed = [one.kind for one in at(moment, found)]
        standing = status(journey, moment).standing
        assert listed == [Kind(standing)] if standing in (Standing.SILENT, Standing.LOST) else listed == []


def test_the_end_of_time_overflows_no_calendar() -> None:
    last = call_received.replaced(occurred_at=datetime(9998, 12, 31, tzinfo=UTC))
    assert {one.kind for one in follow_ups_of(history([last, store_visited]))} == {Kind.SILENT, Kind.LOST}
