"""Who reads the stream of alerts: one thread looks for all of them, from the first reader to shutdown."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from traceback import format_tb

from anyio import to_thread

from replay.alerts import Look, Now, looks
from replay.journal import Journal

RETRY_SECONDS = 2.0
log = logging.getLogger("majung.alerts")


class Reader:
    """One reader's place in the event loop: holds the newest look until it is taken; who is slow misses older ones."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._look: Look | None = None
        self.closed = False

    async def next_look(self, patience_seconds: float) -> Look | None:
        """The newest look not taken yet; None when there was none for so long, or when the server stops."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                await self._changed.wait()
        self._changed.clear()
        look, self._look = self._look, None
        return look

    def offer(self, look: Look) -> None:
        """Called from any thread."""
        self._call(lambda: setattr(self, "_look", look))

    def close(self) -> None:
        """End the stream. Called from any thread."""
        self._call(lambda: setattr(self, "closed", True))

    def _call(self, change: Callable[[], None]) -> None:
        def apply() -> None:
            change()
            self._changed.set()

        # A loop that has ended has no reader any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(apply)


class AlertReaders:
    """All readers of one server. A look that fails is logged by its kind and place, and taken again soon after."""

    def __init__(self, journal: Journal, now: Now) -> None:
        self._journal = journal
        self._now = now
        self._lock = Lock()
        self._readers: set[Reader] = set()
        self._latest: Look | None = None
        self._stop = Event()
        self._thread: Thread | None = None

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """A reader for as long as the block runs, in the event loop."""
        reader = Reader()
        with self._lock:
            self._readers.add(reader)
            if self._latest is not None:
                reader.offer(self._latest)
            if self._stop.is_set():
                reader.closed = True
            elif self._thread is None:
                self._thread = Thread(target=self._run, name="majung-alerts", daemon=True)
                self._thread.start()
        try:
            yield reader
        finally:
            with self._lock:
                self._readers.discard(reader)

    def close(self) -> None:
        """End every stream, and let no other begin: a server waits for its streams before it stops."""
        self._stop.set()
        with self._lock:
            readers = list(self._readers)
        for reader in readers:
            reader.close()

    async def stop(self) -> None:
        """End every stream, and the thread."""
        self.close()
        if self._thread is not None:
            await to_thread.run_sync(self._thread.join)

    def _offer(self, look: Look) -> None:
        with self._lock:
            self._latest = look
            for reader in self._readers:
                reader.offer(look)

    def _run(self) -> None:
        while not self._stop.is_set():
            with logged_by_kind():
                for look in looks(self._journal, self._now, self._stop):
                    self._offer(look)
            self._stop.wait(RETRY_SECONDS)


@contextmanager
def logged_by_kind() -> Iterator[None]:
    """An error is told by its kind and place: the message of a database may repeat personal data."""
    try:
        yield
    except Exception as error:
        log.error("%s at\n%s", type(error).__qualname__, "".join(format_tb(error.__traceback__)))
