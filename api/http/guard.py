"""Around everything: the headers that every answer has, and the last resort for an error that nobody foresaw."""

import logging

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import internal_error
from api.logs import kind_and_places

PEOPLE = "/v1/people/"
log = logging.getLogger("majung.http")


class Guard:
    """Sets the headers, and turns an unforeseen error into a problem.

    It is logged by its kind and place only: the message of a database or validation error repeats personal data.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                usual = "private, no-cache" if scope["path"].startswith(PEOPLE) else "no-store"
                headers.setdefault("Cache-Control", usual)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            log.info("a client left before its request was whole")
        except Exception as error:
            if begun:
                raise
            log.error("an error that nobody foresaw", extra=kind_and_places(error))
            await internal_error().response()(scope, receive, send_with_headers)
