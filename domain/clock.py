"""The two clocks' arithmetic: instants in UTC, days in Asia/Seoul, integer microseconds in storage."""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END_OF_TIME = datetime(9999, 12, 31, 14, 59, 59, 999999, tzinfo=UTC)
"""The end of the last Seoul day that a date can name: later than everything, and still a day."""

MICROSECOND = timedelta(microseconds=1)
_DAY, _HALF_HOUR = timedelta(days=1), timedelta(minutes=30)
_DAYS_REMEMBERED = 32_768
"""The calendar is slow, and of all that is ever asked of it most is asked again: ninety years of days."""


class NotAnInstant(ValueError):
    """A text is neither a date nor a time stamp with its offset."""


def to_microseconds(instant: datetime) -> int:
    """Microseconds since 1970 in UTC, exact (no float on the way)."""
    return (instant - EPOCH) // MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """The UTC instant of a count that `to_microseconds` gave."""
    return EPOCH + MICROSECOND * microseconds


def within_time(moment: datetime) -> datetime:
    """A moment to ask for: what nothing ends lasts until END_OF_TIME, and who asks for that moment finds it there."""
    return min(moment, END_OF_TIME - MICROSECOND)


def day_of(instant: datetime) -> date:
    """The calendar day in Seoul."""
    if instant.tzinfo is not UTC:
        return instant.astimezone(SEOUL).date()
    # Seoul has always been ahead of UTC by less than a day: it has the same date, or already the next one.
    day = instant.date()
    return day if instant < _over(day) else day + _DAY


@lru_cache(_DAYS_REMEMBERED)
def _over(day: date) -> datetime:
    """The first instant after a Seoul day. Until 1960 some days went back over their last hour at midnight."""
    over = start_of_next_day(day)
    while day < date.max and over.astimezone(SEOUL).date() <= day:
        over += _HALF_HOUR
    return over


def days_between(earlier: datetime, later: datetime) -> int:
    """Whole calendar days in Seoul from one instant to another; negative when `later` is earlier."""
    return (day_of(later) - day_of(earlier)).days


def months_after(day: date, months: int) -> date:
    """That day of the month so many months later, or the last one of a month that is too short; at most date.max."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    if year > date.max.year:
        return date.max
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def end_of_day(day: date) -> datetime:
    """The last microsecond of a Seoul day: what a bare date means when it bounds a question."""
    return datetime.combine(day, time.max, SEOUL).astimezone(UTC)


@lru_cache(_DAYS_REMEMBERED)
def start_of_next_day(day: date) -> datetime:
    """When a Seoul day is over, also the last one that a date can name."""
    return end_of_day(day) + MICROSECOND


@lru_cache(_DAYS_REMEMBERED)
def start_of_day(day: date) -> datetime:
    """Midnight in Seoul at which a day begins, as a UTC instant."""
    return datetime.combine(day, time(), SEOUL).astimezone(UTC)


def parse_moment(text: str) -> datetime:
    """Read a bound such as `as_of`: a bare date means to its end in Seoul, a time stamp needs an offset.

    Raises NotAnInstant, whose message says which forms are read.
    """
    return _moment(text, end_of_day)


def parse_beginning(text: str) -> datetime:
    """As `parse_moment`, of a bound from which something counts: a bare date means from its start in Seoul."""
    return _moment(text, start_of_day)


def _moment(text: str, of_day: Callable[[date], datetime]) -> datetime:
    try:
        if len(text) == 10:
            return of_day(date.fromisoformat(text))
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotAnInstant(
            f"{text!r} is not a date (2025-09-30) nor a time stamp with an offset (2025-09-30T09:00:00+09:00)"
        ) from None
    raise NotAnInstant(f"{text!r} has no UTC offset: write {text}+09:00 for Seoul time, or {text}Z for UTC")
