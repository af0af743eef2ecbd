"""The archive: writing it and folding from it against reading the rows alone, restoring against writing them raw."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from replay.archive.export import export_journal
from replay.archive.journal_rows import portions_between
from replay.archive.reading import EVENT_COLUMNS, events_of
from replay.archive.restore import restore_journal
from replay.database import rows_of
from replay.journal import Journal
from replay.tables import COLUMN_NAMES
from tests.benchmarks.events import realistic
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Measured, Step, speed, take_turns
from tests.benchmarks.raw import next_rows, raw
from tests.benchmarks.sizes import Sizes

Names = tuple[str, ...]


def archive(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """The whole log each time. A restore verifies the archive first, and reads back what it wrote; raw does neither."""
    journal, told = ground.journal(), realistic(sizes.log)
    while batch := list(islice(told, sizes.large_batch)):
        journal.record(batch)
    folders = [ground.folder / f"archive{number}" for number in range(sizes.pairs)]
    export = partial(export_journal, journal.database, clock=journal.clock)
    writing = [take_turns([partial(export, folder)], [partial(_read, journal, COLUMN_NAMES)]) for folder in folders]
    yield speed(f"export {sizes.log:,} / reading the rows", ground.database, writing, sizes.log, None)
    [folder, *_] = folders
    ours = partial(_count, folder)
    reading = [take_turns([ours], [partial(_read, journal, EVENT_COLUMNS)]) for _ in folders]
    yield speed(f"events of {sizes.log:,} / the same columns of the journal", ground.database, reading, sizes.log, None)
    restoring = [take_turns(_restoring(ground, journal, folder), _copying(ground, journal)) for _ in folders]
    yield speed(f"restore {sizes.log:,} / raw, at once", ground.database, restoring, sizes.log, None)


def _read(journal: Journal, names: Names) -> int:
    mark = "%s" if journal.database.is_postgres else "?"
    query = (
        f"SELECT {', '.join(names)} FROM journal WHERE shard = 0 AND position BETWEEN {mark} AND {mark}"
        " ORDER BY position"
    )
    rows = 0
    for portion in portions_between(1, journal.head()[0]):
        with journal.database.read() as connection:
            rows += len(rows_of(connection, query, portion))
    return rows


def _count(folder: Path) -> int:
    return sum(1 for _ in events_of(folder, 0))


def _restoring(ground: Ground, journal: Journal, folder: Path) -> Iterator[Step]:
    target = Journal(ground.journal().database, journal.vault)
    yield partial(restore_journal, target, folder)


def _copying(ground: Ground, journal: Journal) -> Iterator[Step]:
    table = raw(ground.url(), ground.closing)
    yield partial(table.write, next_rows(journal, table))
