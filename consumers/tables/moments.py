"""When a row happened: from a constant, a column in any format, or a column whose values stand for dates.

A day is told as its noon, a month as the noon of its first day, in Seoul and not in the mapping's time zone: days are
those of Seoul wherever they are counted, and the noon of a day in America is the next day there. The first day of this
month is never ahead. The event's precision says that the rest is not known.
"""

import re
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, model_validator

from consumers.tables.part import Column, MappingPart
from consumers.tables.row_errors import UnmappedValue, WrongCell
from domain.clock import SEOUL

NOON = time(12)
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME_OF_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.[0-9]").match
"""How a time stamp begins. A day in another form of ISO 8601 (20250930) would pass for one, of its midnight."""
_OF_AN_INSTANT = re.compile(r"%(?:-?[HIMS]|[cXsTR])")
_OF_A_DAY = re.compile(r"%(?:-?[djUWuw]|[xDFaA])")


_FORMS = "as 2025-09-30, 2025-09 or 2025-09-30T09:00"

Moment = datetime | date | str
"""A time stamp, a date, or a text: 2020-01-15T09:00, 2020-01-15, or 2020-01 for a month."""


class OccurredAt(MappingPart):
    """When it happened: a constant, a column, or a column whose values stand for dates."""

    constant: Moment | None = None
    column: Column | None = None
    format: str | None = None
    dates: dict[str, Moment] | None = None
    precision: Literal["instant", "day", "month"] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.constant is None) == (self.column is None):
            raise ValueError("write either `constant` or `column`")
        if self.column is None and (self.format or self.dates is not None):
            raise ValueError("`format` and `dates` need a `column`")
        if self.format and self.dates is not None:
            raise ValueError("write `format` or `dates`, not both")
        for told in (*(self.dates or {}).values(), *([self.constant] if self.constant is not None else ())):
            try:
                _parsed(told, None)
            except ValueError:
                raise ValueError(f"a date is written {_FORMS}") from None
        return self


def _as_constant(told: Any) -> Any:
    return told if isinstance(told, dict) else {"constant": told}


When = Annotated[OccurredAt, BeforeValidator(_as_constant)]
"""`occurred_at = 2020-01-15` is short for a constant."""


class Occurred(NamedTuple):
    """A time stamp with its offset, and how exact it is."""

    at: datetime
    precision: str


def occurred(spec: OccurredAt, cell: str | None, zone: ZoneInfo) -> Occurred:
    """When the row happened; `cell` is that of the column which `spec` names. Raises RowError.

    `zone` is that of an instant without an offset.
    """
    told = _told(spec, cell)
    try:
        moment, precision = _parsed(told, spec.format)
        precision = spec.precision or precision
        # A day is of no zone: it stays the day that was written.
        at = moment if moment.tzinfo else moment.replace(tzinfo=zone if precision == "instant" else SEOUL)
        at.utctimetuple()
    except (ValueError, OverflowError):
        form = f"of the form {spec.format}" if spec.format else _FORMS
        raise WrongCell(f'column "{spec.column}" is not a date {form}') from None
    return Occurred(at, precision)


def _told(spec: OccurredAt, cell: str | None) -> Moment:
    if spec.constant is not None:
        return spec.constant
    if cell is None:
        raise WrongCell(f'column "{spec.column}" is empty: the event has no date')
    if spec.dates is None:
        return cell
    if cell not in spec.dates:
        raise UnmappedValue(f'column "{spec.column}" holds a value without a date: {_known(spec.dates)} have one')
    return spec.dates[cell]


def _known(table: dict[str, Moment]) -> str:
    return ", ".join(f'"{value}"' for value in table)


def _parsed(told: Moment, pattern: str | None) -> tuple[datetime, str]:
    """The moment, without an offset when none was told, and its precision."""
    if isinstance(told, datetime):
        return told, "instant"
    if isinstance(told, date):
        return datetime.combine(told, NOON), "day"
    if pattern is not None:
        return _by_pattern(datetime.strptime(told, pattern), pattern)
    if _MONTH.fullmatch(told):
        return datetime.combine(date.fromisoformat(f"{told}-01"), NOON), "month"
    if _DAY.fullmatch(told):
        return datetime.combine(date.fromisoformat(told), NOON), "day"
    if not _TIME_OF_DAY(told):
        raise ValueError("neither a month, nor a day, nor a time stamp")
    return datetime.fromisoformat(told), "instant"


def _by_pattern(moment: datetime, pattern: str) -> tuple[datetime, str]:
    if _OF_AN_INSTANT.search(pattern):
        return moment, "instant"
    return datetime.combine(moment, NOON), "day" if _OF_A_DAY.search(pattern) else "month"
