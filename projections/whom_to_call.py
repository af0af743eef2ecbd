"""Whom to call today, most urgent first: a query over a follow_ups table, and its ranking.

1. **overdue**: kept to a day, and the day is over; the longest overdue first.
2. **due**: kept to a day, and there is time until the end of it; the earliest due first.
3. **silent**: by the weight of the stage (STAGE_WEIGHTS), then the longest silent first.
4. **lost**: who was lost last comes first, being the likeliest to be found.
5. **at the next contact**: nobody is called for it; what has waited longest first.

Equals stand in order of the kind (KIND_ORDER), then of the pseudonym, so that a list is the same twice. An emergency is
no follow-up: nothing here waits for a list.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    literal,
    select,
    tuple_,
    type_coerce,
)

from domain.clock import day_of, days_between
from domain.codes import Stage
from domain.follow_ups import Kind

STAGE_WEIGHTS: Mapping[Stage, int] = {
    Stage.HEALING: 4,
    Stage.RETURN: 3,
    Stage.RE_ISOLATION_PREVENTION: 2,
    Stage.PREVENTION: 1,
}
"""Whose silence weighs more: the heavier first. A convention of ours."""
KIND_ORDER: Sequence[Kind] = (
    Kind.ASSESS,
    Kind.PROMISE,
    Kind.REFERRAL_UNANSWERED,
    Kind.REFERRAL_NOT_CLOSED,
    Kind.SILENT,
    Kind.LOST,
    Kind.CONSENT_LAPSED,
)


class Urgency(StrEnum):
    OVERDUE = "overdue"
    DUE = "due"
    SILENT = "silent"
    LOST = "lost"
    AT_NEXT_CONTACT = "at_next_contact"


class Call(NamedTuple):
    """One line of the list: what is to be done for whom, how urgently, and why."""

    rank: int
    """From 1: the most urgent."""
    participant_id: UUID
    """The pseudonym of the person: the root of all linked identities."""
    urgency: Urgency
    kind: Kind
    reason: str
    due_on: date
    days_overdue: int
    """Seoul days since the last day on which it was in time; 0 where it still is, and for silence."""
    stage: str | None
    subject: str
    evidence: tuple[UUID, ...]


class Place(NamedTuple):
    """Where a line stands on the list of a moment: its rank, and what it is ordered by."""

    rank: int
    level: int
    weight: int
    moment: int
    kind: int
    component: UUID
    due_from: datetime
    subject: str


def whom_to_call(
    connection: Connection,
    table: Table,
    as_of: datetime,
    *,
    kind: Kind | None = None,
    urgency: Urgency | None = None,
    limit: int | None = None,
) -> list[Call]:
    """Everything on the list at a moment, as known now, most urgent first; somebody may stand on it more than once."""
    return [call for call, _ in places(connection, table, as_of, kind=kind, urgency=urgency, limit=limit)]


def places(
    connection: Connection,
    table: Table,
    as_of: datetime,
    *,
    kind: Kind | None = None,
    urgency: Urgency | None = None,
    people: Select[Any] | None = None,
    after: Place | None = None,
    limit: int | None = None,
) -> list[tuple[Call, Place]]:
    """The same with the place of each line; `after` gives what follows a place, also where its line is there no more.

    `people` selects the pseudonyms to keep to.
    Warning: a place is one of its `as_of`. Ranks go on from it.
    """
    rows = table.c
    level = _level(rows, as_of)
    order = [level, *_within_level(rows, level), _kind_order(rows), rows.component, rows.due_from, rows.subject]
    named = [column.label(f"at_{name}") for name, column in zip(Place._fields[1:], order, strict=True)]
    query = (
        select(level.label("level"), *rows, *named)
        .where(rows.due_from <= as_of, rows.until > as_of)
        .order_by(*order)
        .limit(limit)
    )
    if kind is not None:
        query = query.where(rows.kind == kind.value)
    if urgency is not None:
        query = query.where(level == _LEVELS.index(urgency))
    if people is not None:
        query = query.where(rows.component.in_(people))
    if after is not None:
        there = [literal(value, column.type) for value, column in zip(after[1:], order, strict=True)]
        query = query.where(tuple_(*order) > tuple_(*there))
    found = connection.execute(query).all()
    first = after.rank + 1 if after else 1
    return [(_call(rank, row, as_of), _place(rank, row)) for rank, row in enumerate(found, start=first)]


def _place(rank: int, row: Any) -> Place:
    return Place(rank, *(getattr(row, f"at_{name}") for name in Place._fields[1:]))


_LEVELS = tuple(Urgency)


def _level(rows: Any, as_of: datetime) -> ColumnElement[int]:
    return case(
        (rows.kind == Kind.SILENT.value, _LEVELS.index(Urgency.SILENT)),
        (rows.kind == Kind.LOST.value, _LEVELS.index(Urgency.LOST)),
        (rows.kind == Kind.CONSENT_LAPSED.value, _LEVELS.index(Urgency.AT_NEXT_CONTACT)),
        (and_(rows.overdue_from.is_not(None), rows.overdue_from <= as_of), _LEVELS.index(Urgency.OVERDUE)),
        else_=_LEVELS.index(Urgency.DUE),
    )


def _within_level(rows: Any, level: ColumnElement[int]) -> list[ColumnElement[Any]]:
    due_at, overdue_from = (type_coerce(column, BigInteger) for column in (rows.due_at, rows.overdue_from))
    weights = [(rows.stage == stage.value, -weight) for stage, weight in STAGE_WEIGHTS.items()]
    return [
        case((level == _LEVELS.index(Urgency.SILENT), case(*weights, else_=0)), else_=0),
        case(
            (level == _LEVELS.index(Urgency.OVERDUE), overdue_from),
            (level == _LEVELS.index(Urgency.LOST), -due_at),
            else_=due_at,
        ),
    ]


def _kind_order(rows: Any) -> ColumnElement[int]:
    return case(*((rows.kind == kind.value, place) for place, kind in enumerate(KIND_ORDER)), else_=len(KIND_ORDER))


def _call(rank: int, row: Any, as_of: datetime) -> Call:
    urgency = _LEVELS[row.level]
    overdue = urgency == Urgency.OVERDUE
    return Call(
        rank=rank,
        participant_id=row.component,
        urgency=urgency,
        kind=Kind(row.kind),
        reason=row.reason,
        due_on=day_of(row.due_at),
        days_overdue=days_between(row.overdue_from, as_of) + 1 if overdue else 0,
        stage=row.stage,
        subject=row.subject,
        evidence=tuple(UUID(event_id) for event_id in orjson.loads(row.evidence)),
    )
