"""The journeys as a topic has them, beside the journeys as their rows have them: whose differ, and how.

A digest of what was last sent is kept of everybody who has a journey in the topic, or may have one since something was
sent and not yet acknowledged, so that what is sent is what changed, whatever made it change: an event, a link, a replay
by other code. Nobody's events are read for it, and no key is needed.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, insert, select, text

from projections.journey import JourneyRow
from replay.database import portions
from replay.live.generations import Generation
from replay.reading import Reader
from replay.tables import folded_again, heads, journal, positions, published, published_journeys


class Touched(NamedTuple):
    """Whom some of the next events are about, and how far these go."""

    people: frozenset[UUID]
    events: int
    reached: Mapping[int, int]
    """The last position of them, by shard."""


def rows_reached(connection: Connection, generation: Generation) -> dict[int, int]:
    """How far the rows have come, by shard."""
    query = select(positions.c.shard, positions.c.position).where(positions.c.name == generation.name)
    found = dict(connection.execute(query).tuples().all())
    return {shard: found.get(shard, 0) for shard in connection.scalars(select(heads.c.shard).order_by(heads.c.shard))}


def heads_of(connection: Connection) -> dict[int, int]:
    """How far the journal goes, by shard."""
    return dict(connection.execute(select(heads.c.shard, heads.c.position)).tuples().all())


def topic_reached(connection: Connection, topic: str) -> dict[int, int]:
    """How far the journal was followed for a topic, by shard."""
    query = select(published.c.shard, published.c.position).where(published.c.topic == topic)
    return dict(connection.execute(query).tuples().all())


def reach(connection: Connection, topic: str, reached: Mapping[int, int]) -> None:
    """Note how far the journal was followed."""
    statement = text(
        "INSERT INTO published (topic, shard, position) VALUES (:topic, :shard, :position)"
        " ON CONFLICT (topic, shard) DO UPDATE SET position = excluded.position"
    )
    for shard, position in reached.items():
        connection.execute(statement, {"topic": topic, "shard": shard, "position": position})


def touched(connection: Connection, after: Mapping[int, int], until: Mapping[int, int], limit: int) -> Touched:
    """Whom the next events of the journal are about: so many at most, and none that the rows have not come to."""
    people: set[UUID] = set()
    reached: dict[int, int] = {}
    events = 0
    for shard, end in until.items():
        start = after.get(shard, 0)
        place = journal.c.position
        query = select(place, journal.c.participant_id).where(journal.c.shard == shard, place > start, place <= end)
        found = connection.execute(query.order_by(place).limit(limit - events)).all() if events < limit else []
        if found:
            people |= {person for _, person in found}
            reached[shard] = found[-1][0]
            events += len(found)
    return Touched(frozenset(people), events, reached)


def look_again(connection: Connection, people: Iterable[UUID]) -> None:
    """In the transaction that writes rows of these people anew although nothing was recorded of them."""
    rows = [{"participant_id": person, "mark": uuid4().hex} for person in sorted(people)]
    own = folded_again.c.participant_id
    for some in portions(rows):
        connection.execute(delete(folded_again).where(own.in_([row["participant_id"] for row in some])))
        connection.execute(insert(folded_again), some)


def to_look_at(connection: Connection, limit: int) -> dict[UUID, str]:
    """Some of those people, each with the mark of its last time."""
    return dict(connection.execute(select(folded_again).limit(limit)).tuples().all())


def looked_at(connection: Connection, marks: Mapping[UUID, str]) -> None:
    """They were compared as of these marks; who was marked again meanwhile stays."""
    for person, mark in marks.items():
        own = folded_again.c.participant_id == person, folded_again.c.mark == mark
        connection.execute(delete(folded_again).where(*own))


def with_linked(connection: Connection, reader: Reader, people: Iterable[UUID]) -> frozenset[UUID]:
    """These people and everybody who is one person with any of them."""
    components = reader.components(connection, people)
    return frozenset(person for component in components.values() for person in component)


def journeys(connection: Connection, generation: Generation, people: Iterable[UUID]) -> dict[UUID, list[JourneyRow]]:
    """The rows of those among these pseudonyms who have any; a linked one's stand under the root."""
    found: dict[UUID, list[JourneyRow]] = {}
    table = generation.table
    for some in portions(sorted(people)):
        query = select(table).where(table.c.component.in_(some)).order_by(table.c.component, table.c.sequence)
        rows = (JourneyRow(*row) for row in connection.execute(query))
        found |= {component: list(own) for component, own in groupby(rows, key=lambda row: row.component)}
    return found


def next_people(
    connection: Connection, topic: str, generation: Generation, after: UUID | None, limit: int
) -> list[UUID]:
    """The next pseudonyms in their order that have a journey in the rows or in the topic: so many, or all the rest."""
    of_rows, of_topic = generation.table.c.component, published_journeys.c.participant_id
    beyond: Any = [of_rows > after] if after is not None else []
    with_rows = select(of_rows).where(*beyond).distinct().order_by(of_rows).limit(limit)
    beyond = [of_topic > after] if after is not None else []
    in_topic = select(of_topic).where(published_journeys.c.topic == topic, *beyond).order_by(of_topic).limit(limit)
    found = {*connection.scalars(with_rows), *connection.scalars(in_topic)}
    return sorted(found, key=lambda person: person.bytes)[:limit]


def sent_digests(connection: Connection, topic: str, people: Iterable[UUID]) -> dict[UUID, bytes]:
    """The digest of what the topic has of each of these people; who has nothing there is missing."""
    found: dict[UUID, bytes] = {}
    own = published_journeys.c
    for some in portions(sorted(people)):
        query = select(own.participant_id, own.digest).where(own.topic == topic, own.participant_id.in_(some))
        found |= dict(connection.execute(query).tuples().all())
    return found


def note(connection: Connection, topic: str, sent: Mapping[UUID, bytes | None]) -> None:
    """Note what the topic has of these people now; None: a tombstone."""
    people: Sequence[UUID] = sorted(sent)
    own = published_journeys.c
    for some in portions(people):
        connection.execute(delete(published_journeys).where(own.topic == topic, own.participant_id.in_(some)))
    rows = [
        {"topic": topic, "participant_id": person, "digest": digest}
        for person, digest in sent.items()
        if digest is not None
    ]
    if rows:
        connection.execute(insert(published_journeys), rows)
