"""What the gate of a replay found, as rows to show: under pseudonyms, and never what is sealed."""

from collections.abc import Iterator, Sequence
from typing import Any

from api.cli.listing import Listing
from api.cli.values import plain
from replay.rebuild import Compared

_SEALED = "(sealed)"
_LONG = 60

COLUMNS = (
    "read_model", "version", "rows", "events", "people", "equal", "changed", "new", "gone", "not_compared",
    "rows_equal", "rows_changed", "rows_new", "rows_gone", "columns_not_compared", "examples",
)  # fmt: skip
"""A read model that was replayed: its rows, what was folded, and how the new rows compare with the old: by people, then
by rows."""
_MADE = COLUMNS[:5]
_COMPARED = ("read_model", "compared", "equal", "changed", "new", "gone", "not_compared")
_EXAMPLE = ("read_model", "person", "kind", "row", "column", "old", "new", "events")
_NO_CELLS = ((None, None, None),)
"""A row of which all columns are its key has none that could differ."""


def compared(found: Compared | None) -> tuple[Any, ...]:
    """People whose rows are the same, differ, are new, are gone; who could not be compared; the same of the rows; the
    columns that could not be compared; and examples."""
    if found is None:
        return (None,) * (len(COLUMNS) - len(_MADE))
    told = [dict(zip(_EXAMPLE[1:], map(plain, row[1:]), strict=True)) for row in _rows(found)]
    return (*found.people, found.left_out, *found.rows, found.columns_left_out, told)


def tables(rows: Sequence[tuple[Any, ...]], found: Sequence[Compared]) -> list[Listing]:
    """The same to be read: what was made, then how it compares, a line for the people and one for the rows."""
    listings = [Listing("read_models", _MADE, [row[: len(_MADE)] for row in rows])]
    if found:
        lines: list[tuple[Any, ...]] = []
        for each in found:
            lines.append((each.model, "people", *each.people, each.left_out))
            lines.append((each.model, "rows", *each.rows, None))
        listings.append(Listing("compared", _COMPARED, lines))
    if any(each.examples for each in found):
        listings.append(_examples(found))
    return listings


def _examples(found: Sequence[Compared]) -> Listing:
    """Some of the rows that differ: which row, which columns, from what to what, and the events that it rests on."""
    return Listing("examples", _EXAMPLE, [row for each in found for row in _rows(each)], brief=_EXAMPLE[:-1])


def _rows(found: Compared) -> Iterator[tuple[Any, ...]]:
    for one in found.examples:
        row = {name: plain(value) for name, value in one.key.items()}
        for column, old, new in one.cells or _NO_CELLS:
            yield found.model, one.component, one.kind, row, column, _told(old), _told(new), one.events


def _told(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return _SEALED
    return f"{value[:_LONG]}..." if isinstance(value, str) and len(value) > _LONG else value
