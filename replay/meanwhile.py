"""The time that PostgreSQL takes to answer, spent on something else in the same thread."""

import select
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from psycopg.waiting import Ready, Wait

_WORK: ContextVar[Iterator[object] | None] = ContextVar("work", default=None)
_EVENTS = {Wait.R: select.POLLIN, Wait.W: select.POLLOUT, Wait.RW: select.POLLIN | select.POLLOUT}


@contextmanager
def meanwhile(work: Iterator[object]) -> Iterator[None]:
    """Take from `work` whenever this thread waits for PostgreSQL within the block, which may end before it does.

    Its pieces must be small, since an answer waits for the piece in hand, and must ask no database themselves. What a
    piece raises is raised at the end of the block: what was asked of the database is done by then.
    """
    failed: list[Exception] = []

    def pieces() -> Iterator[object]:
        try:
            # Not `yield from`: what is left belongs to the caller, and would end with this generator.
            for piece in work:  # noqa: UP028
                yield piece
        except Exception as error:
            failed.append(error)

    token = _WORK.set(pieces())
    try:
        yield
    finally:
        _WORK.reset(token)
    if failed:
        raise failed[0]


class Connection(psycopg.Connection[Any]):
    """A connection of which no wait is idle while there is something to do."""

    def wait(self, gen: Any, *limits: Any, **named: Any) -> Any:
        """As psycopg waits, when nothing is left to do."""
        work = _WORK.get()
        told: Any = gen if work is None else _busy(gen, self.pgconn.socket, work)
        return super().wait(told, *limits, **named)


def _busy(asking: Generator[Wait, Ready, Any], socket: int, work: Iterator[object]) -> Generator[Wait, Ready, Any]:
    """The same conversation with the server: it is answered from here while there is work, and by psycopg then."""
    poll = select.poll()
    try:
        wanted = next(asking)
        while True:
            poll.register(socket, _EVENTS[wanted])
            while not (found := poll.poll(0)) and next(work, work) is not work:
                pass
            wanted = asking.send(_ready(found[0][1]) if found else (yield wanted))
    except StopIteration as end:
        return end.value


def _ready(events: int) -> Ready:
    # A connection that is cut is read from, which tells how.
    writable = events & select.POLLOUT
    return (Ready.RW if writable else Ready.R) if events & ~select.POLLOUT else Ready.W
