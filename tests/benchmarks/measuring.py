"""Ratios that a noisy machine cannot spoil: ours and the yardstick take turns, and each pair is compared by itself."""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

Step = Callable[[], object]


class Spent(NamedTuple):
    """Seconds of wall clock, and seconds of processor in this process."""

    wall: float
    cpu: float

    def and_also(self, other: "Spent") -> "Spent":
        return Spent(self.wall + other.wall, self.cpu + other.cpu)


class Goal(NamedTuple):
    """What the median ratio is to reach."""

    value: float
    at_most: bool = False

    def is_met(self, ratio: float) -> bool:
        return ratio <= self.value if self.at_most else ratio >= self.value

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.value:g}"


@dataclass(frozen=True)
class Measured:
    """One line of the table: pairs of ours and the yardstick, in one unit."""

    case: str
    database: str
    pairs: Sequence[tuple[float, float]]
    goal: Goal | None
    unit: str = "µs"
    cpu: float | None = None
    """The median ratio of processor time: only where one process does all the work."""
    inverted: bool = False
    """True where ours is to be no larger than the yardstick, such as memory: the ratio is ours / yardstick."""

    @property
    def ratios(self) -> list[float]:
        return sorted(ours / yardstick if self.inverted else yardstick / ours for ours, yardstick in self.pairs)

    @property
    def is_met(self) -> bool | None:
        return None if self.goal is None else self.goal.is_met(median(self.ratios))


def speed(case: str, database: str, spent: Sequence[Sequence[Spent]], events: int, goal: Goal | None) -> Measured:
    """How many times as fast as the yardstick: of each turn ours comes first, then the yardstick."""
    pairs = [(ours.wall / events * 1e6, yardstick.wall / events * 1e6) for ours, yardstick, *_ in spent]
    cpu = median(yardstick.cpu / ours.cpu for ours, yardstick, *_ in spent) if database == "sqlite" else None
    return Measured(case, database, pairs, goal, cpu=cpu)


def take_turns(*contenders: Iterable[Step]) -> list[Spent]:
    """What each contender spends in all, one step of each after the other: A B A B and so on.

    A step is asked for when its turn comes, and what it takes to prepare it is not counted.
    """
    spent = [Spent(0, 0)] * len(contenders)
    turns = [iter(contender) for contender in contenders]
    with _settled():
        while True:
            for index, steps in enumerate(turns):
                step = next(steps, None)
                if step is None:
                    return spent
                spent[index] = spent[index].and_also(_timed(step))


def _timed(step: Step) -> Spent:
    # Garbage collection stays on, as in service, but does not walk the events that a benchmark has prepared.
    gc.collect()
    gc.freeze()
    wall, cpu = time.perf_counter(), time.process_time()
    step()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


@contextmanager
def _settled() -> Iterator[None]:
    try:
        yield
    finally:
        gc.unfreeze()
