"""Ties as intervals: from what was told of a person to when each tie was there, and what was known of it meanwhile.

One component is one person: the same `tie_id` told under two linked identities is one tie. Only `occurred_at` counts,
so the order of arrival cannot matter, and a survey that happened before a report counts before it, however late it
comes. What is known only to a day or a month counts at its `occurred_at` too (that day's noon): ask by whole days.

| What is told | What it does |
|---|---|
| tie-reported, or listed by a survey | opens the tie, or adds what it says to the open one |
| the same, after an end | opens a new interval, of which nothing earlier is known |
| closeness or contacts left out | what was last told of the open tie stays |
| a complete survey | ends the open ties that it omits, whoever of the linked identities told them |
| an incomplete survey | ends nothing |
| tie-ended | ends the open tie; of a tie that is not open it says nothing, also when the report comes later |
| a report whose `alter_id` is a pseudonym of the same person | nothing: nobody has a tie to themself |

At one instant three things are taken in turn: what complete surveys omit, what is said to be there, what is said to
have ended. So a report outweighs an omission, an end outweighs both, and no id decides whether a tie is there; only of
two closenesses told at the same instant, that of the greater event id stays. An interval or a period that would last
no time was never in force, and is none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from domain.codes import TieKind
from domain.components import in_force, roots
from domain.events import NetworkSurveyed, SurveyedTie, TieEnded, TieReported
from domain.history import Fact, History
from domain.touchpoint import Touchpoint

_occurred_at = attrgetter("occurred_at")
TELLING: frozenset[type[Touchpoint]] = frozenset({TieReported, TieEnded, NetworkSurveyed})
"""The touchpoints that tell of ties."""


class Period(NamedTuple):
    """A stretch [since, until) of an interval in which the same was known of the tie."""

    since: datetime
    until: datetime | None
    """None: the tie is still there."""
    told_by: UUID
    """The event that told what is known from here on."""
    kind: TieKind
    closeness: int | None = None
    """1 to 5; None: never told."""
    contacts_per_month: float | None = None
    formed: bool = False
    """Reported as formed, by then; False: only found to exist."""


class Tie(NamedTuple):
    """An interval [since, until) in which a tie was there. A tie that ended and came back has two of them."""

    tie_id: str
    source: str
    """Who told that it is there first."""
    opened_by: UUID
    ended_by: UUID | None
    """The event that ended it, or the complete survey that omitted it; None: it is still there."""
    alter_id: UUID | None
    """The other person's pseudonym as the last report gave it; None where that gave none, whatever was told before.
    Warning: to be shown only while both consent (see shared.py)."""
    periods: tuple[Period, ...]
    """At least one; each begins where the one before it ends."""

    @property
    def since(self) -> datetime:
        return self.periods[0].since

    @property
    def until(self) -> datetime | None:
        """None: it is still there."""
        return self.periods[-1].until

    def at(self, moment: datetime) -> Period | None:
        """The period in force at a moment; None while the tie is not there."""
        for period in self.periods:
            if period.since <= moment and (period.until is None or moment < period.until):
                return period
        return None


def ties_of(history: History) -> list[Tie]:
    """Every interval of every tie of a person, in order of (tie_id, since)."""
    told = history.facts_of(TELLING)
    if any(_alter(fact) is not None for fact in history.by_type.get(TieReported, ())):
        own = _identities(history)
        told = [fact for fact in told if _alter(fact) not in own]
    if not told:
        return []
    walk = _Walk()
    for moment, facts in groupby(told, key=_occurred_at):
        walk.take(moment, list(facts))
    return walk.ties()


def _alter(fact: Fact) -> UUID | None:
    """The other person's pseudonym, as a report gives it."""
    # `type` and not isinstance here and below: pydantic's instance check costs more than all the rest.
    return fact.event.alter_id if type(fact.event) is TieReported else None


def _identities(history: History) -> set[UUID]:
    """Every pseudonym of the person, by the links that were known."""
    together = roots((link.one, link.other) for link in in_force(history.links))
    return {history.root, *(person for person, root in together.items() if root == history.root)}


@dataclass(slots=True)
class _Open:
    """A tie that is there."""

    source: str
    opened_by: UUID
    alter_id: UUID | None = None
    periods: list[Period] = field(default_factory=list)


class _Walk:
    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}
        self._ended: list[Tie] = []

    def take(self, moment: datetime, facts: Sequence[Fact]) -> None:
        """All that was told at one instant, in order of event id."""
        there: dict[str, list[tuple[Fact, TieReported | SurveyedTie]]] = {}
        for fact in facts:
            for tie in _said_to_be_there(fact.event):
                there.setdefault(tie.tie_id, []).append((fact, tie))
        for fact in facts:
            if type(fact.event) is NetworkSurveyed and fact.event.complete:
                for tie_id in self._open.keys() - there.keys():
                    self._end(tie_id, moment, fact)
        for tie_id, sayings in there.items():
            self._see(tie_id, moment, sayings)
        for fact in facts:
            if type(fact.event) is TieEnded:
                self._end(fact.event.tie_id, moment, fact)

    def ties(self) -> list[Tie]:
        still = [
            Tie(tie_id, tie.source, tie.opened_by, None, tie.alter_id, tuple(tie.periods))
            for tie_id, tie in self._open.items()
        ]
        found = self._ended + still
        return sorted(found, key=attrgetter("tie_id", "since")) if len(found) > 1 else found

    def _see(self, tie_id: str, moment: datetime, sayings: Sequence[tuple[Fact, TieReported | SurveyedTie]]) -> None:
        tie = self._open.get(tie_id)
        if tie is None:
            first, _ = sayings[0]
            tie = self._open[tie_id] = _Open(first.event.source, first.event_id)
        before = tie.periods[-1] if tie.periods else None
        known = before
        for fact, said in sayings:
            known = _with(known, said, moment, fact.event_id)
            if type(said) is TieReported:
                tie.alter_id = said.alter_id
        assert known is not None, "somebody said something"
        if before is None:
            tie.periods.append(known)
        elif known[3:] != before[3:]:
            tie.periods[-1] = before._replace(until=moment)
            tie.periods.append(known)

    def _end(self, tie_id: str, moment: datetime, fact: Fact) -> None:
        tie = self._open.pop(tie_id, None)
        lasting = [period for period in tie.periods if period.since < moment] if tie else []
        if tie and lasting:
            lasting[-1] = lasting[-1]._replace(until=moment)
            ended = Tie(tie_id, tie.source, tie.opened_by, fact.event_id, tie.alter_id, tuple(lasting))
            self._ended.append(ended)


def _said_to_be_there(event: Touchpoint) -> Iterable[TieReported | SurveyedTie]:
    if type(event) is TieReported:
        return (event,)
    return event.ties if type(event) is NetworkSurveyed else ()


def _with(known: Period | None, said: TieReported | SurveyedTie, moment: datetime, event_id: UUID) -> Period:
    """What is known after something more was said; what was known, when that says nothing new."""
    formed = type(said) is TieReported and said.formed
    if known is None:
        return Period(moment, None, event_id, said.kind, said.closeness, said.contacts_per_month, formed)
    closeness = known.closeness if said.closeness is None else said.closeness
    contacts = known.contacts_per_month if said.contacts_per_month is None else said.contacts_per_month
    new = Period(moment, None, event_id, said.kind, closeness, contacts, known.formed or formed)
    return known if new[3:] == known[3:] else new
