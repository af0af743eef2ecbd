"""Which pseudonyms are one person: kept in `members` as links come in, found from the log at any journal time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select

from domain.clock import END_OF_TIME
from domain.components import Link, in_force, roots
from domain.events import IdentitiesLinked, IdentitiesUnlinked
from domain.history import Recorded, links_of
from replay.append import hold_heads, people_by_shard
from replay.database import portions
from replay.reading import Reader, Unreadable
from replay.tables import journal, members

_LINKS = (IdentitiesLinked.stored_as, IdentitiesUnlinked.stored_as)


class LinksMovedOn(Exception):
    """Links were recorded since a command read them: it has to be decided anew."""


def relink(connection: Connection, reader: Reader, linked: set[UUID]) -> set[UUID]:
    """Recompute the components of these pseudonyms in `members`; returns everybody whose component may have changed.

    Whoever ever was linked to them is followed too, so that an unlink finds both of the parts it leaves.
    """
    _link_alone(connection)
    affected, links = _ever_linked(connection, reader, linked)
    for some in portions(sorted(affected)):
        connection.execute(delete(members).where(members.c.participant_id.in_(some)))
    if together := roots((link.one, link.other) for link in in_force(links)):
        rows = [{"participant_id": person, "root": root} for person, root in together.items()]
        connection.execute(insert(members), rows)
    return affected


def _link_alone(connection: Connection) -> None:
    """Wait until nobody links or folds components and let nobody until this transaction ends, before anything is read.

    Two who link the same people would insert them twice, or one undo what the other has seen; who folds while rows are
    made anew would find none and take a linked person for a lone one. SQLite has one writer at a time.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE members IN EXCLUSIVE MODE")


def relink_all(connection: Connection, reader: Reader) -> dict[UUID, list[Link]]:
    """Recompute `members` from every link in the log; returns by person what `links_around` would tell of them."""
    _link_alone(connection)
    connection.execute(delete(members))
    by_person = links_by_person(connection, reader)
    if by_person:
        relink(connection, reader, set(by_person))
    return by_person


def links_by_person(connection: Connection, reader: Reader) -> dict[UUID, list[Link]]:
    """Of everybody who ever was linked what `links_around` would tell of them."""
    query = select(journal.c.participant_id).where(journal.c.topic.in_(_LINKS)).distinct()
    linked = set(connection.scalars(query))
    _, links = _ever_linked(connection, reader, linked)
    around = roots((link.one, link.other) for link in links)
    by_root: dict[UUID, list[Link]] = {}
    for link in links:
        by_root.setdefault(around[link.one], []).append(link)
    return {person: by_root[root] for person, root in around.items()}


def links_around(connection: Connection, reader: Reader, recorded: Iterable[Recorded]) -> list[Link]:
    """The links of everybody who ever was linked to the people of these events, directly or by others."""
    # Which pairs those are is read from the links alone: it is nothing that an event may have to be unsealed for.
    own = {
        told.event.participant_id for told in recorded if isinstance(told.event, IdentitiesLinked | IdentitiesUnlinked)
    }
    return _ever_linked(connection, reader, own)[1] if own else []


def _ever_linked(connection: Connection, reader: Reader, people: set[UUID]) -> tuple[set[UUID], list[Link]]:
    """Everybody who ever was linked to these people, themselves included, and all links of all of them.

    Only links are read: whatever else of somebody does not read holds up nobody who was linked to them.
    """
    reached: set[UUID] = set()
    links: list[Link] = []
    pending = set(people)
    while pending:
        found = [link for own in reader.links(connection, pending).values() for link in own]
        links += found
        reached |= pending
        pending = {link.other for link in found} - reached
    return reached, links


def identities_at(
    connection: Connection, reader: Reader, people: Iterable[UUID], known_at: datetime = END_OF_TIME
) -> dict[UUID, frozenset[UUID]]:
    """Of people and everybody who ever was linked to them, by pseudonym, who was one person with it at a time."""
    everybody, links = _ever_linked(connection, reader, set(people))
    together = roots((link.one, link.other) for link in in_force(links, known_at))
    by_root: dict[UUID, set[UUID]] = {}
    for person in everybody:
        by_root.setdefault(together.get(person, person), set()).add(person)
    return {person: frozenset(by_root[together.get(person, person)]) for person in everybody}


def streams_ever_linked(
    connection: Connection, reader: Reader, people: Iterable[UUID], unreadable: Unreadable | None = None
) -> dict[UUID, list[Recorded]]:
    """The streams of these people and of everybody who ever was linked to them, directly or by others.

    Of whom something does not read is put into `unreadable`, where it is given, and has an empty stream.
    """
    streams: dict[UUID, list[Recorded]] = {}
    for found in _outwards(connection, reader, people, unreadable):
        streams |= found
    return streams


def _outwards(
    connection: Connection, reader: Reader, people: Iterable[UUID], unreadable: Unreadable | None
) -> Iterator[Mapping[UUID, list[Recorded]]]:
    """The streams of these people, then of those ever linked to them, and so on: everybody's once."""
    reached: set[UUID] = set()
    pending = set(people)
    while pending:
        found = reader.streams(connection, pending, unreadable=unreadable)
        links = [link for stream in found.values() for link in links_of(stream)]
        if unread := pending & (unreadable or {}).keys():
            links += [link for own in reader.links(connection, unread).values() for link in own]
        yield {person: found.get(person, []) for person in pending}
        reached |= pending
        pending = {link.other for link in links} - reached


def streams_of_one(
    streams: Mapping[UUID, Sequence[Recorded]], participant_id: UUID, known_at: datetime = END_OF_TIME
) -> dict[UUID, Sequence[Recorded]]:
    """Of everybody who ever was linked to a pseudonym, the streams of those who are one person with it at that time."""
    if len(streams) == 1:
        return dict(streams)
    return streams_of_each(streams, known_at).get(participant_id, {})


def streams_of_each(
    streams: Mapping[UUID, Sequence[Recorded]], known_at: datetime = END_OF_TIME
) -> dict[UUID, dict[UUID, Sequence[Recorded]]]:
    """Of people and everybody who ever was linked to them, by pseudonym, the streams of those who are one person with
    it at that time.

    Either half of a link or unlink tells of it: they may bear different times, and both people get the same answer.
    """
    links = [link for stream in streams.values() for link in links_of(stream)]
    together = roots((link.one, link.other) for link in in_force(links, known_at))
    by_root: dict[UUID, dict[UUID, Sequence[Recorded]]] = {}
    for person, stream in streams.items():
        by_root.setdefault(together.get(person, person), {})[person] = stream
    return {person: by_root[together.get(person, person)] for person in streams}


def ensure_no_links_since(connection: Connection, shards: int, streams: Mapping[UUID, Sequence[Recorded]]) -> None:
    """Hold the heads of these people's shards until commit, and raise LinksMovedOn when any was linked since read.

    So two commands take turns that touch no stream in common and would yet link the same people, each through others.
    """
    people_of = people_by_shard(sorted(streams), shards)
    hold_heads(connection, people_of)
    found = 0
    for shard, people in people_of.items():
        for some in portions(people):
            own = journal.c.participant_id.in_(some)
            query = select(func.count()).where(journal.c.shard == shard, own, journal.c.topic.in_(_LINKS))
            found += connection.scalar(query) or 0
    if found != sum(len(links_of(stream)) for stream in streams.values()):
        raise LinksMovedOn("somebody was linked or unlinked meanwhile")
