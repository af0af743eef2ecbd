"""Handover: what is open for the people whom a worker has, by assignment or on their shift.

1. **alert**: raised, not acknowledged and not silent, as in projections/alerts.py; the oldest first.
2. **crisis**: escalated in the 24 hours before the moment; the latest first.
3. **follow_up**: kept to a day (promises, referrals, self-checks) and on the list of that moment; overdue first, then
   by the day. Silence is no matter of a shift, and not here.
4. **concern**: not closed; the oldest first. One that somebody on the caseload has about another is here as well.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Connection, Select, Table, false, select

from domain.casework import CLOSED
from domain.clock import END_OF_TIME, within_time
from domain.events import CrisisEscalated
from domain.follow_ups import DATED
from domain.versions import names_of
from projections.caseload import Ground, had_by

CRISIS_HOURS = 24
"""How long a crisis is handed on. A convention of ours."""


class ItemKind(StrEnum):
    """What is open, most urgent first."""

    ALERT = "alert"
    CRISIS = "crisis"
    FOLLOW_UP = "follow_up"
    CONCERN = "concern"


class OpenItem(NamedTuple):
    """One thing that is open for somebody."""

    participant_id: UUID
    """The pseudonym of the person: the root of all linked identities."""
    kind: ItemKind
    since: datetime
    overdue: bool
    """A follow-up whose day is over, an alert that is escalated."""
    says: str
    """In words: no name, no text that is kept sealed."""
    evidence: tuple[UUID, ...]
    """The events that it rests on."""


class Handover(NamedTuple):
    """Whom a worker has at a moment, and what is open for them."""

    on_caseload: frozenset[UUID]
    on_shift: frozenset[UUID]
    """Handed over to the worker in the last 24 hours, and to nobody since; somebody may be on the caseload as well."""
    items: list[OpenItem]

    @property
    def to_hand_over(self) -> Mapping[UUID, int]:
        """Whom the next one gets, with how many items: everybody with an open one."""
        return Counter(item.participant_id for item in self.items)


class Tables(NamedTuple):
    """The tables that a handover is read from."""

    caseload: Table
    alerts: Table
    follow_ups: Table
    concerns: Table
    contributions: Table


def handover_of(connection: Connection, worker: str, as_of: datetime, tables: Tables) -> Handover:
    """Whom a worker has at a moment and everything that is open for them, as known now."""
    moment = within_time(as_of)
    rows = tables.caseload.c
    held = select(rows.component, rows.ground).where(*had_by(tables.caseload, worker, moment))
    people: dict[str, set[UUID]] = {ground: set() for ground in Ground}
    for component, ground in connection.execute(held):
        people[ground].add(component)
    theirs = select(held.subquery().c.component)
    items = [
        *_alerts(connection, tables.alerts, theirs, moment),
        *_crises(connection, tables.contributions, theirs, moment),
        *_follow_ups(connection, tables.follow_ups, theirs, moment),
        *_concerns(connection, tables.concerns, theirs, moment),
    ]
    return Handover(frozenset(people[Ground.ASSIGNED]), frozenset(people[Ground.SHIFT]), items)


def _alerts(connection: Connection, alerts: Table, people: Select[tuple[UUID]], moment: datetime) -> Iterable[OpenItem]:
    rows = alerts.c
    query = (
        select(rows.component, rows.raised_at, rows.escalates_at, rows.cause, rows.event_id)
        .where(rows.component.in_(people), rows.raised_at <= moment, rows.until > moment, rows.silent == false())
        .order_by(rows.raised_at, rows.event_id)
    )
    for person, since, escalates_at, cause, event_id in connection.execute(query):
        yield OpenItem(person, ItemKind.ALERT, since, escalates_at <= moment, cause.replace("_", " "), (event_id,))


def _crises(
    connection: Connection, contributions: Table, people: Select[tuple[UUID]], moment: datetime
) -> Iterable[OpenItem]:
    rows = contributions.c
    # Nothing reads further back than time does, whatever moment is asked for.
    since = moment - min(timedelta(hours=CRISIS_HOURS), moment - datetime.min.replace(tzinfo=UTC))
    query = (
        select(rows.component, rows.occurred_at, rows.event_id)
        .where(
            rows.component.in_(people),
            rows.topic.in_(sorted(names_of([CrisisEscalated]))),
            rows.occurred_at > since,
            rows.occurred_at <= moment,
            rows.known_to == END_OF_TIME,
        )
        .order_by(rows.occurred_at.desc(), rows.event_id)
    )
    for person, since, event_id in connection.execute(query):
        yield OpenItem(person, ItemKind.CRISIS, since, False, "a crisis was escalated", (event_id,))


def _follow_ups(
    connection: Connection, follow_ups: Table, people: Select[tuple[UUID]], moment: datetime
) -> Iterable[OpenItem]:
    rows = follow_ups.c
    query = (
        select(rows.component, rows.due_from, rows.overdue_from, rows.reason, rows.evidence)
        .where(
            rows.component.in_(people),
            rows.kind.in_([kind.value for kind in DATED]),
            rows.due_from <= moment,
            rows.until > moment,
        )
        .order_by(rows.due_at, rows.component, rows.kind, rows.subject, rows.due_from)
    )
    due = [
        OpenItem(
            person,
            ItemKind.FOLLOW_UP,
            since,
            overdue_from is not None and overdue_from <= moment,
            reason,
            tuple(UUID(event_id) for event_id in orjson.loads(evidence)),
        )
        for person, since, overdue_from, reason, evidence in connection.execute(query)
    ]
    return sorted(due, key=lambda item: not item.overdue)


def _concerns(
    connection: Connection, concerns: Table, people: Select[tuple[UUID]], moment: datetime
) -> Iterable[OpenItem]:
    rows = concerns.c
    query = (
        select(rows.component, rows.opened_at, rows.opened_by, rows.about, rows.state, rows.attempts)
        .where(
            rows.component.in_(people),
            rows.since <= moment,
            rows.until > moment,
            rows.state.not_in([state.value for state in CLOSED]),
        )
        .order_by(rows.opened_at, rows.opened_by)
    )
    for person, since, opened_by, about, state, attempts in connection.execute(query):
        says = f"about {about}: {state.replace('_', ' ')}, attempts so far: {attempts}"
        yield OpenItem(person, ItemKind.CONCERN, since, False, says, (opened_by,))
