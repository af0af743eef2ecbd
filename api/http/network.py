"""A person's network: the ties in force, what was known of each over time, and what changed since another moment.

Kind and closeness stand under the pseudonym. Labels and reasons are not given; the other person's pseudonym, and what
others told of this person, only while both consent (domain/network/shared.py).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from api.http.answer import Answer, Asked, Instant, Part
from api.http.parameters import ADVICE, Clocks, Moment
from api.http.problems import invalid
from domain.codes import TieKind
from domain.network import Network, SeenKind, SeenTie, Teller, Tie, change_between, network_at, tie_ids_at, ties_of


class Compared(Clocks):
    """Both clocks, and the moment to compare with."""

    compare_with: Moment | None = None
    """Also what changed from this moment to `as_of`, as known at the same `known_at`; not later than `as_of`."""


class NetworkNow(Part):
    """The ties in force at `as_of`."""

    size: int
    kinds: dict[TieKind, int]
    """How many of each kind; every kind is there."""
    professional: int
    """How many are workers or activists."""
    professional_share: float | None
    """`professional` / `size`; null for an empty network."""
    mean_closeness: float | None
    """1 to 5, over the ties whose closeness was told; null where it was of none."""
    closeness_told: int
    """Of how many ties it was told."""
    contacts_per_month: float | None
    """Sum over the ties of which it was told; null where it was of none."""
    contacts_told: int
    """Of how many ties it was told."""


class TiePeriod(Part):
    """A stretch in which the same was known of a tie."""

    since: Instant
    until: Instant | None
    """Not in it any more; null: at `as_of` nothing else was told."""
    kind: SeenKind
    """What the other one is to this person; `helped`: by this person, as a worker or an activist."""
    closeness: int | None
    """1 to 5; null: not told, or told by the other."""
    contacts_per_month: float | None
    """Null likewise."""
    formed: bool
    """Reported as formed, by then; false: only found to exist."""
    told_by: UUID
    """The event that told it."""


class TieInterval(Part):
    """A tie from where it was first told to its end; one that came back has another."""

    tie_id: str
    """The name of the tie to the one who told of it: two who told of this person may have given the same."""
    teller: Teller
    """Who told of it: `self` is this person, `other` is `alter`."""
    alter: UUID | None
    """The other's root pseudonym; null: nobody whom we know was named, or one of the two does not consent to `share`
    at `as_of`. What others told without both consents is not in the list at all."""
    since: Instant
    until: Instant | None
    """Not there any more; null: in force at `as_of`."""
    opened_by: UUID
    ended_by: UUID | None
    """The event that ended it, or the complete survey that omitted it."""
    periods: list[TiePeriod]


class NetworkChange(Part):
    """Two networks of one person, compared."""

    before: Instant
    """The moment asked for in `compare_with`."""
    after: Instant
    """`as_of`."""
    ties_before: int
    ties_after: int
    formed: list[str]
    """The `tie_id` of ties that are there at the later moment only."""
    ended: list[str]
    """At the earlier only."""
    kept: list[str]
    """At both, also where they ended in between and came back."""
    hamming: int
    """Ties formed and ended."""
    jaccard: float | None
    """Ties at both / ties at either; null where there was none at either."""


class PersonNetwork(Answer):
    """A person's relationships."""

    network: NetworkNow
    """Of the ties that this person told of."""
    ties: list[TieInterval]
    """Those that ended too: first what this person told of, by (`tie_id`, `since`), then what others told of this
    person, by (`alter`, `tie_id`, `since`)."""
    comparison: NetworkChange | None
    """Of the ties that this person told of; null without `compare_with`."""


def network(asked: Asked, seen: Sequence[SeenTie], compare_with: datetime | None) -> PersonNetwork:
    """The network of a person at both clocks, with the ties that it shows.

    A later moment to compare with is refused: it is not known yet."""
    if compare_with is not None and compare_with > asked.as_of:
        raise invalid({"compare_with": ADVICE["compare_with"]})
    ties = ties_of(asked.person.history)
    return PersonNetwork(
        participant_id=asked.participant_id,
        as_of=asked.as_of,
        known_at=asked.known_at,
        version=asked.person.version,
        held=asked.held,
        network=_now(network_at(ties, asked.as_of)),
        ties=[_interval(tie) for tie in seen],
        comparison=None if compare_with is None else _comparison(ties, compare_with, asked.as_of),
    )


def _now(found: Network) -> NetworkNow:
    return NetworkNow(**found._asdict())


def _interval(tie: SeenTie) -> TieInterval:
    return TieInterval(
        tie_id=tie.tie_id,
        teller=tie.teller,
        alter=tie.alter,
        since=tie.since,
        until=tie.until,
        opened_by=tie.opened_by,
        ended_by=tie.ended_by,
        periods=[TiePeriod(**period._asdict()) for period in tie.periods],
    )


def _comparison(ties: Sequence[Tie], before: datetime, after: datetime) -> NetworkChange:
    change = change_between(tie_ids_at(ties, before), tie_ids_at(ties, after))
    overlap = change.overlap
    return NetworkChange(
        before=before,
        after=after,
        ties_before=overlap.before,
        ties_after=overlap.after,
        formed=sorted(change.formed),
        ended=sorted(change.ended),
        kept=sorted(change.kept),
        hamming=overlap.hamming,
        jaccard=overlap.jaccard,
    )
