"""The journal's columns in Arrow: rows to columns and back, nothing added and nothing lost; and what rows say as one
digest."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from replay.archive.refusals import NotAnArchivedFile
from replay.tables import COLUMN_NAMES

AT_ONCE = 10_000
"""Rows read, written or compared at once: a row group, and what bounds the memory."""
_ID, _INSTANT = pa.binary(16), pa.timestamp("us", "UTC")
_TYPES = {
    "shard": pa.int32(),
    "position": pa.int64(),
    "participant_id": _ID,
    "version": pa.int32(),
    "event_id": _ID,
    "topic": pa.string(),
    "occurred_at": _INSTANT,
    "recorded_at": _INSTANT,
    "actor": pa.string(),
    "source": pa.string(),
    "state": pa.binary(),
    "sealed": pa.binary(),
    "sealed_digest": pa.binary(),
}
SCHEMA = pa.schema([(name, _TYPES[name]) for name in COLUMN_NAMES])
"""All columns of the journal, in its order."""


def batch_of(rows: Sequence[tuple[Any, ...]]) -> Any:
    """Journal rows, complete, as one Arrow batch: ids as 16 bytes, instants as microseconds since 1970."""
    columns = zip(*rows, strict=True) if rows else [()] * len(SCHEMA)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def rows_in(batch: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of a batch, as they went in."""
    return zip(*map(_plain, batch.columns), strict=True)


def _plain(array: Any) -> list[Any]:
    instants = array.type == _INSTANT
    return (array.view(pa.int64()) if instants else array).to_pylist()  # type: ignore[no-any-return]


def batches_in(content: bytes, columns: Sequence[str] | None = None) -> Iterator[Any]:
    """The batches of a Parquet file, all columns unless told. Raises NotAnArchivedFile on what is none of ours."""
    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        if not file.schema_arrow.equals(SCHEMA):
            raise pa.ArrowInvalid("the columns are not those of the journal")
        for batch in file.iter_batches(AT_ONCE, columns=columns):
            # Texts that are no UTF-8 too are found here, and not by whoever takes them out.
            batch.validate(full=True)
            yield batch
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        # Nothing is read from the disk here: most of what is damaged comes as an OSError even so.
        said = next(iter(str(error).splitlines()), type(error).__name__)
        raise NotAnArchivedFile(f"it is no archived journal: {said}") from None


def row_digest(row: tuple[Any, ...]) -> str:
    """The digest of one row."""
    digest = RowsDigest()
    digest.add(batch_of([row]))
    return digest.hexdigest()


class RowsDigest:
    """SHA-256 over what rows say in all columns, the same however they are batched, compressed or stored.

    Each column has two digests: of its sizes and of its values. A text or blob has its length in bytes as int32, -1
    where it is null, and its bytes; an id or a number has 1 (null: 0) as one byte, and 16 bytes or an int64 (null: 0s);
    numbers are little-endian, instants microseconds since 1970. The digest is that over both digests of every column in
    turn.
    """

    def __init__(self) -> None:
        self._columns = [(sha256(), sha256()) for _ in SCHEMA]

    def add(self, batch: Any) -> None:
        """Take the next rows."""
        for (sizes, values), array in zip(self._columns, batch.columns, strict=True):
            told = _canonical(array)
            sizes.update(told[0])
            values.update(told[1])

    def hexdigest(self) -> str:
        """The digest of all rows taken so far."""
        whole = sha256()
        for sizes, values in self._columns:
            whole.update(sizes.digest())
            whole.update(values.digest())
        return whole.hexdigest()


def _canonical(array: Any) -> tuple[Any, Any]:
    if pa.types.is_binary(array.type) or pa.types.is_string(array.type):
        sizes = pc.fill_null(pc.binary_length(array), -1)
        return _buffer(sizes, 4), _bytes_of(pc.fill_null(array.cast(pa.binary()), b""))
    present = array.is_valid().cast(pa.uint8())
    if array.type == _ID:
        return _buffer(present, 1), _buffer(pc.fill_null(array, bytes(16)), 16)
    return _buffer(present, 1), _buffer(pc.fill_null(array.cast(pa.int64()), 0), 8)


def _buffer(array: Any, width: int) -> Any:
    begin = array.offset * width
    return memoryview(array.buffers()[1])[begin : begin + len(array) * width]


def _bytes_of(array: Any) -> Any:
    _, offsets, values = array.buffers()
    ends = memoryview(offsets).cast("i")
    return memoryview(values)[ends[array.offset] : ends[array.offset + len(array)]] if values else b""
