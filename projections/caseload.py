"""Caseload: who has whom, by assignment to a role or on a shift, as intervals; and the caseload of a worker.

Assignments and shifts stand in one table because one question is asked of both: whom does this worker have now?
Who is on the caseload of a moment: `since <= moment < until`.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Select, String, Table, func, select

from domain.casework import ASSIGNING, HANDING_OVER, assignments_of, shifts_of
from domain.clock import within_time
from domain.history import History
from projections.columns import Instant, Pseudonym
from projections.read_model import ReadModel


class Ground(StrEnum):
    """Why a worker has a person."""

    ASSIGNED = "assigned"
    SHIFT = "shift"
    """They were handed over in the last 24 hours, and nobody else has been given them since."""


class CaseloadRow(NamedTuple):
    """A worker had a person during [since, until)."""

    component: UUID
    ground: str
    worker: str
    role: str
    """Of an assignment; empty for a shift."""
    since: datetime
    until: datetime
    """END_OF_TIME: still assigned. That of a shift may lie ahead."""
    assigned_by: UUID
    """The event that began it: an assignment or a handover."""
    ended_by: UUID | None
    """The event that ended it: an end of the assignment, or the next handover; None: still, or a shift that ends by
    itself."""


def columns() -> list[Column[Any]]:
    return [
        Column("component", Pseudonym, primary_key=True),
        Column("ground", String, primary_key=True),
        Column("worker", String, primary_key=True),
        Column("role", String, primary_key=True),
        Column("since", Instant, primary_key=True),
        Column("until", Instant, nullable=False),
        Column("assigned_by", Pseudonym, nullable=False),
        Column("ended_by", Pseudonym),
    ]


_TELLING = ASSIGNING | HANDING_OVER


def fold(history: History) -> list[CaseloadRow]:
    """Every assignment and every shift of a person."""
    if not history.facts_of(_TELLING):
        return []
    root = history.root
    assigned = [CaseloadRow(root, Ground.ASSIGNED.value, *assignment) for assignment in assignments_of(history)]
    shifts = [CaseloadRow(root, Ground.SHIFT.value, shift.worker, "", *shift[1:]) for shift in shifts_of(history)]
    return assigned + shifts


caseload = ReadModel(
    name="caseload",
    version=1,
    row=CaseloadRow,
    key=("component", "ground", "worker", "role", "since"),
    columns=columns,
    fold=fold,
    indexes=(("worker", "until"),),
    evidence=("assigned_by", "ended_by"),
)


class Case(NamedTuple):
    """Somebody on a worker's caseload, and what is open for them."""

    participant_id: UUID
    """The pseudonym of the person: the root of all linked identities."""
    roles: tuple[str, ...]
    """The worker's, for this person."""
    since: datetime
    """When the worker took the first of them."""
    stage: str | None
    """By the rules; None: none."""
    entered_at: datetime | None
    open_follow_ups: int
    """How many lines of the list of whom to call, silence among them."""
    overdue: int
    """How many of those had a day that is over."""


def caseload_of(
    connection: Connection, worker: str, as_of: datetime, *, caseload: Table, journey: Table, follow_ups: Table
) -> list[Case]:
    """Everybody who is assigned to a worker at a moment, as known now, in order of (since, pseudonym)."""
    moment = within_time(as_of)
    rows = caseload.c
    held = select(rows.component, rows.role, rows.since).where(
        *had_by(caseload, worker, moment), rows.ground == Ground.ASSIGNED.value
    )
    roles: dict[UUID, list[tuple[datetime, str]]] = {}
    for component, role, since in connection.execute(held):
        roles.setdefault(component, []).append((since, role))
    people = select(held.subquery().c.component)
    stages = _stages(connection, journey, people, moment)
    due = _due(connection, follow_ups, people, moment)
    cases = []
    for component, found in roles.items():
        stage, entered_at = stages.get(component, (None, None))
        count, overdue = due.get(component, (0, 0))
        names = tuple(sorted(role for _, role in found))
        since = min(since for since, _ in found)
        cases.append(Case(component, names, since, stage, entered_at, count, overdue))
    return sorted(cases, key=lambda case: (case.since, case.participant_id))


def had_by(caseload: Table, worker: str, moment: datetime) -> Iterable[ColumnElement[bool]]:
    """The rows of those whom a worker has at a moment, on whichever ground."""
    return caseload.c.worker == worker, caseload.c.until > moment, caseload.c.since <= moment


def _stages(
    connection: Connection, journey: Table, people: Select[Any], moment: datetime
) -> dict[UUID, tuple[str | None, datetime]]:
    rows = journey.c
    entered = select(rows.component, rows.sequence, rows.stage, rows.entered_at).where(
        rows.component.in_(people), rows.entered_at <= moment
    )
    found = connection.execute(entered.order_by(rows.component, rows.sequence))
    return {component: (stage, entered_at) for component, _, stage, entered_at in found}


def _due(
    connection: Connection, follow_ups: Table, people: Select[Any], moment: datetime
) -> dict[UUID, tuple[int, int]]:
    rows = follow_ups.c
    query = (
        select(rows.component, func.count(), func.count().filter(rows.overdue_from <= moment))
        .where(rows.component.in_(people), rows.due_from <= moment, rows.until > moment)
        .group_by(rows.component)
    )
    return {component: (count, overdue) for component, count, overdue in connection.execute(query)}
