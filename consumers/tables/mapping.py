"""The mapping file: how the columns of a table become touchpoints. TOML, explained in docs/importing.md."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

import domain.events  # noqa: F401 (registers every stored name)
from consumers.tables.moments import When
from consumers.tables.part import EACH, Column, MappingPart, Scalar
from consumers.tables.values import FieldSource, columns_of
from domain.cloud_events import REQUIRED
from domain.field_faults import faults_in_file, said
from domain.touchpoint import Touchpoint

# MappingError
# ├── MappingUnreadable   not UTF-8, or not TOML
# ├── MappingInvalid      TOML, but not a mapping: every fault by its path
# └── ColumnsMissing      the table lacks columns that the mapping names

ENCODINGS = ("utf-8", "utf-8-sig", "cp949", "euc-kr", "ascii", "iso8859-1", "cp1252")
"""Encodings in which no character but the line feed and the quote has their byte, so that a file can be cut at them."""
NOT_A_FIELD = frozenset({*REQUIRED.values(), "origin", "precision"})
"""Fields of a touchpoint that have a place of their own in the mapping."""


class MappingError(ValueError):
    """A mapping file cannot be used; the message says what to change. It concerns the mapping, hence nobody's data."""


class MappingUnreadable(MappingError):
    """The file is not TOML in UTF-8."""


class MappingInvalid(MappingError):
    """The file is no mapping."""


class ColumnsMissing(MappingError):
    """The table has not the columns that the mapping names, or has one of them twice."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("not a time zone: write a name such as Asia/Seoul") from None
    return name


def _delimiter(text: str) -> str:
    if len(text) != 1 or text in '"\r\n':
        raise ValueError("must be one character, and neither a double quote nor the end of a line")
    return text


class Condition(MappingPart):
    """What a row must be for its event to be: exactly one of the three."""

    column: Column
    equals: str | None = None
    among: list[str] | None = Field(default=None, alias="in")
    present: bool | None = None

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if [self.equals, self.among, self.present].count(None) != 2:
            raise ValueError("write one of `equals`, `in` and `present`")
        return self


class Each(MappingPart):
    """One column of a wide table, and what is its own."""

    column: Column
    id: str | None = None
    occurred_at: When | None = None
    constants: dict[str, Scalar] = Field(default={})


class Expected(MappingPart):
    """The groups that are known to be, also those of which the table has no row: who was asked and had nothing."""

    column: Column
    values: list[Annotated[str, StringConstraints(min_length=1)]] = Field(min_length=1)


class EventMapping(MappingPart):
    """How one type of touchpoint comes of the table."""

    type: str
    name: str | None = None
    """The beginning of every id, so that two events of one row differ; the type without its version unless told."""
    id: list[Column] = Field(default=[])
    when: list[Condition] = Field(default=[])
    group_by: list[Column] = Field(default=[])
    expected: Expected | None = None
    for_each: list[Each] = Field(default=[])
    occurred_at: When | None = None
    fields: dict[str, FieldSource] = Field(default={})

    @property
    def prefix(self) -> str:
        return self.type.rpartition(".v")[0] if self.name is None else self.name

    @property
    def lists_rows(self) -> bool:
        """Every row of a group is an entry of a list: a row that is lost would leave no gap to be seen."""
        return any(source.rows is not None for source in self.fields.values())

    @property
    def id_columns(self) -> list[Column]:
        return self.id or self.group_by

    @model_validator(mode="after")
    def _fits_the_type(self) -> Self:
        kind = Touchpoint.registry.get(self.type)
        if kind is None:
            raise ValueError("type is not the stored name of an event; `majung schema list` has them all")
        if kind.is_command:
            raise ValueError(f"{self.type} is decided by Majung, not told by a table")
        taken = {*self.fields, *(name for each in self.for_each for name in each.constants)}
        if wrong := sorted(name for name in taken if name not in kind.model_fields or name in NOT_A_FIELD):
            raise ValueError(f"not fields of {self.type}: {', '.join(wrong)}")
        needed = {name for name, field in kind.model_fields.items() if field.is_required()} - NOT_A_FIELD
        common = set.intersection(*(set(each.constants) for each in self.for_each)) if self.for_each else set()
        if missing := sorted(needed - self.fields.keys() - common):
            raise ValueError(f"{self.type} needs these fields too: {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _fits_the_table(self) -> Self:
        if not self.id_columns:
            raise ValueError("`id` must name the columns that tell one event from another")
        if self.group_by and self.for_each:
            raise ValueError("write `group_by` or `for_each`, not both")
        if not self.group_by and any(source.order_by for source in self.fields.values()):
            raise ValueError("`order_by` needs `group_by`")
        if self.lists_rows and not self.group_by:
            raise ValueError("`rows` needs `group_by`")
        if EACH in set(self.columns() if not self.for_each else self._own_columns()):
            raise ValueError(f'"{EACH}" is the column of `for_each`: `when`, `occurred_at` and `column` may name it')
        ids = [each.id or each.column for each in self.for_each]
        if len(set(ids)) != len(ids):
            raise ValueError("two parts of `for_each` have the same id")
        if self.occurred_at is None and (not self.for_each or any(each.occurred_at is None for each in self.for_each)):
            raise ValueError("`occurred_at` is missing: write a column, or a constant date")
        return self

    @model_validator(mode="after")
    def _expects_what_a_group_tells(self) -> Self:
        if self.expected is None:
            return self
        if self.expected.column not in self.group_by or not self.lists_rows:
            raise ValueError("`expected` names a column of `group_by`, and needs a field with `rows`")
        if len(set(self.expected.values)) != len(self.expected.values):
            raise ValueError("`expected` has a value twice")
        at = self.occurred_at.column if self.occurred_at else None
        if wrong := sorted({*self.id, *([at] if at else [])} - set(self.group_by)):
            raise ValueError(f"with `expected`, `group_by` must have what makes id and date: {', '.join(wrong)}")
        return self

    def columns(self) -> Iterator[str]:
        """Every column that this event needs, EACH among them."""
        yield from self._own_columns()
        yield from (condition.column for condition in self.when)
        for moment in (self.occurred_at, *(each.occurred_at for each in self.for_each)):
            if moment is not None and moment.column is not None:
                yield moment.column
        yield from (source.column for source in self.fields.values() if source.column is not None)

    def _own_columns(self) -> Iterator[str]:
        """Those that are the same wherever `for_each` is at."""
        yield from (*self.id, *self.group_by)
        yield from (each.column for each in self.for_each)
        for source in self.fields.values():
            yield from (*(source.columns or ()), *([source.order_by] if source.order_by is not None else ()))
            for part in (source.rows or {}).values():
                yield from columns_of(part)


class CsvMapping(MappingPart):
    """A whole mapping file."""

    source: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    participant: list[Column] = Field(min_length=1)
    participant_ids: Literal["uuid", "dataset-key"]
    encoding: Literal[ENCODINGS] = "utf-8"  # type: ignore[valid-type]
    delimiter: Annotated[str, AfterValidator(_delimiter)] = ","
    multiline: bool = False
    time_zone: Annotated[str, AfterValidator(_zone)] = "Asia/Seoul"
    missing: list[str] = Field(default=[""])
    origin: Literal["live", "migrated", "synthetic"] = "migrated"
    defaults: dict[str, str] = Field(default={})
    event: list[EventMapping] = Field(min_length=1)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if EACH in self.participant:
            raise ValueError(f'`participant` cannot be "{EACH}"')
        if self.participant_ids == "uuid" and len(self.participant) > 1:
            raise ValueError("`participant` must be one column when it holds a UUID")
        own = set(Touchpoint.model_fields) - NOT_A_FIELD - {"note"}
        if wrong := sorted(self.defaults.keys() - own):
            raise ValueError(f"not of `defaults`: {', '.join(wrong)}; these may be: {', '.join(sorted(own))}")
        if any(event.expected and not set(self.participant) <= set(event.group_by) for event in self.event):
            raise ValueError("with `expected`, `group_by` must have the columns of `participant`")
        prefixes = [event.prefix for event in self.event]
        if len(set(prefixes)) != len(prefixes):
            raise ValueError("two events would have the same ids: give each a `name` of its own")
        return self

    def columns(self) -> set[str]:
        """Every column that the table must have."""
        named = {*self.participant, *(column for event in self.event for column in event.columns())}
        return named - {EACH}


def load_mapping(path: Path) -> CsvMapping:
    """Read a mapping file. Raises MappingError, and OSError when there is none."""
    try:
        return parse_mapping(path.read_text("utf-8"))
    except UnicodeDecodeError:
        raise MappingUnreadable(f"{path.name} is not UTF-8: save it as UTF-8") from None
    except MappingError as error:
        raise type(error)(f"{path.name}: {error}") from None


def parse_mapping(text: str) -> CsvMapping:
    """Read the text of a mapping file. Raises MappingError."""
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MappingUnreadable(f"not TOML: {error}") from None
    try:
        return CsvMapping.model_validate(told)
    except ValidationError as error:
        raise MappingInvalid(said(faults_in_file(CsvMapping, error, "the mapping"))) from None


def refuse_missing_columns(header: list[str], mapping: CsvMapping) -> None:
    """That the table has every mapped column once. The header is not repeated: it may be somebody's row by mistake."""
    needed = mapping.columns()
    if missing := sorted(needed - set(header)):
        raise ColumnsMissing(
            f"the first line of the table does not name: {', '.join(missing)}; "
            "check the names, `delimiter` and `encoding` of the mapping"
        )
    if twice := sorted(name for name in needed if header.count(name) > 1):
        raise ColumnsMissing(f"the first line of the table names twice: {', '.join(twice)}")
