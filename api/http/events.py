"""POST /v1/events: touchpoints in, as CloudEvents, one or a batch. What is answered with success is durable."""

from collections import Counter
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.http.answer import Part
from api.http.batches import split
from api.http.cloud_events import Mode, attributes_of, mode_of, read_body
from api.http.events_example import BODIES
from api.http.problems import INTAKE_KINDS, Problem, documented, does_not_fold
from api.wiring import Majung
from domain.intake import IntakeError, read_event
from domain.touchpoint import Touchpoint
from replay.journal import Journal, Outcome


class EventReceipt(Part):
    """An event is stored."""

    event_id: UUID
    status: Literal["recorded", "duplicate"]
    """`duplicate`: it was stored before, with the same content."""
    position: int | None
    """Its place in the journal; null for a duplicate."""


class BatchEntry(Part):
    """What became of one event of a batch."""

    status: Literal["recorded", "duplicate", "conflict", "rejected"]
    event_id: UUID | None = None
    """Null for an event that could not be read."""
    position: int | None = None
    code: str | None = None
    """Why it was not stored: the last part of the problem type that it would be alone."""
    message: str | None = None
    """What to do about it."""
    fields: list[str] | None = None
    """Which fields are wrong, or differ from what is stored."""


class BatchReceipt(Part):
    """What became of a batch: the good events are stored, each of them wholly."""

    recorded: int
    duplicates: int
    conflicts: int
    rejected: int
    events: list[BatchEntry]
    """One for each event, in the order of the batch."""


def events_router(majung: Majung) -> APIRouter:
    """The way in. Recording blocks and runs in a thread; the loop only reads the body."""
    router = APIRouter(tags=["events"])
    journal, skew = majung.journal, majung.settings.future_skew

    @router.post(
        "/v1/events",
        status_code=201,
        response_model=EventReceipt,
        summary="Record touchpoints",
        responses=_RESPONSES,
        openapi_extra={"requestBody": {"required": True, "content": BODIES}},
    )
    async def _(request: Request) -> Response:
        """Takes CloudEvents 1.0 in structured, batched and binary mode; see docs/events.md for the types.

        Sending an event again is safe: the same id with the same content is stored once.
        """
        mode = mode_of(request.headers)
        body = await read_body(request, mode)
        status, receipt = await run_in_threadpool(_take, journal, skew, mode, request, body)
        return Response(receipt.model_dump_json(), status, media_type="application/json")

    return router


_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "model": EventReceipt | BatchReceipt,
        "description": "A duplicate, or a batch whose every event is stored.",
    },
    201: {"description": "The event is stored."},
    207: {"model": BatchReceipt, "description": "A batch of which some events are not stored: see each of them."},
    **documented(
        *("invalid-parameter", "conflict", "too-many-events", "unsupported-content"),
        *("database-unavailable", "vault-unavailable", "does-not-fold"),
        *INTAKE_KINDS,
    ),
}


def _take(
    journal: Journal, skew: timedelta, mode: Mode, request: Request, body: bytes
) -> tuple[int, EventReceipt | BatchReceipt]:
    if mode == "batched":
        return _take_batch(journal, skew, split(body))
    told = attributes_of(request.headers, body) if mode == "binary" else body
    event = read_event(told, now=journal.clock(), skew=skew)
    return _receipt(journal.record([event])[0])


def _receipt(outcome: Outcome) -> tuple[int, EventReceipt]:
    if outcome.status == "conflict":
        raise Problem("conflict", _conflict(outcome), event_id=str(outcome.event_id), differing=list(outcome.differing))
    if outcome.status == "blocked":
        raise _blocked(outcome)
    status = 201 if outcome.status == "recorded" else 200
    return status, EventReceipt(event_id=outcome.event_id, status=outcome.status, position=outcome.position)


def _take_batch(journal: Journal, skew: timedelta, elements: list[bytes]) -> tuple[int, BatchReceipt]:
    """Record what is readable in one transaction, and say of each event what became of it."""
    now = journal.clock()
    read = [_read(element, now=now, skew=skew) for element in elements]
    outcomes = iter(journal.record([event for event in read if isinstance(event, Touchpoint)]))
    entries = [_entry(next(outcomes)) if isinstance(event, Touchpoint) else event for event in read]
    counts = Counter(entry.status for entry in entries)
    receipt = BatchReceipt(
        recorded=counts["recorded"],
        duplicates=counts["duplicate"],
        conflicts=counts["conflict"],
        rejected=counts["rejected"],
        events=entries,
    )
    return (207 if receipt.conflicts or receipt.rejected else 200), receipt


def _read(element: bytes, **clock: Any) -> Touchpoint | BatchEntry:
    try:
        return read_event(element, **clock)
    except IntakeError as error:
        return BatchEntry(status="rejected", code=error.code, message=str(error), fields=list(error.fields))


def _entry(outcome: Outcome) -> BatchEntry:
    if outcome.status == "blocked":
        problem = _blocked(outcome)
        return BatchEntry(
            status="rejected", event_id=outcome.event_id, code=problem.slug, message=problem.detail, fields=[]
        )
    if outcome.status != "conflict":
        return BatchEntry(status=outcome.status, event_id=outcome.event_id, position=outcome.position)
    return BatchEntry(
        status="conflict",
        event_id=outcome.event_id,
        code="conflict",
        message=_conflict(outcome),
        fields=list(outcome.differing),
    )


def _blocked(outcome: Outcome) -> Problem:
    assert outcome.cause is not None
    return does_not_fold(outcome.cause)


def _conflict(outcome: Outcome) -> str:
    return (
        f"this id was told before and differs in {', '.join(outcome.differing)}: correct it with a touchpoint-corrected"
        " event, or give it an id of its own"
    )
