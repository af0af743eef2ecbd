"""Replaying: all read models of a log against stock merely reading it, and a long log against a short one."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from uuid import UUID

from domain.history import SPECIAL, history_of
from domain.touchpoint import Touchpoint
from replay.database import rows_of
from replay.journal import Journal
from replay.lens import Lens
from replay.rebuild import rebuild
from tests.benchmarks.events import realistic
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Goal, Measured, speed, take_turns
from tests.benchmarks.one_replay import OneReplay
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stock import StockEvents, read_all, stock
from tests.conftest import MODELS

_LONG = 100


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


def refold(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """One person of a hundred events read, decoded and folded by every read model; against reading the rows alone."""
    journal, people = ground.journal(), _long_histories(sizes)
    for events in people.values():
        journal.record(events)
    reader, lens, database = journal.reader, Lens(journal.vault), journal.database

    def ours(person: UUID) -> int:
        with database.read() as connection:
            [told] = reader.streams(connection, [person], lens).values()
        history = history_of(person, told)
        return sum(len(model.fold(history)) for model in MODELS)

    def yardstick(person: UUID) -> int:
        mark, key = ("%s", person) if database.is_postgres else ("?", person.bytes)
        with database.read() as connection:
            return len(rows_of(connection, f"SELECT * FROM journal WHERE shard = 0 AND participant_id = {mark}", [key]))

    assert all(ours(person) > 0 and yardstick(person) == len(events) for person, events in people.items())
    spent = [
        take_turns((partial(ours, person) for person in people), (partial(yardstick, person) for person in people))
        for _ in range(sizes.pairs)
    ]
    case = f"fold of {_LONG} events / reading their rows"
    times = [(one.wall / len(people) * 1e6, other.wall / len(people) * 1e6) for one, other in spent]
    yield Measured(case, ground.database, times, Goal(3, at_most=True), inverted=True)


def _long_histories(sizes: Sizes) -> dict[UUID, list[Touchpoint]]:
    """The realistic mix, told of fewer people."""
    told = (event for event in realistic(sizes.people * _LONG * 2) if type(event) not in SPECIAL)
    found: dict[UUID, list[Touchpoint]] = {}
    for number in range(sizes.people):
        person = UUID(int=number)
        events = enumerate(islice(told, _LONG))
        found[person] = [event.replaced(participant_id=person, source_id=str(index)) for index, event in events]
    return found


def growth(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """A replay of a long log against one of a short log, each in a process of its own: time per event, peak memory."""
    yield from _growth(ground, sizes.long_log, sizes.short_log, sizes.pairs)


def ten_times(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """The same of ten times that log: ten million events."""
    yield from _growth(ground, 10 * sizes.long_log, sizes.long_log, sizes.pairs)


def _growth(ground: Ground, long: int, short: int, pairs: int) -> Iterator[Measured]:
    logs = [_log(ground, events) for events in (long, short)]
    turns = [[_in_its_own_process(journal) for journal in logs] for _ in range(pairs)]
    case = f"replay {long:,} / {short:,}"
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
