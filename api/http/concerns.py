"""GET /v1/concerns: worry about people who are not in contact yet, page by page. Where they live is sealed."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field

from api.http.answer import Instant, Part
from api.http.cursor import Cursor
from api.http.parameters import MOST_ITEMS, readable
from api.http.problems import documented
from api.http.workers import AsOf
from api.wiring import Majung
from domain.casework import State
from domain.cloud_events import in_utc
from domain.codes import About, Reporter
from projections.concerns import ConcernStands, concerns, concerns_at
from replay.live import generations


class ConcernsAsked(AsOf):
    """Which concerns, at which moment, and which page of them."""

    open: bool = False
    """Only those that are not closed: neither found nor ended."""
    limit: int = Field(default=50, ge=1, le=MOST_ITEMS)
    """How many concerns a page has at most."""
    cursor: Annotated[str, AfterValidator(readable)] | None = None
    """Where the page before ended: opaque, from its `next` link or `next_cursor`."""


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
    concerns: list[ConcernTold]
    next_cursor: str | None
    """Null: there are no more."""
    behind: int
    """How many events of the journal are not in this answer yet."""


_LINK = {"Link": {"description": 'The next page (RFC 8288), `rel="next"`.', "schema": {"type": "string"}}}


def concerns_router(majung: Majung) -> APIRouter:
    """The endpoint about all concerns. It reads rows that the worker process keeps up to date."""
    router = APIRouter(prefix="/v1/concerns", tags=["concerns"])

    @router.get(
        "",
        response_model=Concerns,
        summary="Concerns about people who are not in contact yet",
        responses={200: {"headers": _LINK}, **documented("invalid-parameter", "database-unavailable")},
    )
    def _(asked: Annotated[ConcernsAsked, Query()], response: Response) -> Any:
        """Every concern and how the search stands, as known now. Follow the `next` link until there is none."""
        moment = asked.as_of or majung.now()
        after = None if asked.cursor is None else Cursor.read(asked.cursor)
        with majung.database.read() as connection:
            [served] = generations.live(connection, [concerns])
            found = concerns_at(
                connection, served.table, moment, only_open=asked.open, after=after, limit=asked.limit + 1
            )
            behind = majung.lag_in(connection).behind
        page = found[: asked.limit]
        cursor = Cursor(page[-1].opened_at, page[-1].opened_by).write() if len(found) > len(page) else None
        if cursor is not None:
            response.headers["Link"] = f'<{_next(asked, cursor)}>; rel="next"'
        return Concerns(as_of=moment, concerns=[_told(one) for one in page], next_cursor=cursor, behind=behind)

    return router


def _told(found: ConcernStands) -> ConcernTold:
    return ConcernTold(**found._asdict())


def _next(asked: ConcernsAsked, cursor: str) -> str:
    query = [("as_of", in_utc(asked.as_of))] if asked.as_of is not None else []
    query += [("open", "true")] if asked.open else []
    return f"/v1/concerns?{urlencode([*query, ('limit', str(asked.limit)), ('cursor', cursor)])}"
