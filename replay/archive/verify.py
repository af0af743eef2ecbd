"""Whether an archive is what its manifest says, and whether it says what the journal does."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from replay.archive.columns import RowsDigest, batch_of, batches_in, row_digest, rows_in
from replay.archive.journal_rows import heads_of, portions_between, rows_between
from replay.archive.manifest import ArchivedFile, ArchivedShard, Manifest, month_of, read_manifest, unlisted
from replay.archive.reading import content_of
from replay.archive.refusals import ArchiveDamaged, JournalGap, NotAnArchivedFile
from replay.database import Database
from replay.tables import COLUMN_NAMES

Progress = Callable[[int, int], None]
"""Called with the rows done and the rows in all."""


class Finding(NamedTuple):
    """One thing that is not as it should be."""

    path: str
    """The file, below the archive's folder; of a whole shard, `shard=N`."""
    code: str
    message: str


def verify_archive(folder: Path, progress: Progress = lambda done, total: None) -> list[Finding]:
    """Read every file of an archive and tell everything that is wrong with it; nothing: it is whole.

    Compared are the files there are, their sizes and hashes, their columns, how many rows they hold, that positions
    follow one another from 1 on, that times never run backwards and are of the month told, that sealed bytes have their
    digests, and what the rows say. Needs no key and no database. Raises what `read_manifest` raises.
    """
    manifest = read_manifest(folder)
    findings = [
        Finding(path, "unlisted", "the manifest does not list it: left by a run that did not end, or put there")
        for path in unlisted(folder, manifest)
    ]
    done = 0
    for shard in manifest.shards:
        seen = _Seen()
        for file in manifest.of_shard(shard.shard):
            findings += _of_file(folder, file, seen)
            done += file.rows
            progress(done, manifest.rows)
        findings += _of_ends(shard, seen)
    return findings


class _Seen:
    """The first and last row of a shard so far, as long as its files could be read."""

    def __init__(self) -> None:
        self.first: tuple[Any, ...] | None = None
        self.last: tuple[Any, ...] | None = None
        self.recorded_at = 0


def _of_file(folder: Path, file: ArchivedFile, seen: _Seen) -> Iterator[Finding]:
    try:
        content = content_of(folder, file)
        rows, digest, sealed = 0, RowsDigest(), 0
        for batch in batches_in(content):
            digest.add(batch)
            for row in rows_in(batch):
                if fault := _fault(row, file, file.from_position + rows, seen):
                    yield Finding(file.path, *fault)
                    return
                rows += 1
                sealed += row[_SEALED] is not None
    except NotAnArchivedFile as error:
        yield Finding(file.path, "unreadable", str(error))
        return
    except ArchiveDamaged as error:
        missing = not (folder / file.path).exists()
        yield Finding(file.path, "missing" if missing else "changed", str(error))
        return
    if (rows, sealed) != (file.rows, file.sealed):
        told = f"it holds {rows} row(s), {sealed} sealed; the manifest says {file.rows} and {file.sealed}"
        yield Finding(file.path, "count", told)
    elif digest.hexdigest() != file.rows_sha256:
        yield Finding(file.path, "rows", "its rows say something else than the manifest's digest of them")


_SHARD, _POSITION, _RECORDED_AT, _SEALED, _DIGEST = map(
    COLUMN_NAMES.index, ("shard", "position", "recorded_at", "sealed", "sealed_digest")
)


def _fault(row: tuple[Any, ...], file: ArchivedFile, position: int, seen: _Seen) -> tuple[str, str] | None:
    if (row[_SHARD], row[_POSITION]) != (file.shard, position):
        return "gap", f"where position {position} of shard {file.shard} belongs is {row[_POSITION]} of {row[_SHARD]}"
    recorded_at = row[_RECORDED_AT]
    if recorded_at is not None:
        if recorded_at < seen.recorded_at:
            return "time", f"position {position} was recorded before the one before it"
        if (month := _month(recorded_at)) != file.month:
            return "time", f"position {position} was recorded in {month}"
        seen.recorded_at = recorded_at
    sealed = row[_SEALED]
    if sealed is not None and sha256(sealed).digest() != row[_DIGEST]:
        return "seal", f"the sealed bytes at position {position} are not those of their digest"
    seen.first, seen.last = seen.first or row, row
    return None


def _month(recorded_at: int) -> str:
    try:
        return month_of(recorded_at)
    except OverflowError:
        return "no year that there is"


def _of_ends(shard: ArchivedShard, seen: _Seen) -> Iterator[Finding]:
    """Whether the manifest's account of a shard fits its first and last row, where these could be read."""
    path = f"shard={shard.shard}"
    first, last = seen.first, seen.last
    if first is not None and first[_POSITION] == 1 and row_digest(first) != shard.identity:
        yield Finding(path, "rows", "its first row is not the one by which the manifest knows the journal")
    if last is not None and last[_POSITION] == shard.until_position:
        if row_digest(last) != shard.last_row:
            yield Finding(path, "rows", "its last row is not the one that the manifest tells")
        if shard.recorded_at < seen.recorded_at:
            yield Finding(path, "time", "its last row was recorded after the head that the manifest tells")


def compare_with_journal(
    database: Database, folder: Path, progress: Progress = lambda done, total: None
) -> list[Finding]:
    """What a journal says otherwise than the manifest, file by file; what it recorded since is no finding.

    Looks at the journal and the manifest, and not into the files: those are `verify_archive`'s.
    """
    manifest = read_manifest(folder)
    with database.read() as connection:
        heads = heads_of(connection)
    if len(heads) != len(manifest.shards):
        told = f"the archive has {len(manifest.shards)} shard(s), the journal {len(heads)}: it is another journal"
        return [Finding("manifest.json", "shards", told)]
    findings: list[Finding] = []
    done = 0
    for file in manifest.files:
        findings += _against(database, file, heads[file.shard][0])
        done += file.rows
        progress(done, manifest.rows)
    return findings


def _against(database: Database, file: ArchivedFile, head: int) -> Iterator[Finding]:
    if head < file.until_position:
        yield Finding(file.path, "journal", f"the journal ends at position {head}: it is an older copy, or another one")
        return
    try:
        if journal_digest(database, file) != file.rows_sha256:
            yield Finding(file.path, "journal", "at these positions the journal says something else")
    except JournalGap as error:
        yield Finding(file.path, "journal", str(error))


def journal_digest(database: Database, file: ArchivedFile) -> str:
    """The digest of what the journal holds at the positions of a file. Raises JournalGap."""
    digest = RowsDigest()
    for portion in portions_between(file.from_position, file.until_position):
        with database.read() as connection:
            digest.add(batch_of(rows_between(connection, file.shard, *portion)))
    return digest.hexdigest()


def not_yet_archived(database: Database, manifest: Manifest) -> int:
    """How many events the journal holds beyond the archive."""
    with database.read() as connection:
        return max(0, sum(position for position, _ in heads_of(connection).values()) - manifest.rows)
