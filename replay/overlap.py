"""Work on PostgreSQL that goes on beside our own: while a server reads or writes, Python can fold.

SQLite works inside this process and asks for the interpreter at every row: there it would only be in the way.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Self, TypeVar

T = TypeVar("T")


class Overlap:
    """Runs one reading step ahead, and one writing step behind, each in a thread of its own where that helps."""

    def __init__(self, *, helps: bool) -> None:
        self._helps = helps
        self._threads = ExitStack()
        self._written: Future[None] | None = None

    def __enter__(self) -> Self:
        if self._helps:
            self._reader = self._threads.enter_context(ThreadPoolExecutor(1, "replay-reads"))
            self._writer = self._threads.enter_context(ThreadPoolExecutor(1, "replay-writes"))
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.close()

    def ahead(self, steps: Iterable[Callable[[], T]]) -> Iterator[T]:
        """What the steps give, in order: the next one runs while its predecessor's result is used."""
        if not self._helps:
            yield from (step() for step in steps)
            return
        running: Future[T] | None = None
        for step in steps:
            begun, running = running, self._reader.submit(step)
            if begun is not None:
                yield begun.result()
        if running is not None:
            yield running.result()

    def behind(self, step: Callable[[], None]) -> None:
        """Run a step after all those before it. What it raises comes with the next one, or with `wait`."""
        self.wait()
        if self._helps:
            self._written = self._writer.submit(step)
        else:
            step()

    def wait(self) -> None:
        """Until the last step behind is done."""
        if self._written is not None:
            self._written.result()
            self._written = None
