"""Worry about somebody who is not in contact yet: what opens a concern, how it is sought after, and what closes it.

| | about the pseudonym itself (`self`) | about somebody else (`other`, `household`) |
|---|---|---|
| stands in the stream of | the third person, under a pseudonym of their own | the caller, who gets no stage by it |
| opened by | concern-reported | an answered call received about another or a household |
| told again by | another report while it is open | another such call, about the same, while it is open |
| an attempt is | discovery-attempted; call-placed for discovery | discovery-attempted |
| `found` by | any contact clearly after it; an attempt that made contact | an attempt that made contact |
| `ended` by | the end of the journey (it covers death) | nothing |

Decisions where the rules leave room:
- A concern stays open until somebody is in contact with the third person. `refused` and `not_found` say how the search
  stands after the last attempt that told anything, and close nothing: who refused is still alone. An attempt without an
  answer, or a wrong number, counts and tells nothing.
- Of each `about` a stream has one open concern at most: who reports again while it is open worries about the same
  person, as far as anybody can tell, and `reports` counts it. It is a new concern once the one before it is closed.
- In the caller's stream every other contact is the caller's own, so only a discovery attempt can close a concern there;
  and a call placed there reaches the caller, so it is no attempt.
- A discovery attempt that says whom it was about is an attempt at that concern, and at no other. The first shape does
  not say, and then:
  - In the caller's stream it belongs to one concern: where `other` and `household` are open, to the one that was
    reported last; of both at one instant, to `other`.
  - Where concerns of both kinds are open in one stream, it is about the person of the stream: in doubt somebody else is
    not said to be found.
- A discovery attempt counts from the instant of the concern on (both may be known by the day only); any other contact
  and the end of a journey must be clearly later than every report of it. In doubt a concern stays open.

At one instant reports come first; of several attempts then, the one that told most stands last. No id decides that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from domain.clock import END_OF_TIME
from domain.codes import About, CallOutcome, CallPurpose, Precision
from domain.events import CallPlaced, CallReceived, ConcernReported, DiscoveryAttempted, JourneyEnded
from domain.history import Fact, History
from domain.journey.contact import CONTACTS, is_contact
from domain.precision import clearly_after
from domain.touchpoint import Touchpoint

OPENING: frozenset[type[Touchpoint]] = frozenset({ConcernReported, CallReceived})
"""The touchpoints that can open a concern, or tell it again."""
SEEKING: frozenset[type[Touchpoint]] = frozenset({DiscoveryAttempted, CallPlaced})
"""Those that can be an attempt."""
FOLLOWED: frozenset[type[Touchpoint]] = OPENING | SEEKING | frozenset(CONTACTS) | {JourneyEnded}
"""All that tells of a concern: of contacts and ends it counts how exactly their time is known."""


class State(StrEnum):
    """How the search for the third person stands."""

    OPEN = "open"
    """No attempt has told anything."""
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    FOUND = "found"
    """Somebody is in contact: the concern is closed."""
    ENDED = "ended"
    """The journey of the third person ended first: the concern is closed."""


CLOSED = frozenset({State.FOUND, State.ENDED})

_ABOUT_ANOTHER, _ANSWERED = (About.OTHER, About.HOUSEHOLD), CallOutcome.ANSWERED
_TOLD: Mapping[str, State | None] = {
    "no_answer": None,
    "wrong_number": None,
    "not_found": State.NOT_FOUND,
    "refused": State.REFUSED,
    "contacted": State.FOUND,
    "reached": State.FOUND,
}
"""What an attempt tells of the third person by its outcome, of a visit or a call: the later in this order, the more."""
_RANK = {outcome: rank for rank, outcome in enumerate(_TOLD)}


class Period(NamedTuple):
    """A stretch [since, until) in which the same was known of a concern."""

    since: datetime
    until: datetime
    """END_OF_TIME: nothing more was told."""
    state: State
    told_by: UUID
    """The event that told it."""
    reports: int = 1
    """How often it was reported, the first time included."""
    attempts: int = 0
    last_outcome: str | None = None
    last_attempt_at: datetime | None = None


class Concern(NamedTuple):
    """A worry about a third person, and what became of it."""

    opened_by: UUID
    opened_at: datetime
    about: About
    """SELF: the pseudonym is the third person's own. OTHER, HOUSEHOLD: it is the caller's."""
    reporter: str | None
    """Who is worried, as far as the first report tells; None: the caller is, whose pseudonym it is."""
    periods: tuple[Period, ...]
    """At least one; each begins where the one before it ends."""


def concerns_of(history: History) -> list[Concern]:
    """Every concern in a person's streams, by (opened_at, opened_by)."""
    # Callers are many, and few of them call about another.
    if not any(_reports(fact.event) for fact in history.facts_of(OPENING)):
        return []
    seen: list[_Seen] = []
    still: dict[About, _Seen] = {}
    for _, facts in groupby(history.facts_of(FOLLOWED), key=attrgetter("occurred_at")):
        together = list(facts)
        for fact in together:
            if _reports(fact.event):
                _report(seen, still, fact)
        _attempt(still, together)
        for fact in together:
            _close(still, fact)
    return [concern.told() for concern in seen]


def _reports(event: Touchpoint) -> bool:
    # `type` and not isinstance: pydantic's instance check costs more than all the rest.
    if type(event) is CallReceived:
        return event.about in _ABOUT_ANOTHER and event.outcome == _ANSWERED
    return type(event) is ConcernReported


def _about(event: Touchpoint) -> About:
    return event.about or About.SELF if isinstance(event, CallReceived) else About.SELF


@dataclass(slots=True)
class _Seen:
    """A concern while it is followed."""

    opened: Fact
    reported: dict[Precision, Fact] = field(init=False)
    """The last report of each precision: what is clearly later than these is so than every report."""
    periods: list[Period] = field(init=False)

    def __post_init__(self) -> None:
        self.reported = {self.opened.event.precision: self.opened}
        self.periods = [Period(self.opened.occurred_at, END_OF_TIME, State.OPEN, self.opened.event_id)]

    @property
    def is_open(self) -> bool:
        return self.periods[-1].state not in CLOSED

    @property
    def reported_at(self) -> datetime:
        """When it was reported last."""
        return max(fact.occurred_at for fact in self.reported.values())

    def is_reported_by(self, fact: Fact) -> None:
        self.reported[fact.event.precision] = fact
        last = self.periods[-1]
        self._becomes(fact, last._replace(reports=last.reports + 1))

    def is_sought_by(self, fact: Fact, outcome: str) -> None:
        last = self.periods[-1]
        self._becomes(
            fact,
            last._replace(
                state=_TOLD[outcome] or last.state,
                attempts=last.attempts + 1,
                last_outcome=outcome,
                last_attempt_at=fact.occurred_at,
            ),
        )

    def is_closed_by(self, fact: Fact, state: State) -> None:
        if all(clearly_after(fact, report) for report in self.reported.values()):
            self._becomes(fact, self.periods[-1]._replace(state=state))

    def _becomes(self, fact: Fact, known: Period) -> None:
        """One more thing is known; of several at one instant the last stays."""
        last = self.periods[-1]
        if last.since < fact.occurred_at:
            self.periods[-1] = last._replace(until=fact.occurred_at)
            self.periods.append(known._replace(since=fact.occurred_at, told_by=fact.event_id))
        else:
            self.periods[-1] = known._replace(told_by=fact.event_id)

    def told(self) -> Concern:
        event = self.opened.event
        reporter = event.reporter.value if isinstance(event, ConcernReported) else None
        return Concern(self.opened.event_id, self.opened.occurred_at, _about(event), reporter, tuple(self.periods))


def _report(seen: list[_Seen], still: dict[About, _Seen], fact: Fact) -> None:
    """What is open is told again, or a concern opens."""
    about = _about(fact.event)
    if about in still:
        still[about].is_reported_by(fact)
    else:
        still[about] = _Seen(fact)
        seen.append(still[about])


def _attempt(still: dict[About, _Seen], facts: Sequence[Fact]) -> None:
    """All attempts of one instant, each for the one concern that it is about; one that closes stays for the rest."""
    attempts = [(fact, outcome) for fact in facts if (outcome := _outcome(fact.event)) is not None]
    for fact, outcome in sorted(attempts, key=lambda attempt: _RANK[attempt[1]]):
        concern = _sought(still, fact.event)
        if concern is not None:
            concern.is_sought_by(fact, outcome)
    if attempts:
        _forget_closed(still)


def _sought(still: Mapping[About, _Seen], attempt: Touchpoint) -> _Seen | None:
    """The open concern that an attempt is about; see the top of this file."""
    if not isinstance(attempt, DiscoveryAttempted):
        return still.get(About.SELF)
    if attempt.about is not None:
        return still.get(attempt.about)
    others = [still[about] for about in _ABOUT_ANOTHER if about in still]
    return still.get(About.SELF) or max(others, key=attrgetter("reported_at"), default=None)


def _forget_closed(still: dict[About, _Seen]) -> None:
    for about in [about for about, concern in still.items() if not concern.is_open]:
        del still[about]


def _outcome(event: Touchpoint) -> str | None:
    """How an attempt went; None: it is none."""
    if isinstance(event, CallPlaced):
        return event.outcome.value if event.purpose == CallPurpose.DISCOVERY else None
    return event.outcome.value if isinstance(event, DiscoveryAttempted) else None


def _close(still: dict[About, _Seen], fact: Fact) -> None:
    """A contact, or the end of the journey, closes what is open about the person of the stream."""
    concern = still.get(About.SELF)
    ends = isinstance(fact.event, JourneyEnded)
    if concern is not None and (ends or is_contact(fact.event)):
        concern.is_closed_by(fact, State.ENDED if ends else State.FOUND)
        _forget_closed(still)
