"""What was begun and is to be finished: promises, referrals, and self-checks that call for an assessment.

Decisions where the rules leave room:
- A promise scheduled again under the same id is the new one from then on, also after it was done or cancelled. A done
  or cancelled of an id never scheduled is harmless.
- A referral sent again begins anew. Of several answers the last one counts, and the same answer given again changes
  nothing; after it was closed no answer opens it. An answer to a referral that nobody told us was sent counts.
- Ids are those of the system that tells. Who schedules or sends under an id under which another source has begun
  something begins another one beside it; its subject names the source too. An end or an answer is about what its own
  source began, and where that began nothing under the id, about all that bears it.
- In doubt something is finished: what begins (scheduled, sent, a high self-check) opens a loop only when it is clearly
  later than what last moved that loop on. Of one day known by its day only, both are often told.
- A self-check is a UCLA-3 that a person answered alone (mode `self`); only an assessment answers a high one, whatever
  its level. Of several high ones in a row the first counts. It is nobody's who has no stage.
- The end of a journey ends every loop for good; what is begun after it belongs to the next episode.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from domain.clock import END_OF_TIME, day_of, start_of_day, start_of_next_day
from domain.codes import MeasureMode
from domain.events import (
    FollowUpCancelled,
    FollowUpDone,
    FollowUpScheduled,
    JourneyEnded,
    MeasureTaken,
    ReferralAccepted,
    ReferralClosed,
    ReferralDeclined,
    ReferralSent,
    RiskAssessed,
)
from domain.follow_ups.figures import Figures
from domain.follow_ups.follow_up import FollowUp, Kind
from domain.history import Fact
from domain.instruments import Scored, score
from domain.journey import Rules
from domain.precision import clearly_after
from domain.touchpoint import Touchpoint

Key = tuple[str, str]
"""Which loop: promise, referral or assess, and its subject."""
INSTRUMENT = "UCLA-3"

# A member of an enumeration is found by its class each time, which costs as much as a follow-up.
_PROMISE, _UNANSWERED, _NOT_CLOSED = Kind.PROMISE, Kind.REFERRAL_UNANSWERED, Kind.REFERRAL_NOT_CLOSED
_ASSESS, _SELF = Kind.ASSESS, MeasureMode.SELF


@dataclass(slots=True)
class Loops:
    """What was seen up to an event: every loop that is open, and what was due in all that are not."""

    figures: Figures
    rules: Rules
    finished: list[FollowUp] = field(default_factory=list)
    open: dict[Key, FollowUp] = field(default_factory=dict)
    moved: dict[Key, Fact] = field(default_factory=dict)
    """The answer or the end that last moved a loop on."""
    closed: set[Key] = field(default_factory=set)
    begun: dict[Key, dict[str, str]] = field(default_factory=dict)
    """By kind and id, the subject of what each source began under it."""
    journey_ended: Fact | None = None

    def new(self, kind: str, number: str, fact: Fact) -> str:
        """The subject of what is begun with this: the id, and for all but the first source under it both."""
        known, source = self.begun.setdefault((kind, number), {}), fact.event.source
        # No id holds a tab, so no other has this subject.
        return known.setdefault(source, f"{number}\t{source}" if known else number)

    def meant(self, kind: str, number: str, fact: Fact) -> list[str]:
        """The subjects that an end or an answer under this id is about."""
        known = self.begun.get((kind, number))
        if known is None:
            return [number]
        own = known.get(fact.event.source)
        return list(known.values()) if own is None else [own]

    def begins(self, key: Key, fact: Fact) -> bool:
        """Whether a loop may begin with this: clearly after what last moved it on, and after the journey's end."""
        moved, ended = self.moved.get(key), self.journey_ended
        return (moved is None or clearly_after(fact, moved)) and (ended is None or clearly_after(fact, ended))

    def put(self, key: Key, fact: Fact, found: FollowUp) -> None:
        """What is due now, in place of what was due of the same loop."""
        self.take_away(key, fact)
        self.closed.discard(key)
        self.open[key] = found

    def take_away(self, key: Key, fact: Fact) -> FollowUp | None:
        earlier = self.open.pop(key, None)
        if earlier is not None and earlier.due_from < fact.occurred_at:
            self.finished.append(earlier._replace(until=min(earlier.until, fact.occurred_at)))
        return earlier

    def close(self, key: Key, fact: Fact) -> None:
        self.take_away(key, fact)
        self.closed.add(key)
        self.moved[key] = fact


def loops(facts: Iterable[Fact], figures: Figures, rules: Rules) -> list[FollowUp]:
    """Everything that is or was due of promises, referrals and self-checks, whether or not somebody may call."""
    seen = Loops(figures, rules)
    for fact in facts:
        see = OBSERVERS.get(type(fact.event))
        if see is not None:
            see(seen, fact)
    return seen.finished + list(seen.open.values())


def see_scheduled(seen: Loops, fact: Fact) -> None:
    event = fact.event
    assert isinstance(event, FollowUpScheduled)
    subject = seen.new("promise", event.follow_up_id, fact)
    key = ("promise", subject)
    if seen.begins(key, fact):
        words = f"promised for {event.due_on.isoformat()}: {event.purpose}"
        seen.put(key, fact, _due(_PROMISE, subject, fact, event.due_on, words))


def see_kept_or_cancelled(seen: Loops, fact: Fact) -> None:
    event = fact.event
    assert isinstance(event, FollowUpDone | FollowUpCancelled)
    for subject in seen.meant("promise", event.follow_up_id, fact):
        seen.close(("promise", subject), fact)


def see_sent(seen: Loops, fact: Fact) -> None:
    event = fact.event
    assert isinstance(event, ReferralSent)
    subject = seen.new("referral", event.referral_id, fact)
    key = ("referral", subject)
    if seen.begins(key, fact):
        sent_on = day_of(fact.occurred_at)
        days = seen.figures.referral_answered_days
        words = f"referred to {event.to_organisation} on {sent_on}: no answer after {days} days"
        due_on = sent_on + timedelta(days)
        seen.put(key, fact, _due(_UNANSWERED, subject, fact, due_on, words))


def see_answer(seen: Loops, fact: Fact) -> None:
    event = fact.event
    assert isinstance(event, ReferralAccepted | ReferralDeclined)
    for subject in seen.meant("referral", event.referral_id, fact):
        _answer(seen, fact, event, subject)


def _answer(seen: Loops, fact: Fact, event: ReferralAccepted | ReferralDeclined, subject: str) -> None:
    key = ("referral", subject)
    accepted = isinstance(event, ReferralAccepted)
    if key in seen.closed or (seen.journey_ended is not None and not clearly_after(fact, seen.journey_ended)):
        return
    earlier = seen.open.get(key)
    last = seen.moved.get(key)
    if earlier is not None and earlier.kind is _NOT_CLOSED and last and type(last.event) is type(event):
        return
    days = seen.figures.referral_accepted_days if accepted else seen.figures.referral_declined_days
    answered_on = day_of(fact.occurred_at)
    said = "accepted" if accepted else "declined"
    words = f"referral {said} on {answered_on}: no outcome after {days} days"
    found = _due(_NOT_CLOSED, subject, fact, answered_on + timedelta(days), words)
    if earlier is not None:
        found = found._replace(evidence=(earlier.evidence[0], fact.event_id))
    seen.put(key, fact, found)
    seen.moved[key] = fact


def see_closed(seen: Loops, fact: Fact) -> None:
    event = fact.event
    assert isinstance(event, ReferralClosed)
    for subject in seen.meant("referral", event.referral_id, fact):
        seen.close(("referral", subject), fact)


def see_measure(seen: Loops, fact: Fact) -> None:
    event = fact.event
    assert isinstance(event, MeasureTaken)
    if event.instrument != INSTRUMENT or event.mode != _SELF or not isinstance(found := score(event), Scored):
        return
    key = ("assess", INSTRUMENT)
    if found.score < seen.rules.lonely_score or key in seen.open or not seen.begins(key, fact):
        return
    taken_on, moment = day_of(fact.occurred_at), fact.occurred_at
    overdue_from = start_of_next_day(taken_on + timedelta(seen.figures.assessed_days))
    words = f"{INSTRUMENT} self-check of {found.score:g} on {taken_on}: not assessed since"
    due = FollowUp(_ASSESS, INSTRUMENT, moment, moment, overdue_from, END_OF_TIME, words, (fact.event_id,))
    seen.put(key, fact, due)


def see_assessment(seen: Loops, fact: Fact) -> None:
    seen.close(("assess", INSTRUMENT), fact)


def see_end(seen: Loops, fact: Fact) -> None:
    for key in list(seen.open):
        seen.close(key, fact)
    seen.journey_ended = fact


Observer = Callable[[Loops, Fact], Any]

OBSERVERS: Mapping[type[Touchpoint], Observer] = {
    FollowUpScheduled: see_scheduled,
    FollowUpDone: see_kept_or_cancelled,
    FollowUpCancelled: see_kept_or_cancelled,
    ReferralSent: see_sent,
    ReferralAccepted: see_answer,
    ReferralDeclined: see_answer,
    ReferralClosed: see_closed,
    MeasureTaken: see_measure,
    RiskAssessed: see_assessment,
    JourneyEnded: see_end,
}
"""What to do about each type; types that are not here begin and finish nothing."""


def _due(kind: Kind, subject: str, fact: Fact, due_on: date, words: str) -> FollowUp:
    """Due on a day, or at once where that day is over."""
    due_at = start_of_day(due_on)
    due_from = max(fact.occurred_at, due_at)
    return FollowUp(kind, subject, due_from, due_at, start_of_next_day(due_on), END_OF_TIME, words, (fact.event_id,))
