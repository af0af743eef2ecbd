"""Following replays: told the present whenever it changes, and each end once, also to who was away meanwhile."""

import re
from collections.abc import Sequence
from typing import NamedTuple, Self

from replay.rebuild.ledger import READY
from replay.rebuild.progress import Ended, Look, Replay


class Mark(NamedTuple):
    """What a follower was told: up to which replay, which went on then, and which of them waited."""

    newest: int
    going_on: frozenset[int] = frozenset()
    ready: frozenset[int] = frozenset()

    def write(self) -> str:
        numbers = (f".{number}{'w' * (number in self.ready)}" for number in sorted(self.going_on | self.ready))
        return f"{self.newest}{''.join(numbers)}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what `write` never gives, or gives of more replays than go on at once anywhere."""
        if not re.fullmatch(r"\d{1,9}(\.\d{1,9}w?){0,100}", text, re.ASCII):
            return None
        newest, *numbers = text.split(".")
        ready = frozenset(int(number[:-1]) for number in numbers if number.endswith("w"))
        return cls(int(newest), frozenset(int(number) for number in numbers if number.isdigit()) - ready, ready)

    @classmethod
    def of(cls, look: Look) -> Self:
        """Of who knows of all that a look tells."""
        ready = frozenset(replay.number for replay in look.replays if replay.state == READY)
        return cls(look.newest, frozenset(replay.number for replay in look.replays) - ready, ready)

    def misses(self, ended: Ended) -> bool:
        """Whether who was told so much was not told of this end."""
        if ended.number > self.newest or ended.number in self.going_on:
            return True
        return ended.number in self.ready and ended.state != READY


class News(NamedTuple):
    """What a follower is to be told, and the mark that they have then."""

    mark: Mark
    ended: Sequence[Ended]
    replays: Sequence[Replay]
    """All that go on."""


class Follower:
    """One who is told of replays, from the present on or from where they were told last."""

    def __init__(self, since: Mark | None = None) -> None:
        self._mark = since
        self._told: Sequence[Replay] | None = None
        self._seen = 0

    def news(self, number: int, look: Look) -> News | None:
        """What a look brings; None where that is nothing, or a later look was seen before. The first always brings the
        present.
        """
        if number <= self._seen:
            return None
        mark = self._mark
        # A replay that has not begun yet: the mark is of another journal.
        if mark is None or mark.newest > look.newest:
            mark = Mark.of(look)
        ended = [each for each in look.ended if mark.misses(each)]
        changed = self._told != look.replays
        self._seen, self._told, self._mark = number, look.replays, Mark.of(look)
        return News(self._mark, ended, look.replays) if ended or changed else None
