"""Whom nobody may call, and when: what is due then stands on no list. A wrong call hurts.

- **The journey has ended**, for whatever reason, until the contact that begins a new episode; after a death for ever.
- **Consent was withdrawn** for `service` or `callback`, from the moment of the withdrawal until consent to that same
  scope is given again. Each scope counts by itself: who withdrew both must give both again. Whoever gave or withdrew
  (self, guardian, agent) and under whichever linked identity, it counts for the person.
- **Consent has lapsed**: the last one given to such a scope had a `valid_until`, and that Seoul day is over. It is
  to be asked for again (lapses.py), which withdrawal and restriction withhold too.
- **Processing is restricted** for such a scope, until it is resumed.

A referral is a matter between organisations, so `share` counts for it too; a self-check is about health, so `health`
counts for "assess" too. `research` never counts.

Decisions where the rules leave room:
- In doubt nobody calls: where it cannot be told which came later, withdrawal and restriction stand (see
  domain/consents.py).
- Who never was asked for consent is not withheld: help may rest on another ground (statute, vital interest).
- What is withheld is not ended. It is back on the list when consent is, where it is still open then. The end of a
  journey is different: it ends for good whatever was open (see loops.py).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from domain.clock import END_OF_TIME
from domain.codes import ConsentScope, Stage
from domain.consents import Consents, ConsentState, Interval, Restrictions, times_in
from domain.follow_ups.follow_up import FollowUp, Kind
from domain.journey import Journey, Spell

CALL = frozenset({ConsentScope.SERVICE, ConsentScope.CALLBACK})
"""The scopes without which nobody may be called."""
SCOPES: Mapping[Kind, frozenset[ConsentScope]] = {
    Kind.PROMISE: CALL,
    Kind.ASSESS: CALL | {ConsentScope.HEALTH},
    Kind.REFERRAL_UNANSWERED: CALL | {ConsentScope.SHARE},
    Kind.REFERRAL_NOT_CLOSED: CALL | {ConsentScope.SHARE},
    Kind.SILENT: CALL,
    Kind.LOST: CALL,
    Kind.CONSENT_LAPSED: CALL,
}
"""The scopes of which none may be withdrawn, lapsed or restricted."""
_AGAINST = frozenset({ConsentState.WITHDRAWN, ConsentState.LAPSED})
_AGAINST_ASKING = frozenset({ConsentState.WITHDRAWN})
"""That consent has lapsed is the reason to ask for it again."""


def forbidden(kind: Kind, consents: Consents, restrictions: Restrictions) -> list[Interval]:
    """The times in which a scope that a kind needs was withdrawn, lapsed or restricted; they may overlap."""
    if not consents and not restrictions:
        return []
    states = _AGAINST_ASKING if kind == Kind.CONSENT_LAPSED else _AGAINST
    times: list[Interval] = []
    for scope in SCOPES[kind]:
        times += times_in(consents, scope, states)
        times += restrictions.get(scope, ())
    return times


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
