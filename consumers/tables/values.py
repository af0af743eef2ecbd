"""Where a field's value comes from: a constant, the cells of a row, or those of the rows of a group."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, Self

import orjson
from pydantic import Field, JsonValue, model_validator

from consumers.tables.part import EACH, Column, MappingPart, Scalar
from consumers.tables.row_errors import UnmappedValue, WrongCell, WrongGroup

Cells = Mapping[str, str | None]
"""The cells of a row by column; None where the cell holds a missing-value mark."""


class FieldSource(MappingPart):
    """One of a constant, a column, several columns (a list), and the rows of a group (a list of objects).

    `order_by` collects a column of a whole group.
    """

    constant: Scalar | list[Scalar] | None = None
    column: Column | None = None
    columns: list[Column] | None = None
    rows: dict[str, "FieldSource"] | None = Field(default=None, min_length=1)
    read_as: Literal["text", "int", "float", "bool"] = Field(default="text", alias="as")
    codes: dict[str, Scalar] | None = None
    otherwise: Scalar | None = None
    split: str | None = Field(default=None, min_length=1)
    true: list[str] = Field(default=["true", "yes", "y", "1"])
    false: list[str] = Field(default=["false", "no", "n", "0"])
    order_by: Column | None = None
    order: list[str] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if [self.constant, self.column, self.columns, self.rows].count(None) != 3:
            raise ValueError("write one of `constant`, `column`, `columns` and `rows`")
        if self.rows is not None and not _makes_objects(self.rows):
            raise ValueError("each part of `rows` is a `constant` or a `column`, and at least one a `column`")
        if (self.order_by is None) != (self.order is None):
            raise ValueError("`order_by` and `order` belong together")
        if self.order_by is not None and (self.column is None or self.split is not None):
            raise ValueError("`order_by` collects one `column`, without `split`")
        if self.otherwise is not None and self.codes is None:
            raise ValueError("`otherwise` needs `codes`")
        return self

    @property
    def collects(self) -> bool:
        """The rows of a group may differ in its columns."""
        return self.order_by is not None or self.rows is not None


def _makes_objects(parts: Mapping[str, FieldSource]) -> bool:
    """The parts have one value in each row, and there is a column that tells rows apart."""
    plain = all([part.columns, part.rows, part.order_by] == [None] * 3 for part in parts.values())
    return plain and any(part.column is not None for part in parts.values())


def columns_of(source: FieldSource) -> Iterator[str]:
    """The columns that a field's value comes from."""
    yield from source.columns or ()
    for part in (source.rows or {}).values():
        yield from columns_of(part)
    yield from (name for name in (source.column, source.order_by) if name)


def value_of(source: FieldSource, rows: Sequence[Cells], column_at: str) -> JsonValue:
    """The field's value; None when it is missing. `column_at` is the column that `for_each` is at. Raises RowError."""
    if source.constant is not None:
        return list(source.constant) if isinstance(source.constant, list) else source.constant
    if source.columns is not None:
        return [_cell(source, rows[0], name) for name in source.columns]
    if source.rows is not None:
        return _objects(source.rows, rows)
    name = column_at if source.column == EACH else source.column or ""
    if source.order_by is not None and source.order is not None:
        return _in_order(source, rows, name)
    if source.split is not None:
        cell = rows[0][name]
        return None if cell is None else [_read(source, part.strip(), name) for part in cell.split(source.split)]
    return _cell(source, rows[0], name)


def _in_order(source: FieldSource, rows: Sequence[Cells], name: str) -> list[JsonValue]:
    """One value for each item in the mapping's order; None for an item that no row of the group has."""
    order, order_by = source.order or [], source.order_by or ""
    found: dict[str, JsonValue] = {}
    for cells in rows:
        item = cells[order_by]
        if item not in order:
            raise WrongGroup(f'column "{order_by}" holds an item that is not in `order`: {", ".join(order)}')
        if item in found:
            raise WrongGroup(f'column "{order_by}" has the same item twice in one group')
        found[item] = _cell(source, cells, name)
    return [found.get(item) for item in order]


def _objects(parts: Mapping[str, FieldSource], rows: Sequence[Cells]) -> list[JsonValue]:
    """An object for each row, in the order of their contents, since where a row stands in the file means nothing."""
    found = sorted(
        orjson.dumps(told, option=orjson.OPT_SORT_KEYS) for cells in rows if (told := _object(parts, cells)) is not None
    )
    if len(set(found)) != len(found):
        raise WrongGroup("two rows of one group say the same")
    return [orjson.loads(told) for told in found]


def _object(parts: Mapping[str, FieldSource], cells: Cells) -> dict[str, JsonValue] | None:
    """What a row says; None when all of its columns are empty: somebody was asked, and had nothing to tell."""
    told = {name: value_of(part, [cells], "") for name, part in parts.items()}
    if all(told[name] is None for name, part in parts.items() if part.column is not None):
        return None
    return {name: value for name, value in told.items() if value is not None}


def _cell(source: FieldSource, cells: Cells, name: str) -> JsonValue:
    cell = cells[name]
    return None if cell is None else _read(source, cell, name)


def _read(source: FieldSource, text: str, name: str) -> JsonValue:
    if source.codes is not None:
        return _coded(source, source.codes, text, name)
    return _READERS[source.read_as](source, text, name)


def _coded(source: FieldSource, codes: Mapping[str, JsonValue], text: str, name: str) -> JsonValue:
    if text in codes:
        return codes[text]
    if source.otherwise is None:
        known = ", ".join(f'"{value}"' for value in codes)
        raise UnmappedValue(f'column "{name}" holds a value that `codes` has not: it has {known}')
    return source.otherwise


def _text(source: FieldSource, text: str, name: str) -> JsonValue:
    return text


def _int(source: FieldSource, text: str, name: str) -> JsonValue:
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise WrongCell(f'column "{name}" is not a whole number')
    return int(text)


def _float(source: FieldSource, text: str, name: str) -> JsonValue:
    try:
        number = float(text) if "_" not in text else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise WrongCell(f'column "{name}" is not a number')
    return number


def _bool(source: FieldSource, text: str, name: str) -> JsonValue:
    word = text.casefold()
    if word in map(str.casefold, source.true):
        return True
    if word in map(str.casefold, source.false):
        return False
    yes, no = ", ".join(source.true), ", ".join(source.false)
    raise WrongCell(f'column "{name}" is neither yes ({yes}) nor no ({no})')


_READERS: Mapping[str, Callable[[FieldSource, str, str], JsonValue]] = {
    "text": _text,
    "int": _int,
    "float": _float,
    "bool": _bool,
}
