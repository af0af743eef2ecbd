"""What a command has to show: rows of one kind under one name, or a single thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.cli.values import plain


@dataclass(frozen=True)
class Listing:
    """Rows of one kind, each with a value for every column."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    brief: tuple[str, ...] = ()
    """The columns that a narrow terminal shows, where all would be too many."""
    record: bool = False
    """Exactly one row: an object in JSON, a line for each column in a table."""

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, map(plain, row), strict=True)) for row in self.rows]


def record(name: str, **values: Any) -> Listing:
    """One thing and what is to be said of it."""
    return Listing(name, tuple(values), [tuple(values.values())], record=True)
