"""Problems (RFC 9457): every way in which a request can fail, each with a type that never changes.

`type` is `urn:majung:problem:<slug>`; docs/http-api.md says what each means. No problem repeats what was sent, and none
carries an `instance`: it would be the path, and that names a person.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from sqlalchemy import exc
from starlette.exceptions import HTTPException

from api.http.parameters import advice
from api.wiring import Majung
from domain.refusals import IntakeError
from replay.append import AlreadyThere
from replay.as_of import PersonUnknown
from replay.database import DatabaseUnusable
from replay.vault import VaultError

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
    "database-unavailable": Kind(503, "The database does not answer, or is busy"),
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
KINDS: Mapping[str, Kind] = REQUEST_KINDS | INTAKE_KINDS


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
        return _response(status, body, self.headers)


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


def install(app: FastAPI, majung: Majung) -> None:
    """Make every error of the application a problem; what is left over the Guard answers."""

    @app.exception_handler(Problem)
    def _(_request: Request, error: Problem) -> Response:
        return error.response()

    @app.exception_handler(IntakeError)
    def _(_request: Request, error: IntakeError) -> Response:
        return refusal(error).response()

    @app.exception_handler(PersonUnknown)
    def _(_request: Request, _error: PersonUnknown) -> Response:
        detail = "nothing was recorded under this pseudonym by then: check the id, and known_at where it is given"
        return Problem("person-unknown", detail).response()

    @app.exception_handler(RequestValidationError)
    def _(_request: Request, error: RequestValidationError) -> Response:
        parameters = advice(error.errors())
        detail = "; ".join(f"{name}: {words}" for name, words in parameters)
        wrong = [{"name": name, "message": words} for name, words in parameters]
        return Problem("invalid-parameter", detail, parameters=wrong).response()

    @app.exception_handler(HTTPException)
    def _(_request: Request, error: HTTPException) -> Response:
        return _of_the_framework(error)

    def no_database(_request: Request, _error: Exception) -> Response:
        return unavailable().response()

    for kind in _database_errors(majung):
        app.add_exception_handler(kind, no_database)

    @app.exception_handler(VaultError)
    def _(_request: Request, _error: VaultError) -> Response:
        return vault_unavailable().response()


def _database_errors(majung: Majung) -> set[type[Exception]]:
    """Whatever says that a database is busy, away, full or of another release, with Core's wrapping and without."""
    kinds: set[type[Exception]] = {exc.OperationalError, exc.InterfaceError, exc.TimeoutError}
    for database in (majung.database, majung.vault_database):
        driver = database.engine.dialect.loaded_dbapi
        kinds |= {driver.OperationalError, driver.InterfaceError}
    return kinds | {DatabaseUnusable, AlreadyThere}


def _of_the_framework(error: HTTPException) -> Response:
    if error.status_code == 404:
        return Problem("no-such-endpoint", "/openapi.json lists every endpoint").response()
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        return Problem("method-not-allowed", f"it takes {allowed}", headers=error.headers).response()
    title = HTTPStatus(error.status_code).phrase
    return _response(
        error.status_code, {"type": "about:blank", "title": title, "status": error.status_code}, error.headers
    )


def _response(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None) -> Response:
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)
