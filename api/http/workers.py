"""GET /v1/workers/{worker}/caseload, GET and POST .../handover: whom a worker has, what the next shift must know."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict

from api.commands import Actor
from api.http.answer import Instant, Part
from api.http.commands import COMMANDED, body_of, read_command, receipt_response
from api.http.parameters import Moment
from api.http.problems import Problem, documented, invalid
from api.wiring import Majung
from domain.casework.refusals import CommandIdReused, SameWorker
from projections.handover import ItemKind
from replay.commands import casework


class AsOf(BaseModel):
    """The moment that is asked about. Rows are as known now."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    as_of: Moment | None = None
    """The world's clock: a date, to its end in Seoul, or a time stamp with its offset. Without it, now."""


class CaseTold(Part):
    """Somebody on the caseload, and what is open for them."""

    participant_id: UUID
    """The pseudonym of the person: the smallest of all linked identities."""
    roles: list[str]
    """The worker's, for this person."""
    since: Instant
    """When the worker took the first of them."""
    stage: str | None
    """By the rules; null: none."""
    entered_at: Instant | None
    open_follow_ups: int
    """Lines of the list of whom to call, silence among them."""
    overdue: int
    """How many of those had a day that is over."""


class Caseload(Part):
    """Everybody who is assigned to a worker."""

    worker: str
    as_of: Instant
    people: list[CaseTold]
    """By (`since`, `participant_id`)."""
    behind: int
    """How many events of the journal are not in this answer yet."""


class ItemTold(Part):
    """One thing that is open for somebody."""

    participant_id: UUID
    kind: ItemKind
    since: Instant
    overdue: bool
    """A follow-up whose day is over, an alert that is escalated."""
    says: str
    evidence: list[UUID]
    """The events that it rests on."""


class HandoverTold(Part):
    """What is open for everybody whom a worker has."""

    worker: str
    as_of: Instant
    on_caseload: list[UUID]
    """Assigned to the worker."""
    on_shift: list[UUID]
    """Handed over to the worker in the last 24 hours, and to nobody since."""
    items: list[ItemTold]
    """Alerts, crises of the last 24 hours, follow-ups that are kept to a day, concerns: in this order."""
    behind: int
    """How many events of the journal are not in this answer yet."""


class HandOverCommand(BaseModel):
    """A worker's shift ends, and another's begins."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    to: Actor
    """Pseudonym of the worker who takes over."""
    actor: Actor
    """Pseudonym of the worker who says so."""
    command_id: UUID | None = None
    """A new UUID of the caller's: with it, sending the command again is safe. Without it, one is made."""


class HandoverReceipt(Part):
    """The shift is handed over."""

    people: int
    """Everybody with something open."""
    items: int
    status: Literal["recorded", "duplicate", "nothing"]
    """`duplicate`: it had been carried out before; `nothing`: there was nobody to hand over."""
    behind: int
    """How many events of the journal it was not decided by: with `nothing` and some of them, ask again."""


WorkerName = Annotated[Actor, Path(alias="worker", description="A worker's pseudonym.")]

_ADVICE = {
    "to": "must be another worker's pseudonym of 1 to 200 characters",
    "actor": "must be a worker's pseudonym of 1 to 200 characters",
    "command_id": "must be a UUID that no handover had before, or left out",
}
_FOUND = ("invalid-parameter", "refused-by-policy", "database-unavailable", "vault-unavailable")
_HANDED = tuple(slug for slug in COMMANDED if slug not in ("person-unknown", "contended"))


def workers_router(majung: Majung) -> APIRouter:
    """The endpoints about a worker. They read rows that the worker process keeps up to date."""
    router = APIRouter(prefix="/v1/workers/{worker}", tags=["workers"])
    journal = majung.journal

    @router.get(
        "/caseload", response_model=Caseload, summary="Whom a worker is assigned to", responses=documented(*_FOUND)
    )
    def _(worker: WorkerName, asked: Annotated[AsOf, Query()]) -> Any:
        """Everybody who is assigned to a worker, with their stage and what is open."""
        journal.ensure_worker(worker)
        moment = asked.as_of or majung.now()
        with majung.database.read() as connection:
            cases = casework.caseload_at(connection, worker, moment)
            behind = majung.lag_in(connection).behind
        people = [CaseTold(**case._asdict()) for case in cases]
        return Caseload(worker=worker, as_of=moment, people=people, behind=behind)

    @router.get(
        "/handover",
        response_model=HandoverTold,
        summary="What the next shift must know",
        responses=documented(*_FOUND),
    )
    def _(worker: WorkerName, asked: Annotated[AsOf, Query()]) -> Any:
        """What is open for everybody who is assigned to a worker or was handed over to them."""
        journal.ensure_worker(worker)
        moment = asked.as_of or majung.now()
        with majung.database.read() as connection:
            found = casework.handover_at(connection, worker, moment)
            behind = majung.lag_in(connection).behind
        return HandoverTold(
            worker=worker,
            as_of=moment,
            on_caseload=sorted(found.on_caseload),
            on_shift=sorted(found.on_shift),
            items=[ItemTold(**item._asdict()) for item in found.items],
            behind=behind,
        )

    @router.post(
        "/handover",
        status_code=201,
        response_model=HandoverReceipt,
        summary="Hand a shift over",
        responses={
            200: {"model": HandoverReceipt, "description": "The same was carried out before, or there was nobody."},
            201: {"description": "It is handed over: one event in the stream of each person."},
            **documented(*_HANDED, "command-id-used"),
        },
        openapi_extra=body_of(HandOverCommand),
    )
    async def _(worker: WorkerName, request: Request) -> Response:
        """Everybody with something open goes to another worker, for 24 hours at most."""
        told = await read_command(HandOverCommand, request, _ADVICE)
        return await run_in_threadpool(_hand_over, majung, worker, told)

    return router


def _hand_over(majung: Majung, giver: str, told: HandOverCommand) -> Response:
    behind = majung.lag().behind
    try:
        done = casework.hand_over(
            majung.journal,
            giver=giver,
            receiver=told.to,
            actor=told.actor,
            now=majung.now(),
            command_id=str(told.command_id) if told.command_id else None,
        )
    except SameWorker:
        raise invalid({"to": _ADVICE["to"]}) from None
    except CommandIdReused as error:
        raise Problem(error.code, "the command id names another handover: send a new one") from None
    receipt = HandoverReceipt(people=done.people, items=done.items, status=done.status, behind=behind)
    return receipt_response(receipt, duplicate=done.status != "recorded", new=201)
