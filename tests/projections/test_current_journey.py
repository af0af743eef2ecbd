"""A journey from its rows says what the journey itself says, whatever day that is asked for."""

from datetime import timedelta

import pytest

from domain.clock import day_of, end_of_day
from domain.codes import JourneyEnd
from domain.journey import Standing, episodes_of, journey_of, status
from domain.touchpoint import Touchpoint
from projections.current_journey import CurrentJourney, JourneyEpisode, current_journey, journey_spell
from projections.journey import journey
from tests.domain.journey.stories import ended, healing, maintained, prevention, returned
from tests.examples import EXAMPLES, call_received, journey_ended
from tests.given import given, on

STORIES = {
    "prevention": tuple(prevention),
    "healing": tuple(healing),
    "returned": tuple(returned),
    "maintained": tuple(maintained),
    "ended": tuple(ended),
    "back after an end": (*ended, on(call_received, "2027-01-01")),
    "dead and called": (
        on(journey_ended.replaced(reason=JourneyEnd.DIED), "2025-07-01"),
        on(call_received, "2027-01-01"),
    ),
    "everything": tuple(EXAMPLES.values()),
}
stories = pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)


def told(story: tuple[Touchpoint, ...]) -> CurrentJourney:
    return current_journey(given(*story).project(journey).rows)


@stories
def test_it_has_the_spells_the_episodes_and_the_anomalies_of_the_journey(story: tuple[Touchpoint, ...]) -> None:
    found = journey_of(given(*story).history())
    current = told(story)
    assert found.spells
    assert current.spells == [journey_spell(spell, place) for place, spell in enumerate(found.spells, start=1)]
    assert current.episodes == [JourneyEpisode(**episode._asdict()) for episode in episodes_of(found)]
    assert current.anomalies == [anomaly.event_id for anomaly in found.anomalies]
    assert (current.participant_id, current.rule_version) == (found.root, found.rules.version)


@stories
def test_its_dates_give_the_standing_of_every_later_day(story: tuple[Touchpoint, ...]) -> None:
    found = journey_of(given(*story).history())
    current = told(story).status
    last = max(fact.occurred_at for fact in given(*story).history().facts)
    seen = set()
    for days in range(250):
        as_of = end_of_day(day_of(last) + timedelta(days))
        then = status(found, as_of)
        assert (then.stage, then.entered_at, then.last_contact_at) == (
            current.stage,
            current.entered_at,
            current.last_contact_at,
        )
        standing = None
        if current.lost_on is not None:
            standing = Standing.IN_CONTACT
            if current.silent_on is not None and day_of(as_of) >= current.silent_on:
                standing = Standing.SILENT
            if day_of(as_of) >= current.lost_on:
                standing = Standing.LOST
        assert then.standing == standing
        seen.add(standing)
    assert seen in ({None}, {Standing.LOST}) or len(seen) >= 2


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = given(*STORIES["maintained"]).project(journey).rows
    assert current_journey(list(reversed(rows))) == current_journey(rows)


def test_the_same_rows_are_the_same_text() -> None:
    texts = {told(STORIES["everything"]).model_dump_json() for _ in range(3)}
    assert len(texts) == 1
