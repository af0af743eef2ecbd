"""Which moments a producer may tell: with their offset, from 1900 on, and ahead of our clock by a skew at most."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, get_args

from pydantic import AwareDatetime

from domain.cloud_events import ATTRIBUTE_OF, in_utc
from domain.refusals import InTheFuture, InvalidAttribute, InvalidData, NaiveTime, TimeOutOfRange
from domain.touchpoint import Touchpoint

SKEW = timedelta(hours=24)
"""How far ahead of ours a producer's clock may be."""
FIRST_YEAR, LAST_YEAR = "1900", "9998"
"""What lies outside is a slip, or stands for "no end", and overflows the arithmetic of calendars."""

_TIME_STAMP = re.compile(
    r"([0-9]{4})-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_DATE = re.compile(r"([0-9]{4})-[0-9]{2}-[0-9]{2}")


@cache
def moments_of(kind: type[Touchpoint]) -> Mapping[str, bool]:
    """The type's own fields that are dates or time stamps, and which of them are time stamps."""
    found = {name: _leaf(field.annotation) for name, field in kind.model_fields.items() if name not in ATTRIBUTE_OF}
    return {name: issubclass(leaf, datetime) for name, leaf in found.items() if leaf is not None}


def check_texts(kind: type[Touchpoint], values: Mapping[str, Any], prefix: str) -> None:
    """How the type's own dates and time stamps are written; what is no text is left to validation."""
    for name, is_instant in moments_of(kind).items():
        value = values.get(name)
        if isinstance(value, str) and is_instant:
            check_time_stamp(f"{prefix}{name}", value)
        elif isinstance(value, str):
            _check_date(f"{prefix}{name}", value)


def check_time_stamp(name: str, text: object) -> None:
    """RFC 3339 only: pydantic would take a bare number for seconds since 1970."""
    match = _TIME_STAMP.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        wrong = InvalidData if name.startswith("data.") else InvalidAttribute
        raise wrong(f"{name} must be a time stamp such as 2025-09-30T09:00:00+09:00", name)
    if match[2] is None:
        raise NaiveTime(f"{name} has no UTC offset: write 2025-09-30T09:00:00+09:00 for Seoul time", name)
    _check_year(name, match[1])


def check_not_ahead(event: Touchpoint, latest: datetime, *, occurred_at: str, prefix: str) -> None:
    """That no time stamp lies after `latest`. A plain date may: a follow-up is due, a consent ends."""
    _check_not_ahead(occurred_at, event.occurred_at, latest)
    for name, is_instant in moments_of(type(event)).items():
        if is_instant and (moment := event.__dict__[name]) is not None:
            _check_not_ahead(f"{prefix}{name}", moment, latest)


def _check_not_ahead(name: str, moment: datetime, latest: datetime) -> None:
    if moment > latest:
        raise InTheFuture(f"{name} lies after {in_utc(latest)}, the latest that is taken now: check the clock", name)


def _check_date(name: str, text: str) -> None:
    match = _DATE.fullmatch(text)
    if match is None:
        raise InvalidData(f"{name} must be a date such as 2025-09-30", name)
    _check_year(name, match[1])


def _check_year(name: str, year: str) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise TimeOutOfRange(
            f"{name} must lie from {FIRST_YEAR} to {LAST_YEAR}; leave it out where there is none", name
        )


def _leaf(annotation: Any) -> type[date] | None:
    if annotation is AwareDatetime:
        return datetime
    if isinstance(annotation, type) and issubclass(annotation, date):
        return annotation
    return next((leaf for part in get_args(annotation) if (leaf := _leaf(part))), None)
