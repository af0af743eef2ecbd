"""Progress where nobody watches a terminal (a pipe, cron, a container): a plain line now and then, and a last one."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import NamedTuple

EVERY_SECONDS = 10.0
"""At most so often a line is said."""

Clock = Callable[[], float]


class _Told(NamedTuple):
    at: float
    done: int
    total: int | None
    counted: int


class ProgressLines:
    """Says how far the work is: percent where the whole is known, how many are done, how many a second, time left.

    Seconds are of any clock that does not go back. What is there at the first word (of a work that goes on where it
    stood) counts neither for the rate nor for the time left.
    """

    def __init__(self, what: str, unit: str, say: Callable[[str], None], clock: Clock = monotonic) -> None:
        self._what = what
        self._unit = unit
        self._say = say
        self._clock = clock
        self._said_at = self._begun_at = clock()
        self._first: _Told | None = None
        self._last: _Told | None = None
        """None, too, where it was said already."""

    def advance(self, done: int, total: int | None, count: int | None = None) -> None:
        """So much is done; `count` is what the rate counts, where that is not `done` itself."""
        now = self._clock()
        self._last = _Told(now, done, total, done if count is None else count)
        self._first = self._first or self._last
        if now - self._said_at >= EVERY_SECONDS:
            self._said_at = now
            self._say(self._line(self._first, self._last) + _time_left(self._first, self._last))
            self._last = None

    def end(self) -> None:
        """Say how far it came, however it ended; nothing where nothing was told, or all of it said."""
        if self._first and self._last:
            self._say(self._line(self._first, self._last._replace(at=self._clock())))

    def _line(self, first: _Told, now: _Told) -> str:
        percent = f"{100 * now.done // now.total} %, " if now.total else ""
        return f"{self._what}: {percent}{now.counted:,} {self._unit}{self._rate(first, now)}"

    def _rate(self, first: _Told, now: _Told) -> str:
        # What was told but once was done since the beginning.
        since, before = (first.at, first.counted) if now.counted > first.counted else (self._begun_at, 0)
        return f" ({(now.counted - before) / (now.at - since):,.0f}/s)" if now.at > since else ""


def _time_left(first: _Told, now: _Told) -> str:
    if not now.total or not first.done < now.done < now.total:
        return ""
    seconds = (now.total - now.done) * (now.at - first.at) / (now.done - first.done)
    return f", ETA {timedelta(seconds=round(seconds))}"
