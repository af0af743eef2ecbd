"""Which alerts call for whom at a moment, and what a watcher is to be told when that changes.

Whom an open alert reaches: the workers assigned to the person at that moment, the worker to whom the person's shift was
handed over last, within 24 hours, and always the shift's manager. Unacknowledged for ten minutes it is escalated: then
it reaches everybody, names of them the assigned workers and the manager, and comes first in every list.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from domain.clock import END_OF_TIME
from projections.alerts import AlertRow


class AlertState(StrEnum):
    """In order of lists."""

    ESCALATED = "escalated"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SILENT = "silent"
    """Told too late: on record, and reaches nobody."""
    WITHDRAWN = "withdrawn"
    """Only told to who was told of it: what raised it was voided, corrected, or belongs to the past by a correction."""


CALLING = frozenset({AlertState.OPEN, AlertState.ESCALATED})
Place = tuple[int, datetime, UUID]
_ORDER = {state: place for place, state in enumerate(AlertState)}


class AlertLine(NamedTuple):
    """An alert at a moment."""

    state: AlertState
    participant_id: UUID
    """The pseudonym of the person: the root of all linked identities."""
    cause: str
    instrument: str | None
    about: str | None
    raised_at: datetime
    escalates_at: datetime
    recipients: list[str]
    """Workers by name, then the manager; of what calls for nobody none. An escalated one reaches everybody, and names
    who is assigned and the manager."""
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    action: str | None
    event_id: UUID


def line_of(row: AlertRow, at: datetime, manager: str, as_of: datetime = END_OF_TIME) -> AlertLine:
    """An alert as it stands by the clock `at`, of what had happened by `as_of`.

    The two differ only for now: then everything that the journal holds counts, also what a clock that is fast dates
    ahead, so that no emergency waits for ours to come up with it.
    """
    acknowledged = row.acknowledgement is not None and row.until <= as_of
    if acknowledged:
        state = AlertState.ACKNOWLEDGED
    elif row.silent:
        state = AlertState.SILENT
    else:
        state = AlertState.ESCALATED if row.escalates_at <= at else AlertState.OPEN
    return AlertLine(
        state=state,
        participant_id=row.component,
        cause=row.cause,
        instrument=row.instrument,
        about=row.about,
        raised_at=row.raised_at,
        escalates_at=row.escalates_at,
        recipients=_recipients(row, at, manager) if state in CALLING else [],
        acknowledged_at=row.until if acknowledged else None,
        acknowledged_by=row.acknowledged_by if acknowledged else None,
        action=row.action if acknowledged else None,
        event_id=row.event_id,
    )


def alert_list(
    rows: Iterable[AlertRow],
    at: datetime,
    *,
    manager: str,
    as_of: datetime = END_OF_TIME,
    worker: str | None = None,
    everything: bool = False,
) -> list[AlertLine]:
    """The alerts that call for somebody, or with `everything` also the acknowledged and the silent ones.

    Escalated ones first, the oldest first. `worker` keeps to those that reach this worker, or did while they were open.
    """
    raised = [row for row in rows if row.raised_at <= as_of]
    lines = [(row, line_of(row, at, manager, as_of)) for row in raised]
    found = [
        line
        for row, line in lines
        if (everything or line.state in CALLING) and (worker is None or _reaches(row, line, worker, manager, at))
    ]
    return sorted(found, key=place)


def place(line: AlertLine) -> Place:
    """Where an alert stands on the list of a moment."""
    return _ORDER[line.state], line.raised_at, line.event_id


class _Told(NamedTuple):
    line: AlertLine
    """As it was told last."""
    calls: bool
    """Whether it still reached the watcher at the last look."""


class Telling:
    """What one watcher was told, so that every change of it is told once.

    Told is the state, not a change of rows: when those are made anew, as by a replay, there is nothing to tell. A
    worker is told of an alert when it reaches them, told again when it no longer did and does again, and always told
    what becomes of what they were told of.
    """

    def __init__(self, manager: str, worker: str | None = None) -> None:
        self._manager = manager
        self._worker = worker
        self._told: dict[UUID, _Told] = {}

    def assume(self, calling: Mapping[UUID, AlertRow], at: datetime) -> None:
        """Whatever called for this watcher up to a moment was told."""
        for row in calling.values():
            if self._worker is None or _has_reached(row, self._worker, self._manager, at):
                line = line_of(row, at, self._manager)
                self._told[row.event_id] = _Told(line, self._calls(line))

    def news(
        self, calling: Mapping[UUID, AlertRow], at: datetime, find: Callable[[set[UUID]], Mapping[UUID, AlertRow]]
    ) -> list[AlertLine]:
        """What is new, of all alerts that call for somebody; `find` gives alerts of these events in whatever state."""
        over = self._told.keys() - calling.keys()
        found = find(over) if over else {}
        news = [self._over(event_id, found.get(event_id), at) for event_id in over]
        for event_id, row in calling.items():
            line = line_of(row, at, self._manager)
            before, calls = self._told.get(event_id), self._calls(line)
            if calls and (before is None or not before.calls or before.line.state != line.state):
                news.append(line)
                self._told[event_id] = _Told(line, True)
            elif before is not None:
                self._told[event_id] = _Told(before.line, calls)
        return sorted(news, key=place)

    def _calls(self, line: AlertLine) -> bool:
        return self._worker is None or line.state == AlertState.ESCALATED or self._worker in line.recipients

    def _over(self, event_id: UUID, row: AlertRow | None, at: datetime) -> AlertLine:
        told = self._told.pop(event_id)
        if row is None or row.acknowledgement is None:
            return told.line._replace(state=AlertState.WITHDRAWN, recipients=[])
        return line_of(row, at, self._manager)


def _recipients(row: AlertRow, at: datetime, manager: str) -> list[str]:
    workers = {reach.worker for reach in row.responsible() if reach.since <= at < reach.until}
    return [*sorted(workers - {manager}), manager]


def _reaches(row: AlertRow, line: AlertLine, worker: str, manager: str, at: datetime) -> bool:
    """Whether it reaches a worker now; of what is over, whether it ever did."""
    if line.state in CALLING:
        return line.state == AlertState.ESCALATED or worker in line.recipients
    return _has_reached(row, worker, manager, at)


def _has_reached(row: AlertRow, worker: str, manager: str, at: datetime) -> bool:
    """Whether it reached a worker at any time by then, while it was open."""
    if row.silent:
        return False
    escalated = row.escalates_at <= at and row.escalates_at < row.until
    was_responsible = any(reach.worker == worker and reach.since <= at for reach in row.responsible())
    return worker == manager or escalated or was_responsible
