"""Server-Sent Events: one thread looks for all readers of a stream, and each is told what is new to them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import Annotated, Any, Generic, TypeVar

import orjson
from anyio import to_thread
from fastapi import Header
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.http.problems import RETRY_AFTER_SECONDS, Problem
from api.logs import kind_and_places

KEEP_ALIVE_SECONDS = 15.0
RETRY_SECONDS = 2.0

LastEventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", description="The last `id` that was received: the stream goes on from there."),
]
L = TypeVar("L")
"""What is seen when somebody looks."""
Looks = Callable[[Event, Event], Iterator[L]]
"""Looks until the first event is set. The second one is set while somebody reads, and at the end."""


class Reader(Generic[L]):
    """One reader's place in the event loop: holds the newest look until it is taken; who is slow misses older ones."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._look: L | None = None
        self.closed = False

    async def next_look(self, patience_seconds: float) -> L | None:
        """The newest look not taken yet; None when there was none for so long, or when the server stops."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                await self._changed.wait()
        self._changed.clear()
        look, self._look = self._look, None
        return look

    def offer(self, look: L) -> None:
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


class Readers(Generic[L]):
    """All readers of one stream of a server, and the thread that looks for them, from the first of them to shutdown.

    A look that fails is logged by its kind and place, and taken again soon after.
    """

    def __init__(self, name: str, looks: Looks[L], *, at_most: int) -> None:
        self._name = name
        self._looks = looks
        self._at_most = at_most
        self._log = logging.getLogger(f"majung.{name}")
        self._lock = Lock()
        self._readers: set[Reader[L]] = set()
        self._latest: L | None = None
        self._stop = Event()
        self._wanted = Event()
        self._thread: Thread | None = None

    def ensure_room(self) -> None:
        """Raises Problem where there are as many readers as a server bears. Some that begin at the same moment pass."""
        if len(self._readers) >= self._at_most:
            raise Problem(
                "too-many-readers",
                f"{self._at_most} read this stream of this server already: try again later, or ask another server",
                headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            )

    def response(
        self, first: bytes, told: Callable[[L], bytes], idle: Callable[[], bytes] = lambda: b""
    ) -> StreamingResponse:
        """A stream: what comes first, what is `told` of each look (it may be nothing, and may block), and a comment
        after so long without; `idle` may add lines to it.
        """
        return StreamingResponse(self._messages(first, told, idle), media_type="text/event-stream")

    async def _messages(
        self, first: bytes, told: Callable[[L], bytes], idle: Callable[[], bytes]
    ) -> AsyncIterator[bytes]:
        # What fails here has begun to answer: the stream ends, and its reader comes again with the last id.
        with self.reader() as reader, self._logged():
            now = asyncio.get_running_loop().time
            yield first
            quiet_since = now()
            while not reader.closed:
                look = await reader.next_look(max(0.0, quiet_since + KEEP_ALIVE_SECONDS - now()))
                news = await run_in_threadpool(told, look) if look is not None else b""
                if not news and look is None and not reader.closed:
                    news = b": nothing new\n" + idle() + b"\n"
                if news:
                    yield news
                    quiet_since = now()

    @contextmanager
    def reader(self) -> Iterator[Reader[L]]:
        """A reader for as long as the block runs, in the event loop."""
        reader = Reader[L]()
        with self._lock:
            self._readers.add(reader)
            if self._latest is not None:
                reader.offer(self._latest)
            self._wanted.set()
            if self._stop.is_set():
                reader.closed = True
            elif self._thread is None:
                self._thread = Thread(target=self._run, name=f"majung-{self._name}", daemon=True)
                self._thread.start()
        try:
            yield reader
        finally:
            with self._lock:
                self._readers.discard(reader)
                if not self._readers and not self._stop.is_set():
                    self._wanted.clear()

    def close(self) -> None:
        """End every stream, and let no other begin: a server waits for its streams before it stops."""
        with self._lock:
            self._stop.set()
            self._wanted.set()
            readers = list(self._readers)
        for reader in readers:
            reader.close()

    async def stop(self) -> None:
        """End every stream, and the thread."""
        self.close()
        if self._thread is not None:
            await to_thread.run_sync(self._thread.join)

    def _offer(self, look: L) -> None:
        with self._lock:
            self._latest = look
            for reader in self._readers:
                reader.offer(look)

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._logged():
                for look in self._looks(self._stop, self._wanted):
                    self._offer(look)
            self._stop.wait(RETRY_SECONDS)

    @contextmanager
    def _logged(self) -> Iterator[None]:
        """An error is told by its kind and place: the message of a database may repeat personal data."""
        try:
            yield
        except Exception as error:
            self._log.error("%s could not be told", self._name, extra=kind_and_places(error))


def message(event: str, data: Any, mark: str | None = None) -> bytes:
    """One message: its data as JSON, and its id where the reader may resume after it."""
    return id_line(mark) + b"event: %b\ndata: %b\n\n" % (event.encode(), orjson.dumps(data))


def id_line(mark: str | None) -> bytes:
    """The line that says where to resume; without a mark none."""
    return b"id: %b\n" % mark.encode() if mark is not None else b""


def event_stream(description: str) -> dict[str, Any]:
    """A stream as an OpenAPI response."""
    return {
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
        "description": f"Server-Sent Events: {description}",
    }
