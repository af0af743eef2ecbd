"""Ties between two tracked people: told by one of them, and in the networks of both.

A report may name the other by pseudonym (`alter_id`). While both consent to `share`, the one who told of the tie sees
who the other is, and the other sees the tie as told of them. Otherwise the one who told of it sees it without the
other, and the other sees nothing. What counts is the consent of the moment that is asked about, also for ties that have
ended by then; who withdraws hides them from that moment on, and an answer about an earlier one stays as it was.

Decisions where the rules leave room:
- `share` alone is asked: to be seen in somebody else's file is no service and no research. Who never was asked has not
  consented. A restriction of `share` hides as a withdrawal does.
- The other sees that the tie is there, since when and of what kind. Closeness and frequency are what the one who told
  of it says of their own life, and stay with them.
- Who tells of a worker or an activist is helped by them: that is the kind from the other side (FROM_THE_OTHER_SIDE).
- Size, kinds and change of a network count what the person told, not what others told of them: two who name each other
  have one tie each, and nobody's figures depend on another's consent.
- A peer talk is a contact of the person in whose stream it stands. It tells of no tie.
- A tie to oneself, under another pseudonym, is none (see intervals.py).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from domain.codes import ConsentScope, TieKind
from domain.consents import allows
from domain.history import History
from domain.network.intervals import Period, Tie, ties_of

NAMES_ANOTHER = "alter_id"
"""The field that says who the other is: open in the journal, and shown nowhere but in a network, by leave of both."""


class Teller(StrEnum):
    """Who told of a tie in somebody's network."""

    SELF = "self"
    OTHER = "other"


class SeenKind(StrEnum):
    """What the other one is to the person in whose network the tie is seen."""

    FAMILY = "family"
    FRIEND = "friend"
    NEIGHBOUR = "neighbour"
    GROUP = "group"
    WORKER = "worker"
    ACTIVIST = "activist"
    HELPED = "helped"
    """Somebody whom the person helps, as a worker or as a healing activist."""


FROM_THE_OTHER_SIDE: Mapping[TieKind, SeenKind] = {
    TieKind.FAMILY: SeenKind.FAMILY,
    TieKind.FRIEND: SeenKind.FRIEND,
    TieKind.NEIGHBOUR: SeenKind.NEIGHBOUR,
    TieKind.GROUP: SeenKind.GROUP,
    TieKind.WORKER: SeenKind.HELPED,
    TieKind.ACTIVIST: SeenKind.HELPED,
}


class SeenPeriod(NamedTuple):
    """A stretch [since, until) in which the same was known of a tie, by what may be seen of it."""

    since: datetime
    until: datetime | None
    told_by: UUID
    kind: SeenKind
    closeness: int | None
    contacts_per_month: float | None
    formed: bool


class SeenTie(NamedTuple):
    """An interval of a tie as somebody's network shows it."""

    teller: Teller
    alter: UUID | None
    """The other's root pseudonym; None: nobody whom we know was named, or one of the two does not consent."""
    tie_id: str
    opened_by: UUID
    ended_by: UUID | None
    periods: tuple[SeenPeriod, ...]

    @property
    def since(self) -> datetime:
        return self.periods[0].since

    @property
    def until(self) -> datetime | None:
        """None: it is still there."""
        return self.periods[-1].until


class Party(NamedTuple):
    """A tracked person, with all pseudonyms that are theirs at the journal time of the history."""

    history: History
    identities: frozenset[UUID]


def may_be_seen(history: History, moment: datetime) -> bool:
    """Whether somebody consents, at a moment, to be seen in the network of another."""
    return allows(history, ConsentScope.SHARE, moment)


def seen_by(ego: Party, others: Iterable[Party], moment: datetime) -> list[SeenTie]:
    """The ties in a person's network: those they told of, by (tie_id, since), then those that others told of them, by
    (alter, tie_id, since).

    All histories are as of `moment` and known at the same time. `others` are whoever may be at the other end, in any
    order, each person once.
    """
    consenting = [
        other
        for other in (others if may_be_seen(ego.history, moment) else ())
        if other.identities.isdisjoint(ego.identities) and may_be_seen(other.history, moment)
    ]
    root_of = {pseudonym: other.history.root for other in consenting for pseudonym in other.identities}
    own = [_as_told(tie, root_of.get(tie.alter_id) if tie.alter_id else None) for tie in ties_of(ego.history)]
    told = [
        _from_the_other_side(tie, other.history.root)
        for other in sorted(consenting, key=lambda other: other.history.root)
        for tie in ties_of(other.history)
        if tie.alter_id in ego.identities
    ]
    return own + told


def _as_told(tie: Tie, alter: UUID | None) -> SeenTie:
    periods = tuple(SeenPeriod(**period._asdict() | {"kind": SeenKind(period.kind)}) for period in tie.periods)
    return SeenTie(Teller.SELF, alter, tie.tie_id, tie.opened_by, tie.ended_by, periods)


def _from_the_other_side(tie: Tie, teller: UUID) -> SeenTie:
    return SeenTie(Teller.OTHER, teller, tie.tie_id, tie.opened_by, tie.ended_by, tuple(_without_account(tie.periods)))


def _without_account(periods: Iterable[Period]) -> Iterator[SeenPeriod]:
    """What the other may see; where only closeness or frequency changed, that it did is not to be seen either."""
    last: SeenPeriod | None = None
    for period in periods:
        kind = FROM_THE_OTHER_SIDE[period.kind]
        if last is not None and (last.kind, last.formed) == (kind, period.formed):
            last = last._replace(until=period.until)
            continue
        if last is not None:
            yield last
        last = SeenPeriod(period.since, period.until, period.told_by, kind, None, None, period.formed)
    if last is not None:
        yield last
