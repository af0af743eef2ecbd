"""Who folds the parts of a replay: this process alone, or several beside it, each with its own connections."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection as pipes
from multiprocessing import get_context, parent_process
from threading import Thread
from uuid import UUID

from domain.components import Link
from replay.rebuild.engine import Opened, Opening, WorkersLost, part_folder
from replay.rebuild.ledger import Rebuild
from replay.rebuild.parts import Done, Part, PartFolder

_LOST_AT_MOST = 5


@dataclass(frozen=True)
class Crew:
    """How many processes fold, how they open the journal, and how much they give way to others (as `nice` counts)."""

    processes: int = 1
    opening: Opening | None = None
    niceness: int = 0

    def fold(
        self,
        here: Opened,
        rebuild: Rebuild,
        links: Mapping[UUID, Sequence[Link]],
        left: Callable[[], Sequence[Part]],
    ) -> Iterator[Done]:
        """Fold the parts that are `left`, in no particular order; with what is open `here` where nobody helps."""
        if self.processes == 1 or self.opening is None:
            yield from self._alone(part_folder(here, rebuild, links), left())
            return
        lost = 0
        while parts := left():
            try:
                yield from self._together(parts, partial(_begin, self.opening, rebuild, links, self.niceness))
            except BrokenProcessPool:
                # Some process was killed: what it had at hand is done again by those that follow.
                lost += 1
                if lost > _LOST_AT_MOST:
                    raise WorkersLost(
                        f"processes of this replay were ended {lost} times: is there enough memory for"
                        f" {self.processes}? What is done is kept: `majung replay` goes on from there"
                    ) from None

    def _alone(self, folder: PartFolder, parts: Iterable[Part]) -> Iterator[Done]:
        before = os.nice(0)
        if self.niceness > before:
            os.nice(self.niceness - before)
        yield from map(folder.fold, parts)

    def _together(self, parts: Sequence[Part], begin: Callable[[], None]) -> Iterator[Done]:
        # Started anew and not forked: a fork would share connections, and whatever threads hold.
        fresh = get_context("spawn")
        pool = ProcessPoolExecutor(min(self.processes, len(parts)), fresh, begin)
        try:
            waiting = [pool.submit(_fold, part) for part in parts]
            for future in as_completed(waiting):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def processors() -> int:
    """How many processes this one may keep busy at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_own: list[PartFolder | Exception] = []
"""In a process that helps: what it folds with, or why it cannot."""
_closing = ExitStack()


def _begin(opening: Opening, rebuild: Rebuild, links: Mapping[UUID, Sequence[Link]], niceness: int) -> None:
    """In a process that helps: open the journal, and end with whoever started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    os.nice(niceness)
    try:
        _own.append(part_folder(_closing.enter_context(opening()), rebuild, links))
    except Exception as error:
        # Raised here, it would end the process and hide the reason: whoever asks for a part is told.
        _own.append(error)


def _fold(part: Part) -> Done:
    [folder] = _own
    if isinstance(folder, Exception):
        raise folder
    return folder.fold(part)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        pipes.wait([parent.sentinel])
        os._exit(1)
