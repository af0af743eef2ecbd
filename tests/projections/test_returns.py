"""Exits and ways back read from journey rows are those of the journeys themselves."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given as supposing
from hypothesis import strategies as st
from sqlalchemy import Connection, MetaData, create_engine, delete, insert

from domain.history import History
from domain.journey import VERSION_1, QualifyingExit, Rules, journey_of, qualifying_exit
from domain.touchpoint import Touchpoint
from projections.journey import under
from projections.returns import exits
from tests.domain.journey.test_laws import BEGIN, history, stories

TRIAL = Rules(version="trial", sessions_attended=1, well_scores_days_apart=0, unstable_days=30)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        for rules in (VERSION_1, TRIAL):
            under(rules).table(1, MetaData()).create(connection)
        yield connection
    engine.dispose()


def in_few_words(found: QualifyingExit) -> tuple[object, ...]:
    entered, back = found.entered, found.returned
    return (
        (entered.entered_at, entered.episode, entered.by_selection),
        back and (back.entered_at, back.rule, back.episode),
        [spell.entered_at for spell in found.unstable],
    )


@supposing(st.lists(stories(), min_size=1, max_size=3), st.integers(0, 700), st.sampled_from([VERSION_1, TRIAL]))
def test_rows_as_of_a_moment_tell_the_same_exits_as_the_journeys_as_of_it(
    connection: Connection, people: list[list[Touchpoint]], days: int, rules: Rules
) -> None:
    model, moment = under(rules), BEGIN + timedelta(days)
    table = model.table(1, MetaData())
    connection.execute(delete(table))
    expected = []
    for number, events in enumerate(people, start=1):
        whole: History = history(events)
        for row in model.fold(whole):
            connection.execute(insert(table).values(row._replace(component=UUID(int=number))._asdict()))
        if found := qualifying_exit(journey_of(whole, rules).at(moment)):
            expected.append(in_few_words(found))
    assert [in_few_words(found) for found in exits(connection, table, rules, moment)] == expected
