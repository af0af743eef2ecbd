"""A table (CSV) into touchpoints, as a mapping file says: a row, a group of rows, or a column of a row makes one."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from consumers.tables.groups import Groups, Row, key_of
from consumers.tables.mapping import Condition, CsvMapping, Each, EventMapping, refuse_missing_columns
from consumers.tables.moments import occurred
from consumers.tables.part import EACH
from consumers.tables.records import Record, records_of
from consumers.tables.row_errors import IdMissing, PersonalKey, RowError, WrongCsv, WrongGroup
from consumers.tables.values import Cells, columns_of, value_of
from consumers.units import Read, Reject, Unit
from domain.cloud_events import ATTRIBUTE_OF, in_utc
from domain.intake import SKEW, IntakeError, read_event
from domain.touchpoint import participant_of

_PERSONAL = re.compile(r"01[016-9][- .]?[0-9]{3,4}[- .]?[0-9]{4}|\+82[- ]?1[0-9 -]{8,12}|[0-9]{6}-[0-9]{7}|.*@.*\..*")
"""A Korean mobile number, a resident registration number, an e-mail address: what a key must not be derived from."""


def touchpoints(file: BinaryIO, mapping: CsvMapping, *, now: datetime, skew: timedelta = SKEW) -> Iterator[Unit]:
    """One unit for every touchpoint that the mapping makes of the table, and for every line that cannot be read.

    Groups come at the end, since their rows may stand anywhere; they alone are held in memory. Raises ColumnsMissing
    before the first unit.
    """
    records = records_of(file, encoding=mapping.encoding, delimiter=mapping.delimiter, multiline=mapping.multiline)
    first = next(records, None)
    header = first.cells if first is not None and first.fault is None else []
    refuse_missing_columns(header, mapping)
    nothing = Row(first.line if first else 1, first.raw if first else b"", dict.fromkeys(header))
    rows = (_row(record, header, frozenset(mapping.missing)) for record in records)
    return _Table(mapping, nothing, now, skew).units(rows)


def _row(record: Record, header: Sequence[str], missing: frozenset[str]) -> Row:
    fault = record.fault
    if fault is None and len(record.cells) != len(header):
        fault = WrongCsv(
            f"the line has {len(record.cells)} cells, the first line {len(header)}: quote what holds a delimiter"
        )
    cells = {name: None if cell in missing else cell for name, cell in zip(header, record.cells, strict=False)}
    return Row(record.line, record.raw, cells, fault)


class _Table:
    """One reading of one table."""

    def __init__(self, mapping: CsvMapping, header: Row, now: datetime, skew: timedelta) -> None:
        self._mapping = mapping
        self._now = now
        self._skew = skew
        self._zone = ZoneInfo(mapping.time_zone)
        self._single = [event for event in mapping.event if not event.group_by]
        self._grouped = [(event, Groups(event, header)) for event in mapping.event if event.group_by]

    def units(self, rows: Iterator[Row]) -> Iterator[Unit]:
        for row in rows:
            if row.fault is not None:
                yield from self._unreadable(row, row.fault)
                continue
            yield from self._of_single_rows(row)
            yield from self._into_groups(row)
        for event, groups in self._grouped:
            for group in groups:
                yield self._unit(event, group.rows, None) if group.fault is None else _reject(group.rows, group.fault)

    def _of_single_rows(self, row: Row) -> Iterator[Unit]:
        for event in self._single:
            for each in event.for_each or (None,):
                if all(_holds(condition, row.cells, each) for condition in event.when):
                    yield self._unit(event, [row], each)

    def _into_groups(self, row: Row) -> Iterator[Unit]:
        for event, groups in self._grouped:
            if all(_holds(condition, row.cells, None) for condition in event.when) and (fault := groups.add(row)):
                yield _reject([row], fault)

    def _unreadable(self, row: Row, fault: RowError) -> Iterator[Unit]:
        spoiled = [groups.spoil(row) for _, groups in self._grouped]
        if self._single or not any(spoiled):
            yield _reject([row], fault)

    def _unit(self, event: EventMapping, rows: Sequence[Row], each: Each | None) -> Unit:
        try:
            told = self._told(event, [row.cells for row in rows], each)
            return Read(rows[0].line, _raw(rows), read_event(told, now=self._now, skew=self._skew))
        except (RowError, IntakeError) as error:
            return _reject(rows, error)

    def _told(self, event: EventMapping, rows: Sequence[Cells], each: Each | None) -> dict[str, Any]:
        """The CloudEvent that the rows tell: what they say is checked where every other touchpoint is."""
        mapping, cells = self._mapping, rows[0]
        _refuse_disagreement(event, mapping, rows)
        spec = (each and each.occurred_at) or event.occurred_at
        assert spec is not None, "the mapping was validated"
        at = occurred(spec, cells[_at(spec.column, each)] if spec.column else None, self._zone)
        fields: dict[str, Any] = dict(mapping.defaults)
        for name, source in event.fields.items():
            fields[name] = value_of(source, rows, each.column if each else "")
        fields |= each.constants if each else {}
        return {
            "specversion": "1.0",
            "type": event.type,
            "source": mapping.source,
            "id": _source_id(event, cells, each),
            "subject": _participant(mapping, cells),
            "time": in_utc(at.at),
            "precision": at.precision,
            "origin": mapping.origin,
            **{ATTRIBUTE_OF[name]: value for name, value in fields.items() if name in ATTRIBUTE_OF},
            "data": {name: value for name, value in fields.items() if name not in ATTRIBUTE_OF and value is not None},
        }


def _holds(condition: Condition, cells: Cells, each: Each | None) -> bool:
    cell = cells[_at(condition.column, each)]
    if condition.present is not None:
        return (cell is not None) == condition.present
    return cell == condition.equals if condition.equals is not None else cell in (condition.among or ())


def _at(column: str, each: Each | None) -> str:
    return each.column if each is not None and column == EACH else column


def _source_id(event: EventMapping, cells: Cells, each: Each | None) -> str:
    """prefix/cell/cell/part: the same for the same row for ever. A slash within a part is escaped."""
    key = key_of(event.id_columns, cells)
    if key is None:
        raise IdMissing(f"empty, though it makes the id: one of {', '.join(event.id_columns)}")
    parts = [*key, *([each.id or each.column] if each is not None else [])]
    return _joined([event.prefix, *parts] if event.prefix else parts)


def _joined(parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)


def _participant(mapping: CsvMapping, cells: Cells) -> str:
    key = key_of(mapping.participant, cells)
    if key is None:
        raise IdMissing(f"empty, though it names the participant: one of {', '.join(mapping.participant)}")
    if mapping.participant_ids == "uuid":
        return key[0]
    if any(_PERSONAL.fullmatch(part) for part in key):
        raise PersonalKey(
            "the participant's key looks like a phone number, a registration number or an e-mail address: "
            "a pseudonym must not be derived from one, so give every participant a random id first"
        )
    return str(participant_of(mapping.source, _joined(key)))


def _refuse_disagreement(event: EventMapping, mapping: CsvMapping, rows: Sequence[Cells]) -> None:
    """Of a group, a column that is told once must say the same in every row."""
    if len(rows) == 1:
        return
    once = {*mapping.participant, *event.id_columns}
    once |= {name for source in event.fields.values() if not source.collects for name in columns_of(source)}
    if event.occurred_at is not None and event.occurred_at.column is not None:
        once.add(event.occurred_at.column)
    if differing := sorted(name for name in once if any(cells[name] != rows[0][name] for cells in rows)):
        raise WrongGroup(
            f"the rows of one group differ in: {', '.join(differing)}; add them to `group_by`, or repair them"
        )


def _reject(rows: Sequence[Row], error: RowError | IntakeError) -> Reject:
    return Reject(rows[0].line, error.code, str(error), _raw(rows))


def _raw(rows: Sequence[Row]) -> bytes:
    return b"\n".join(row.raw for row in rows)
