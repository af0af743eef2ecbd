"""The manifest: which files an archive consists of, what each holds, and how far every shard is archived.

It is replaced as a whole, last and at once, so an archive is what its manifest lists; any other file is a leftover.
"""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain.clock import END_OF_TIME, SEOUL, from_microseconds, to_microseconds
from domain.field_faults import faults_in_file, said
from replay.archive.refusals import ArchiveTooNew, ArchiveUnreadable, NoArchive
from replay.database import sync

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
LOCK = ".lock"
UNFINISHED = ".part"
"""What the name of a file ends in until it is complete and on the disk."""
_OURS = re.compile(rf"shard=\d+/month=\d{{4}}-\d\d/\d{{20}}-\d{{20}}\.parquet({re.escape(UNFINISHED)})?")
_Hash = Field(pattern="^[0-9a-f]{64}$")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ArchivedFile(_Part):
    """One Parquet file: rows of one shard that were recorded in one month, from a position until another."""

    path: str
    """Below the archive's folder, and told by the next four."""
    shard: int = Field(ge=0)
    month: str = Field(pattern=r"^\d{4}-\d\d$")
    """Of recorded_at, in Seoul."""
    from_position: int = Field(ge=1)
    until_position: int
    rows: int
    sealed: int = Field(ge=0)
    """How many of its rows hold sealed bytes."""
    bytes: int
    sha256: str = _Hash
    """Of the file as it lies on the disk."""
    rows_sha256: str = _Hash
    """Of what its rows say, however they are written: see `columns.RowsDigest`."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.path != path_of(self.shard, self.month, self.from_position, self.until_position):
            raise ValueError("a path does not tell what the file holds")
        if self.rows != self.until_position - self.from_position + 1 or not 0 <= self.sealed <= self.rows:
            raise ValueError("a number of rows does not fit the positions")
        return self


class ArchivedShard(_Part):
    """How far one shard is archived, and its head at that position."""

    shard: int = Field(ge=0)
    until_position: int = Field(ge=0)
    recorded_at: int = Field(ge=0, le=to_microseconds(END_OF_TIME))
    """The head's journal time, in microseconds since 1970."""
    identity: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """The digest of its first row: by that a journal is known. None while the shard is empty."""
    last_row: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")


class Manifest(_Part):
    """What an archive says of itself."""

    format: Literal["majung-journal"] = "majung-journal"
    format_version: Literal[1] = 1
    schema_version: str
    """The schema revision of the database that it was last written from."""
    written_at: AwareDatetime
    rows: int
    shards: tuple[ArchivedShard, ...] = Field(min_length=1)
    files: tuple[ArchivedFile, ...]
    """In the order of shards and positions."""

    @model_validator(mode="after")
    def _is_gapless(self) -> Self:
        if [shard.shard for shard in self.shards] != list(range(len(self.shards))):
            raise ValueError("shards are missing, or not in order")
        if self.rows != sum(shard.until_position for shard in self.shards):
            raise ValueError("the number of rows is not that of the shards")
        if list(self.files) != sorted(self.files, key=lambda file: (file.shard, file.from_position)):
            raise ValueError("files are not in order")
        for shard in self.shards:
            ends = [0, *(file.until_position for file in self.of_shard(shard.shard))]
            begins = [file.from_position for file in self.of_shard(shard.shard)]
            if begins != [end + 1 for end in ends[:-1]] or ends[-1] != shard.until_position:
                raise ValueError(f"positions of shard {shard.shard} are missing, or there twice")
            if bool(begins) != (shard.identity is not None) or bool(begins) != (shard.last_row is not None):
                raise ValueError(f"shard {shard.shard} lacks the digests of its first and last row")
        if any(file.shard >= len(self.shards) for file in self.files):
            raise ValueError("files are of a shard that there is not")
        return self

    def of_shard(self, shard: int) -> Iterator[ArchivedFile]:
        """The files of one shard, in the order of positions."""
        return (file for file in self.files if file.shard == shard)


def path_of(shard: int, month: str, first: int, last: int) -> str:
    """Where a file lies: named as Parquet readers know partitions, and sorted by position."""
    return f"shard={shard}/month={month}/{first:020}-{last:020}.parquet"


@lru_cache
def month_of(recorded_at: int) -> str:
    """The month in Seoul of a journal time in microseconds, as 2025-06."""
    return f"{from_microseconds(recorded_at).astimezone(SEOUL):%Y-%m}"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an archive. Raises NoArchive, ArchiveTooNew or ArchiveUnreadable."""
    try:
        text = (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NoArchive(f"{folder} holds no archive: there is no {MANIFEST}") from None
    try:
        content = orjson.loads(text)
        version = content.get("format_version") if isinstance(content, dict) else None
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise ArchiveTooNew(f"the archive is of format {version}, newer than this release: use a newer majung")
        return Manifest.model_validate_json(text)
    except orjson.JSONDecodeError:
        raise ArchiveUnreadable(f"{folder / MANIFEST} is no JSON: bring back a copy of the archive") from None
    except ValidationError as error:
        found = said(faults_in_file(Manifest, error, "the whole")[:1])
        raise ArchiveUnreadable(
            f"{folder / MANIFEST} cannot be right: {found}; bring back a copy of the archive"
        ) from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest at once; it is on the disk when this returns."""
    content = orjson.dumps(manifest.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    unfinished = folder / (MANIFEST + UNFINISHED)
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(content)
    settle(unfinished, folder / MANIFEST)


def settle(unfinished: Path, final: Path) -> None:
    """Give a complete file its name; it is on the disk under that name when this returns."""
    sync(unfinished)
    os.replace(unfinished, final)
    sync(final.parent)


def unlisted(folder: Path, manifest: Manifest) -> list[str]:
    """Files in the folder that belong to no archive of this manifest, by their paths below it."""
    known = {MANIFEST, LOCK, *(file.path for file in manifest.files)}
    found = (
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()
    )
    return sorted(path for path in found if path not in known)


def is_leftover(path: str) -> bool:
    """Whether a file is named as ours are: one that is not listed was left by a run that did not end."""
    return path == MANIFEST + UNFINISHED or _OURS.fullmatch(path) is not None


def empty_manifest(shards: int, schema_version: str, now: datetime) -> Manifest:
    """Of an archive that holds nothing yet."""
    none = tuple(ArchivedShard(shard=shard, until_position=0, recorded_at=0) for shard in range(shards))
    return Manifest(schema_version=schema_version, written_at=now, rows=0, shards=none, files=())
