"""A copy of an archived journal in a file of this process's own: what a replay from the archive reads instead of the
journal, so that the journal's database has the new rows to take and nothing to read."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from replay import schema
from replay.archive.archived import Archived
from replay.archive.export import ensure_of_journal
from replay.archive.journal_rows import heads_of
from replay.archive.manifest import read_manifest
from replay.archive.restore import Progress, restore_journal
from replay.database import Database
from replay.journal import Journal


def reach_of(database: Database, folder: Path) -> Archived:
    """How far the archive of a journal goes; it is not copied.

    Raises ShardsDiffer or OtherJournal where it is of another one, and what `read_manifest` raises.
    """
    manifest = read_manifest(folder)
    with database.read() as connection:
        heads = heads_of(connection)
    ensure_of_journal(database, manifest, heads)
    return Archived({shard.shard: shard.until_position for shard in manifest.shards})


@contextmanager
def local_copy(
    journal: Journal,
    folder: Path,
    progress: Progress = lambda done, total: None,
    *,
    until: Mapping[int, int] = MappingProxyType({}),
) -> Iterator[Archived]:
    """What is archived of a journal in a folder, copied for the length of the block.

    It is restored into a temporary folder that only this user may read; sealed fields stay sealed in it, and are
    opened by the vault of the journal. Raises ArchiveTooShort where it does not go `until` these positions by shard,
    and what `reach_of` and `restore_journal` raise.
    """
    found = reach_of(journal.database, folder)
    found.ensure_reaches(until)
    with ExitStack() as closing:
        own = closing.enter_context(TemporaryDirectory(prefix="majung-"))
        database = Database(f"sqlite:///{Path(own) / 'journal.db'}")
        closing.callback(database.close)
        schema.upgrade(database, journal.vault.database, shards=len(found.until))
        copy = Journal(database, journal.vault, shards=len(found.until))
        restore_journal(copy, folder, progress)
        yield found._replace(copy=copy)
