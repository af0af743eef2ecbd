"""Which error is which problem: the domain's, the databases', and the framework's own."""

import logging
from http import HTTPMethod, HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy import exc
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.http.parameters import advice
from api.http.problems import Problem, does_not_fold, invalid, refusal, response_of, unavailable, vault_unavailable
from api.wiring import Majung
from domain.refusals import IntakeError
from replay.append import AlreadyThere
from replay.commands.workers import RefusedByPolicy
from replay.database import AWAY, DatabaseUnusable
from replay.live.held import OF_SOMEBODY, CannotBeFolded, cause_of
from replay.queries.as_of import PersonUnknown
from replay.vault import VaultError

log = logging.getLogger("majung.http")


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

    @app.exception_handler(RefusedByPolicy)
    def _(_request: Request, error: RefusedByPolicy) -> Response:
        return Problem("refused-by-policy", str(error)).response()

    @app.exception_handler(RequestValidationError)
    def _(_request: Request, error: RequestValidationError) -> Response:
        return invalid(advice(error.errors())).response()

    @app.exception_handler(HTTPException)
    def _(request: Request, error: HTTPException) -> Response:
        return _of_the_framework(request, error)

    def no_database(_request: Request, _error: Exception) -> Response:
        return unavailable().response()

    for kind in _database_errors(majung):
        app.add_exception_handler(kind, no_database)

    @app.exception_handler(CannotBeFolded)
    def _(_request: Request, error: CannotBeFolded) -> Response:
        log.error("a person does not fold", extra={"error": error.cause.error, "cause": error.cause.message})
        return does_not_fold(error.cause).response()

    def unreadable(_request: Request, error: Exception) -> Response:
        return does_not_fold(cause_of(error)).response()

    for kind in OF_SOMEBODY:
        app.add_exception_handler(kind, unreadable)

    @app.exception_handler(VaultError)
    def _(_request: Request, _error: VaultError) -> Response:
        return vault_unavailable().response()


def _database_errors(majung: Majung) -> set[type[Exception]]:
    """Whatever says that a database is busy, away, full or of another release, with Core's wrapping and without."""
    kinds: set[type[Exception]] = {*AWAY, exc.InterfaceError, DatabaseUnusable, AlreadyThere}
    for database in (majung.database, majung.vault_database):
        kinds.add(database.engine.dialect.loaded_dbapi.InterfaceError)
    return kinds


def _of_the_framework(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404:
        return Problem("no-such-endpoint", "/openapi.json lists every endpoint").response()
    if error.status_code == 405:
        allowed = ", ".join(_methods(request))
        return Problem("method-not-allowed", f"it takes {allowed}", headers={"Allow": allowed}).response()
    title = HTTPStatus(error.status_code).phrase
    return response_of(
        error.status_code, {"type": "about:blank", "title": title, "status": error.status_code}, error.headers
    )


def _methods(request: Request) -> list[str]:
    """All that a path takes: the framework names those of the first route that has it."""

    def takes(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return [method.value for method in HTTPMethod if takes(method)]
