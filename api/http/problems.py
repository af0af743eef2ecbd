"""Problems (RFC 9457): every way in which a request can fail, each with a type that never changes.

`type` is `urn:majung:problem:<slug>`; docs/http-api.md says what each means. No problem repeats a value, and none
carries an `instance`: it would be the path, and that names a person.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from fastapi import Response
from pydantic import BaseModel, ConfigDict

from domain.field_faults import said
from domain.refusals import IntakeError
from replay.live.held import Cause

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:majung:problem:"
RETRY_AFTER_SECONDS = 5


class Kind(NamedTuple):
    """One type of problem."""

    status: int
    title: str


REQUEST_KINDS = {
    "invalid-parameter": Kind(422, "A parameter is wrong"),
    "person-unknown": Kind(404, "Nothing is recorded under this pseudonym"),
    "no-such-endpoint": Kind(404, "There is no such endpoint"),
    "method-not-allowed": Kind(405, "This endpoint does not take this method"),
    "unsupported-content": Kind(415, "This content type is not taken"),
    "too-many-events": Kind(413, "Too many events in one batch"),
    "conflict": Kind(409, "This id was told before, with other content"),
    "too-many-readers": Kind(503, "As many read this stream as may"),
    "database-unavailable": Kind(503, "The database does not answer, or is busy"),
    "does-not-fold": Kind(503, "What is recorded of this person does not fold"),
    "vault-unavailable": Kind(503, "The vault does not open"),
    "not-ready": Kind(503, "Not ready to serve"),
    "internal-error": Kind(500, "Something went wrong here"),
}
INTAKE_KINDS = {
    "refused": Kind(422, "The event is refused"),
    "too-large": Kind(413, "Too many bytes"),
    "unreadable": Kind(400, "This is not readable JSON"),
    "wrong-specversion": Kind(422, "Not CloudEvents 1.0"),
    "missing-attribute": Kind(422, "A CloudEvents attribute is missing"),
    "invalid-attribute": Kind(422, "A CloudEvents attribute is wrong"),
    "subject-not-a-uuid": Kind(422, "The subject is not a pseudonym"),
    "unknown-type": Kind(422, "No event has this name"),
    "unknown-version": Kind(422, "The event is not known in this version"),
    "not-from-producers": Kind(422, "Only Majung itself decides this"),
    "naive-time": Kind(422, "A time stamp has no UTC offset"),
    "time-out-of-range": Kind(422, "A moment that no journey can have"),
    "in-the-future": Kind(422, "The event lies in the future"),
    "unknown-code-lists": Kind(422, "This version of the code lists is not known"),
    "wrong-code": Kind(422, "A value is not in its code list"),
    "invalid-data": Kind(422, "The fields do not fit the type"),
}
"""What the intake refuses, by its own codes (domain/refusals.py)."""
COMMAND_KINDS = {
    "same-pseudonym": Kind(422, "Both are one and the same pseudonym"),
    "already-one-person": Kind(409, "The two are one person already"),
    "household-and-person": Kind(409, "One is a household, the other a person"),
    "pair-id-used": Kind(409, "This pair id was used before"),
    "not-linked": Kind(404, "There is no such link"),
    "no-longer-linked": Kind(409, "The link was taken back before"),
    "override-expired": Kind(422, "The last day lies in the past"),
    "household-has-no-stage": Kind(409, "A household has no stage"),
    "command-id-used": Kind(409, "This command id was used before"),
    "nothing-overridden": Kind(404, "No override is in force"),
    "alert-unknown": Kind(404, "This person has no such alert"),
    "alert-taken-on": Kind(409, "The alert was acknowledged before"),
    "contended": Kind(409, "Others kept changing this person"),
    "refused-by-policy": Kind(403, "A rule forbids it"),
}
"""What a command is refused for (domain/identities.py, domain/overriding.py)."""
KINDS: Mapping[str, Kind] = REQUEST_KINDS | INTAKE_KINDS | COMMAND_KINDS


class ProblemDetails(BaseModel):
    """The members that every problem has; some types add their own."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str


class Problem(Exception):
    """A request that fails, with what to do about it and the members that its type adds."""

    def __init__(self, slug: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.slug = slug
        self.detail = detail
        self.headers = headers
        self.members = members

    def response(self) -> Response:
        """The problem as it is sent."""
        status, title = KINDS[self.slug]
        body = {"type": PREFIX + self.slug, "title": title, "status": status, "detail": self.detail} | self.members
        return response_of(status, body, self.headers)


def invalid(wrong: Mapping[str, str]) -> Problem:
    """Parameters or fields that are wrong, by name, and what each must be."""
    parameters = [{"name": name, "message": words} for name, words in wrong.items()]
    return Problem("invalid-parameter", said(wrong.items()), parameters=parameters)


def refusal(error: IntakeError) -> Problem:
    """What the intake refuses, as a problem."""
    slug = error.code if error.code in KINDS else IntakeError.code
    return Problem(slug, str(error), code=error.code, fields=list(error.fields))


def unavailable() -> Problem:
    """The database cannot answer now; nothing was acknowledged, and recording again is safe."""
    return Problem(
        "database-unavailable",
        "nothing was acknowledged: send the same request again later, an event is never stored twice",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def vault_unavailable() -> Problem:
    """Personal fields can be neither sealed nor opened."""
    return Problem(
        "vault-unavailable",
        "personal fields can be neither sealed nor opened, and nothing was acknowledged: see the server's /readyz",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def does_not_fold(cause: Cause) -> Problem:
    """No answer about this person can be given before somebody has looked at it."""
    return Problem(
        "does-not-fold",
        f"{cause.error}: {cause.message}",
        error=cause.error,
        event_id=str(cause.event_id) if cause.event_id else None,
        event_type=cause.event_type,
    )


def internal_error() -> Problem:
    """What nobody foresaw. The log has the place; the answer holds nothing of it."""
    return Problem("internal-error", "nothing was acknowledged by this answer: the server's log says where it happened")


def documented(*slugs: str) -> dict[int | str, dict[str, Any]]:
    """These problems as OpenAPI responses, one for each status."""
    by_status: dict[int | str, list[str]] = {}
    for slug in slugs:
        by_status.setdefault(KINDS[slug].status, []).append(slug)
    return {status: _documented(slugs) for status, slugs in by_status.items()}


def _documented(slugs: list[str]) -> dict[str, Any]:
    examples = {slug: {"value": _example(slug)} for slug in slugs}
    content = {"schema": ProblemDetails.model_json_schema(), "examples": examples}
    return {"description": "; ".join(KINDS[slug].title for slug in slugs), "content": {MEDIA_TYPE: content}}


def _example(slug: str) -> dict[str, Any]:
    status, title = KINDS[slug]
    return {"type": PREFIX + slug, "title": title, "status": status, "detail": "what to do about it"}


def response_of(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None) -> Response:
    """A problem's members as they are sent."""
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)
