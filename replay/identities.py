"""Which pseudonyms are one person: kept in `members` as links come in, found from the log at any journal time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from domain.clock import END_OF_TIME
from domain.components import Link, in_force, roots
from domain.events import IdentitiesLinked, IdentitiesUnlinked
from domain.history import Recorded, links_of
from replay.reading import Reader
from replay.tables import journal, members

_LINKS = (IdentitiesLinked.stored_as, IdentitiesUnlinked.stored_as)
_IN_ONE_QUERY = 400


def relink(connection: Connection, reader: Reader, linked: set[UUID]) -> set[UUID]:
    """Recompute the components of these pseudonyms in `members`; returns everybody whose component may have changed.

    Whoever ever was linked to them is followed too, so that an unlink finds both of the parts it leaves.
    """
    streams: dict[UUID, list[Recorded]] = {}
    links: list[Link] = []
    pending = set(linked)
    while pending:
        found = reader.streams(connection, pending)
        streams |= {person: found.get(person, []) for person in pending}
        new = [link for stream in found.values() for link in links_of(stream)]
        links += new
        pending = {link.other for link in new} - streams.keys()
    affected = set(streams)
    for start in range(0, len(affected), _IN_ONE_QUERY):
        some = sorted(affected)[start : start + _IN_ONE_QUERY]
        connection.execute(delete(members).where(members.c.participant_id.in_(some)))
    if together := roots((link.one, link.other) for link in in_force(links)):
        rows = [{"participant_id": person, "root": root} for person, root in together.items()]
        connection.execute(insert(members), rows)
    return affected


def relink_all(connection: Connection, reader: Reader) -> None:
    """Recompute `members` from every link in the log."""
    connection.execute(delete(members))
    query = select(journal.c.participant_id).where(journal.c.topic.in_(_LINKS)).distinct()
    if linked := set(connection.scalars(query)):
        relink(connection, reader, linked)


def streams_known_at(
    connection: Connection, reader: Reader, participant_id: UUID, known_at: datetime = END_OF_TIME
) -> dict[UUID, list[Recorded]]:
    """The streams of a pseudonym and of all that were linked to it, directly or by others, at a journal time."""
    streams: dict[UUID, list[Recorded]] = {}
    pending = {participant_id}
    while pending:
        found = reader.streams(connection, pending)
        streams |= {person: found.get(person, []) for person in pending}
        links = [link for stream in found.values() for link in links_of(stream)]
        pending = {link.other for link in in_force(links, known_at)} - streams.keys()
    return streams
