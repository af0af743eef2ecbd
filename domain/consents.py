"""Consent over time: for each scope when it was in force, when it had lapsed and when it was withdrawn; and when the
processing of somebody's data was restricted.

| What is told | What it does to its scopes |
|---|---|
| consent-given | in force from then on, to the end of the Seoul day `valid_until` where it names one; then lapsed |
| the same again | replaces the one before, its `valid_until` too: the latest counts, also where it ends sooner |
| consent-withdrawn | withdrawn from then on, until consent is given again |
| processing-restricted, processing-resumed | whatever the consent: restricted in between |

Whoever said it (self, guardian, agent) and under whichever linked identity, it counts for the person. What is known by
its day only counts at its `occurred_at` too, that day's noon.

Decision where the rules leave room: in doubt against use. Consent lifts a withdrawal only when it is clearly later: at
one instant, or on one day where either is known by its day only, the withdrawal stands. The same holds for resuming
what was restricted.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from domain.clock import END_OF_TIME, start_of_next_day, within_time
from domain.codes import ConsentScope
from domain.events import ConsentGiven, ConsentWithdrawn, ProcessingRestricted, ProcessingResumed
from domain.history import Fact, History
from domain.precision import clearly_after
from domain.touchpoint import Touchpoint

CONSENTS: frozenset[type[Touchpoint]] = frozenset({ConsentGiven, ConsentWithdrawn})
RESTRICTIONS: frozenset[type[Touchpoint]] = frozenset({ProcessingRestricted, ProcessingResumed})

Interval = tuple[datetime, datetime]
"""From the first moment until before the second."""


class ConsentState(StrEnum):
    IN_FORCE = "in_force"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


class Consent(NamedTuple):
    """How it stood with one scope during [since, until)."""

    state: ConsentState
    since: datetime
    until: datetime
    """END_OF_TIME: nothing else was told, and nothing lapses."""
    told_by: UUID
    """The event that gave or withdrew; of what has lapsed, the consent that ended."""


Consents = Mapping[ConsentScope, Sequence[Consent]]
"""By scope, in order, without a gap from the first that was told; a scope that was never told of is missing."""
Restrictions = Mapping[ConsentScope, Sequence[Interval]]


def consents_of(history: History) -> Consents:
    """Everything that was said of consent, and what becomes of it by itself, also after the history's own `as_of`."""
    scopes: dict[ConsentScope, _Scope] = {}
    for fact in history.facts_of(CONSENTS):
        event = fact.event
        assert isinstance(event, ConsentGiven | ConsentWithdrawn)
        for scope in event.scopes:
            scopes.setdefault(scope, _Scope()).take(fact, event)
    return {scope: found.consents() for scope, found in scopes.items()}


def may_end(history: History) -> bool:
    """Whether any consent was withdrawn or has a last day: what is in force for good stands in nobody's way."""
    if ConsentWithdrawn in history.by_type:
        return True
    for fact in history.by_type.get(ConsentGiven, ()):
        event = fact.event
        assert isinstance(event, ConsentGiven)
        if event.valid_until is not None:
            return True
    return False


def consents_at(consents: Consents, moment: datetime) -> Mapping[ConsentScope, Consent]:
    """How it stands with every scope at a moment; one of which nothing had been told by then is missing."""
    asked = within_time(moment)
    return {
        scope: consent
        for scope, found in consents.items()
        for consent in found
        if consent.since <= asked < consent.until
    }


def restrictions_of(history: History) -> Restrictions:
    """The times in which processing was restricted, by scope."""
    scopes: dict[ConsentScope, _Restriction] = {}
    for fact in history.facts_of(RESTRICTIONS):
        event = fact.event
        assert isinstance(event, ProcessingRestricted | ProcessingResumed)
        scopes.setdefault(event.scope, _Restriction()).take(fact)
    return {scope: found.times() for scope, found in scopes.items()}


def times_in(consents: Consents, scope: ConsentScope, states: Iterable[ConsentState]) -> list[Interval]:
    """When a scope was in one of these states."""
    wanted = frozenset(states)
    return [(consent.since, consent.until) for consent in consents.get(scope, ()) if consent.state in wanted]


def allows(history: History, scope: ConsentScope, moment: datetime) -> bool:
    """Whether somebody's consent to a scope is in force at a moment, and no restriction of it. Who was never asked has
    given none."""
    consent = consents_at(consents_of(history), moment).get(scope)
    if consent is None or consent.state != ConsentState.IN_FORCE:
        return False
    asked = within_time(moment)
    return not any(since <= asked < until for since, until in restrictions_of(history).get(scope, ()))


class _Scope:
    """What was said of one scope: turns from one state to the next."""

    def __init__(self) -> None:
        self._turns: list[tuple[datetime, ConsentState, UUID]] = []
        self._withdrawn_by: Fact | None = None

    def take(self, fact: Fact, event: ConsentGiven | ConsentWithdrawn) -> None:
        if isinstance(event, ConsentWithdrawn):
            if self._withdrawn_by is None:
                self._turn(fact.occurred_at, ConsentState.WITHDRAWN, fact.event_id)
            self._withdrawn_by = fact
        elif self._withdrawn_by is None or clearly_after(fact, self._withdrawn_by):
            self._withdrawn_by = None
            self._turn(fact.occurred_at, ConsentState.IN_FORCE, fact.event_id)
            if event.valid_until is not None:
                over = max(start_of_next_day(event.valid_until), fact.occurred_at)
                self._turn(over, ConsentState.LAPSED, fact.event_id)

    def _turn(self, moment: datetime, state: ConsentState, told_by: UUID) -> None:
        # What was to lapse later does not any more; and what would last no time never was.
        while self._turns and self._turns[-1][0] >= moment:
            self._turns.pop()
        self._turns.append((moment, state, told_by))

    def consents(self) -> list[Consent]:
        ends = [moment for moment, _, _ in self._turns[1:]] + [END_OF_TIME]
        return [
            Consent(state, since, until, told_by)
            for (since, state, told_by), until in zip(self._turns, ends, strict=True)
        ]


class _Restriction:
    """Whether processing for one scope is restricted, and when it was."""

    def __init__(self) -> None:
        self._times: list[Interval] = []
        self._since: datetime | None = None
        self._last: Fact | None = None

    def take(self, fact: Fact) -> None:
        if isinstance(fact.event, ProcessingRestricted):
            self._since = self._since or fact.occurred_at
            self._last = fact
        elif self._since is not None and self._last is not None and clearly_after(fact, self._last):
            self._times.append((self._since, fact.occurred_at))
            self._since = None

    def times(self) -> list[Interval]:
        return self._times if self._since is None else [*self._times, (self._since, END_OF_TIME)]
