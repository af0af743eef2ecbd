"""Relationships: one row for each time in which the same was known of a tie, and the population between two moments."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest
from hypothesis import given as supposing
from sqlalchemy import Connection, MetaData, Table, create_engine

from domain.clock import END_OF_TIME, parse_moment
from domain.network import Overlap, change_between, summed, tie_ids_at, ties_of
from domain.touchpoint import Touchpoint
from projections.population_change import PopulationChange, population_change
from projections.relationships import RelationshipRow, relationships
from tests.domain.network.stories import end, history, moments, report, stories, survey
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, call_received, tie_ended, tie_reported
from tests.given import given

BEFORE, AFTER = parse_moment("2025-06-05"), parse_moment("2025-06-15")


def folded(*events: Touchpoint) -> Sequence[RelationshipRow]:
    return given(*events).project(relationships).rows


def test_a_row_holds_a_period_its_interval_and_the_events_behind_them() -> None:
    opened, closer = report("a", "2025-06-01", closeness=2, formed=True), report("a", "2025-06-05", closeness=4)
    ended = end("a", "2025-06-20")
    first, second = folded(opened, closer, ended)
    assert first == RelationshipRow(
        component=PARTICIPANT,
        tie_id="a",
        since=opened.occurred_at,
        until=closer.occurred_at,
        began_at=opened.occurred_at,
        ended_at=ended.occurred_at,
        kind="friend",
        closeness=2,
        contacts_per_month=None,
        formed=True,
        source=opened.source,
        opened_by=opened.event_id,
        told_by=opened.event_id,
        ended_by=ended.event_id,
    )
    assert (second.since, second.until, second.began_at) == (first.until, ended.occurred_at, first.began_at)
    assert (second.closeness, second.told_by) == (4, closer.event_id)


def test_a_tie_that_is_still_there_lasts_to_the_end_of_time() -> None:
    [row] = folded(report("a"))
    assert (row.until, row.ended_at, row.ended_by) == (END_OF_TIME, None, None)


def test_no_row_tells_a_label_a_reason_or_who_the_other_person_is() -> None:
    rows = folded(tie_reported, tie_ended.replaced(tie_id=tie_reported.tie_id))
    assert len(rows) == 1
    assert not {tie_reported.alter_label, tie_ended.reason, tie_reported.alter_id} & set(rows[0])


def test_who_told_of_no_tie_has_no_rows() -> None:
    assert folded(call_received, end("a")) == []


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def stored(connection: Connection, *rows: RelationshipRow) -> Table:
    metadata = MetaData()
    table = relationships.table(1, metadata)
    metadata.drop_all(connection)
    metadata.create_all(connection)
    if rows:
        connection.execute(table.insert(), [row._asdict() for row in rows])
    return table


def test_the_networks_of_everybody_are_compared_at_two_moments(connection: Connection) -> None:
    other = [event.replaced(participant_id=OTHER_PARTICIPANT) for event in (report("a"), end("a", "2025-06-10"))]
    mine = report("a"), report("b"), report("b", "2025-06-09", closeness=1), survey("b", "c", "d")
    table = stored(connection, *folded(*mine), *folded(*other))
    found = population_change(connection, table, before=BEFORE, after=AFTER)
    assert found == PopulationChange(egos=2, overlap=Overlap(formed=2, ended=2, kept=1))


def test_only_ties_in_force_at_either_moment_and_of_the_source_count(connection: Connection) -> None:
    ours = report("a"), report("brief", "2025-06-07"), end("brief", "2025-06-08")
    theirs = report("z").replaced(source="urn:other", participant_id=OTHER_PARTICIPANT)
    table = stored(connection, *folded(*ours), *folded(theirs))
    assert population_change(connection, table, before=BEFORE, after=AFTER).overlap == Overlap(0, 0, 2)
    only = population_change(connection, table, before=BEFORE, after=AFTER, source="urn:other")
    assert only == PopulationChange(1, Overlap(0, 0, 1))


def test_of_nobody_there_is_nothing(connection: Connection) -> None:
    table = stored(connection)
    assert population_change(connection, table, before=BEFORE, after=AFTER) == PopulationChange(0, Overlap(0, 0, 0))


def test_what_is_still_there_is_there_at_the_last_day_that_can_be_asked_for(connection: Connection) -> None:
    table = stored(connection, *folded(report("a")))
    found = population_change(connection, table, before=BEFORE, after=END_OF_TIME)
    assert found == PopulationChange(1, Overlap(0, 0, 1))


@supposing(stories(), stories(), moments(), moments())
def test_the_query_says_what_the_folds_of_all_people_say(
    one: list[Touchpoint], two: list[Touchpoint], before: datetime, after: datetime
) -> None:
    theirs = [event.replaced(participant_id=OTHER_PARTICIPANT) for event in two]
    ties = [ties_of(history(events)) for events in (one, theirs)]
    overlaps = [change_between(tie_ids_at(of, before), tie_ids_at(of, after)).overlap for of in ties]
    rows = [row._replace(component=PARTICIPANT) for row in relationships.fold(history(one))]
    rows += [row._replace(component=OTHER_PARTICIPANT) for row in relationships.fold(history(theirs))]
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        found = population_change(connection, stored(connection, *rows), before=before, after=after)
    engine.dispose()
    assert found.overlap == summed(overlaps)
    assert found.egos == sum(overlap.before + overlap.after > 0 for overlap in overlaps)
