"""What the conditions need to know of a person's past, kept up to date event by event.

Every observer takes one event in constant time, so a fold costs the same per event however long the journey is.

Decisions where the rules leave room:
- An id is unidentified while it was never registered or linked and its only contact could be anybody's: an anonymous
  call or a walk into a store. What identifies it (a second contact, a registration) completes P1, and dates the entry:
  an entry is never back-dated, so the journey as of any day is the beginning of today's.
- An assessment, a prescription, a selection or an end is about somebody the staff know, and needs no more.
- "Since entering" means later in effective order than the event that completed the entry.
- Well, once reached, stands until the stage is left: the rule asks that no high score lies *between* the two.
- Every session-attended event is one session; a double report by two systems is to be voided.
- A measure without a score, whatever the reason, is as if not taken. The last score before RETURN may be of any age,
  and may be the one that completed the return.
- A selection counts for the rest of its episode.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domain.clock import day_of
from domain.codes import JourneyEnd, RiskLevel, Stage, TieKind
from domain.events import (
    ActivistSelected,
    MeasureTaken,
    ParticipantRegistered,
    ParticipantUpdated,
    RiskAssessed,
    SessionAttended,
    TieReported,
)
from domain.history import Fact
from domain.instruments import Scored, score
from domain.journey.contact import CONTACTS, always, could_be_anybody, opens_the_door
from domain.journey.rules import Rules
from domain.journey.spells import Anomaly, Spell
from domain.precision import clearly_after
from domain.touchpoint import Touchpoint

OWN_TIES = frozenset({TieKind.FAMILY, TieKind.FRIEND, TieKind.NEIGHBOUR, TieKind.GROUP})
"""Ties of a person's own life; a worker or an activist is the programme's."""

# A member of an enumeration is found by its class each time; these are asked for with every event of everybody.
_HEALING, _RETURN, _LOW, _DIED = Stage.HEALING, Stage.RETURN, RiskLevel.LOW, JourneyEnd.DIED


class Score(NamedTuple):
    """A UCLA-3 score, 3 to 9."""

    points: float
    day: date
    event_id: UUID


@dataclass(slots=True)
class Seen:
    """What was seen of one person up to an event. The current stage is that of the last spell."""

    linked: bool = False
    described: bool = False
    """Registered or updated by staff."""
    contacts: list[datetime] = field(default_factory=list)
    contact_ids: list[UUID] = field(default_factory=list)
    """Of the same contacts."""
    scores: list[Score] = field(default_factory=list)
    spells: list[Spell] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)

    stage: Stage | None = None
    entry: Fact | None = None
    """The event that completed the entry into the current stage."""
    entered_on: date = date.min
    episode: int = 1
    end_reason: JourneyEnd | None = None

    opening: Fact | None = None
    """Without a stage: the first contact with which this episode may begin."""
    selected: bool = False
    """As an activist, in this episode."""

    first_low: Score | None = None
    """In HEALING: the first of the low scores that no high one has interrupted."""
    well: tuple[UUID, ...] = ()
    """In HEALING: the evidence that the person is well, once there is some."""
    sessions: list[UUID] = field(default_factory=list)
    tie: UUID | None = None
    """In HEALING: the first tie of a person's own life reported as formed."""
    scores_before_return: int = 0

    @property
    def identified(self) -> bool:
        """Known to be one person rather than anybody; see the top of this file."""
        if self.linked or self.described or len(self.contacts) > 1:
            return True
        return self.opening is not None and not could_be_anybody(self.opening.event)

    def enter(self, stage: Stage | None, fact: Fact) -> None:
        """Begin anew what is counted since the entry into a stage."""
        self.stage, self.entry, self.entered_on = stage, fact, day_of(fact.occurred_at)
        if stage is _HEALING:
            self.first_low, self.well, self.sessions, self.tie = None, (), [], None
        elif stage is _RETURN:
            self.scores_before_return = len(self.scores)

    def begin_episode(self) -> None:
        """Forget what belongs to the episode that ended."""
        self.episode += 1
        self.opening, self.end_reason, self.selected = None, None, False


def see_possible_contact(seen: Seen, fact: Fact, rules: Rules) -> None:
    event = fact.event
    if CONTACTS[type(event)](event):
        see_contact(seen, fact, rules)


def see_contact(seen: Seen, fact: Fact, rules: Rules) -> None:
    seen.contacts.append(fact.occurred_at)
    seen.contact_ids.append(fact.event_id)
    if seen.stage is None and seen.opening is None and opens_the_door(fact.event):
        seen.opening = fact
    elif seen.end_reason is _DIED and seen.entry is not None and clearly_after(fact, seen.entry):
        seen.anomalies.append(Anomaly(fact.event_id, fact.occurred_at))


def see_session(seen: Seen, fact: Fact, rules: Rules) -> None:
    see_contact(seen, fact, rules)
    if seen.stage is _HEALING:
        seen.sessions.append(fact.event_id)


def see_tie(seen: Seen, fact: Fact, rules: Rules) -> None:
    event = fact.event
    assert isinstance(event, TieReported)
    if seen.stage is _HEALING and seen.tie is None and event.formed and event.kind in OWN_TIES:
        seen.tie = fact.event_id


def see_measure(seen: Seen, fact: Fact, rules: Rules) -> None:
    event = fact.event
    assert isinstance(event, MeasureTaken)
    if event.instrument != "UCLA-3" or not isinstance(found := score(event), Scored):
        return
    latest = Score(found.score, day_of(fact.occurred_at), fact.event_id)
    seen.scores.append(latest)
    if seen.stage is not _HEALING or seen.well:
        return
    if latest.points >= rules.lonely_score:
        seen.first_low = None
    elif seen.first_low is None:
        seen.first_low = latest
    elif (latest.day - seen.first_low.day).days >= rules.well_scores_days_apart:
        seen.well = (seen.first_low.event_id, latest.event_id)


def see_assessment(seen: Seen, fact: Fact, rules: Rules) -> None:
    event = fact.event
    assert isinstance(event, RiskAssessed)
    if seen.stage is not _HEALING or seen.well or event.level != _LOW:
        return
    if (day_of(fact.occurred_at) - seen.entered_on).days >= rules.well_assessed_after_days:
        seen.well = (fact.event_id,)


def see_selection(seen: Seen, fact: Fact, rules: Rules) -> None:
    seen.selected = True


def see_description(seen: Seen, fact: Fact, rules: Rules) -> None:
    seen.described = True


Observer = Callable[[Seen, Fact, Rules], None]

OBSERVERS: Mapping[type[Touchpoint], Observer] = {
    **{kind: see_contact if test is always else see_possible_contact for kind, test in CONTACTS.items()},
    SessionAttended: see_session,
    TieReported: see_tie,
    MeasureTaken: see_measure,
    RiskAssessed: see_assessment,
    ActivistSelected: see_selection,
    ParticipantRegistered: see_description,
    ParticipantUpdated: see_description,
}
"""What to remember of each type; types that are not here leave no trace."""
