"""GET /v1/concerns: worry about people who are not in contact yet, page by page. Where they live is sealed."""

from datetime import datetime
from struct import Struct
from typing import Annotated, Any, NamedTuple, Self
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.http.answer import Instant, Part
from api.http.cursor import NEXT_LINK, MomentAndId, Paged, cursor, moment_in, one_moment, place_in
from api.http.parameters import MOST_ITEMS
from api.http.problems import documented
from api.http.workers import AsOf
from api.wiring import Majung
from domain.casework import State
from domain.clock import to_microseconds
from domain.cloud_events import in_utc
from domain.codes import About, Reporter
from projections.concerns import ConcernStands, concerns, concerns_at
from replay.live import generations

_MOMENT = Struct(">q")


class ConcernsAsked(AsOf):
    """Which concerns, at which moment, and which page of them."""

    open: bool = False
    """Only those that are not closed: neither found nor ended."""
    limit: int = Field(default=50, ge=1, le=MOST_ITEMS)
    """How many concerns a page has at most."""
    cursor: str | None = None
    """Where the page before ended: opaque, from its `next` link or `next_cursor`."""


class PlaceOnList(NamedTuple):
    """Where a page ended, and of which moment the list was: concerns stand as they did then on all of its pages."""

    as_of: datetime
    last: MomentAndId

    def write(self) -> bytes:
        return _MOMENT.pack(to_microseconds(self.as_of)) + self.last.write()

    @classmethod
    def read(cls, place: bytes) -> Self:
        """Raises ValueError, OverflowError or struct.error for what `write` never gives."""
        [as_of] = _MOMENT.unpack_from(place)
        return cls(moment_in(as_of), MomentAndId.read(place[_MOMENT.size :]))


class ConcernTold(Part):
    """A concern at a moment."""

    participant_id: UUID
    """Of the third person where `about` is `self`, else of the caller; the smallest of all linked identities."""
    opened_at: Instant
    opened_by: UUID
    """The event that opened it."""
    about: About
    reporter: Reporter | None
    """Who reported first; null: the caller is worried."""
    state: State
    """`open`, `not_found` and `refused` go on; `found` and `ended` are closed."""
    since: Instant
    """Since when all of this is known."""
    told_by: UUID
    """The event that told it."""
    reports: int
    """How often the worry was told while the concern was open, the first time included."""
    attempts: int
    last_outcome: str | None
    last_attempt_at: Instant | None


class Concerns(Part):
    """One page of concerns, the oldest first."""

    as_of: Instant
    """The same on every page."""
    concerns: list[ConcernTold]
    next_cursor: str | None
    """Null: there are no more."""
    behind: int
    """How many events of the journal are not in this answer yet."""


def concerns_router(majung: Majung) -> APIRouter:
    """The endpoint about all concerns. It reads rows that the worker process keeps up to date."""
    router = APIRouter(prefix="/v1/concerns", tags=["concerns"])

    @router.get(
        "",
        response_model=Concerns,
        summary="Concerns about people who are not in contact yet",
        responses={200: {"headers": NEXT_LINK}, **documented("invalid-parameter", "database-unavailable")},
    )
    def _(asked: Annotated[ConcernsAsked, Query()], response: Response) -> Any:
        """Every concern and how the search stands, as known now. Follow the `next` link until there is none."""
        after = place_in(Paged.CONCERNS, asked, PlaceOnList.read)
        as_of = one_moment(asked.as_of, after.as_of if after else None) or majung.now()
        with majung.database.read() as connection:
            [served] = generations.live(connection, [concerns])
            found = concerns_at(
                connection,
                served.table,
                as_of,
                only_open=asked.open,
                after=after.last if after else None,
                limit=asked.limit + 1,
            )
            behind = majung.lag_in(connection).behind
        page = found[: asked.limit]
        following = None
        if len(found) > len(page):
            last = MomentAndId(page[-1].opened_at, page[-1].opened_by)
            following = cursor(Paged.CONCERNS, asked, PlaceOnList(as_of, last).write())
            response.headers["Link"] = f'<{_next(asked, as_of, following)}>; rel="next"'
        return Concerns(as_of=as_of, concerns=[_told(one) for one in page], next_cursor=following, behind=behind)

    return router


def _told(found: ConcernStands) -> ConcernTold:
    return ConcernTold(**found._asdict())


def _next(asked: ConcernsAsked, as_of: datetime, following: str) -> str:
    """A relative reference, as for a timeline."""
    query = [("as_of", in_utc(as_of)), *([("open", "true")] if asked.open else [])]
    return f"/v1/concerns?{urlencode([*query, ('limit', str(asked.limit)), ('cursor', following)])}"
