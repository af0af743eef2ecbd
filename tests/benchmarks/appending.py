"""Appending: in batches of a thousand against stock, in batches of ten thousand and one by one against raw."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from domain.touchpoint import Touchpoint
from replay.journal import Journal
from tests.benchmarks.events import NOTE, half_sealed, none_sealed, realistic, told_anew
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Goal, Measured, Step, speed, take_turns
from tests.benchmarks.raw import Raw, RawSqliteGuarded, RawSqliteTuned, next_rows, raw
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.stock import StockEvents, stock

Batches = Iterable[Sequence[Touchpoint]]


def thousands(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """Batches of 1,000 into databases that are empty at first, against the library's `save` of the same events.

    The goal is about events with nothing to seal, because stock seals nothing; the realistic mix is told beside it.
    """
    count = sizes.small_batch * sizes.steps * sizes.pairs
    yield from _thousands(ground, sizes, "none sealed", none_sealed(count), Goal(5))
    yield from _thousands(ground, sizes, "realistic", realistic(count), None)


def _thousands(
    ground: Ground, sizes: Sizes, mix: str, told: Iterator[Touchpoint], goal: Goal | None
) -> Iterator[Measured]:
    journal, application, as_stock = ground.journal(), stock(ground.url(), ground.closing), StockEvents()
    tables = {"raw": raw(ground.url(), ground.closing)}
    if not ground.server:
        tables["raw under triggers"] = RawSqliteGuarded(ground.url(), ground.closing, journal)
    spent = []
    for _ in range(sizes.pairs):
        batches = [list(islice(told, sizes.small_batch)) for _ in range(sizes.steps)]
        saving = (partial(application.save, *as_stock.of(batch)) for batch in batches)
        copying = (_copying(journal, table) for table in tables.values())
        spent.append(take_turns(_recording(journal, batches), saving, *copying))
    events, case = sizes.small_batch * sizes.steps, f"{sizes.small_batch:,} at a time, {mix} / stock save"
    yield speed(f"append {case}", ground.database, spent, events, goal)
    # How fast anything could be: prebuilt tuples into the same table, told beside the goal.
    for index, name in enumerate(tables, start=2):
        least = [(turn[index], turn[1]) for turn in spent]
        yield speed(f"{name} {case}", ground.database, least, events, None)


def ten_thousands(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """Batches of 10,000 into tables that already hold many rows."""
    count = sizes.already_there + sizes.large_batch * sizes.pairs
    yield from _ten_thousands(ground, sizes, "none", none_sealed(count), Goal(0.6))
    yield from _ten_thousands(ground, sizes, "half", realistic(count), Goal(0.45))


def _ten_thousands(
    ground: Ground, sizes: Sizes, sealed: str, told: Iterator[Touchpoint], goal: Goal
) -> Iterator[Measured]:
    """The vault knows nobody beforehand: a new person's key is made, and made durable, within our time."""
    journal, tables = ground.journal(), [raw(ground.url(), ground.closing)]
    if not ground.server:
        tables.append(RawSqliteTuned(ground.url(), ground.closing))
    _fill(journal, tables, told, sizes)
    spent = []
    for _ in range(sizes.pairs):
        batch = list(islice(told, sizes.large_batch))
        batches = [half_sealed(batch) if sealed == "half" else batch]
        spent.append(take_turns(_recording(journal, batches), *(_copying(journal, table) for table in tables)))
    case = f"append {sizes.large_batch:,} at a time, {sealed} sealed / raw"
    yield speed(case, ground.database, spent, sizes.large_batch, goal)
    if not ground.server:
        # What raw costs with the tricks of our path: told beside the goal, so that nobody takes it for the other.
        tuned = [(ours, other) for ours, _, other in spent]
        yield speed(f"{case}, tuned", ground.database, tuned, sizes.large_batch, None)


def one_by_one(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """Single facts, each acknowledged before the next; open ones, and sealed ones of people whom the vault knows."""
    journal, table = ground.journal(), raw(ground.url(), ground.closing)
    told = none_sealed(sizes.already_there + 2 * sizes.facts * sizes.pairs)
    _fill(journal, [table], told, sizes)
    for sealed, goal in (("open", Goal(0.6)), ("sealed", None)):
        spent = []
        for _ in range(sizes.pairs):
            facts = list(islice(told, sizes.facts))
            if sealed == "sealed":
                facts = [fact.replaced(note=NOTE) for fact in facts]
                journal.vault.for_sealing({fact.participant_id.bytes for fact in facts})
            recording = _recording(journal, [[fact] for fact in facts])
            spent.append(take_turns(recording, _copying(journal, table)))
        yield speed(f"one {sealed} fact / raw", ground.database, spent, sizes.facts, goal)


def _recording(journal: Journal, batches: Batches) -> Iterator[Step]:
    for batch in batches:
        yield partial(journal.record, told_anew(batch))


def _copying(journal: Journal, table: Raw) -> Iterator[Step]:
    """Write into the raw table what the journal has just stored."""
    while rows := next_rows(journal, table):
        yield partial(table.write, rows)


def _fill(journal: Journal, tables: Sequence[Raw], told: Iterator[Touchpoint], sizes: Sizes) -> None:
    for start in range(0, sizes.already_there, sizes.large_batch):
        journal.record(list(islice(told, min(sizes.large_batch, sizes.already_there - start))))
        for table in tables:
            table.write(next_rows(journal, table))
