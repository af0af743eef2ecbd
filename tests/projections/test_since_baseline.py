"""Everybody who entered HEALING with their scores, asked of a journey and a wellbeing table."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Connection, MetaData, create_engine, insert

from domain.clock import parse_moment
from domain.touchpoint import Touchpoint
from domain.wellbeing import baseline_of
from projections.journey import journey
from projections.since_baseline import followers
from projections.wellbeing import wellbeing
from tests.domain.journey.stories import healing, prevention, ucla
from tests.examples import activist_selected, call_received, journey_ended, prescription_issued
from tests.given import given, on

METADATA = MetaData()
JOURNEYS, MEASURES = journey.table(1, METADATA), wellbeing.table(1, METADATA)
AS_OF = parse_moment("2029-12-31")
ONE, TWO, THREE, FOUR = (UUID(int=number) for number in (1, 2, 3, 4))
TRIGGERS = ucla(7, "2025-08-01"), ucla(8, "2025-08-15")


def of(person: UUID, *events: Touchpoint) -> list[Touchpoint]:
    return [event.replaced(participant_id=person) for event in events]


STORIES = [
    of(
        ONE,
        *healing,
        ucla(8, "2025-06-03"),
        ucla(5, "2025-09-01").replaced(source="urn:other"),
        on(journey_ended, "2025-12-01"),
        on(call_received, "2027-03-01"),
        on(prescription_issued, "2027-03-10"),
        ucla(9, "2027-03-11"),
    ),
    of(TWO, *prevention, on(activist_selected, "2025-07-01"), *TRIGGERS),
    of(THREE, *healing),
    of(FOUR, *prevention, ucla(9, "2025-06-01")),
]
"""Two episodes; an entry that scores triggered; nothing measured; never in HEALING."""


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.connect() as connection:
        for events in STORIES:
            for model, table in ((journey, JOURNEYS), (wellbeing, MEASURES)):
                if rows := [row._asdict() for row in given(*events).project(model).rows]:
                    connection.execute(insert(table), rows)
        yield connection
    engine.dispose()


def test_everybody_counts_once_from_their_first_entry_also_without_a_score(connection: Connection) -> None:
    one, two, three = followers(connection, JOURNEYS, MEASURES, "UCLA-3", as_of=AS_OF)
    assert (one.entry.episode, one.entry.entered_at) == (1, healing[0].occurred_at)
    assert [measure.score for measure in one.measures] == [8, 5, 9]
    assert two.entry.rule == "X2"
    assert three.measures == ()


def test_a_score_that_triggered_the_entry_is_known_by_its_evidence(connection: Connection) -> None:
    _, two, _ = followers(connection, JOURNEYS, MEASURES, "UCLA-3", as_of=AS_OF)
    found = baseline_of(two.measures, two.entry)
    assert found is not None
    assert (found.score, found.triggered_entry) == (8, True)


def test_what_happens_after_the_moment_plays_no_part(connection: Connection) -> None:
    found = followers(connection, JOURNEYS, MEASURES, "UCLA-3", as_of=parse_moment("2025-08-14"))
    assert [[measure.score for measure in one.measures] for one in found] == [[8], []]
    assert followers(connection, JOURNEYS, MEASURES, "UCLA-3", as_of=parse_moment("2025-05-31")) == []


def test_a_source_narrows_down_the_measures_and_not_the_people(connection: Connection) -> None:
    found = followers(connection, JOURNEYS, MEASURES, "UCLA-3", as_of=AS_OF, source="urn:other")
    assert [[measure.score for measure in one.measures] for one in found] == [[5], [], []]
    assert [one.measures for one in followers(connection, JOURNEYS, MEASURES, "PHQ-9", as_of=AS_OF)] == [(), (), ()]
