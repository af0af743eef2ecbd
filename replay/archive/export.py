"""Writing the archive: what the journal recorded since the last run, as new files; a listed file is never touched.

1 rows go to files under unfinished names, portion by portion   2 each file is synced, then named
3 the manifest that lists them replaces the one before, last. Killed in between, a run leaves files that nothing lists:
the next one removes them and writes what they held anew.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, NamedTuple

from pyarrow import parquet

from replay.archive.columns import SCHEMA, RowsDigest, batch_of, row_digest
from replay.archive.journal_rows import Rows, heads_of, portions_between, rows_between
from replay.archive.manifest import (
    LOCK,
    MANIFEST,
    UNFINISHED,
    ArchivedFile,
    ArchivedShard,
    Manifest,
    empty_manifest,
    is_leftover,
    month_of,
    path_of,
    read_manifest,
    settle,
    unlisted,
    write_manifest,
)
from replay.archive.refusals import ArchiveBusy, FolderTaken, OtherJournal, ShardsDiffer
from replay.database import Database, sync
from replay.garbage import not_collecting
from replay.schema import check, revision_of

FILE_ROWS = 100_000
"""At most so many rows a file: it is read whole, and is what a cluster hands out."""
Progress = Callable[[int, int], None]
"""Called with the rows done and the rows in all."""


class Exported(NamedTuple):
    """What a run did."""

    rows: int
    files: int
    bytes: int
    removed: tuple[str, ...]
    """Leftovers of a run that did not end, by their paths in the archive."""
    manifest: Manifest
    manifest_sha256: str
    """To be noted elsewhere: who can change the archive can change its manifest too."""


def export_journal(
    database: Database,
    folder: Path,
    *,
    clock: Callable[[], datetime],
    progress: Progress = lambda done, total: None,
    file_rows: int = FILE_ROWS,
) -> Exported:
    """Bring the archive in a folder up to what the journal holds now; a new or empty folder becomes one.

    Sealed fields are copied as the sealed bytes they are: no key is needed, and none is at hand. Only one run at a time
    writes to an archive. Raises FolderTaken, ArchiveBusy, OtherJournal, ShardsDiffer, JournalGap, or what
    `read_manifest` and `schema.check` raise; what was archived before is then as it was.
    """
    shards = check(database)
    with _alone(folder):
        with database.read() as connection:
            heads, schema = heads_of(connection), revision_of(connection) or ""
        before = _begun(folder, shards, schema, clock)
        ensure_of_journal(database, before, heads)
        removed = _remove_leftovers(folder, before)
        total = sum(position for position, _ in heads.values()) - before.rows
        progress(0, total)
        run = _Run(database, folder, file_rows, progress, total)
        with not_collecting():
            ends = [run.shard(shard, *heads[shard.shard]) for shard in before.shards]
        files = sorted((*before.files, *run.files), key=lambda file: (file.shard, file.from_position))
        after = before
        if run.files:
            rows = before.rows + total
            after = Manifest(
                schema_version=schema, written_at=clock(), rows=rows, shards=tuple(ends), files=tuple(files)
            )
            write_manifest(folder, after)
        digest = sha256((folder / MANIFEST).read_bytes()).hexdigest()
    return Exported(total, len(run.files), sum(file.bytes for file in run.files), removed, after, digest)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other runs away from an archive until this one ends, however it ends."""
    # What is made here is for its owner alone: it names people by pseudonym.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Looked for in this order: where another run has just begun, its manifest is there before its first file.
    if (others := _others(folder)) and not (folder / MANIFEST).exists():
        raise FolderTaken(f"{folder} holds {others[0]} and is no archive: name a new or an empty folder")
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArchiveBusy(f"another process writes to {folder}: wait for it") from None
        yield
    finally:
        os.close(handle)


def _others(folder: Path) -> list[str]:
    """What is in a folder besides that which a run leaves that ended before its first manifest."""
    return sorted(path.name for path in folder.iterdir() if path.name not in (LOCK, MANIFEST + UNFINISHED))


def _begun(folder: Path, shards: int, schema: str, clock: Callable[[], datetime]) -> Manifest:
    if not (folder / MANIFEST).exists():
        write_manifest(folder, empty_manifest(shards, schema, clock()))
    return read_manifest(folder)


def ensure_of_journal(database: Database, manifest: Manifest, heads: dict[int, tuple[int, int]]) -> None:
    """Make sure that the archive is of this journal: of every shard the first and the last archived row are there."""
    if len(manifest.shards) != len(heads):
        raise ShardsDiffer(f"the archive has {len(manifest.shards)} shard(s), this journal {len(heads)}: name another")
    for shard in manifest.shards:
        if shard.until_position > heads[shard.shard][0]:
            raise OtherJournal(
                f"the archive goes to position {shard.until_position} of shard {shard.shard} and this journal to"
                f" {heads[shard.shard][0]}: it is another journal, or an older copy of it; name another folder"
            )
        for position, told in ((1, shard.identity), (shard.until_position, shard.last_row)):
            if told is None:
                continue
            with database.read() as connection:
                [row] = rows_between(connection, shard.shard, position, position)
            if row_digest(row) != told:
                raise OtherJournal(
                    f"position {position} of shard {shard.shard} holds another event in the archive than in this"
                    " journal: it is another journal; name another folder"
                )


def _remove_leftovers(folder: Path, manifest: Manifest) -> tuple[str, ...]:
    found = [path for path in unlisted(folder, manifest) if is_leftover(path)]
    for path in found:
        (folder / path).unlink()
    return tuple(found)


class _Run:
    """The files of one run."""

    def __init__(self, database: Database, folder: Path, file_rows: int, progress: Progress, total: int) -> None:
        self.files: list[ArchivedFile] = []
        self._database = database
        self._folder = folder
        self._file_rows = file_rows
        self._progress = progress
        self._total = total
        self._done = 0

    def shard(self, before: ArchivedShard, until: int, recorded_at: int) -> ArchivedShard:
        """Archive what a shard holds beyond what it did, until a position; returns how far it is then."""
        identity, last_row = before.identity, before.last_row
        file: _OpenFile | None = None
        month = month_of(before.recorded_at)
        try:
            for portion in portions_between(before.until_position + 1, until):
                with self._database.read() as connection:
                    rows = rows_between(connection, before.shard, *portion)
                identity = identity or row_digest(rows[0])
                last_row = row_digest(rows[-1]) if portion[1] == until else last_row
                while rows:
                    month = _month(rows[0], month)
                    if file is None or file.month != month or file.rows >= self._file_rows:
                        self._close(file)
                        file = _OpenFile(self._folder, before.shard, month, rows[0][1])
                    count = _of_one_month(rows[: self._file_rows - file.rows], month)
                    file.add(rows[:count])
                    rows = rows[count:]
                self._done += portion[1] - portion[0] + 1
                self._progress(self._done, self._total)
            self._close(file)
        except BaseException:
            if file is not None:
                file.abandon()
            raise
        return ArchivedShard(
            shard=before.shard, until_position=until, recorded_at=recorded_at, identity=identity, last_row=last_row
        )

    def _close(self, file: "_OpenFile | None") -> None:
        if file is not None:
            self.files.append(file.close())


_RECORDED_AT = SCHEMA.get_field_index("recorded_at")
_SEALED = SCHEMA.get_field_index("sealed")


def _month(row: tuple[Any, ...], before: str) -> str:
    """The month of a row; one that the library's own use of the journal wrote has no time, and goes with the last."""
    recorded_at = row[_RECORDED_AT]
    return before if recorded_at is None else month_of(recorded_at)


def _of_one_month(rows: Rows, month: str) -> int:
    """How many of these, from the first on, belong to this month."""
    return next((count for count, row in enumerate(rows) if _month(row, month) != month), len(rows))


class _OpenFile:
    """A file that is being written, under an unfinished name: where it ends is known when it does."""

    def __init__(self, folder: Path, shard: int, month: str, first: int) -> None:
        self.month = month
        self.rows = 0
        self._folder = folder
        self._shard = shard
        self._first = first
        self._sealed = 0
        self._digest = RowsDigest()
        self._path = folder / (path_of(shard, month, first, first) + UNFINISHED)
        _make_folder(self._path.parent, folder)
        self._path.touch(mode=0o600)
        self._writer = parquet.ParquetWriter(self._path, SCHEMA, compression="zstd")

    def add(self, rows: Rows) -> None:
        """Write the next rows, as a row group."""
        batch = batch_of(rows)
        self._digest.add(batch)
        self._writer.write_batch(batch)
        self._sealed += len(batch) - batch.column(_SEALED).null_count
        self.rows += len(rows)

    def close(self) -> ArchivedFile:
        """Bring the file to the disk and give it its name; only then it is told of."""
        self._writer.close()
        last = self._first + self.rows - 1
        path = path_of(self._shard, self.month, self._first, last)
        with self._path.open("rb") as written:
            size, digest = os.fstat(written.fileno()).st_size, file_digest(written, "sha256").hexdigest()
        settle(self._path, self._folder / path)
        return ArchivedFile(
            path=path,
            shard=self._shard,
            month=self.month,
            from_position=self._first,
            until_position=last,
            rows=self.rows,
            sealed=self._sealed,
            bytes=size,
            sha256=digest,
            rows_sha256=self._digest.hexdigest(),
        )

    def abandon(self) -> None:
        """Leave the file to the next run, which removes it."""
        if self._writer.is_open:
            self._writer.close()


def _make_folder(wanted: Path, folder: Path) -> None:
    """A folder below the archive's, on the disk, for its owner alone."""
    if wanted != folder and not wanted.exists():
        _make_folder(wanted.parent, folder)
        wanted.mkdir(mode=0o700)
        sync(wanted.parent)
