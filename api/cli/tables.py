"""Listings as tables to read, folded to a terminal and whole in a file."""

import sys
import textwrap
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli.listing import Listing
from api.cli.values import is_number, readable

_NARROW = 140
"""Characters of a line, below which a terminal shows a listing in brief."""
_WORD, _NAME = 12, 33
"""Characters that are not worth folding; and of a stored name, a code or a rule, kept whole where there is room."""
_GAP, _LEAST = 3, 16
"""Between two columns; and of a column that is folded."""
_WIDE = 10_000
"""Characters of a line that no terminal limits: nothing is folded on the way to a file."""


def print_tables(listings: Sequence[Listing]) -> None:
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDE)
    for number, listing in enumerate(listings):
        if number:
            console.print()
        if len(listings) > 1 and not listing.record:
            console.print(Text(listing.name.replace("_", " "), style="bold"))
        if listing.record:
            console.print(_fields(listing.columns, listing.rows[0]))
        else:
            _print_rows(console, listing)


class _Column(NamedTuple):
    """A column as it is read: its name, and its values before and after."""

    name: str
    values: list[Any]
    texts: list[str]

    @property
    def is_numeric(self) -> bool:
        return all(value is None or is_number(value) for value in self.values)

    def stays_whole(self, longest: int) -> bool:
        """Folded, moments, ids and single words could not be read or copied any more."""
        return all(
            isinstance(value, datetime | UUID) or len(text) <= (_WORD if " " in text else longest)
            for value, text in zip(self.values, self.texts, strict=True)
        )

    def heading(self) -> str:
        """The name in lines as short as the values."""
        least = max(map(cell_len, [*self.name.split(), *self.texts]))
        return "\n".join(textwrap.wrap(self.name, least))


def _print_rows(console: Console, listing: Listing) -> None:
    """As a table; where that is wider than the terminal, row by row: a pseudonym that is cut off names nobody."""
    narrow = console.width < _NARROW
    columns = [_column(listing, name) for name in (listing.brief if narrow else ()) or listing.columns]
    if _has_room(columns, console.width, _WORD):
        console.print(_table(columns, console.width))
        return
    names = [column.name for column in columns]
    for number, row in enumerate(zip(*(column.values for column in columns), strict=True)):
        if number:
            console.print()
        console.print(_fields(names, row))


def _table(columns: Sequence[_Column], width: int) -> Table:
    narrow = width < _NARROW
    longest = _NAME if _has_room(columns, width, _NAME) else _WORD
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        whole = column.stays_whole(longest)
        heading = column.heading() if narrow and whole else column.name
        table.add_column(heading, justify="right" if column.is_numeric else "left", no_wrap=whole)
    for texts in zip(*(column.texts for column in columns), strict=True):
        table.add_row(*(Text(text, overflow="fold") for text in texts))
    return table


def _column(listing: Listing, name: str) -> _Column:
    index = listing.columns.index(name)
    values = [row[index] for row in listing.rows]
    return _Column(name.replace("_", " "), values, list(map(readable, values)))


def _has_room(columns: Sequence[_Column], width: int, longest: int) -> bool:
    """Whether what is so long may stay whole: a table wider than its terminal would lose what stands in it."""
    needed = (
        max(map(cell_len, column.heading().split("\n") + column.texts)) if column.stays_whole(longest) else _LEAST
        for column in columns
    )
    return sum(needed) + _GAP * (len(columns) - 1) <= width


def _fields(names: Sequence[str], values: Sequence[Any]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in zip(names, values, strict=True):
        table.add_row(name.replace("_", " "), Text(readable(value)))
    return table
