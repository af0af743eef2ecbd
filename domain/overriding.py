"""Overriding a stage: what is checked before staff set one beside the rule's, or take theirs back.

An override shows beside the rule's stage, never instead of it, and no outcome counts it (domain.journey.overrides). The
same command told again gives the event that it gave then.
"""

from datetime import date, datetime
from typing import ClassVar, TypeVar
from uuid import UUID

from domain.clock import day_of
from domain.codes import ParticipantKind, Stage
from domain.events import OverrideEnded, StageOverridden
from domain.history import History
from domain.journey import override_at
from domain.participant_kind import kind_of
from domain.touchpoint import Touchpoint, origin_of_decision

# OverrideError
# ├── OverrideExpired          override-expired
# ├── HouseholdHasNoStage      household-has-no-stage
# ├── CommandIdUsed            command-id-used
# └── NothingOverridden        nothing-overridden

OVERRIDDEN_BY, ENDED_BY = "urn:majung:command:override-stage", "urn:majung:command:end-override"
"""The sources of both commands' events; an override's id within it is the command's, its end's that of the override."""

Event = TypeVar("Event", bound=Touchpoint)


class OverrideError(ValueError):
    """An override is refused, and nothing was changed. `code` never changes; messages hold no personal data."""

    code: ClassVar[str] = "override-refused"


class OverrideExpired(OverrideError):
    """Its last day lies in the past."""

    code = "override-expired"


class HouseholdHasNoStage(OverrideError):
    """A household has no stage, its members have."""

    code = "household-has-no-stage"


class CommandIdUsed(OverrideError):
    """Another override was told under this id."""

    code = "command-id-used"


class NothingOverridden(OverrideError):
    """No override is in force."""

    code = "nothing-overridden"


def override(
    history: History,
    participant_id: UUID,
    *,
    stage: Stage,
    expires_on: date,
    reason: str,
    actor: str | None,
    command_id: str,
    now: datetime,
) -> StageOverridden:
    """The event that sets a stage until the end of a Seoul day, in the stream of one of the person's identities.

    It replaces an override in force for good. Raises OverrideError.
    """
    event = StageOverridden(
        participant_id=participant_id,
        occurred_at=now,
        source=OVERRIDDEN_BY,
        source_id=command_id,
        origin=origin_of_decision(fact.event for fact in history.facts),
        stage=stage,
        expires_on=expires_on,
        reason=reason,
        actor=actor,
    )
    if (before := _told_before(history, event)) is not None:
        if (before.stage, before.expires_on, before.reason, before.actor) == (stage, expires_on, reason, actor):
            return before
        raise CommandIdUsed(f"command id {command_id} was used for another override: take a new one")
    if expires_on < day_of(now):
        raise OverrideExpired(f"an override that ends on {expires_on} is over already: name today or a later day")
    if kind_of(history) == ParticipantKind.HOUSEHOLD:
        raise HouseholdHasNoStage(f"{participant_id} is a household, which has no stage: override that of a member")
    return event


def end_override(
    history: History, participant_id: UUID, *, reason: str, actor: str | None, now: datetime
) -> OverrideEnded:
    """The event that takes back the override in force. Raises NothingOverridden."""
    in_force = override_at(history, now)
    if in_force is None:
        ended = [fact.event for fact in history.facts if isinstance(fact.event, OverrideEnded)]
        if ended and (ended[-1].reason, ended[-1].actor) == (reason, actor):
            return ended[-1]
        raise NothingOverridden(f"no override of {participant_id} is in force: there is nothing to end")
    return OverrideEnded(
        participant_id=participant_id,
        occurred_at=now,
        source=ENDED_BY,
        source_id=str(in_force.event_id),
        origin=origin_of_decision(fact.event for fact in history.facts),
        override_event_id=in_force.event_id,
        reason=reason,
        actor=actor,
    )


def _told_before(history: History, event: Event) -> Event | None:
    found = (fact.event for fact in history.facts if fact.event_id == event.event_id)
    return next((before for before in found if isinstance(before, type(event))), None)
