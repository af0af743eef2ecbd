"""Around everything, the guard included: each request counted, timed and logged by the template of its path.

Neither the path nor the query is told: they name people.
"""

import logging
from http import HTTPMethod
from time import perf_counter
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import request_id
from replay.metrics import HTTP_REQUESTS, HTTP_SECONDS

log = logging.getLogger("majung.http.access")

_METHODS = frozenset(HTTPMethod)
_WATCHING = frozenset({"/livez", "/readyz", "/metrics"})
"""Asked every few seconds by machines: logged at debug only."""
NO_ANSWER = "none"
OTHER = "other"
"""A method or a path that is none of ours: a caller could make up any number of them."""


class Measured:
    """Counts, times and logs every request, and gives it an id, which the answer has as X-Request-Id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Of our own making: one that a caller chooses may be anything.
        named = request_id.set(uuid4().hex)
        begun_at, status, seconds = perf_counter(), 0, 0.0

        async def send_and_look(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = message["status"], perf_counter() - begun_at
                MutableHeaders(scope=message)["X-Request-Id"] = request_id.get() or ""
            await send(message)

        try:
            await self._app(scope, receive, send_and_look)
        finally:
            _tell(scope, status, seconds)
            request_id.reset(named)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in _METHODS else OTHER
    route = getattr(scope.get("route"), "path", OTHER)
    HTTP_REQUESTS.labels(method, route, f"{status // 100}xx" if status else NO_ANSWER).inc()
    if status:
        HTTP_SECONDS.labels(method, route).observe(seconds)
    told = {"method": method, "route": route, "status": status or NO_ANSWER, "duration_seconds": round(seconds, 6)}
    log.log(logging.DEBUG if route in _WATCHING else logging.INFO, "answered", extra=told)
