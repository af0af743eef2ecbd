"""The rejects file: what was wrong with which line is open, the line itself is sealed.

One JSON object a line: {"line", "code", "message", "sealed"}. The sealed bytes are bound to the open words beside them,
so neither can be exchanged. How they are sealed is passed in (AES-256-GCM under a key of the vault).
"""

import os
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from stat import S_ISREG
from types import TracebackType
from typing import BinaryIO, Self

import orjson

from consumers.units import Reject

Seal = Callable[[bytes, bytes], bytes]
"""(plaintext, associated data) -> sealed bytes; and the way back."""

SUFFIX = ".rejects.jsonl"


class RejectsUnreadable(ValueError):
    """A line is not one of a rejects file."""


class RejectsUnwritable(OSError):
    """There is no place for rejects; the message says what to do."""


def rejects_path(path: Path) -> Path:
    """Where the rejects of a file go unless told."""
    return path.with_name(path.name + SUFFIX)


class RejectsFile:
    """Rejects, written as they are found; only its owner can read the file, which starts with the first reject.

    The file of an earlier import is replaced by the first reject of this one, and otherwise left as it is.
    """

    def __init__(self, path: Path, seal: Seal) -> None:
        self.path = path
        self.count = 0
        self._seal = seal
        self._file: BinaryIO | None = None

    def write(self, reject: Reject) -> None:
        """Add one reject. Raises RejectsUnwritable."""
        if self._file is None:
            self._file = _created(self.path)
        sealed = self._seal(reject.raw, _bound_to(reject.line, reject.code, reject.message))
        line = {
            "line": reject.line,
            "code": reject.code,
            "message": reject.message,
            "sealed": b64encode(sealed).decode(),
        }
        self._file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        self.count += 1

    def close(self) -> None:
        """Make what was written durable."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_rejects(path: Path, opened: Seal) -> Iterator[Reject]:
    """The rejects of a file, unsealed one at a time with `opened`, the way back of what sealed them.

    Raises RejectsUnreadable, and what `opened` raises for bytes or words that were changed.
    """
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            try:
                told = orjson.loads(raw)
                line, code, message = int(told["line"]), str(told["code"]), str(told["message"])
                sealed = b64decode(told["sealed"], validate=True)
            except (ValueError, KeyError, TypeError):
                raise RejectsUnreadable(
                    f"line {number} of {path.name} is not a line of a rejects file: that of an import is FILE{SUFFIX}"
                    " unless told"
                ) from None
            yield Reject(line, code, message, opened(sealed, _bound_to(line, code, message)))


def _bound_to(line: int, code: str, message: str) -> bytes:
    return orjson.dumps([line, code, message])


def _created(path: Path) -> BinaryIO:
    """An empty file for its owner only, also when there was one that others could read; never through a link.

    Only a file of rejects is replaced: a slip of the hand may name the file that is imported, or a key.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unwritable(path, str(error.strerror)) from None
    if fault := _fault(handle):
        os.close(handle)
        raise _unwritable(path, fault)
    os.ftruncate(handle, 0)
    os.fchmod(handle, 0o600)
    return os.fdopen(handle, "wb")


_BEGINNING = re.compile(rb'\{"line":[0-9]+,"code":"').match
"""Of a line of a rejects file, as `write` makes it."""


def _fault(handle: int) -> str | None:
    """Why what is there must not be written over; None where it is empty, or a file of rejects."""
    if not S_ISREG(os.fstat(handle).st_mode):
        return "it is no file"
    first = os.pread(handle, 64, 0)
    return "it holds something else" if first and not _BEGINNING(first) else None


def _unwritable(path: Path, why: str) -> RejectsUnwritable:
    return RejectsUnwritable(
        f"rejects cannot be written to {path} ({why}): import again with --rejects FILE; what went in is found as"
        " duplicates then"
    )
