"""The groups of rows that make one touchpoint each; their rows may stand anywhere, so they are held in memory."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from consumers.tables.mapping import EventMapping
from consumers.tables.row_errors import IdMissing, RowError, WrongGroup
from consumers.tables.values import Cells

_REPLACEMENT_CHARACTER = "\ufffd"


class Row(NamedTuple):
    """A line of the table, with its cells as far as they can be told when there is a `fault`."""

    line: int
    raw: bytes
    cells: Cells
    fault: RowError | None = None


class Group(NamedTuple):
    """Rows that make one touchpoint, or the reason why they must not."""

    rows: Sequence[Row]
    fault: RowError | None


def key_of(columns: Sequence[str], cells: Cells) -> tuple[str, ...] | None:
    """The cells of these columns; None when one is empty or not there."""
    found = tuple(cells.get(column) for column in columns)
    return None if None in found else tuple(str(cell) for cell in found)


class Groups:
    """All groups of one event."""

    def __init__(self, event: EventMapping, header: Row) -> None:
        self._event = event
        self._header = header
        self._members: dict[tuple[str, ...], list[Row]] = {}
        self._lost = False
        """Some line may have belonged to any of the groups."""

    def add(self, row: Row) -> RowError | None:
        """Put a row into its group; returns why it is in none."""
        by, expected = self._event.group_by, self._event.expected
        key = key_of(by, row.cells)
        fault: RowError | None = None
        if key is None:
            fault = IdMissing(f"empty, though it names the group: one of {', '.join(by)}")
        elif expected is not None and row.cells[expected.column] not in expected.values:
            fault = WrongGroup(f'column "{expected.column}" holds a value that is not in `expected`')
        else:
            self._members.setdefault(key, []).append(row)
        self._lost = self._lost or fault is not None
        return fault

    def spoil(self, row: Row) -> bool:
        """Put an unreadable line into the group whose key it still shows, if any: without it that would be told wrong,
        and for ever."""
        self._lost = True
        key = key_of(self._event.group_by, row.cells)
        if key is None or any(_REPLACEMENT_CHARACTER in part for part in key):
            return False
        self._members.setdefault(key, []).append(row)
        return True

    def __iter__(self) -> Iterator[Group]:
        for rows in chain(self._members.values(), self._without_rows()):
            yield Group(rows, self._fault(rows))

    def _fault(self, rows: Sequence[Row]) -> RowError | None:
        fault = next((row.fault for row in rows if row.fault is not None), None)
        if fault is not None:
            return type(fault)(f"a row of this group is bad, so none of it was taken: {fault}")
        if self._lost and self._event.lists_rows:
            return WrongGroup("this group may lack another line, which has no group or cannot be read: repair that")
        return None

    def _without_rows(self) -> Iterator[list[Row]]:
        """The expected groups of which the table has no row, each as a row in which nothing but its key is told."""
        expected = self._event.expected
        if expected is None:
            return
        by = self._event.group_by
        place = by.index(expected.column)
        readable = [key for key, rows in self._members.items() if any(row.fault is None for row in rows)]
        for before, after in dict.fromkeys((key[:place], key[place + 1 :]) for key in readable):
            for value in expected.values:
                key = (*before, value, *after)
                if key not in self._members:
                    cells = {**self._header.cells, **dict(zip(by, key, strict=True))}
                    yield [self._header._replace(cells=cells)]
