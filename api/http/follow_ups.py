"""GET /v1/follow-ups: whom to call and why, most urgent first, page by page.

It comes from the read model, as known now: what the journal knew at another time is not kept there.
"""

import struct
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple, Self
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Select, select

from api.commands import Actor
from api.http.answer import Instant, Part
from api.http.cursor import NEXT_LINK, Paged, cursor, moment_in, one_moment, place_in
from api.http.parameters import MOST_ITEMS, Moment
from api.http.problems import documented
from api.wiring import Majung
from domain.clock import day_of, end_of_day, from_microseconds, to_microseconds, within_time
from domain.cloud_events import in_utc
from domain.follow_ups import Kind
from projections.caseload import Ground, caseload, had_by
from projections.follow_ups import follow_ups
from projections.whom_to_call import Call, Place, Urgency, places
from replay.live import generations

_FIXED = struct.Struct(">qIBbqB16sq")
_HIGHEST_RANK = 1_000_000_000
_PROBLEMS = "invalid-parameter", "refused-by-policy", "database-unavailable"


class PlaceOnList(NamedTuple):
    """Where a page ended, and the moment whose list it was: opaque to callers."""

    as_of: datetime
    place: Place

    def write(self) -> bytes:
        rank, level, weight, moment, kind, component, due_from, subject = self.place
        fixed = to_microseconds(self.as_of), rank, level, weight, moment, kind
        return _FIXED.pack(*fixed, component.bytes, to_microseconds(due_from)) + subject.encode()

    @classmethod
    def read(cls, place: bytes) -> Self:
        """Raises ValueError, OverflowError or struct.error for what `write` never gives."""
        as_of, rank, level, weight, moment, kind, component, due_from = _FIXED.unpack_from(place)
        subject = place[_FIXED.size :].decode()
        if "\0" in subject or rank > _HIGHEST_RANK:
            raise ValueError("not a cursor")
        due = from_microseconds(due_from)
        return cls(moment_in(as_of), Place(rank, level, weight, moment, kind, UUID(bytes=component), due, subject))


class ListAsked(BaseModel):
    """Which lines of which list. It is always as known now, so there is no `known_at`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    as_of: Moment | None = None
    """The world's clock: whose day's list. A date, to its end in Seoul, or a time stamp with its offset. Without it, to
    the end of today in Seoul."""
    kind: Kind | None = None
    """Only what is to be done for this reason."""
    urgency: Urgency | None = None
    """Only what is so urgent."""
    worker: Actor | None = None
    """Only people assigned to this worker at `as_of`, by pseudonym."""
    limit: int = Field(default=50, ge=1, le=MOST_ITEMS)
    """How many lines a page has at most."""
    cursor: str | None = None
    """Where the page before ended: opaque, from its `next` link or `next_cursor`."""


class FollowUpTold(Part):
    """One thing to do for one person; somebody may stand on the list more than once."""

    rank: int
    """From 1: the most urgent."""
    participant_id: UUID
    """The pseudonym of the person: the smallest of all linked identities."""
    urgency: Urgency
    kind: Kind
    reason: str
    due_on: date
    days_overdue: int
    """Seoul days since the last day on which it was in time; 0 where it still is, and for silence."""
    stage: str | None
    subject: str
    evidence: list[UUID]
    """The events that it rests on."""


class FollowUpList(Part):
    """One page of the list of a moment."""

    as_of: Instant
    items: list[FollowUpTold]
    """The most urgent first."""
    next_cursor: str | None
    """For the next page, as in the `next` link; null on the last page."""
    behind: int
    """How many events of the journal are not in this list yet. It is as known now, whatever `as_of`."""


def follow_ups_router(majung: Majung) -> APIRouter:
    """The one endpoint. It blocks, and runs in a thread."""
    router = APIRouter(tags=["follow-ups"])

    @router.get(
        "/v1/follow-ups",
        response_model=FollowUpList,
        summary="Whom to call and why, most urgent first",
        responses={200: {"headers": NEXT_LINK}, **documented(*_PROBLEMS)},
    )
    def _(asked: Annotated[ListAsked, Query()], response: Response) -> Any:
        """Nobody who is not to be called. What comes between two pages shifts nothing on the second."""
        majung.journal.ensure_worker(asked.worker)
        after = place_in(Paged.FOLLOW_UPS, asked, PlaceOnList.read)
        as_of = _as_of(majung, asked, after)
        with majung.database.read() as connection:
            found = _lines(connection, asked, as_of, after)
        told = _told(found, asked, as_of, behind=majung.lag().behind)
        if told.next_cursor is not None:
            response.headers["Link"] = f'<{_next(asked, as_of, told.next_cursor)}>; rel="next"'
        return told

    return router


def _as_of(majung: Majung, asked: ListAsked, after: PlaceOnList | None) -> datetime:
    told = None if asked.as_of is None else within_time(asked.as_of)
    return one_moment(told, after.as_of if after else None) or end_of_day(day_of(majung.now()))


def _lines(
    connection: Connection, asked: ListAsked, as_of: datetime, after: PlaceOnList | None
) -> list[tuple[Call, Place]]:
    """The lines of a page, and one more where there is another page."""
    [served, assigned] = generations.live(connection, [follow_ups, caseload])
    people: Select[Any] | None = None
    if asked.worker is not None:
        rows = assigned.table.c
        held = had_by(assigned.table, asked.worker, as_of)
        people = select(rows.component).where(*held, rows.ground == Ground.ASSIGNED.value)
    return places(
        connection,
        served.table,
        as_of,
        kind=asked.kind,
        urgency=asked.urgency,
        people=people,
        after=after.place if after else None,
        limit=asked.limit + 1,
    )


def _told(found: Sequence[tuple[Call, Place]], asked: ListAsked, as_of: datetime, *, behind: int) -> FollowUpList:
    shown = found[: asked.limit]
    following = None
    if len(found) > len(shown):
        following = cursor(Paged.FOLLOW_UPS, asked, PlaceOnList(as_of, shown[-1][1]).write())
    return FollowUpList(
        as_of=as_of,
        items=[FollowUpTold(**call._asdict()) for call, _ in shown],
        next_cursor=following,
        behind=behind,
    )


def _next(asked: ListAsked, as_of: datetime, following: str) -> str:
    """A relative reference, as for a timeline."""
    chosen = [("kind", asked.kind), ("urgency", asked.urgency), ("worker", asked.worker)]
    query = [("as_of", in_utc(as_of)), *((name, value) for name, value in chosen if value is not None)]
    return f"/v1/follow-ups?{urlencode([*query, ('limit', str(asked.limit)), ('cursor', following)])}"
