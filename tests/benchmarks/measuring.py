"""Ratios that a noisy machine cannot spoil: ours and the yardstick take turns, and each pair is compared by itself."""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

Step = Callable[[], object]


class Spent(NamedTuple):
    """Seconds of wall clock, and seconds of processor in this process."""

    wall: float
    cpu: float

    def __add__(self, other: object) -> "Spent":
        assert isinstance(other, Spent)
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


def speed(
    case: str, database: str, spent: Sequence[tuple[Spent, Spent]], events: int, goal: Goal | None
) -> Measured:
    """How many times as fast as the yardstick; each pair handled so many events on either side."""
    pairs = [(ours.wall / events * 1e6, yardstick.wall / events * 1e6) for ours, yardstick in spent]
    cpu = median(yardstick.cpu / ours.cpu for ours, yardstick in spent) if database == "sqlite" else None
    return Measured(case, database, pairs, goal, cpu=cpu)


def take_turns(*contenders: Sequence[Step]) -> list[Spent]:
    """What each contender spends in all, one step of each after the other: A B A B and so on."""
    spent = [Spent(0, 0)] * len(contenders)
    with _settled():
        for steps in zip(*contenders, strict=True):
            spent = [before + timed(step) for before, step in zip(spent, steps, strict=True)]
    return spent


def timed(step: Step) -> Spent:
    """What one step spends."""
    wall, cpu = time.perf_counter(), time.process_time()
    step()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


@contextmanager
def _settled() -> Iterator[None]:
    """Garbage collection stays on, as in service, but does not walk the events that a benchmark has prepared."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
