"""The column types every table shares: pseudonyms as 16 bytes, instants as integer microseconds."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, TypeDecorator, Uuid
from sqlalchemy.engine import Dialect

from domain.clock import from_microseconds, to_microseconds


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


def to_stored(column_type: Any) -> Callable[[Any], Any] | None:
    """How a value of a column is written through a driver cursor; None where it is written as it stands."""
    if isinstance(column_type, Instant):
        return to_microseconds
    if isinstance(column_type, Pseudonym):
        return lambda value: value.bytes
    return None
