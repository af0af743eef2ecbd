"""A journal rebuilt from an archive alone: all of it in one transaction, read back and compared before it counts.

What is stored is what was archived, column by column: positions, versions, times, ids and sealed bytes. Whatever ends
it, an error or a kill, leaves the journal as empty as it was, and it may be run again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, select, update

from domain.clock import from_microseconds
from replay.append import announce, hold_heads, write_rows
from replay.archive.columns import RowsDigest, batch_of, rows_in
from replay.archive.journal_rows import heads_of, portions_between, rows_between
from replay.archive.manifest import ArchivedFile, Manifest, read_manifest
from replay.archive.reading import EVENT_COLUMNS, batches_of
from replay.archive.refusals import (
    ArchiveDamaged,
    JournalGap,
    JournalNotEmpty,
    RestoreFailed,
    ShardsDiffer,
    VaultOfAnotherJournal,
)
from replay.archive.verify import verify_archive
from replay.database import Database, cache_more, cursor_of
from replay.garbage import not_collecting
from replay.journal import Journal
from replay.mapper import UndecodableEvent, UnknownStoredName, decode
from replay.schema import REVISIONS, SchemaTooNew
from replay.tables import COLUMN_NAMES, heads, journal
from replay.vault import ParticipantKey, Vault

Progress = Callable[[int, int], None]
"""Called with the rows done and the rows in all; each counts twice, since it is written and read back."""


# Unlike that of an append, which binds an empty text where it means NULL: what comes back is exactly what was there.
_SQLITE_INSERT = f"INSERT INTO journal ({', '.join(COLUMN_NAMES)}) VALUES ({', '.join('?' * len(COLUMN_NAMES))})"
_EVENT_ID = COLUMN_NAMES.index("event_id")


class Restored(NamedTuple):
    """What a restore stored."""

    rows: int
    shards: int


def restore_journal(
    target: Journal, folder: Path, progress: Progress = lambda done, total: None, *, verified: bool = False
) -> Restored:
    """Rebuild an empty journal from the archive in a folder, after all of the archive was verified.

    `verified` says that the caller has just done that. Raises ArchiveDamaged, JournalNotEmpty, ShardsDiffer,
    VaultOfAnotherJournal, SchemaTooNew, RestoreFailed, or what `read_manifest` raises; nothing is stored then.
    """
    manifest = read_manifest(folder)
    if manifest.schema_version not in REVISIONS:
        raise SchemaTooNew(
            f"the archive was written from a database at revision {manifest.schema_version}, which is newer than this"
            f" release ({REVISIONS[-1]}): use a newer majung"
        )
    if not verified and (findings := verify_archive(folder)):
        path, _, message = findings[0]
        raise ArchiveDamaged(f"{len(findings)} finding(s), the first of {path}: {message}")
    _ensure_vault(target.vault, folder, manifest)
    with not_collecting(), target.database.write() as connection:
        cache_more(connection)
        _ensure_empty(connection, manifest)
        stored = _Load(target.database, connection, folder, manifest, progress)
        stored.write()
        stored.compare()
        announce(target.database, connection)
    return Restored(manifest.rows, len(manifest.shards))


def _ensure_empty(connection: Connection, manifest: Manifest) -> None:
    """Hold all heads until commit: nobody records meanwhile. Raises ShardsDiffer or JournalNotEmpty."""
    found = heads_of(connection)
    if len(found) != len(manifest.shards):
        raise ShardsDiffer(
            f"the archive has {len(manifest.shards)} shard(s) and this journal {len(found)}: restore into a new"
            f" one, laid out by `majung db upgrade --shards {len(manifest.shards)}`"
        )
    hold_heads(connection, found)
    positions = [position for position, _ in heads_of(connection).values()]
    if any(positions) or connection.execute(select(journal.c.position).limit(1)).first() is not None:
        raise JournalNotEmpty(f"this journal holds {sum(positions):,} event(s): restore into a new database")


def _ensure_vault(vault: Vault, folder: Path, manifest: Manifest) -> None:
    """Make sure that the vault is that of the archived journal: it has the key of somebody, and that key opens.

    Looks at some sealed events of each file until somebody has a key; of those erased there is none. Raises
    VaultOfAnotherJournal, MasterKeyUnusable, KeyDamaged or SealBroken.
    """
    files = [file for file in manifest.files if file.sealed]
    damaged: dict[UUID, Exception] = {}
    for file in files:
        for row in _some_sealed(folder, file):
            keys = vault.for_opening([row[0]], damaged)
            if keys and _opens(row, keys):
                return
    if damaged:
        raise next(iter(damaged.values()))
    if files:
        raise VaultOfAnotherJournal(
            "the vault has no key of anybody whose sealed events the archive holds: let MAJUNG_VAULT_URL and"
            " MAJUNG_MASTER_KEY_FILE name those of the archived journal"
        )


_SAMPLED = 100
"""Sealed events of a file that are looked at."""


def _some_sealed(folder: Path, file: ArchivedFile) -> Iterator[tuple[Any, ...]]:
    batches = (batch.select(EVENT_COLUMNS) for batch in batches_of(folder, file, EVENT_COLUMNS))
    rows = chain.from_iterable(map(rows_in, batches))
    return islice((row for row in rows if row[EVENT_COLUMNS.index("sealed")] is not None), _SAMPLED)


def _opens(row: tuple[Any, ...], keys: Mapping[bytes, ParticipantKey]) -> bool:
    """Whether an event opens with its key. Raises SealBroken; one that this release cannot read says nothing."""
    try:
        decode(row, keys, UUID(bytes=row[0]))
    except (UnknownStoredName, UndecodableEvent):
        return False
    return True


class _Load:
    """All rows of an archive on their way into a journal, within one transaction."""

    def __init__(
        self, database: Database, connection: Connection, folder: Path, manifest: Manifest, progress: Progress
    ) -> None:
        self._database = database
        self._connection = connection
        self._folder = folder
        self._manifest = manifest
        self._progress = progress
        self._done = 0

    def write(self) -> None:
        """Write every row where it was, and every head as it stood. Raises ArchiveDamaged."""
        for file in self._manifest.files:
            for batch in batches_of(self._folder, file):
                self._write_rows(rows_in(batch))
                self._tell(len(batch))
        for shard in self._manifest.shards:
            stood = {"position": shard.until_position, "recorded_at": from_microseconds(shard.recorded_at)}
            self._connection.execute(update(heads).where(heads.c.shard == shard.shard).values(**stood))

    def _write_rows(self, rows: Iterable[tuple[Any, ...]]) -> None:
        if self._database.is_postgres:
            write_rows(self._database, self._connection, rows)
            return
        with cursor_of(self._connection) as cursor:
            # In the order of the event ids, as an append does it: their index is walked once.
            cursor.executemany(_SQLITE_INSERT, sorted(rows, key=lambda row: row[_EVENT_ID] or b""))

    def compare(self) -> None:
        """Read everything back, and compare it with what the archive says. Raises RestoreFailed."""
        for file in self._manifest.files:
            digest = RowsDigest()
            try:
                for portion in portions_between(file.from_position, file.until_position):
                    digest.add(batch_of(rows_between(self._connection, file.shard, *portion)))
            except JournalGap as error:
                raise RestoreFailed(str(error)) from None
            if digest.hexdigest() != file.rows_sha256:
                raise RestoreFailed(f"{file.path} does not read back as it was archived: nothing was restored")
            self._tell(file.rows)

    def _tell(self, rows: int) -> None:
        self._done += rows
        self._progress(self._done, 2 * self._manifest.rows)
