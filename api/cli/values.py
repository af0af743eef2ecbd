"""One value as JSON holds it, as a cell of CSV does, and as a table shows it."""

import re
from datetime import datetime
from enum import Enum
from typing import Any

import orjson

from api.cli.plain_text import cleaned
from domain.clock import SEOUL

_FORMULA = re.compile("[=+\\-@\uff1d\uff0b\uff0d\uff20]")
"""How a formula begins, also in full width, as a Korean keyboard writes it."""
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def plain(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, datetime):
        return value.astimezone(SEOUL).isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple | frozenset):
        return [plain(part) for part in value]
    return value if value is None or isinstance(value, str | bool | int | float | dict) else str(value)


def cell(value: Any) -> str:
    """A plain value as one cell of text."""
    if isinstance(value, list):
        return ", ".join(map(cell, value))
    if value is None or isinstance(value, str):
        return cleaned(value or "")
    return orjson.dumps(value).decode()


def cell_of_csv(value: Any) -> str:
    """A plain value as a cell that no spreadsheet runs: before a text that begins like a formula stands an apostrophe.

    As OWASP advises ("CSV injection"): what anybody can send in must not become a program where it is opened. A number
    stays as it is, and so does a text that is one. A tab or a line's end, which begin formulas too, are escapes here.
    """
    text = cell(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def readable(value: Any) -> str:
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
    return cell(plain(value))


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
