"""The measures of one instrument over all people, asked of a wellbeing table."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Connection, MetaData, Table, create_engine, insert

from domain.clock import parse_moment
from domain.touchpoint import Touchpoint
from projections.measures import instruments, measures
from projections.wellbeing import wellbeing
from tests.examples import measure_not_taken, measure_taken
from tests.given import given, on

TABLE = wellbeing.table(1, MetaData())
EARLY = on(measure_taken.replaced(items=(1, 1, 1), score=None, source="urn:a", organisation="north"), "2025-05-01")
LATE = on(measure_taken.replaced(items=(3, 3, 3), score=None, source="urn:b", organisation="south"), "2025-06-01")
OTHER = measure_taken.replaced(instrument="BDI", items=None, score=20, source_id="bdi")


@pytest.fixture
def stored() -> Iterator[tuple[Connection, Table]]:
    """The rows of one person, on SQLite in memory."""
    events: list[Touchpoint] = [EARLY, LATE, OTHER, measure_not_taken]
    engine = create_engine("sqlite://")
    TABLE.metadata.create_all(engine)
    with engine.connect() as connection:
        rows = [row._asdict() for row in given(*events).project(wellbeing).rows]
        connection.execute(insert(TABLE), rows)
        yield connection, TABLE
    engine.dispose()


def test_measures_come_with_their_seoul_day_in_effective_order(stored: tuple[Connection, Table]) -> None:
    found = measures(*stored, "UCLA-3")
    assert [(one.occasion, one.score, one.group) for one in found] == [
        (date(2025, 5, 1), 3.0, None),
        (date(2025, 6, 1), 9.0, None),
    ]


def test_occasions_may_be_places_in_the_series_and_groups_what_the_measure_tells(
    stored: tuple[Connection, Table],
) -> None:
    found = measures(*stored, "UCLA-3", occasion="sequence", group="organisation")
    assert [(one.occasion, one.group) for one in found] == [(1, "north"), (2, "south")]


def test_time_source_and_origin_narrow_them_down(stored: tuple[Connection, Table]) -> None:
    assert [one.score for one in measures(*stored, "UCLA-3", as_of=parse_moment("2025-05-31"))] == [3.0]
    assert [one.score for one in measures(*stored, "UCLA-3", source="urn:b")] == [9.0]
    assert measures(*stored, "UCLA-3", origin="synthetic") == []


def test_a_measure_that_was_not_taken_is_none(stored: tuple[Connection, Table]) -> None:
    assert measures(*stored, "PHQ-9") == []
    assert instruments(*stored) == ["BDI", "PHQ-9", "UCLA-3"]
