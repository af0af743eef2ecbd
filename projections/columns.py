"""The column types every table shares: pseudonyms as 16 bytes, instants as integer microseconds."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String, TypeDecorator, Uuid
from sqlalchemy.engine import Dialect

from domain.clock import END_OF_TIME, EPOCH, MICROSECOND, from_microseconds, to_microseconds


class Instant(TypeDecorator[datetime]):
    """A UTC instant kept as int64 microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_microseconds(value)


class Pseudonym(TypeDecorator[UUID]):
    """A participant or event id: `uuid` on PostgreSQL, 16 bytes elsewhere."""

    impl = LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(Uuid() if dialect.name == "postgresql" else LargeBinary(16))

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        return value if value is None or isinstance(value, UUID) else UUID(bytes=bytes(value))


Cells = list[tuple[Any, ...]]
Storer = Callable[[Sequence[Any]], Cells]


def storer(columns: Sequence[Column[Any]], *, postgres: bool) -> Storer:
    """How the rows of one component are written through a driver cursor: instants as microseconds, ids as bytes.

    The conversion is compiled once per table, because it runs for every cell of every row of a replay; its source is
    made of column indexes only. The first column is the component, the same in all of these rows, and is converted once
    for all cells that hold it. Python's sqlite3 looks for an adapter of every `bytes`, None and bool (five times the
    cost of the binding itself), and for none of a bytearray, an int or a str: hence `placeholder`, which goes with
    this.
    """
    cell = _postgres_cell if postgres else _sqlite_cell
    names = [f"c{index}" for index in range(len(columns))]
    root, *others = (cell(name, column) for name, column in zip(names, columns, strict=True))
    for index, column in enumerate(columns[1:]):
        if isinstance(column.type, Pseudonym):
            others[index] = f"root if {names[index + 1]} is of else {others[index]}"
    source = (
        f"lambda of, rows: [(root, {', '.join(others)}) for {names[0]} in (of,) for root in ({root},)"
        f" for {names[0]}, {', '.join(names[1:])} in rows]"
    )
    names_within = {"int4": _int4, "EPOCH": EPOCH, "MICROSECOND": MICROSECOND, "NO_BYTES": bytearray()}
    compiled = eval(source, names_within | {"END_OF_TIME": END_OF_TIME, "END": to_microseconds(END_OF_TIME)})
    return lambda rows: compiled(rows[0][0], rows) if rows else []


def _int4(value: int) -> int:
    if not -(2**31) <= value < 2**31:
        raise OverflowError("an integer of 32 bits cannot hold it")
    return value


def placeholder(column: Column[Any]) -> str:
    """What stands for a cell in an INSERT on SQLite: an empty text or blob is the NULL of a column that may be NULL."""
    if column.nullable and isinstance(column.type, Pseudonym | LargeBinary):
        return "nullif(?, x'')"
    return "nullif(?, '')" if column.nullable and isinstance(column.type, String) else "?"


def _postgres_cell(value: str, column: Column[Any]) -> str:
    if isinstance(column.type, Instant):
        # What nothing has ended is common, and known beforehand.
        stored = f"END if {value} is END_OF_TIME else ({value} - EPOCH) // MICROSECOND"
    elif isinstance(column.type, Pseudonym):
        stored = f"{value}.int.to_bytes(16)"
    elif type(column.type) is Integer:
        # psycopg sends what is left of a larger one.
        stored = f"int4({value})"
    else:
        return value
    return f"None if {value} is None else {stored}" if column.nullable else stored


def _sqlite_cell(value: str, column: Column[Any]) -> str:
    if isinstance(column.type, Pseudonym):
        stored = f"bytearray({value}.int.to_bytes(16))"
        return f"NO_BYTES if {value} is None else {stored}" if column.nullable else stored
    if isinstance(column.type, String):
        return f"{value} or ''" if column.nullable else value
    if isinstance(column.type, Boolean):
        return f"None if {value} is None else +{value}" if column.nullable else f"+{value}"
    return _postgres_cell(value, column)
