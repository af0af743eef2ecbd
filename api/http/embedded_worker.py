"""The live worker inside the server: one thread, from start-up to shutdown, that starts again when it fails."""

import logging
from threading import Event, Thread
from typing import Literal

from anyio import to_thread

from api.logs import kind_and_places
from replay.database import is_away
from replay.journal import Journal
from replay.live.worker import Worker
from replay.metrics import PART_RUNNING, RETRIES

RETRY_SECONDS = 2.0
STOP_SECONDS = 30.0
log = logging.getLogger("majung.worker")

State = Literal["running", "failing", "stopped"]


class EmbeddedWorker:
    """Runs a worker in a thread. A failure is logged by its kind and place, and the worker started again soon after."""

    def __init__(self, worker: Worker, journal: Journal) -> None:
        self._worker = worker
        self._journal = journal
        self._stop = Event()
        self._thread = Thread(target=self._run, name="majung-worker", daemon=True)
        self.failure: str | None = None
        """The name of the error it failed with; None again as soon as it has caught up."""

    @property
    def state(self) -> State:
        if not self._thread.is_alive():
            return "stopped"
        return "running" if self.failure is None else "failing"

    def start(self) -> None:
        """Begin to follow the log."""
        self._thread.start()

    async def stop(self) -> None:
        """End the thread; the batch in hand is finished first."""
        self._stop.set()
        await to_thread.run_sync(self._thread.join, STOP_SECONDS)
        if self._thread.is_alive():
            log.error("the worker did not end within %.0f s: what it had not committed is lost", STOP_SECONDS)

    def _run(self) -> None:
        running = PART_RUNNING.labels("project")
        while not self._stop.is_set():
            try:
                self._worker.catch_up(self._stop)
                self.failure = None
                running.set(1)
                self._worker.run(self._stop)
            except Exception as error:
                self.failure = type(error).__qualname__
                running.set(0)
                RETRIES.labels("project", self.failure).inc()
                log.error("the worker failed, and is started again", extra=kind_and_places(error))
                if is_away(error):
                    self._journal.give_back_connections()
                self._stop.wait(RETRY_SECONDS)
        running.set(0)
