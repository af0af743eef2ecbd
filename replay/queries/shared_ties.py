"""The ties in somebody's network, their own and those that others told of them: the other people are found and asked.

Everything is folded from the journal, as every answer about a person is. Who told of somebody is looked up in the
mentions, and in the journal what those have not seen yet: an answer does not wait for the worker.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from domain.clock import END_OF_TIME
from domain.events import TieReported, TouchpointCorrected
from domain.network import Party, SeenTie, may_be_seen, seen_by, ties_of
from projections.mentions import mentions, tellers_of
from replay.database import portions
from replay.journal import Journal
from replay.live import generations
from replay.queries.as_of import Person, people
from replay.tables import journal as log


def ties_seen_by(
    journal: Journal, ego: Person, *, as_of: datetime = END_OF_TIME, known_at: datetime = END_OF_TIME
) -> list[SeenTie]:
    """The ties in the network of a person who was folded at the same two moments. Raises ReadModelOutdated.

    The others are of a snapshot of their own, which may know of more than the person's does; where nothing was recorded
    meanwhile, or `known_at` lies before it, the two say the same.
    """
    if not may_be_seen(ego.history, as_of):
        return seen_by(_party(ego), (), as_of)
    named = {tie.alter_id for tie in ties_of(ego.history) if tie.alter_id is not None}
    with journal.database.read() as connection:
        asked = named | _who_told_of(connection, journal, ego.identities)
        found = people(connection, journal.reader, asked, as_of=as_of, known_at=known_at)
    others = {other.history.root: _party(other) for other in found.values()}
    return seen_by(_party(ego), others.values(), as_of)


def _party(person: Person) -> Party:
    return Party(person.history, person.identities)


def _who_told_of(connection: Connection, journal: Journal, identities: frozenset[UUID]) -> set[UUID]:
    """Everybody who ever told of a tie to one of these pseudonyms, and perhaps some who did not."""
    [served] = generations.live(connection, [mentions])
    tellers = tellers_of(connection, served.table, identities)
    for shard in range(journal.shards):
        seen = generations.position_of(connection, served, shard)
        tellers.update(_tellers_since(connection, shard, seen, identities))
    return tellers


def _tellers_since(connection: Connection, shard: int, position: int, identities: frozenset[UUID]) -> Iterator[UUID]:
    """Of what was recorded later, whose reports hold one of these pseudonyms; and whoever has corrections, since these
    may have waited for what they correct, or write the pseudonym otherwise."""
    since = log.c.shard == shard, log.c.position > position
    reports = select(log.c.participant_id, log.c.state).where(*since, log.c.topic == TieReported.stored_as)
    wanted = [str(identity).encode() for identity in identities]
    for teller, state in connection.execute(reports):
        if any(pseudonym in bytes(state) for pseudonym in wanted):
            yield teller
    touched = sorted(connection.scalars(select(log.c.participant_id).where(*since).distinct()))
    for some in portions(touched):
        own = log.c.shard == shard, log.c.participant_id.in_(some)
        corrected = select(log.c.participant_id).where(*own, log.c.topic == TouchpointCorrected.stored_as)
        yield from connection.scalars(corrected.distinct())
