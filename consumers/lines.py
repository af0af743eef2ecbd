"""The lines of a file as bytes, one at a time, however long somebody made them."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from domain.intake import MOST_BYTES

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One line without its ending; `whole` is False when it was too long, and `raw` is its beginning."""

    number: int
    raw: bytes
    whole: bool = True


def lines_of(file: BinaryIO, *, most_bytes: int = MOST_BYTES) -> Iterator[Line]:
    """Every line, numbered from 1, blank ones too; a byte order mark and a carriage return are taken off."""
    number = 0
    while raw := file.readline(most_bytes + 2):
        number += 1
        rest = raw
        while len(rest) == most_bytes + 2 and not rest.endswith(b"\n"):
            rest = file.readline(most_bytes + 2)
        text = raw.removesuffix(b"\n").removesuffix(b"\r")
        if number == 1:
            text = text.removeprefix(BYTE_ORDER_MARK)
        if len(text) > most_bytes:
            yield Line(number, text[:most_bytes], whole=False)
        else:
            yield Line(number, text)
