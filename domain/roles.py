"""Roles over one identity: participant, trainee, healing activist. A role is never a stage: it stands beside it.

A role lasts [since, until), and several may be held at once: whoever is selected stays a participant, and an activist
who relapses is helped under the same identity.

- participant: from a registration or the first stage, whichever is earlier, and after an end from the contact that
  begins the next episode; until the end of the journey.
- trainee: from a selection, of who is neither trainee nor activist; until that person becomes an activist, steps down,
  or the journey ends.
- healing activist: from training completed or an activity performed after the selection; until stepping down or the
  end of the journey.

Decisions where the rules leave room:
- Re-isolation ends no role: an activist stays one until stepping down. A relapse is a reason for stepping down.
- Whatever ends the journey ends all roles: a selection counts for its episode, and another one takes another selection.
  Who is selected clearly after the end of an episode is a trainee from then on; after a death no role begins.
- Training or an activity before or without a selection makes nobody an activist.
- At one instant, as two bare dates are, these count in turn: selection, training and activity, stepping down, the end.
  A role that would last no time was never held.
- A household has no role. That, and whether an id is one person's at all, is for the stage rules to say (seen.py).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from domain.codes import JourneyEnd, ParticipantKind, Stage, StepDownReason
from domain.events import (
    ActivistSelected,
    ActivistSteppedDown,
    ActivityPerformed,
    JourneyEnded,
    TrainingCompleted,
)
from domain.history import Fact, History
from domain.journey import VERSION_1, journey_of
from domain.participant_kind import DESCRIPTIONS, kind_of
from domain.precision import clearly_after
from domain.touchpoint import Touchpoint


class Role(StrEnum):
    """What somebody is to the programme."""

    PARTICIPANT = "participant"
    TRAINEE = "trainee"
    HEALING_ACTIVIST = "healing_activist"


class RoleEnd(StrEnum):
    """How a role ended."""

    BECAME_ACTIVIST = "became_activist"
    STEPPED_DOWN = "stepped_down"
    JOURNEY_ENDED = "journey_ended"


class RoleInterval(NamedTuple):
    """A role during [since, until)."""

    role: Role
    since: datetime
    evidence: tuple[UUID, ...]
    """The events that it began with; of an activist the selection, and the training or activity after it."""
    until: datetime | None = None
    """None: it is still held."""
    end: RoleEnd | None = None
    ended_by: UUID | None = None
    relapse: bool | None = None
    """Whether somebody stepped down for a relapse; None where they did not step down. A clinical fact."""

    def at(self, moment: datetime) -> bool:
        """Whether it is held at a moment."""
        return self.since <= moment and (self.until is None or moment < self.until)


def roles_of(history: History) -> list[RoleInterval]:
    """Every interval of every role of a person, in order of (since, role)."""
    if kind_of(history) == ParticipantKind.HOUSEHOLD:
        return []
    held = [*_participation(history), *_activism(history)]
    return sorted(held, key=lambda interval: (interval.since, _ORDER[interval.role]))


def roles_at(held: Iterable[RoleInterval], moment: datetime) -> list[Role]:
    """The roles held at a moment, in the order in which one comes to them."""
    return sorted({interval.role for interval in held if interval.at(moment)}, key=_ORDER.__getitem__)


_ORDER = {role: place for place, role in enumerate(Role)}
_SELECTION: frozenset[type[Touchpoint]] = frozenset({ActivistSelected})
_RANKS: dict[type[Touchpoint], int] = {
    ActivistSelected: 0,
    TrainingCompleted: 1,
    ActivityPerformed: 1,
    ActivistSteppedDown: 2,
    JourneyEnded: 3,
}
_ACTIVISM = frozenset(_RANKS)


def _participation(history: History) -> Iterator[RoleInterval]:
    described = history.facts_of(DESCRIPTIONS)
    begun = _begun(described[0].occurred_at, described[0].event_id) if described else None
    for spell in journey_of(history, VERSION_1).spells:
        if spell.stage == Stage.ENDED:
            if begun and begun.since < spell.entered_at:
                [ended_by] = spell.evidence
                yield begun._replace(until=spell.entered_at, end=RoleEnd.JOURNEY_ENDED, ended_by=ended_by)
            begun = None
        elif begun is None or spell.entered_at < begun.since:
            begun = _begun(spell.entered_at, *spell.evidence)
    if begun:
        yield begun


def _begun(since: datetime, *evidence: UUID) -> RoleInterval:
    return RoleInterval(Role.PARTICIPANT, since, evidence)


def _activism(history: History) -> Iterator[RoleInterval]:
    if not history.facts_of(_SELECTION):
        return
    facts = sorted(
        history.facts_of(_ACTIVISM), key=lambda fact: (fact.occurred_at, _RANKS[type(fact.event)], fact.event_id)
    )
    held: RoleInterval | None = None
    ended: Fact | None = None
    for fact in facts:
        if ended and not clearly_after(fact, ended):
            continue
        changed = _after(held, fact)
        if held and changed is not held and held.since < fact.occurred_at:
            yield _ended(held, fact)
        held = changed
        if isinstance(fact.event, JourneyEnded):
            ended = fact
            if fact.event.reason == JourneyEnd.DIED:
                return
    if held:
        yield held


def _after(held: RoleInterval | None, fact: Fact) -> RoleInterval | None:
    """What somebody is after a fact, of these two roles."""
    match fact.event:
        case ActivistSelected():
            return held or RoleInterval(Role.TRAINEE, fact.occurred_at, (fact.event_id,))
        case TrainingCompleted() | ActivityPerformed():
            if held is None or held.role == Role.HEALING_ACTIVIST:
                return held
            return RoleInterval(Role.HEALING_ACTIVIST, fact.occurred_at, (*held.evidence, fact.event_id))
        case _:
            return None


def _ended(held: RoleInterval, fact: Fact) -> RoleInterval:
    event = fact.event
    end, relapse = RoleEnd.BECAME_ACTIVIST, None
    if isinstance(event, ActivistSteppedDown):
        end, relapse = RoleEnd.STEPPED_DOWN, event.reason == StepDownReason.RELAPSE
    elif isinstance(event, JourneyEnded):
        end = RoleEnd.JOURNEY_ENDED
    return held._replace(until=fact.occurred_at, end=end, ended_by=fact.event_id, relapse=relapse)
