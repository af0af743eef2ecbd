"""Appending: in batches of a thousand against stock, in batches of ten thousand and one by one against raw."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import DomainEvent

from domain.touchpoint import Touchpoint
from replay.journal import Journal
from tests.benchmarks.events import half_sealed, is_sealed, none_sealed, realistic, told_anew
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Goal, Measured, Spent, Step, speed, take_turns
from tests.benchmarks.raw import Raw, RawSqliteBareTypes, Rows, raw, rows_after
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stock import StockEvents, stock


def thousands(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """Batches of 1,000 into empty databases, against the library's `save` of the same events."""
    journal, application, as_stock = ground.journal(), stock(ground.url(), ground.closing), StockEvents()
    told = realistic(sizes.small_batch * sizes.steps * sizes.pairs)
    spent: list[tuple[Spent, Spent]] = []
    for _ in range(sizes.pairs):
        batches = [list(islice(told, sizes.small_batch)) for _ in range(sizes.steps)]
        ours = [_recording(journal, batch) for batch in batches]
        theirs = [_saving(application, as_stock.of(batch)) for batch in batches]
        one, other = take_turns(ours, theirs)
        spent.append((one, other))
    events = sizes.small_batch * sizes.steps
    yield speed(f"append {sizes.small_batch:,} at a time / stock save", ground.database, spent, events, Goal(5))


def ten_thousands(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """Batches of 10,000 into tables that already hold many rows."""
    count = sizes.already_there + sizes.large_batch * sizes.pairs
    yield from _against_raw(ground, sizes, "none sealed", none_sealed(count), Goal(0.6))
    yield from _against_raw(ground, sizes, "half sealed", realistic(count), Goal(0.45))


def _against_raw(
    ground: Ground, sizes: Sizes, sealing: str, told: Iterator[Touchpoint], goal: Goal
) -> Iterator[Measured]:
    """People are known to the vault as they come: a new one's key is made, and made durable, within our time."""
    journal, table = ground.journal(), raw(ground.url(), ground.closing)
    # What raw would cost with the types that our path uses: told beside the goal, so that nobody takes it for the same.
    bare = None if ground.server else RawSqliteBareTypes(ground.url(), ground.closing)
    position = _fill(journal, [table, bare] if bare else [table], told, sizes)
    spent: list[list[Spent]] = []
    for _ in range(sizes.pairs):
        batch = list(islice(told, sizes.large_batch))
        batch = half_sealed(batch) if sealing == "half sealed" else batch
        spent.append(take_turns([_recording(journal, batch)]))
        rows = rows_after(journal, position)
        position += len(rows)
        spent[-1] += take_turns([partial(table.many, rows)])
        if bare:
            spent[-1] += take_turns([partial(bare.many, bare.prepared(rows))])
    case = f"append {sizes.large_batch:,} at a time, {sealing} / raw"
    yield speed(case, ground.database, [(ours, raw) for ours, raw, *_ in spent], sizes.large_batch, goal)
    if bare:
        pairs = [(ours, raw) for ours, _, raw in spent]
        yield speed(f"{case}, bare types", ground.database, pairs, sizes.large_batch, None)


def one_by_one(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """Single facts, each acknowledged before the next; once open, once sealed with keys that exist already."""
    for sealing, goal in (("open", Goal(0.6)), ("sealed", None)):
        told = none_sealed(sizes.already_there + sizes.facts * sizes.pairs)
        journal, table = ground.journal(), raw(ground.url(), ground.closing)
        position = _fill(journal, [table], told, sizes)
        spent: list[tuple[Spent, Spent]] = []
        for _ in range(sizes.pairs):
            facts = list(islice(told, sizes.facts))
            rows = _rows_of_facts(ground, facts)
            ours = [partial(journal.record, [fact]) for fact in told_anew(facts)]
            one, other = take_turns(ours, [partial(table.one, row) for row in rows])
            spent.append((one, other))
        yield speed(f"one {sealing} fact / raw", ground.database, spent, sizes.facts, goal)
