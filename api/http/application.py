"""The application: routes, problems, guard and the embedded worker, put together over one running Majung."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.http import problem_handlers
from api.http.embedded_worker import EmbeddedWorker
from api.http.events import events_router
from api.http.guard import Guard
from api.http.health import health_router
from api.http.links import links_router
from api.http.overrides import overrides_router
from api.http.people import people_router
from api.wiring import Majung

DESCRIPTION = """\
Touchpoints go in as CloudEvents and are stored once; a person's summary, timeline, journey and wellbeing come out, as
of any world time and as known at any journal time. Every error is `application/problem+json` (RFC 9457).

There is no authentication yet: the server is for 127.0.0.1.
"""


def create_app(majung: Majung, *, work: bool) -> FastAPI:
    """The HTTP API over a running Majung, which stays the caller's to close.

    With `work` the read models are kept up to date by a thread of this process, from start-up to shutdown.
    """
    worker = EmbeddedWorker(majung.worker()) if work else None

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if worker is None:
            yield
            return
        worker.start()
        try:
            yield
        finally:
            await worker.stop()

    app = FastAPI(
        title="Majung",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        # The stock pages load their scripts from elsewhere; the description itself is served.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_middleware(Guard)
    problem_handlers.install(app, majung)
    app.include_router(events_router(majung))
    app.include_router(people_router(majung))
    app.include_router(links_router(majung))
    app.include_router(overrides_router(majung))
    app.include_router(health_router(majung, worker))
    return app
