"""Waking the readers of the log when something is committed: LISTEN on PostgreSQL, the files' own changes on SQLite."""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import psycopg
from tenacity import (
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_when_event_set,
    wait_exponential,
)
from watchfiles import watch

from replay.append import WAKE_CHANNEL
from replay.database import Database, DatabaseUnusable

log = logging.getLogger("majung.wake")

_LOOK_EVERY_SECONDS = 2.0
"""How often a stop is noticed, and how late a signal lost with a broken connection is made up for."""


class Wake:
    """Calls `on_commit` after every commit to the journal, from a thread of its own; now and then for nothing."""

    def __init__(self, database: Database, on_commit: Callable[[], None]) -> None:
        self._database = database
        self._on_commit = on_commit
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="majung-wake", daemon=True)

    def start(self) -> None:
        """Begin to listen; the first call comes as soon as nothing can be missed any more."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._listen() if self._database.is_postgres else self._watch()
        except Exception as error:
            # Such as a system out of watches. Who follows the log must not sleep for ever because of that.
            if not self._stopped.is_set():
                told = {"error": type(error).__qualname__, "every_seconds": _LOOK_EVERY_SECONDS}
                log.warning("commits are not signalled: they are looked for", extra=told)
        while not self._stopped.wait(_LOOK_EVERY_SECONDS):
            self._on_commit()

    def _watch(self) -> None:
        path = self._database.path
        if path is None:
            raise DatabaseUnusable("a database in memory cannot be followed: use a file")
        files = {path.name, f"{path.name}-wal"}
        for _ in watch(
            path.resolve().parent,
            watch_filter=lambda _change, name: Path(name).name in files,
            stop_event=self._stopped,
            debounce=50,
            step=10,
            rust_timeout=int(_LOOK_EVERY_SECONDS * 1000),
            yield_on_timeout=True,
            recursive=False,
        ):
            self._on_commit()

    def _listen(self) -> None:
        url = self._database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        lost = retry_if_exception_type(psycopg.OperationalError)
        retrying = Retrying(
            retry=lost,
            wait=wait_exponential(multiplier=0.1, max=5),
            sleep=sleep_using_event(self._stopped),
            stop=stop_when_event_set(self._stopped),
        )
        for attempt in retrying:
            with attempt, psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"LISTEN {WAKE_CHANNEL}")
                while not self._stopped.is_set():
                    self._on_commit()
                    for _ in connection.notifies(timeout=_LOOK_EVERY_SECONDS / 4, stop_after=1):
                        pass
