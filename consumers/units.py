"""What a file's reader yields for every touchpoint that should come of it: the touchpoint, or why there is none."""

from typing import NamedTuple

from domain.touchpoint import Touchpoint


class Read(NamedTuple):
    """A touchpoint, with the line it began on and the bytes it came from."""

    line: int
    raw: bytes
    event: Touchpoint


class Reject(NamedTuple):
    """Bytes of which no touchpoint came: a stable code, and a message that repeats nothing of them."""

    line: int
    code: str
    message: str
    raw: bytes


Unit = Read | Reject
