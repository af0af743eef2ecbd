"""The records of a CSV file (RFC 4180) in any of the mapping's encodings; a bad one does not take others with it."""

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from consumers.lines import Line, lines_of
from consumers.tables.row_errors import RowError, WrongCsv, WrongEncoding
from domain.intake import MOST_BYTES

MOST_LINES = 100
"""How many lines one quoted cell may span; beyond, its quote counts as never closed."""


class Record(NamedTuple):
    """The cells of one record, as far as they can be told when there is a `fault`."""

    line: int
    raw: bytes
    cells: list[str]
    fault: RowError | None = None


def records_of(file: BinaryIO, *, encoding: str, delimiter: str, multiline: bool) -> Iterator[Record]:
    """Every record with the line it begins on, the header first. Blank lines are none."""
    lines = lines_of(file)
    for line in _joined(lines, encoding, delimiter) if multiline else lines:
        if line.raw.strip():
            yield _record(line, encoding, delimiter, multiline)


def _record(line: Line, encoding: str, delimiter: str, multiline: bool) -> Record:
    if not line.whole:
        return Record(line.number, line.raw, [], WrongCsv(f"the line has more than {MOST_BYTES:,} bytes"))
    text, fault = _decoded(line.raw, encoding)
    cells = _cells(text, delimiter)
    if cells is None:
        advice = "" if multiline else ", or set `multiline = true` when cells hold line breaks"
        fault = fault or WrongCsv(f"a quote is not closed or stands alone, or a cell is too long: repair it{advice}")
        return Record(line.number, line.raw, [], fault)
    return Record(line.number, line.raw, [cell.strip() for cell in cells], fault)


def _cells(text: str, delimiter: str) -> list[str] | None:
    """The cells of one record; None where it is none."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def _decoded(raw: bytes, encoding: str) -> tuple[str, RowError | None]:
    try:
        return raw.decode(encoding), None
    except UnicodeDecodeError as error:
        where = f"not {encoding} at byte {error.start + 1} of the line"
        return raw.decode(encoding, "replace"), WrongEncoding(f"{where}: check `encoding`, or repair the line")


def _joined(lines: Iterator[Line], encoding: str, delimiter: str) -> Iterator[Line]:
    """Lines put together while a quote is open; a line whose quote is never closed is given alone."""
    ahead: deque[Line] = deque()
    while True:
        first = ahead.popleft() if ahead else next(lines, None)
        if first is None:
            return
        taken = [first]
        quotes = first.raw.count(b'"')
        if quotes % 2 and first.whole and _cells(_decoded(first.raw, encoding)[0], delimiter) is not None:
            # It stands within a cell, as an inch does, and opens nothing: the next one may stand many lines below.
            yield first
            continue
        while quotes % 2 and first.whole and len(taken) < MOST_LINES:
            following = ahead[len(taken) - 1] if len(taken) <= len(ahead) else next(lines, None)
            if following is None:
                break
            if len(taken) > len(ahead):
                ahead.append(following)
            taken.append(following)
            quotes += following.raw.count(b'"')
        if quotes % 2 or not all(line.whole for line in taken):
            yield first
        else:
            for _ in taken[1:]:
                ahead.popleft()
            yield Line(first.number, b"\n".join(line.raw for line in taken))
