"""Overrides: a stage that staff set. It shows beside the rule's stage, never instead of it; no outcome counts it."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domain.clock import day_of
from domain.codes import Stage
from domain.events import OverrideEnded, StageOverridden
from domain.history import History


class Override(NamedTuple):
    """What staff set, from when and to the end of which Seoul day. Its reason is read from the event."""

    event_id: UUID
    stage: Stage
    since: datetime
    expires_on: date


def override_at(history: History, as_of: datetime) -> Override | None:
    """The override in force at a moment.

    A later override replaces an earlier one for good: when it expires or is lifted, the rule's stage shows again.
    """
    latest: Override | None = None
    lifted: set[UUID] = set()
    for fact in history.facts:
        if fact.occurred_at > as_of:
            break
        event = fact.event
        if type(event) is StageOverridden:
            latest = Override(fact.event_id, event.stage, fact.occurred_at, event.expires_on)
        elif type(event) is OverrideEnded:
            lifted.add(event.override_event_id)
    if latest is None or latest.event_id in lifted or day_of(as_of) > latest.expires_on:
        return None
    return latest
