"""What the endpoints of all commands share: the body they read, and what they answer when others were faster."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from api.commands import Actor, Reason
from api.http.answer import Part
from api.http.cloud_events import read_body
from api.http.problems import RETRY_AFTER_SECONDS, Problem, invalid
from domain.field_faults import MOST_FAULTS, faults_of, not_known
from domain.strict_json import read_object
from replay.journal import DecisionContended


def _written_out(value: Any) -> Any:
    """A time stamp at midnight and a number of seconds would pass as days too, and mean another day in Seoul."""
    if not isinstance(value, str) or len(value) != len("2025-12-31"):
        raise ValueError("not a day")
    return value


Day = Annotated[date, BeforeValidator(_written_out)]
"""A day as 2025-12-31, in no other form."""


class Command(BaseModel):
    """What a command of staff states."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    reason: Reason
    """Why. It is stored sealed, and no answer holds it."""
    actor: Actor | None = None
    """Pseudonym of who decided it."""


Told = TypeVar("Told", bound=BaseModel)

ASKED = ("invalid-parameter", "person-unknown", "database-unavailable", "vault-unavailable")
"""The problems that every question about a person may meet."""
COMMANDED = (*ASKED, "unsupported-content", "unreadable", "too-large", "contended", "refused-by-policy")
"""Those that every command may."""
_ADVICE = {
    "reason": "must say why, in 1 to 2,000 characters",
    "actor": "must be a worker's pseudonym of 1 to 200 characters, or left out",
}


def body_of(command: type[BaseModel]) -> dict[str, Any]:
    """How a command's body is told in openapi.json."""
    content = {"application/json": {"schema": command.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


async def read_command(command: type[Told], request: Request, advice_by_name: Mapping[str, str]) -> Told:
    """The command in a request's body, with what to say of each of its own fields that does not fit.

    Raises Problem and IntakeError, and repeats nothing of what was sent.
    """
    content, _, parameters = request.headers.get("content-type", "").partition(";")
    plain = request.headers.get("content-encoding", "identity").lower() == "identity"
    if content.strip().lower() != "application/json" or parameters.strip().lower() not in _CHARSETS or not plain:
        raise Problem("unsupported-content", "send the command as application/json, in UTF-8, and not compressed")
    try:
        return command.model_validate(read_object(await read_body(request, "binary")))
    except ValidationError as error:
        raise invalid(_in_words(command, error, _ADVICE | dict(advice_by_name))) from None


def _in_words(command: type[BaseModel], error: ValidationError, words_of: Mapping[str, str]) -> dict[str, str]:
    """What each wrong field must be, by name."""
    found: dict[str, str] = {}
    for fault in faults_of(command, error)[:MOST_FAULTS]:
        name = fault.path[0]
        unknown = fault.kind == "extra_forbidden"
        found[name] = not_known(name, command.model_fields) if unknown else words_of.get(name, fault.rule)
    return found


_CHARSETS = ("", "charset=utf-8", 'charset="utf-8"')


def receipt_response(receipt: Part, *, duplicate: bool, new: int) -> Response:
    """A command that was carried out now has the status `new`; one that had been before, 200."""
    return Response(receipt.model_dump_json(), 200 if duplicate else new, media_type="application/json")


@contextmanager
def contended() -> Iterator[None]:
    """A command that others kept in the way of may be sent again as it is."""
    try:
        yield
    except DecisionContended:
        again = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        raise Problem("contended", "nothing was changed: send the same command again", headers=again) from None
