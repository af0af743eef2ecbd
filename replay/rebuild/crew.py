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
from replay.identities import links_by_person
from replay.rebuild import by_person
from replay.rebuild.engine import Opened, Opening, part_folder
from replay.rebuild.ledger import Rebuild
from replay.rebuild.parts import Done, Part, PartFolder

LOST_AT_MOST = 3
"""Who lost others more often goes on alone."""

_AT_HAND = 2
"""Parts that each of the others has: the one it folds, and the next."""
_PATIENCE_SECONDS = 10.0
"""After so long without a part that is done it is seen whether anybody still folds."""

log = logging.getLogger("majung.replay")


@dataclass(frozen=True)
class Crew:
    """How many processes fold, this one among them, how the others open the journal, how much all of them give way to
    others (as `nice` counts), and of how many events on they read a copy by person (0: never)."""

    processes: int = 1
    opening: Opening | None = None
    niceness: int = 0
    copies_from: int = by_person.WORTH_IT

    def fold(
        self,
        here: Opened,
        rebuild: Rebuild,
        links: Mapping[UUID, Sequence[Link]],
        left: Callable[[], Sequence[Part]],
    ) -> Iterator[Done]:
        """Fold the parts that are `left`, in no particular order, with what is open `here` and whoever helps."""
        before = os.nice(0)
        if self.niceness > before:
            os.nice(self.niceness - before)
        with by_person.laid_out(here, rebuild, self.copies_from) as found:
            yield from self._fold(found, rebuild, links, left)

    def _fold(
        self,
        here: Opened,
        rebuild: Rebuild,
        links: Mapping[UUID, Sequence[Link]],
        left: Callable[[], Sequence[Part]],
    ) -> Iterator[Done]:
        # An archive is opened by who helps; what was copied for this replay they are told.
        copy = here.copy and here.copy.place
        own = part_folder(here, rebuild, links)
        lost = 0
        while parts := left():
            helpers = min(self.processes, len(parts)) - 1
            if not helpers or self.opening is None or lost > LOST_AT_MOST:
                yield from map(own.fold, parts)
                return
            # Started anew and not forked: a fork would share connections, and whatever threads hold. And told no more
            # than a pipe holds, which is waited for here until they have read it.
            fresh, begin = get_context("spawn"), partial(_begin, self.opening, rebuild, copy)
            try:
                yield from _together(parts, own, ProcessPoolExecutor(helpers, fresh, begin), helpers)
            except BrokenProcessPool:
                # One was killed, or could not start: what they had at hand is done again by those that follow.
                lost += 1
                log.warning("who helped a replay was ended: is there enough memory?", extra={"times": lost})


def _together(parts: Sequence[Part], own: PartFolder, others: ProcessPoolExecutor, helpers: int) -> Iterator[Done]:
    """Fold beside others, from the first part on while they are still starting. Raises BrokenProcessPool."""
    waiting, theirs = deque(parts), set[Future[Done]]()
    try:
        while waiting or theirs:
            mine = waiting.popleft() if waiting else None
            while waiting and len(theirs) < helpers * _AT_HAND:
                theirs.add(_ask(others, waiting.popleft()))
            if mine is not None:
                yield own.fold(mine)
            elif not wait(theirs, _PATIENCE_SECONDS, FIRST_COMPLETED).done:
                # One that was asked for in the moment in which they ended would be waited for in vain.
                others.submit(processors)
            for future in [each for each in theirs if each.done()]:
                done = future.result()
                theirs.remove(future)
                yield done
    except BrokenProcessPool:
        yield from (each.result() for each in theirs if each.done() and each.exception() is None)
        raise
    finally:
        others.shutdown(wait=True, cancel_futures=True)


def _ask(others: ProcessPoolExecutor, part: Part) -> Future[Done]:
    try:
        return others.submit(_fold, part)
    except OSError as error:
        raise BrokenProcessPool("no other process can be started") from error


def processors() -> int:
    """How many processes this one may keep busy at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_own: list[PartFolder | Exception] = []
"""In a process that helps: what it folds with, or why it cannot."""
_closing = ExitStack()


def _begin(opening: Opening, rebuild: Rebuild, copy: str | None) -> None:
    """In a process that helps: open the journal, and its copy where one is read, and end with whoever started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        here = _closing.enter_context(opening())
        if copy is not None:
            here = here._replace(copy=_closing.enter_context(by_person.opened(copy, here.journal)))
        with here.journal.database.read() as connection:
            links = links_by_person(connection, here.journal.reader)
        _own.append(part_folder(here, rebuild, links))
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
