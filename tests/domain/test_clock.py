"""Instants, Seoul days, and the microseconds they are stored as."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.clock import (
    END_OF_TIME,
    EPOCH,
    SEOUL,
    NotAnInstant,
    day_of,
    days_between,
    end_of_day,
    from_microseconds,
    parse_beginning,
    parse_moment,
    start_of_day,
    to_microseconds,
    within_time,
)

INSTANTS = st.integers(to_microseconds(datetime(1900, 1, 1, tzinfo=UTC)), to_microseconds(END_OF_TIME))
OFFSETS = st.integers(-12, 9).map(lambda hours: timezone(timedelta(hours=hours)))
DAYS = st.dates(min_value=date(1900, 1, 1))


@for_all(INSTANTS, OFFSETS)
def test_an_instant_comes_back_from_its_microseconds_exactly(microseconds: int, offset: timezone) -> None:
    assert to_microseconds(from_microseconds(microseconds)) == microseconds
    assert to_microseconds(from_microseconds(microseconds).astimezone(offset)) == microseconds


def test_microseconds_count_from_1970_in_utc() -> None:
    assert to_microseconds(EPOCH) == 0
    assert to_microseconds(datetime(1970, 1, 1, 9, tzinfo=timezone(timedelta(hours=9)))) == 0
    assert to_microseconds(EPOCH - timedelta(microseconds=1)) == -1


def test_a_day_begins_at_midnight_in_seoul_whatever_the_offset_of_the_instant() -> None:
    midnight = datetime(2025, 5, 1, 15, tzinfo=UTC)
    assert day_of(midnight) == date(2025, 5, 2)
    assert day_of(midnight - timedelta(microseconds=1)) == date(2025, 5, 1)


@for_all(INSTANTS)
def test_the_day_of_an_instant_is_its_date_on_the_clocks_of_seoul(microseconds: int) -> None:
    instant = from_microseconds(microseconds)
    assert day_of(instant) == instant.astimezone(SEOUL).date()


@pytest.mark.parametrize("month", [datetime(1948, 9, 1, tzinfo=UTC), datetime(1954, 3, 1, tzinfo=UTC)])
def test_a_day_that_went_back_over_its_last_hour_lasts_until_the_second_midnight(month: datetime) -> None:
    moments = [month + timedelta(minutes=10 * count) for count in range(30 * 24 * 6)]
    assert [day_of(moment) for moment in moments] == [moment.astimezone(SEOUL).date() for moment in moments]


def test_days_are_counted_by_the_calendar_and_not_by_24_hours() -> None:
    evening, next_morning = parse_moment("2025-05-01T23:59:00+09:00"), parse_moment("2025-05-02T00:01:00+09:00")
    assert (days_between(evening, next_morning), days_between(next_morning, evening)) == (1, -1)


@for_all(DAYS)
def test_a_day_reaches_from_its_midnight_to_the_microsecond_before_the_next(day: date) -> None:
    assert day_of(start_of_day(day)) == day_of(end_of_day(day)) == day
    if day < date.max:
        assert end_of_day(day) + timedelta(microseconds=1) == start_of_day(day + timedelta(days=1))


def test_the_end_of_time_is_still_a_day_in_seoul() -> None:
    assert day_of(END_OF_TIME) == date.max
    assert parse_moment("9999-12-31") == END_OF_TIME


def test_a_bare_date_means_to_its_end_in_seoul() -> None:
    assert parse_moment("2025-09-30") == datetime(2025, 9, 30, 14, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2025-09-30T09:00:00+09:00", "2025-09-30T00:00:00Z", "2025-09-29T19:00:00-05:00"])
def test_a_time_stamp_means_its_instant(text: str) -> None:
    assert parse_moment(text) == datetime(2025, 9, 30, tzinfo=UTC)


def test_a_bare_date_from_which_something_counts_means_from_its_start() -> None:
    assert parse_beginning("2025-09-30") == start_of_day(date(2025, 9, 30))
    assert parse_beginning("2025-09-30T09:00:00+09:00") == parse_moment("2025-09-30T09:00:00+09:00")
    with pytest.raises(NotAnInstant, match="no UTC offset"):
        parse_beginning("2025-09-30T09:00:00")


def test_a_time_stamp_without_an_offset_is_refused_and_told_how_to_write_one() -> None:
    with pytest.raises(NotAnInstant, match=r"write 2025-09-30T09:00:00\+09:00 for Seoul time"):
        parse_moment("2025-09-30T09:00:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2025-13-01",
        "2025-9-30",
        "30.09.2025",
        "0001-01-01T00:00:00+09:00",
        "9999-12-31T23:00:00-09:00",
    ],
)
def test_what_is_no_moment_is_refused_and_told_the_forms_that_are_read(text: str) -> None:
    with pytest.raises(NotAnInstant, match="is not a date"):
        parse_moment(text)


def test_who_asks_for_the_end_of_time_is_told_of_the_moment_before() -> None:
    before = END_OF_TIME - timedelta(microseconds=1)
    assert within_time(END_OF_TIME) == within_time(before) == before
    assert within_time(EPOCH) == EPOCH
