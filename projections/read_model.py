"""What a read model is: a name, a version, a frozen row, a table, a pure fold; and the digest that compares rows."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Column, MetaData, Table

from domain.clock import to_microseconds
from domain.history import History


def events_in(cell: Any) -> Iterator[UUID]:
    """The events that a cell names: by their id, or as a JSON list of ids."""
    if isinstance(cell, UUID):
        yield cell
    elif isinstance(cell, str):
        yield from map(UUID, orjson.loads(cell))


@dataclass(frozen=True)
class ReadModel:
    """A definition that runs live, in bulk and on demand alike.

    `row` is a NamedTuple whose fields are the table's columns in order; its first field `component` is the root of
    the component whose rows are replaced together; `key` names the fields that identify a row. `fold` is pure.
    """

    name: str
    version: int
    row: type[Any]
    key: tuple[str, ...]
    columns: Callable[[], Sequence[Column[Any]]]
    fold: Callable[[History], Sequence[Any]]
    indexes: tuple[tuple[str, ...], ...] = ()
    arrival: frozenset[str] = frozenset()
    """Columns that tell about arrival (recorded_at and the like): the only ones that may differ when the order does."""
    evidence: tuple[str, ...] = ()
    """Columns that name the events a row rests on. No other id is one: it may be a person, a household, or keyed."""
    events_in: Callable[[Any], Iterable[UUID]] = events_in
    """How a cell of these columns is read."""
    secret: frozenset[str] = frozenset()
    """Columns whose values are shown to nobody: keyed indexes, and what was told of other people."""

    @cached_property
    def field_names(self) -> tuple[str, ...]:
        return self.row._fields  # type: ignore[no-any-return]

    def table(self, generation: int, metadata: MetaData) -> Table:
        """The table of one generation, such as `journey_g7`, defined once per metadata."""
        name = f"{self.name}_g{generation}"
        found = metadata.tables.get(name)
        # Clustered by its key, which begins with the component: rows replaced together lie together.
        return found if found is not None else Table(name, metadata, *self.columns(), sqlite_with_rowid=False)

    def ordered(self, rows: Iterable[Any]) -> list[Any]:
        """Rows in the order of their key."""
        return sorted(rows, key=lambda row: tuple(getattr(row, name) for name in self.key))

    def digest(self, rows: Iterable[Any], *, arrival: bool = True) -> str:
        """SHA-256 over the canonical JSON of rows sorted by key; `arrival=False` leaves out the columns about
        arrival."""
        names = [name for name in self.field_names if arrival or name not in self.arrival]
        lines = [orjson.dumps([_plain(getattr(row, name)) for name in names]) for row in self.ordered(rows)]
        return hashlib.sha256(b"\n".join(lines)).hexdigest()


def _plain(value: Any) -> Any:
    """A value as canonical JSON holds it: instants as integer microseconds, ids as text."""
    if isinstance(value, datetime):
        return to_microseconds(value)
    if isinstance(value, UUID):
        return str(value)
    return value
