"""Who is responsible for a person: from worker-assigned and worker-unassigned to intervals of a worker in a role.

A worker may have several roles for a person, and a person several workers: each (worker, role) stands for itself. One
component is one person, so an assignment told under one linked identity may be ended under another. The end of a
journey ends no assignment: a worker stays responsible until somebody says otherwise.
"""

from datetime import datetime
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from domain.casework.spans import spans
from domain.events import WorkerAssigned, WorkerUnassigned
from domain.history import History
from domain.touchpoint import Touchpoint

ASSIGNING: frozenset[type[Touchpoint]] = frozenset({WorkerAssigned, WorkerUnassigned})
"""The touchpoints that tell who is responsible."""

_role = attrgetter("worker", "role")


class Assignment(NamedTuple):
    """An interval [since, until) in which a worker had a role for a person."""

    worker: str
    role: str
    since: datetime
    until: datetime
    """END_OF_TIME: still."""
    assigned_by: UUID
    """The event that began it."""
    ended_by: UUID | None
    """The event that ended it; None: it has not ended."""


def assigned_at(history: History, moment: datetime) -> list[Assignment]:
    """Who is assigned at a moment, in order of (worker, role)."""
    found = assignments_of(history)
    return [one for one in found if one.since <= moment and (one.ended_by is None or moment < one.until)]


def assignments_of(history: History) -> list[Assignment]:
    """Every interval of every worker and role of a person, in order of (worker, role, since)."""
    told = history.facts_of(ASSIGNING)
    if not told:
        return []
    return [
        Assignment(*span.key, span.since, span.until, span.begun_by, span.ended_by)
        for span in spans(told, WorkerAssigned, _role)
    ]
