"""Corrections and retractions that change nothing, and why: nobody who told one should believe that it counts.

An amendment is stored before it is known whether its target will come, so whoever sends it is not told; whoever looks
at the person is. One whose target comes later counts from then on, and is no longer among these.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from domain.history import Amendment, History


class NoEffect(StrEnum):
    """Why an amendment changes nothing."""

    TARGET_UNKNOWN = "target_unknown"
    """Nothing with this id is recorded of the person: it may still come, or the id is wrong."""
    OTHER_IDENTITY = "other_identity"
    """Its target was told of another identity of the person: to count, it must be told of that one."""
    NOT_AMENDABLE = "not_amendable"
    """Its target is a command, which a command takes back, or an amendment, of which the last one decided counts."""


class WithoutEffect(NamedTuple):
    """An amendment that changes nothing."""

    recorded_at: datetime
    type: str
    reason: NoEffect
    target_event_id: UUID
    told_of: UUID | None
    """The identity that the target was told of; None where there is no target, or it is this one."""
    event_id: UUID
    participant_id: UUID


def without_effect(history: History) -> list[WithoutEffect]:
    """All of them, in order of (recorded_at, event_id)."""
    if not history.without_effect:
        return []
    touchpoints = {told.event_id: told.event for told in history.touchpoints}
    amendments = {told.event_id for found in (history.without_effect, *history.amendments.values()) for told in found}
    lines = []
    for recorded in history.without_effect:
        event = recorded.event
        assert isinstance(event, Amendment)
        target = touchpoints.get(event.target_event_id)
        elsewhere = target is not None and target.participant_id != event.participant_id
        if event.target_event_id in amendments or (target is not None and target.is_command):
            reason = NoEffect.NOT_AMENDABLE
        else:
            reason = NoEffect.OTHER_IDENTITY if elsewhere else NoEffect.TARGET_UNKNOWN
        lines.append(
            WithoutEffect(
                recorded_at=recorded.recorded_at,
                type=event.stored_as,
                reason=reason,
                target_event_id=event.target_event_id,
                told_of=target.participant_id if target is not None and elsewhere else None,
                event_id=event.event_id,
                participant_id=event.participant_id,
            )
        )
    return sorted(lines, key=lambda line: (line.recorded_at, line.event_id))
