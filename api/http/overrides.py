"""PUT and DELETE /v1/people/{id}/override: a stage that staff set beside the rule's, and take back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.http.answer import Part
from api.http.commands import COMMANDED, Command, Day, body_of, contended, read_command, receipt_response
from api.http.parameters import PersonId
from api.http.problems import Problem, documented
from api.wiring import Majung
from domain.codes import Stage
from domain.overriding import OverrideError
from replay.commands import overriding
from replay.journal import CarriedOut


class OverrideCommand(Command):
    """Staff see somebody in another stage than the rule's."""

    stage: Stage
    """It shows beside the rule's stage, and counts in no outcome."""
    expires_on: Day
    """Its last day, in Seoul. From the next one on the rule's stage shows alone again."""
    command_id: UUID | None = None
    """A new UUID of the caller's: with it, sending the command again is safe. Without it, one is made."""


class EndOverrideCommand(Command):
    """Staff no longer do."""


class OverrideReceipt(Part):
    """A command is carried out."""

    event_id: UUID
    status: Literal["recorded", "duplicate"]
    """`duplicate`: it had been carried out before, in the same words."""


_ADVICE = {
    "stage": f"must be one of {', '.join(Stage)}",
    "expires_on": "must be a day such as 2025-12-31",
    "command_id": "must be a UUID that no override had before, or left out",
}
_WHAT_TO_DO = {
    "override-expired": "expires_on lies in the past: name today or a later day",
    "household-has-no-stage": "a household has no stage: override that of a member",
    "command-id-used": "the command id names another override: send a new one",
    "nothing-overridden": "no override is in force: there is nothing to end",
}


def overrides_router(majung: Majung) -> APIRouter:
    """Both endpoints. Commands block and run in threads; the loop only reads the body."""
    router = APIRouter(prefix="/v1/people/{id}/override", tags=["people"])
    journal = majung.journal

    @router.put(
        "",
        status_code=201,
        response_model=OverrideReceipt,
        summary="Set a stage beside the rule's",
        responses={
            200: {"model": OverrideReceipt, "description": "The same was carried out before."},
            201: {"description": "It is set; one that was set before is replaced for good."},
            **documented(*COMMANDED, "override-expired", "household-has-no-stage", "command-id-used"),
        },
        openapi_extra=body_of(OverrideCommand),
    )
    async def _(person: PersonId, request: Request) -> Response:
        """It ends by itself after its last day."""
        told = await read_command(OverrideCommand, request, _ADVICE)

        def carry_out() -> Response:
            said: dict[str, Any] = {"reason": told.reason, "actor": told.actor, "now": majung.now()}
            command = str(told.command_id) if told.command_id else None
            with _problems():
                done = overriding.override(
                    journal, person, stage=told.stage, expires_on=told.expires_on, command_id=command, **said
                )
            return _receipt(done, new=201)

        return await run_in_threadpool(carry_out)

    @router.delete(
        "",
        response_model=OverrideReceipt,
        summary="Take back the stage that staff set",
        responses={
            200: {"description": "It is taken back, now or before in the same words."},
            **documented(*COMMANDED, "nothing-overridden"),
        },
        openapi_extra=body_of(EndOverrideCommand),
    )
    async def _(person: PersonId, request: Request) -> Response:
        """The rule's stage shows alone again."""
        told = await read_command(EndOverrideCommand, request, _ADVICE)

        def carry_out() -> Response:
            said: dict[str, Any] = {"reason": told.reason, "actor": told.actor, "now": majung.now()}
            with _problems():
                return _receipt(overriding.end_override(journal, person, **said), new=200)

        return await run_in_threadpool(carry_out)

    return router


@contextmanager
def _problems() -> Iterator[None]:
    try:
        with contended():
            yield
    except OverrideError as error:
        raise Problem(error.code, _WHAT_TO_DO[error.code]) from None


def _receipt(done: CarriedOut, *, new: int) -> Response:
    receipt = OverrideReceipt(event_id=done.event_id, status=done.status)
    return receipt_response(receipt, duplicate=done.duplicate, new=new)
