"""Whom nobody may call, and when: what is due then stands on no list. A wrong call hurts.

- **The journey has ended**, for whatever reason, until the contact that begins a new episode; after a death for ever.
- **Consent was withdrawn** for `service` or `callback`, from the moment of the withdrawal until consent to that same
  scope is given again. Each scope counts by itself: who withdrew both must give both again. Whoever gave or withdrew
  (self, guardian, agent) and under whichever linked identity, it counts for the person.
- **Consent has lapsed**: the last one given to such a scope had a `valid_until`, and that Seoul day is over.
- **Processing is restricted** for such a scope, until it is resumed.

A referral is a matter between organisations, so `share` counts for it too; a self-check is about health, so `health`
counts for "assess" too. `research` never counts.

Decisions where the rules leave room:
- In doubt nobody calls. Consent lifts a withdrawal only when it is clearly later: at one instant, or on one day where
  either is known by its day only, the withdrawal stands. The same holds for resuming what was restricted.
- Who never was asked for consent is not withheld: help may rest on another ground (statute, vital interest).
- What is withheld is not ended. It is back on the list when consent is, where it is still open then. The end of a
  journey is different: it ends for good whatever was open (see loops.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from domain.clock import END_OF_TIME, start_of_next_day
from domain.codes import ConsentScope, Stage
from domain.events import ConsentGiven, ConsentWithdrawn, ProcessingRestricted, ProcessingResumed
from domain.follow_ups.follow_up import FollowUp, Kind
from domain.history import Fact
from domain.journey import Journey, Spell
from domain.journey.contact import clearly_after
from domain.touchpoint import Touchpoint

Interval = tuple[datetime, datetime]
"""From the first moment until before the second."""

_CALL = frozenset({ConsentScope.SERVICE, ConsentScope.CALLBACK})
SCOPES: Mapping[Kind, frozenset[ConsentScope]] = {
    Kind.PROMISE: _CALL,
    Kind.ASSESS: _CALL | {ConsentScope.HEALTH},
    Kind.REFERRAL_UNANSWERED: _CALL | {ConsentScope.SHARE},
    Kind.REFERRAL_NOT_CLOSED: _CALL | {ConsentScope.SHARE},
    Kind.SILENT: _CALL,
    Kind.LOST: _CALL,
}
"""The scopes of which none may be withdrawn, lapsed or restricted."""

CONSENTS: frozenset[type[Touchpoint]] = frozenset(
    {ConsentGiven, ConsentWithdrawn, ProcessingRestricted, ProcessingResumed}
)


@dataclass(slots=True)
class _Bar:
    """One ground on which nobody may call, and the times in which it held."""

    times: list[Interval] = field(default_factory=list)
    since: datetime | None = None
    last: Fact | None = None
    lapses_at: datetime | None = None

    def put_up(self, fact: Fact) -> None:
        self._end_lapse(fact.occurred_at)
        if self.since is None:
            self.since = fact.occurred_at
        self.last = fact

    def take_down(self, fact: Fact) -> bool:
        """Whether the ground is gone: not where it cannot be told that this came after it."""
        if self.since is not None:
            assert self.last is not None
            if not clearly_after(fact, self.last):
                return False
            self.times.append((self.since, fact.occurred_at))
            self.since = None
        self._end_lapse(fact.occurred_at)
        return True

    def _end_lapse(self, moment: datetime) -> None:
        if self.lapses_at is not None and self.lapses_at < moment:
            self.times.append((self.lapses_at, moment))
        self.lapses_at = None

    def all_times(self) -> list[Interval]:
        still = [(start, END_OF_TIME) for start in (self.since, self.lapses_at) if start is not None]
        return self.times + still


Bars = Mapping[ConsentScope, list[Interval]]


def barred(facts: Iterable[Fact]) -> Bars:
    """For each scope the times in which it was withdrawn, lapsed or restricted; they may overlap."""
    consents: dict[ConsentScope, _Bar] = {}
    restrictions: dict[ConsentScope, _Bar] = {}
    for fact in facts:
        event = fact.event
        kind = type(event)
        if kind not in CONSENTS:
            continue
        if isinstance(event, ConsentGiven):
            for scope in event.scopes:
                bar = consents.setdefault(scope, _Bar())
                if bar.take_down(fact) and event.valid_until is not None:
                    bar.lapses_at = max(start_of_next_day(event.valid_until), fact.occurred_at)
        elif isinstance(event, ConsentWithdrawn):
            for scope in event.scopes:
                consents.setdefault(scope, _Bar()).put_up(fact)
        elif isinstance(event, ProcessingRestricted):
            restrictions.setdefault(event.scope, _Bar()).put_up(fact)
        elif isinstance(event, ProcessingResumed):
            restrictions.setdefault(event.scope, _Bar()).take_down(fact)
    found: dict[ConsentScope, list[Interval]] = {}
    for bars in (consents, restrictions):
        for scope, bar in bars.items():
            found.setdefault(scope, []).extend(bar.all_times())
    return found


def ended(spells: Iterable[Spell]) -> list[Interval]:
    """The times in which the journey was at its end."""
    return [(spell.entered_at, spell.left_at or END_OF_TIME) for spell in spells if spell.stage == Stage.ENDED]


def without_stage(journey: Journey) -> list[Interval]:
    """The times in which somebody had no stage: nobody whom we know to reach."""
    times, start = [], datetime.min.replace(tzinfo=UTC)
    for spell in journey.spells:
        if spell.stage is not None and spell.stage != Stage.ENDED:
            times.append((start, spell.entered_at))
            start = spell.left_at or END_OF_TIME
    times.append((start, END_OF_TIME))
    return times


def cut(found: FollowUp, times: Iterable[Interval]) -> list[FollowUp]:
    """What is left of a follow-up outside these times, in order."""
    pieces = [found]
    for start, end in times:
        left: list[FollowUp] = []
        for piece in pieces:
            if end <= piece.due_from or piece.until <= start or start >= end:
                left.append(piece)
                continue
            if piece.due_from < start:
                left.append(piece._replace(until=start))
            if end < piece.until:
                left.append(piece._replace(due_from=end))
        pieces = left
    return pieces
