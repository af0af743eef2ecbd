"""Replaying: all read models of a log against stock merely reading it, and a long log against a short one."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from api.wiring import MODELS
from replay.journal import Journal
from replay.rebuild import rebuild
from tests.benchmarks.events import realistic
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Goal, Measured, speed, take_turns
from tests.benchmarks.one_replay import OneReplay
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stock import StockEvents, read_all, stock


def replay(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """All read models in one process, opened and decoded, folded, written and indexed; against reading and decoding."""
    journal, application, as_stock = ground.journal(), stock(ground.url(), ground.closing), StockEvents()
    told = realistic(sizes.log)
    while batch := list(islice(told, sizes.small_batch)):
        journal.record(batch)
        application.save(*as_stock.of(batch))
    ours, theirs = partial(rebuild, journal, MODELS), partial(read_all, application)
    assert ours().events == theirs() == sizes.log
    spent = [take_turns([ours], [theirs]) for _ in range(sizes.pairs)]
    yield speed(f"replay {sizes.log:,} / stock reading", ground.database, spent, sizes.log, Goal(1.5))


def growth(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """A replay of a long log against one of a short log, each in a process of its own: time per event, peak memory."""
    logs = {events: _log(ground, events) for events in (sizes.long_log, sizes.short_log)}
    turns = [[_in_its_own_process(journal) for journal in logs.values()] for _ in range(sizes.pairs)]
    case = f"replay {sizes.long_log:,} / {sizes.short_log:,}"
    times = [_pair([one.seconds / one.events * 1e6 for one in turn]) for turn in turns]
    yield Measured(f"{case}, per event", ground.database, times, Goal(1.2, at_most=True), inverted=True)
    peaks = [_pair([one.peak_bytes / 2**20 for one in turn]) for turn in turns]
    yield Measured(f"{case}, peak memory", ground.database, peaks, Goal(1.5, at_most=True), unit="MiB", inverted=True)


def _log(ground: Ground, events: int) -> Journal:
    journal, told = ground.journal(), realistic(events)
    while batch := list(islice(told, 10_000)):
        journal.record(batch)
    return journal


def _in_its_own_process(journal: Journal) -> OneReplay:
    arguments = [journal.database.url, journal.vault.database.url]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.one_replay", *arguments], stdout=subprocess.PIPE, check=True
    )
    return OneReplay(**json.loads(done.stdout))


def _pair(values: Sequence[float]) -> tuple[float, float]:
    ours, yardstick = values
    return ours, yardstick
