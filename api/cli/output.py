"""What a command prints on stdout: rows as a table to read, or as JSON, JSON lines or CSV to work on.

Tables show Seoul time to the minute and figures to four decimals; the other formats hold the whole value, and time
stamps with Seoul's offset. Several listings make one document: an object of lists in JSON, elsewhere rows that name
theirs.
"""

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

import orjson
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli.plain_text import cleaned
from domain.clock import SEOUL

_WIDE = 10_000
"""Columns of a table that no terminal limits: nothing is cut off on the way to a file."""


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


@dataclass(frozen=True)
class Listing:
    """Rows of one kind, each with a value for every column."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    brief: tuple[str, ...] = ()
    """The columns of the table, where all would be too many."""
    record: bool = False
    """Exactly one row: an object in JSON, a line for each column in a table."""

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, map(_plain, row), strict=True)) for row in self.rows]


def record(name: str, **values: Any) -> Listing:
    """One thing and what is to be said of it."""
    return Listing(name, tuple(values), [tuple(values.values())], record=True)


def show(output: Format, *listings: Listing) -> None:
    """Print a listing, or several as one document."""
    match output:
        case Format.TABLE:
            _tables(listings)
        case Format.JSON:
            found = {listing.name: _whole(listing) for listing in listings}
            content = found if len(listings) > 1 else _whole(listings[0])
            _write(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        case Format.JSONL:
            for row in _named(listings):
                _write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        case Format.CSV:
            _csv(listings)


def _whole(listing: Listing) -> Any:
    return listing.dicts()[0] if listing.record else listing.dicts()


def _named(listings: Sequence[Listing]) -> list[dict[str, Any]]:
    """All rows; where there are several listings, with the name of theirs first."""
    if len(listings) == 1:
        return listings[0].dicts()
    return [{"listing": listing.name, **row} for listing in listings for row in listing.dicts()]


def _csv(listings: Sequence[Listing]) -> None:
    names = dict.fromkeys(name for listing in listings for name in listing.columns)
    columns = list(names) if len(listings) == 1 else ["listing", *names]
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in _named(listings))


def _tables(listings: Sequence[Listing]) -> None:
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDE)
    for number, listing in enumerate(listings):
        if number:
            console.print()
        if len(listings) > 1 and not listing.record:
            console.print(Text(listing.name.replace("_", " "), style="bold"))
        console.print(_fields(listing) if listing.record else _table(listing))


def _table(listing: Listing) -> Table:
    shown = [listing.columns.index(name) for name in listing.brief or listing.columns]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index in shown:
        numbers = all(_is_number(row[index]) or row[index] is None for row in listing.rows)
        whole = any(isinstance(row[index], datetime | UUID) for row in listing.rows)
        name = listing.columns[index].replace("_", " ")
        table.add_column(name, justify="right" if numbers else "left", no_wrap=whole or numbers, overflow="fold")
    for row in listing.rows:
        table.add_row(*(Text(_readable(row[index])) for index in shown))
    return table


def _fields(listing: Listing) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in zip(listing.columns, listing.rows[0], strict=True):
        table.add_row(name.replace("_", " "), Text(_readable(value)))
    return table


def _readable(value: Any) -> str:
    """A value as a table shows it."""
    if isinstance(value, datetime):
        return value.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        text = f"{value:,.4f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    return _cell(_plain(value))


def _cell(value: Any) -> str:
    """A plain value as one cell of text."""
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    if value is None or isinstance(value, str):
        return cleaned(value or "")
    return orjson.dumps(value).decode()


def _plain(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, datetime):
        return value.astimezone(SEOUL).isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple | frozenset):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, str | bool | int | float | dict) else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _write(line: bytes) -> None:
    sys.stdout.write(line.decode())
