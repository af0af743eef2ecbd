"""GET /v1/alerts, its stream, and PUT .../acknowledgement: what cannot wait, whom it reaches, who takes it on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from struct import Struct
from typing import Annotated, Literal, NamedTuple, Self
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.commands import Actor, Words
from api.http.answer import Instant, Part
from api.http.commands import COMMANDED, body_of, contended, read_command, receipt_response
from api.http.cursor import NEXT_LINK, OTHER_MOMENT, Paged, cursor, moment_in, place_in
from api.http.parameters import MOST_ITEMS, Moment, PersonId
from api.http.problems import Problem, documented, invalid
from api.http.streams import LastEventId, Readers, event_stream, id_line, message
from api.wiring import Majung
from domain.acknowledging import AlertError
from domain.alerts import Cause
from domain.clock import END_OF_TIME, from_microseconds, to_microseconds
from domain.cloud_events import in_utc
from domain.codes import About
from projections.alert_list import AlertLine, AlertState, Place, alert_list, place
from replay.commands import acknowledging
from replay.queries.alerts import Look, Mark, News, Watcher, everything, looks, standing

READERS_AT_MOST = 500
_PLACE = Struct(">q?Bq16s")


class Watched(BaseModel):
    """Whose alerts."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    worker: Actor | None = None
    """Only what reaches this worker, by pseudonym. Without it, everything."""


class AlertsAsked(Watched):
    """Which alerts, and at which moment."""

    as_of: Moment | None = None
    """What called for somebody then. A date, to its end in Seoul, or a time stamp with its offset. Without it, now."""
    all: bool = False
    """Also those that were acknowledged, and those that were told too late to alarm anybody."""
    limit: int = Field(default=50, ge=1, le=MOST_ITEMS)
    """How many alerts a page has at most."""
    cursor: str | None = None
    """Where the page before ended: opaque, from its `next` link or `next_cursor`."""


class PlaceOnList(NamedTuple):
    """Where a page ended, and of which moment the list was: states are those of one moment on all of its pages."""

    at: datetime
    is_now: bool
    """No moment was asked for: everything that is recorded counts."""
    place: Place

    def write(self) -> bytes:
        state, raised_at, event_id = self.place
        return _PLACE.pack(to_microseconds(self.at), self.is_now, state, to_microseconds(raised_at), event_id.bytes)

    @classmethod
    def read(cls, written: bytes) -> Self:
        """Raises ValueError, OverflowError or struct.error for what `write` never gives."""
        at, is_now, state, raised_at, event_id = _PLACE.unpack(written)
        return cls(moment_in(at), is_now, (state, from_microseconds(raised_at), UUID(bytes=event_id)))


class AlertTold(Part):
    """One alert at a moment. No answer, item or score is in it."""

    state: AlertState
    """`open`; `escalated`: unacknowledged for ten minutes, and everybody's; `acknowledged`; `silent`: told more than 72
    hours after it happened; `withdrawn`, in the stream only: what raised it was voided or corrected."""
    participant_id: UUID
    """The pseudonym of the person: the smallest of all linked identities."""
    cause: Cause
    instrument: str | None
    """Of a safety flag."""
    about: About | None
    """Of a call: whom it was about, where that was told."""
    raised_at: Instant
    """When it happened."""
    escalates_at: Instant
    recipients: list[str]
    """Workers assigned or, until it escalates, with the shift that was handed over last; then the shift's manager.
    Empty where it calls for nobody any more."""
    acknowledged_at: Instant | None
    acknowledged_by: str | None
    action: str | None
    event_id: UUID
    """The event that raised it: the alert's own id."""


class AlertList(Part):
    """One page of the alerts at a moment: escalated ones first, then the oldest first."""

    as_of: Instant
    """The same on every page."""
    alerts: list[AlertTold]
    next_cursor: str | None
    """For the next page, as in the `next` link; null on the last page."""


class AcknowledgeCommand(BaseModel):
    """A worker takes an alert on."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    actor: Actor
    """Pseudonym of the worker."""
    action: Words
    """What they do about it, in a few open words: no name, no detail."""


class AcknowledgementReceipt(Part):
    """The alert is acknowledged."""

    event_id: UUID
    status: Literal["recorded", "duplicate"]
    """`duplicate`: the same worker had told the same before."""


_ADVICE = {
    "actor": "must be a worker's pseudonym of 1 to 200 characters",
    "action": "must say what is done about it, in 1 to 200 characters on one line",
}
_WHAT_TO_DO = {
    "alert-unknown": "this person has no such alert: GET /v1/alerts?all=true lists them",
    "alert-taken-on": "it was acknowledged before: GET /v1/alerts?all=true says by whom",
}
_EVENT_STREAM = event_stream(
    "of `event: alerts`, `data` is a JSON array of alerts (see /v1/alerts), and `id` is where to resume; `event:"
    " restart` says that one cannot resume."
)
AlertId = Annotated[UUID, Path(alias="event_id", description="The alert: the id of the event that raised it.")]


def alert_readers(majung: Majung) -> Readers[Look]:
    """Who reads the stream of alerts."""
    return Readers("alerts", lambda stop, _: looks(majung.journal, majung.now, stop), at_most=READERS_AT_MOST)


def alerts_router(majung: Majung, readers: Readers[Look]) -> APIRouter:
    """The endpoints of alerts. What reads the journal blocks, and runs in threads."""
    router = APIRouter(tags=["alerts"])
    journal, manager = majung.journal, majung.settings.shift_manager

    @router.get(
        "/v1/alerts",
        response_model=AlertList,
        summary="What cannot wait",
        responses={
            200: {"headers": NEXT_LINK},
            **documented("invalid-parameter", "refused-by-policy", "database-unavailable", "vault-unavailable"),
        },
    )
    def _(asked: Annotated[AlertsAsked, Query()], response: Response) -> AlertList:
        """The alerts that call for somebody, as known now: escalated ones first, then the oldest first.

        Follow the `next` link until there is none."""
        journal.ensure_worker(asked.worker)
        after = place_in(Paged.ALERTS, asked, PlaceOnList.read)
        if after is not None and asked.as_of != (None if after.is_now else after.at):
            raise invalid({"cursor": OTHER_MOMENT})
        at = after.at if after else asked.as_of or majung.now()
        bound = asked.as_of or END_OF_TIME
        rows = everything(journal) if asked.all else standing(journal, bound)
        found = alert_list(rows, at, manager=manager, as_of=bound, worker=asked.worker, everything=asked.all)
        ahead = [line for line in found if after is None or place(line) > after.place]
        page = ahead[: asked.limit]
        following = None
        if len(ahead) > len(page):
            following = cursor(Paged.ALERTS, asked, PlaceOnList(at, asked.as_of is None, place(page[-1])).write())
            response.headers["Link"] = f'<{_next(asked, following)}>; rel="next"'
        return AlertList(as_of=at, alerts=[_told(line) for line in page], next_cursor=following)

    @router.get(
        "/v1/alerts/stream",
        response_class=StreamingResponse,
        summary="Every alert as it is raised, escalates, is acknowledged or withdrawn",
        responses={
            200: _EVENT_STREAM,
            **documented(
                "invalid-parameter",
                "refused-by-policy",
                "too-many-readers",
                "database-unavailable",
                "vault-unavailable",
            ),
        },
    )
    async def _(watched: Annotated[Watched, Query()], last_event_id: LastEventId = None) -> StreamingResponse:
        """First what is open, or with `Last-Event-ID` what changed since; then each change once, at once.

        Where one cannot go on from that id, `event: restart` comes first, and what is open after it.
        """
        readers.ensure_room()
        watcher = Watcher(journal, majung.now, manager=manager, worker=watched.worker)

        def begin() -> News:
            journal.ensure_worker(watched.worker)
            return watcher.begin(Mark.read(last_event_id) if last_event_id else None)

        first = await run_in_threadpool(begin)
        anew = bool(last_event_id) and not first.goes_on

        def told(look: Look) -> bytes:
            news = watcher.after(look)
            return _message(news) if news is not None and news.lines else b""

        def place() -> bytes:
            # The less there is to look through then.
            return id_line(watcher.mark.write() if watcher.mark else None)

        return readers.response((_RESTART if anew else b"") + _message(first), told, place)

    @router.put(
        "/v1/people/{id}/alerts/{event_id}/acknowledgement",
        status_code=201,
        response_model=AcknowledgementReceipt,
        summary="Take an alert on",
        responses={
            200: {"model": AcknowledgementReceipt, "description": "The same worker had told the same before."},
            201: {"description": "It is acknowledged, and calls for nobody any more."},
            **documented(*COMMANDED, "alert-unknown", "alert-taken-on"),
        },
        openapi_extra=body_of(AcknowledgeCommand),
    )
    async def _(person: PersonId, alert: AlertId, request: Request) -> Response:
        """A worker says what they do about it. An alert is taken on once."""
        told = await read_command(AcknowledgeCommand, request, _ADVICE)

        def carry_out() -> Response:
            with _problems():
                done = acknowledging.acknowledge(
                    journal, person, alert, actor=told.actor, action=told.action, now=majung.now()
                )
            receipt = AcknowledgementReceipt(event_id=done.event_id, status=done.status)
            return receipt_response(receipt, duplicate=done.duplicate, new=201)

        return await run_in_threadpool(carry_out)

    return router


@contextmanager
def _problems() -> Iterator[None]:
    try:
        with contended():
            yield
    except AlertError as error:
        raise Problem(error.code, _WHAT_TO_DO[error.code]) from None


def _next(asked: AlertsAsked, following: str) -> str:
    """A relative reference, as for a timeline."""
    query = [("as_of", in_utc(asked.as_of))] if asked.as_of is not None else []
    query += [("worker", asked.worker)] if asked.worker is not None else []
    query += [("all", "true")] if asked.all else []
    return f"/v1/alerts?{urlencode([*query, ('limit', str(asked.limit)), ('cursor', following)])}"


def _told(line: AlertLine) -> AlertTold:
    return AlertTold(**line._asdict())


# It bears no id: who hears this and no more comes again with the same, and hears it again.
_RESTART = message(
    "restart",
    {
        "detail": "one cannot go on from this Last-Event-ID: forget all alerts that were told, the next message has"
        " every one that is open"
    },
)


def _message(news: News) -> bytes:
    """All that changed at once is one message, so that an id tells all that was told."""
    return message("alerts", [_told(line).model_dump(mode="json") for line in news.lines], news.mark.write())
