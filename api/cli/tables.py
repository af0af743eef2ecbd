"""Listings as tables to read, folded to a terminal and whole in a file."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli.listing import Listing
from api.cli.values import is_number, readable

_NARROW = 140
"""Characters of a line, below which a terminal shows a listing in brief."""
_WORD = 12
"""Characters that are not worth folding."""
_WIDE = 10_000
"""Characters of a line that no terminal limits: nothing is folded on the way to a file."""


def print_tables(listings: Sequence[Listing]) -> None:
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDE)
    for number, listing in enumerate(listings):
        if number:
            console.print()
        if len(listings) > 1 and not listing.record:
            console.print(Text(listing.name.replace("_", " "), style="bold"))
        console.print(_fields(listing) if listing.record else _table(listing, narrow=console.width < _NARROW))


def _table(listing: Listing, *, narrow: bool) -> Table:
    shown = [listing.columns.index(name) for name in (listing.brief if narrow else ()) or listing.columns]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for index in shown:
        values = [row[index] for row in listing.rows]
        numbers = all(value is None or is_number(value) for value in values)
        name = listing.columns[index].replace("_", " ")
        table.add_column(name, justify="right" if numbers else "left", no_wrap=all(map(_stays_whole, values)))
    for row in listing.rows:
        table.add_row(*(Text(readable(row[index]), overflow="fold") for index in shown))
    return table


def _stays_whole(value: Any) -> bool:
    """Folded, these could not be read or copied any more."""
    return isinstance(value, datetime | UUID) or len(readable(value)) <= _WORD


def _fields(listing: Listing) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in zip(listing.columns, listing.rows[0], strict=True):
        table.add_row(name.replace("_", " "), Text(readable(value)))
    return table
