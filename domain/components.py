"""Which pseudonyms are one person at a time: the connected components of the links then in force.

A link has no world time: it counts for every as_of from its recorded_at on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.clock import END_OF_TIME


@dataclass(frozen=True, slots=True)
class Link:
    """A link (`joins`) or unlink of one pair, as recorded."""

    pair_id: str
    one: UUID
    other: UUID
    joins: bool
    recorded_at: datetime


def in_force(links: Iterable[Link], at: datetime = END_OF_TIME) -> list[Link]:
    """The links recorded and not taken back by `at`.

    An unlink ends its pair for good, and to link again takes a new pair id. So nothing depends on the order of the two,
    which their journal times cannot tell: they may be equal, and the two streams may stand on shards with other clocks.
    """
    known = [link for link in links if link.recorded_at <= at]
    ended = {_pair(link) for link in known if not link.joins}
    return [link for link in known if link.joins and _pair(link) not in ended]


def _pair(link: Link) -> tuple[str, frozenset[UUID]]:
    """Its id and its two: where somebody gave the same id to two links of other people, each is still itself."""
    return link.pair_id, frozenset((link.one, link.other))


def roots(pairs: Iterable[tuple[UUID, UUID]]) -> Mapping[UUID, UUID]:
    """The root (smallest id of its component) of every id that appears in a pair."""
    parent: dict[UUID, UUID] = {}

    def find(member: UUID) -> UUID:
        parent.setdefault(member, member)
        while parent[member] != member:
            parent[member] = parent[parent[member]]
            member = parent[member]
        return member

    for one, other in pairs:
        first, second = sorted((find(one), find(other)))
        parent[second] = first
    return {member: find(member) for member in list(parent)}


def root_at(participant_id: UUID, links: Sequence[Link], at: datetime) -> tuple[UUID, bool]:
    """The root of a pseudonym at a journal time, and whether it was linked to any other then."""
    if not links:
        return participant_id, False
    found = roots((link.one, link.other) for link in in_force(links, at))
    return found.get(participant_id, participant_id), participant_id in found
