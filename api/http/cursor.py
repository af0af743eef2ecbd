"""Where a page of a list ended: opaque to callers, the same whatever arrives later, and of no other list or filters.

In base64url: one byte for the kind of list, the CRC-32 of what the list is about, that of its filters, and the place.
"""

import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple, Protocol, Self, TypeVar
from uuid import UUID
from zlib import crc32

import orjson

from api.http.parameters import ADVICE
from api.http.problems import invalid
from domain.clock import END_OF_TIME, from_microseconds, to_microseconds

NEXT_LINK = {"Link": {"description": 'The next page (RFC 8288), `rel="next"`.', "schema": {"type": "string"}}}
_TEXT = re.compile(r"[A-Za-z0-9_-]{1,1600}", re.ASCII)
_HEAD = struct.Struct(">BII")
_MOMENT_AND_ID = struct.Struct(">q16s")
OTHER_MOMENT = "is that of a list of another as_of: begin this list without a cursor"
P = TypeVar("P")


class Paged(Enum):
    """The lists that have pages."""

    TIMELINE = 1
    CONCERNS = 2
    FOLLOW_UPS = 3
    ALERTS = 4


_WHOSE = {
    Paged.TIMELINE: "of a timeline",
    Paged.CONCERNS: "of /v1/concerns",
    Paged.FOLLOW_UPS: "of /v1/follow-ups",
    Paged.ALERTS: "of /v1/alerts",
}


_BRING_THEIR_MOMENT = {Paged.CONCERNS, Paged.FOLLOW_UPS, Paged.ALERTS}
"""Lists that may be asked for at one moment and followed without naming it: it stands in the place itself."""


class Asked(Protocol):
    """The parameters of a list, a model of pydantic's: all are filters but `limit` and `cursor`."""

    @property
    def cursor(self) -> str | None: ...

    def model_dump(self, *, exclude: set[str], exclude_defaults: bool = False) -> dict[str, Any]: ...


def cursor(of: Paged, asked: Asked, place: bytes, about: str = "") -> str:
    """The cursor of a place in a list that was asked for so; `about` tells lists of one kind apart."""
    head = _HEAD.pack(of.value, crc32(about.encode()), _digest(of, asked))
    return urlsafe_b64encode(head + place).rstrip(b"=").decode()


def place_in(of: Paged, asked: Asked, read: Callable[[bytes], P], about: str = "") -> P | None:
    """The place that a cursor of this list names; None without one. `read` raises ValueError for what is no place.

    Raises Problem 422, which says whether it is that of another list, or of this one with other filters.
    """
    if (told := asked.cursor) is None:
        return None
    try:
        if not _TEXT.fullmatch(told):
            raise ValueError("not a cursor")
        raw = urlsafe_b64decode(told + "=" * (-len(told) % 4))
        kind, whose, filters = _HEAD.unpack_from(raw)
        found, same = Paged(kind), whose == crc32(about.encode())
        if found is of and same and filters == _digest(of, asked):
            return read(raw[_HEAD.size :])
    except (ValueError, OverflowError, struct.error):
        raise invalid({"cursor": ADVICE["cursor"]}) from None
    if found is of and same:
        names = ", ".join(asked.model_dump(exclude=_no_filters(of)))
        raise invalid(
            {"cursor": f"is one of other filters ({names}): repeat theirs, or begin this list without a cursor"}
        )
    other = "of another timeline" if found is of else _WHOSE[found]
    raise invalid({"cursor": f"is one {other}: begin this list without a cursor"})


def _digest(of: Paged, asked: Asked) -> int:
    """Of the filters. One at its default does not count, so cursors outlive a release that brings a new one."""
    told = asked.model_dump(exclude=_no_filters(of), exclude_defaults=True)
    alike = {name: sorted(set(value)) if isinstance(value, list) else value for name, value in told.items()}
    return crc32(orjson.dumps(alike, option=orjson.OPT_SORT_KEYS))


def _no_filters(of: Paged) -> set[str]:
    return {"limit", "cursor", *(["as_of"] if of in _BRING_THEIR_MOMENT else [])}


def one_moment(asked: datetime | None, of_cursor: datetime | None) -> datetime | None:
    """The moment of all pages of a list: that of the cursor, which belongs to no other; None where neither tells one.

    Raises Problem 422 where another one is asked for.
    """
    if of_cursor is None:
        return asked
    if asked not in (None, of_cursor):
        raise invalid({"cursor": OTHER_MOMENT})
    return of_cursor


def moment_in(written: int) -> datetime:
    """A moment that a cursor brings along, in microseconds.

    Raises ValueError or OverflowError for one that nobody can ask for.
    """
    moment = from_microseconds(written)
    if moment > END_OF_TIME:
        raise ValueError("not a moment")
    return moment


class MomentAndId(NamedTuple):
    """The key of the last line of a page, in a list that is ordered by a moment and an event's id."""

    moment: datetime
    event_id: UUID

    def write(self) -> bytes:
        return _MOMENT_AND_ID.pack(to_microseconds(self.moment), self.event_id.bytes)

    @classmethod
    def read(cls, place: bytes) -> Self:
        """Raises ValueError, OverflowError or struct.error for what `write` never gives."""
        moment, event_id = _MOMENT_AND_ID.unpack(place)
        return cls(from_microseconds(moment), UUID(bytes=event_id))
