"""What a command prints on stdout: rows as a table to read, or as JSON, JSON lines or CSV to work on.

Tables show Seoul time to the minute and figures to four decimals; the other formats hold the whole value, and time
stamps with Seoul's offset. Several listings make one document: an object of lists in JSON, elsewhere rows that name
theirs.
"""

import csv
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import orjson

from api.cli.listing import Listing
from api.cli.tables import print_tables
from api.cli.values import cell_of_csv


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def show(output: Format, *listings: Listing) -> None:
    """Print a listing, or several as one document."""
    match output:
        case Format.TABLE:
            print_tables(listings)
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
    writer.writerows({name: cell_of_csv(value) for name, value in row.items()} for row in _named(listings))


def _write(line: bytes) -> None:
    sys.stdout.write(line.decode())
