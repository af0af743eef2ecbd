"""Names of headers that are not UTF-8: the broker takes any bytes, and the client reads no message from there on.

Here such a name is read as Python reads file names, its other bytes as lone surrogates (PEP 383): none is lost, and it
is told from every name that is text.
"""

from typing import Any

from kafka.record import memory_records
from kafka.record.default_records import DefaultRecordBatch


def is_text(name: str) -> bool:
    """Whether the name of a header was UTF-8."""
    try:
        str.encode(name)
    except UnicodeEncodeError:
        return False
    return True


def read_any() -> None:
    """Let consumers of this process read messages whatever the names of their headers are."""
    memory_records.DefaultRecordBatch = _Batch


class _Batch(DefaultRecordBatch):  # type: ignore[misc]
    """Records of which one that the client cannot read is read again by bytes that decode themselves otherwise."""

    _buffer: Any

    def _read_msg(self, *decoding: Any) -> Any:
        try:
            return super()._read_msg(*decoding)
        except UnicodeDecodeError:
            whole = self._buffer
            self._buffer = _Bytes(whole)
            try:
                return super()._read_msg(*decoding)
            finally:
                self._buffer = whole


class _Bytes(bytearray):
    """Bytes of which every slice becomes text."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Bytes(found) if isinstance(at, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return _Name(super().decode(encoding, "surrogateescape"))


class _Name(str):
    """A name that becomes the bytes it was made of: the client counts them."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return super().encode(encoding, "surrogateescape")
