"""Reading the archive: one file at a time, and none that is not as it was written."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from replay.archive.columns import batches_in, rows_in
from replay.archive.manifest import ArchivedFile, Manifest, read_manifest
from replay.archive.refusals import ArchiveDamaged, NotAnArchivedFile

EVENT_COLUMNS = (
    "participant_id",
    "event_id",
    "topic",
    "occurred_at",
    "actor",
    "source",
    "state",
    "sealed",
    "recorded_at",
)
"""What a fold needs of a row, in the order in which `replay.reading` reads it."""


def events_of(
    folder: Path, shard: int, manifest: Manifest | None = None, *, after: int = 0
) -> Iterator[tuple[Any, ...]]:
    """The events of a shard in the order of positions, from behind `after` on, each as `EVENT_COLUMNS`.

    Ids are 16 bytes, instants microseconds since 1970: the rows that `replay.reading` decodes. Memory is that of one
    file, which is compared with its hash before its first row comes. Raises ArchiveDamaged, and what `read_manifest`
    raises where no manifest is given.
    """
    listed = manifest or read_manifest(folder)
    for file in listed.of_shard(shard):
        if file.until_position <= after:
            continue
        skipped = max(0, after + 1 - file.from_position)
        for batch in batches_of(folder, file, EVENT_COLUMNS):
            yield from rows_in(batch.select(EVENT_COLUMNS).slice(min(skipped, len(batch))))
            skipped = max(0, skipped - len(batch))


def batches_of(folder: Path, file: ArchivedFile, columns: tuple[str, ...] | None = None) -> Iterator[Any]:
    """The Arrow batches of one file, all columns unless told. Raises ArchiveDamaged where it is not as listed."""
    content = content_of(folder, file)
    try:
        yield from batches_in(content, columns)
    except NotAnArchivedFile as error:
        raise NotAnArchivedFile(f"{file.path}: {error}") from None


def content_of(folder: Path, file: ArchivedFile) -> bytes:
    """The bytes of one file. Raises ArchiveDamaged where they are not as listed."""
    try:
        content = (folder / file.path).read_bytes()
    except FileNotFoundError:
        raise ArchiveDamaged(f"{file.path} is missing: bring back a copy of the archive") from None
    if len(content) != file.bytes or sha256(content).hexdigest() != file.sha256:
        raise ArchiveDamaged(f"{file.path} is not as it was written: bring back a copy of the archive")
    return content
