"""Who folds the parts of a replay: this process, alone or with others beside it, each with its own connections."""

import logging
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection as pipes
from multiprocessing import get_context, parent_process
from threading import Thread
from uuid import UUID

from domain.components import Link
from replay.rebuild.engine import Opened, Opening, part_folder
from replay.rebuild.ledger import Rebuild
from replay.rebuild.parts import Done, Part, PartFolder

LOST_AT_MOST = 3
"""Who lost others more often goes on alone."""

_AT_HAND = 2
"""Parts that each of the others has: the one it folds, and the next."""

log = logging.getLogger("majung.replay")


@dataclass(frozen=True)
class Crew:
    """How many processes fold, this one among them, how the others open the journal, and how much all of them give way
    to others (as `nice` counts)."""

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
        """Fold the parts that are `left`, in no particular order, with what is open `here` and whoever helps."""
        own = part_folder(here, rebuild, links)
        before = os.nice(0)
        if self.niceness > before:
            os.nice(self.niceness - before)
        lost = 0
        while parts := left():
            helpers = min(self.processes, len(parts)) - 1
            if not helpers or self.opening is None or lost > LOST_AT_MOST:
                yield from map(own.fold, parts)
                return
            # Started anew and not forked: a fork would share connections, and whatever threads hold.
            fresh, begin = get_context("spawn"), partial(_begin, self.opening, rebuild, links)
            try:
                yield from _together(parts, own, ProcessPoolExecutor(helpers, fresh, begin), helpers)
            except BrokenProcessPool:
                # One of them was killed: what they had at hand is done again by those that follow.
                lost += 1
                log.warning("a process that helped a replay was ended: is there enough memory?", extra={"times": lost})


def _together(parts: Sequence[Part], own: PartFolder, others: ProcessPoolExecutor, helpers: int) -> Iterator[Done]:
    """Fold beside others, from the first part on while they are still starting."""
    waiting, theirs = deque(parts), set[Future[Done]]()
    try:
        while waiting or theirs:
            while waiting and len(theirs) < helpers * _AT_HAND:
                theirs.add(others.submit(_fold, waiting.popleft()))
            if waiting:
                yield own.fold(waiting.popleft())
            ready, theirs = wait(theirs, 0 if waiting else None, FIRST_COMPLETED)
            yield from (each.result() for each in ready)
    finally:
        others.shutdown(wait=True, cancel_futures=True)


def processors() -> int:
    """How many processes this one may keep busy at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_own: list[PartFolder | Exception] = []
"""In a process that helps: what it folds with, or why it cannot."""
_closing = ExitStack()


def _begin(opening: Opening, rebuild: Rebuild, links: Mapping[UUID, Sequence[Link]]) -> None:
    """In a process that helps: open the journal, and end with whoever started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
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
