"""The programme's figures: each counts what its definition says, at both clocks, on each kind of database."""

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import Connection, MetaData, insert

from domain.clock import END_OF_TIME, parse_moment
from domain.history import Recorded, history_of
from domain.touchpoint import Touchpoint
from projections.contributions import contributions
from projections.figure_definition import FigureValue, Window
from projections.figures import FIGURES, figures
from replay.database import Database
from tests.examples import (
    activity_performed,
    call_received,
    counselling_held,
    direct_support_given,
    prescription_issued,
    store_visited,
    touchpoint_corrected,
    touchpoint_voided,
)
from tests.given import on, recorded

NOON = "2025-06-01T12:00:00+09:00"
LATER = "2025-07-01T12:00:00+09:00"


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    database = Database(database_url)
    with database.write() as connection:
        yield connection
    database.close()


def figures_of(
    connection: Connection,
    *arrived: Touchpoint | Recorded,
    as_of: str = "2025-09-30",
    known_at: str | None = None,
    since: date = date(2025, 4, 1),
) -> dict[str, FigureValue]:
    """The figures over what arrived, by code; whoever has an id of their own is folded by themselves."""
    table = contributions.table(1, metadata := MetaData())
    metadata.create_all(connection)
    items = [item if isinstance(item, Recorded) else recorded(item, NOON) for item in arrived]
    for participant in {item.event.participant_id for item in items}:
        own = [item for item in items if item.event.participant_id == participant]
        for row in contributions.fold(history_of(participant, own)):
            connection.execute(insert(table), row._asdict())
    known = parse_moment(known_at) if known_at else END_OF_TIME
    return {value.code: value for value in figures(connection, table, parse_moment(as_of), known, since=since)}


def by_another(event: Touchpoint) -> Touchpoint:
    return event.replaced(participant_id=uuid4())


def test_a_consultation_is_an_answered_call(connection: Connection) -> None:
    abandoned = on(call_received, "2025-06-02").replaced(outcome="abandoned", level=None)
    assert figures_of(connection, call_received, abandoned)["calls"].value == 1


def test_contacts_and_people_are_counted_apart(connection: Connection) -> None:
    anonymous = by_another(call_received).replaced(anonymous=True)
    found = figures_of(connection, call_received, on(call_received, "2025-06-02"), anonymous)
    assert (found["calls"].value, found["calls_people"].value) == (3, 1)


def test_a_share_shows_both_of_its_counts(connection: Connection) -> None:
    calls = [on(call_received, f"2025-06-0{day}") for day in (1, 2, 3)]
    emergency = on(call_received, "2025-06-04").replaced(level="emergency", age_band="unknown")
    found = figures_of(connection, *calls, emergency)
    talk = found["calls_level_loneliness_talk"]
    assert (talk.value, talk.unit, talk.numerator, talk.base) == (75.0, "percent", 3, 4)
    assert found["calls_level_emergency"].value == found["calls_age_band_unknown"].value == 25.0


def test_the_shares_of_levels_and_of_ages_leave_nobody_out(connection: Connection) -> None:
    stated = [
        ("information", "child"),
        ("loneliness_talk", "youth"),
        ("household_discovery", "middle"),
        ("emergency", "older"),
        (None, "unknown"),
    ]
    calls = [
        on(call_received, f"2025-06-0{number}").replaced(level=level, age_band=band)
        for number, (level, band) in enumerate(stated, start=1)
    ]
    found = figures_of(connection, *calls)
    for kind in ("calls_level_", "calls_age_band_"):
        assert sum(value.numerator for code, value in found.items() if code.startswith(kind)) == 5


def test_calls_a_day_are_spread_over_all_days_of_the_window(connection: Connection) -> None:
    per_day = figures_of(connection, call_received)["calls_per_day"]
    assert (per_day.numerator, per_day.base, per_day.unit) == (1, 183, "contacts a day")


def test_what_happened_before_the_programme_or_after_the_as_of_date_is_left_out(connection: Connection) -> None:
    edges = ["2025-03-31T23:59:59+09:00", "2025-04-01T00:00:00+09:00", "2025-06-30T23:59:59+09:00"]
    calls = [on(call_received, moment) for moment in [*edges, "2025-07-01T00:00:00+09:00"]]
    assert figures_of(connection, *calls, as_of="2025-06-30")["calls"].value == 2


def test_the_first_day_of_the_windows_can_be_moved(connection: Connection) -> None:
    calls = [on(call_received, day) for day in ("2025-04-10", "2025-06-10")]
    found = figures_of(connection, *calls, since=date(2025, 6, 1))
    assert (found["calls"].value, found["calls_per_day"].base) == (1, 122)


def test_an_intermediate_point_stays_where_it_was_published(connection: Connection) -> None:
    calls = [on(call_received, day) for day in ("2025-08-13", "2025-08-14")]
    visits = [on(store_visited, day) for day in ("2025-04-30", "2025-05-01")]
    found = figures_of(connection, *calls, *visits)
    assert (found["calls_to_2025_08_13"].value, found["calls"].value) == (1, 2)
    assert (found["store_visits_to_2025_04_30"].value, found["store_visits"].value) == (1, 2)


def test_a_day_on_which_a_store_had_no_visit_is_no_day_of_that_store(connection: Connection) -> None:
    # Both of the first two are on 2 April in Seoul; in UTC they are on two days.
    visits = [on(store_visited, f"2025-04-0{moment}+09:00") for moment in ("2T08:00:00", "2T23:00:00", "5T12:00:00")]
    elsewhere = on(store_visited, "2025-04-02T13:00:00+09:00").replaced(site="dobong")
    found = figures_of(connection, *visits, elsewhere)["store_visits_a_day"]
    assert (found.value, found.numerator, found.base) == (1.3, 4, 3)


def test_a_correction_changes_what_is_known_from_then_on_and_not_before(connection: Connection) -> None:
    story = [recorded(call_received, NOON), recorded(touchpoint_corrected, LATER)]
    before = figures_of(connection, *story, known_at="2025-06-30")
    assert before["calls_level_loneliness_talk"].numerator == 1


def test_a_correction_counts_from_its_recording(connection: Connection) -> None:
    story = [recorded(call_received, NOON), recorded(touchpoint_corrected, LATER)]
    after = figures_of(connection, *story, known_at="2025-07-01")
    assert after["calls_level_loneliness_talk"].numerator == 0
    assert after["calls_level_information"].numerator == 1


@pytest.mark.parametrize(
    ("known_at", "visits"), [("2025-05-31", 0), ("2025-06-01", 1), ("2025-06-30", 1), ("2025-07-01", 0)]
)
def test_a_visit_counts_between_its_recording_and_its_voiding(
    connection: Connection, known_at: str, visits: int
) -> None:
    story = [recorded(store_visited, NOON), recorded(touchpoint_voided, LATER)]
    assert figures_of(connection, *story, known_at=known_at)["store_visits"].value == visits


def test_people_and_services_are_published_apart_and_the_union_counts_everybody_once(connection: Connection) -> None:
    found = figures_of(
        connection,
        prescription_issued,
        on(prescription_issued, "2025-06-02"),
        counselling_held,
        on(counselling_held, "2025-06-03"),
        direct_support_given,
        by_another(direct_support_given),
    )
    assert (found["prescribed_people"].value, found["prescriptions"].value) == (1, 2)
    assert (found["counselled_people"].value, found["counselling_sessions"].value) == (1, 2)
    assert (found["supported_people"].value, found["supports"].value) == (2, 2)
    assert found["counselled_or_supported_people"].value == 2


def test_activities_and_their_areas_are_counted_apart(connection: Connection) -> None:
    elsewhere = on(activity_performed, "2025-06-02").replaced(area="mapo")
    found = figures_of(connection, activity_performed, on(activity_performed, "2025-06-03"), elsewhere)
    assert (found["activities"].value, found["activity_areas"].value) == (3, 2)


def test_a_share_of_nothing_has_no_value(connection: Connection) -> None:
    found = figures_of(connection)
    assert found["calls"].value == 0
    assert found["calls_level_emergency"].value is None


def test_a_window_that_has_not_opened_has_no_days() -> None:
    assert Window().days(parse_moment("2025-03-31")) == 0
    assert Window().days(parse_moment("2025-04-01")) == 1


def test_every_figure_has_a_code_of_its_own_a_version_and_a_title_in_both_languages() -> None:
    assert len({figure.code for figure in FIGURES}) == len(FIGURES)
    assert all(figure.version >= 1 and figure.korean and figure.english for figure in FIGURES)
