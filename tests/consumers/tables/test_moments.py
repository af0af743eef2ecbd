"""A day that is told without an hour stays that day, wherever the table was written."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given as supposing
from hypothesis import strategies as st

from consumers.tables.moments import OccurredAt, occurred
from domain.clock import day_of

zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
days = st.dates(date(1900, 1, 2), date(2100, 12, 31))
BARE = OccurredAt(column="day")
AS_DAY = OccurredAt(column="day", precision="day")


@supposing(zones, days)
def test_a_bare_day_is_that_day_in_every_zone(zone: ZoneInfo, day: date) -> None:
    for spec, cell in [
        (BARE, f"{day}"),
        (OccurredAt(column="day", format="%d.%m.%Y"), f"{day:%d.%m.}{day.year}"),
        (OccurredAt(column="when", dates={"then": day}), "then"),
        (OccurredAt(constant=day), None),
    ]:
        at, precision = occurred(spec, cell, zone)
        assert (day_of(at), precision) == (day, "day")


@supposing(zones, days)
def test_a_bare_month_is_that_month_in_every_zone(zone: ZoneInfo, day: date) -> None:
    at, precision = occurred(BARE, f"{day:%Y-%m}", zone)
    assert (day_of(at), precision) == (day.replace(day=1), "month")


@supposing(zones, days, st.times())
def test_a_time_of_which_only_the_day_counts_is_of_the_day_that_is_written(
    zone: ZoneInfo, day: date, hour: time
) -> None:
    at, precision = occurred(AS_DAY, datetime.combine(day, hour).isoformat(), zone)
    assert (day_of(at), precision) == (day, "day")


@pytest.mark.parametrize(
    ("spec", "cell", "at"),
    [
        (BARE, "2025-05-01T20:00", "2025-05-01T20:00-04:00"),
        (OccurredAt(column="day", precision="instant"), "2025-05-01", "2025-05-01T12:00-04:00"),
        (AS_DAY, "2025-05-01T20:00-04:00", "2025-05-01T20:00-04:00"),
    ],
    ids=["a time", "a day that is said to be an instant", "a time with its offset"],
)
def test_an_instant_is_one_of_its_zone(spec: OccurredAt, cell: str, at: str) -> None:
    assert occurred(spec, cell, ZoneInfo("America/New_York")).at == datetime.fromisoformat(at)
