"""The application: routes, problems, guard and the embedded worker, put together over one running Majung."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from fastapi import Depends, FastAPI

from api.expiring import expired_removed
from api.http import problem_handlers
from api.http.alerts import alert_readers, alerts_router
from api.http.concerns import concerns_router
from api.http.duplicates import duplicates_router
from api.http.embedded_worker import EmbeddedWorker
from api.http.events import events_router
from api.http.follow_ups import follow_ups_router
from api.http.guard import Guard
from api.http.health import health_router
from api.http.households import households_router
from api.http.links import links_router
from api.http.measured import Measured
from api.http.metrics import metrics_router
from api.http.overrides import overrides_router
from api.http.people import people_router
from api.http.projections import progress_readers, projections_router
from api.http.query import only_what_is_taken
from api.http.subject_copy import subject_copy_router
from api.http.workers import workers_router
from api.wiring import Majung
from replay.rebuild.progress import Looking

DESCRIPTION = """\
Touchpoints go in as CloudEvents and are stored once; a person's summary, timeline, journey and wellbeing come out, as
of any world time and as known at any journal time. Every error is `application/problem+json` (RFC 9457).

There is no authentication yet: the server is for 127.0.0.1.
"""


def create_app(majung: Majung, *, work: bool) -> FastAPI:
    """The HTTP API over a running Majung, which stays the caller's to close.

    With `work` the read models are kept up to date by a thread of this process, from start-up to shutdown, and what has
    expired is removed.
    """
    worker = EmbeddedWorker(majung.worker(), majung.journal) if work else None
    looking = Looking(majung.journal)
    of_alerts, of_replays = alert_readers(majung), progress_readers(looking)

    def end_streams() -> None:
        of_alerts.close()
        of_replays.close()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if worker is not None:
            worker.start()
        try:
            with expired_removed(majung.journal) if work else nullcontext():
                yield
        finally:
            # All threads end meanwhile, each when it is woken next.
            end_streams()
            if worker is not None:
                await worker.stop()
            await of_alerts.stop()
            await of_replays.stop()

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
    # The last that is added is the outermost.
    app.add_middleware(Measured)
    problem_handlers.install(app, majung)
    for router in (
        events_router(majung),
        people_router(majung),
        subject_copy_router(majung),
        follow_ups_router(majung),
        links_router(majung),
        duplicates_router(majung),
        overrides_router(majung),
        alerts_router(majung, of_alerts),
        workers_router(majung),
        concerns_router(majung),
        households_router(majung),
        projections_router(majung, looking, of_replays),
    ):
        app.include_router(router, dependencies=[Depends(only_what_is_taken)])
    app.include_router(health_router(majung, worker))
    if majung.settings.metrics:
        app.include_router(metrics_router(majung))
    app.state.end_streams = end_streams
    return app
