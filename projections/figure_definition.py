"""What a figure is: what is counted, over what, in which unit and window; as plain SQL over a contributions table."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, String, Table, cast, distinct, func, select
from sqlalchemy import type_coerce as read_as

from domain.clock import END_OF_TIME, end_of_day, start_of_day
from domain.versions import alike

PROGRAMME_START = date(2025, 4, 1)

Unit = Literal[
    "contacts", "people", "services", "activities", "areas", "percent", "contacts a day", "contacts a store and day"
]
Counted = Literal["rows", "person", "area", "site and day"]

_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_SEOUL_OFFSET_US = 9 * 3_600_000_000
_DAY_US = 24 * 3_600_000_000


@dataclass(frozen=True)
class Window:
    """The Seoul days that a figure looks at, both included; without a last day the as-of date is the end."""

    first: date = PROGRAMME_START
    last: date | None = None

    def end(self, as_of: datetime) -> datetime:
        return as_of if self.last is None else min(as_of, end_of_day(self.last))

    def days(self, as_of: datetime) -> int:
        """Days begun by then; 0 before the window opens. A day is 24 hours: Seoul has kept UTC+9 since 1988."""
        return max(0, (self.end(as_of) - start_of_day(self.first)) // _DAY + 1)


@dataclass(frozen=True)
class Count:
    """What is counted of the touchpoints of some topics, in every version of them: all, or the distinct values of
    something about them."""

    topics: tuple[str, ...]
    of: Counted = "rows"
    having: tuple[tuple[str, str | None], ...] = ()
    """Columns and the value each must have; None means that nothing was stated."""

    def select(self, table: Table, window: Window, as_of: datetime, known_at: datetime) -> Select[tuple[int]]:
        """One row with one integer."""
        rows = table.c
        known_at = min(known_at, END_OF_TIME - _MICROSECOND)  # a row still in force is known to END_OF_TIME, exclusive
        return select(_counted(table, self.of)).where(
            rows.topic.in_(sorted(alike(self.topics))),
            rows.occurred_at >= start_of_day(window.first),
            rows.occurred_at <= window.end(as_of),
            rows.known_from <= known_at,
            rows.known_to > known_at,
            *(rows[name].is_(None) if value is None else rows[name] == value for name, value in self.having),
        )


def _counted(table: Table, of: Counted) -> ColumnElement[int]:
    if of == "rows":
        return func.count()
    if of == "site and day":
        seoul_day = (read_as(table.c.occurred_at, BigInteger) + _SEOUL_OFFSET_US) // _DAY_US
        return func.count(distinct(table.c.site + "/" + cast(seoul_day, String)))
    return func.count(distinct(table.c[of]))


@dataclass(frozen=True)
class Figure:
    """One definition. The value is the numerator alone, or its ratio to the base, to one decimal as published."""

    code: str
    version: int
    korean: str
    english: str
    unit: Unit
    numerator: Count
    base: Count | Literal["days"] | None = None
    window: Window = Window()
    note: str = ""
    """What is odd about the figure and must be read with it."""

    def value(self, numerator: int, base: int | None) -> int | float | None:
        """None for a ratio to nothing."""
        if self.base is None:
            return numerator
        return round((100 if self.unit == "percent" else 1) * numerator / base, 1) if base else None


class FigureValue(NamedTuple):
    """A figure at two clocks, with both of its counts, so that no reader depends on the rounding."""

    code: str
    version: int
    title: str
    value: int | float | None
    unit: Unit
    base: int | None
    numerator: int
    note: str
