"""GET /v1/people/{id}/copy: everything recorded of a person, for that person, in plain text."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict

from api.http.parameters import Moment, PersonId
from api.http.problems import documented
from api.subject_copy import SubjectCopy, subject_copy
from api.wiring import Majung

_PROBLEMS = (
    "person-unknown",
    "invalid-parameter",
    "refused-by-policy",
    "database-unavailable",
    "vault-unavailable",
)
_NOT_STORED = {"description": "`no-store`: no cache keeps it.", "schema": {"type": "string"}}


class CopyAsked(BaseModel):
    """The copy has everything that is recorded, so it is asked for at the journal's clock only."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    known_at: Moment | None = None
    """The journal's clock: what had been recorded by then. Without it, everything recorded so far."""


def subject_copy_router(majung: Majung) -> APIRouter:
    """The one endpoint. It blocks, and runs in a thread."""
    router = APIRouter(tags=["people"])

    @router.get(
        "/v1/people/{id}/copy",
        response_model=SubjectCopy,
        summary="Everything recorded of a person, for that person",
        responses={200: {"headers": {"Cache-Control": _NOT_STORED}}, **documented(*_PROBLEMS)},
    )
    def _(person: PersonId, asked: Annotated[CopyAsked, Query()], response: Response) -> Any:
        """Personal data in plain text: sealed fields are opened, and what is about other people is withheld."""
        response.headers["Cache-Control"] = "no-store"
        return subject_copy(majung.journal, person, asked.known_at)

    return router
