"""A person on demand: the effective history at any (as_of, known_at), straight from the journal."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from domain.clock import END_OF_TIME
from domain.history import History, Recorded, history_of, links_of
from replay.identities import identities_at, links_around, streams_of_one
from replay.journal import Journal
from replay.live import held
from replay.live.held import CannotBeFolded
from replay.reading import Reader
from replay.settling import wait_for_recordings


class PersonUnknown(LookupError):
    """Nothing was recorded of this pseudonym by then."""


class Person(NamedTuple):
    """A person as the journal knows them: the history asked for, and how many events it was read from."""

    history: History
    identities: frozenset[UUID]
    version: int
    """Number of events recorded of all identities by `known_at`: changes whenever an answer may."""
    recorded: Sequence[Recorded] = ()
    """These events as they were recorded, in no particular order: also what is amended, and what amends."""


def person(
    journal: Journal, participant_id: UUID, *, as_of: datetime = END_OF_TIME, known_at: datetime = END_OF_TIME
) -> Person:
    """The person behind a pseudonym, with all identities linked by `known_at`.

    Who asks as known at a moment is told the same whenever they ask: whoever is recording just then is waited for.
    Raises PersonUnknown and CannotBeFolded.
    """
    if known_at != END_OF_TIME:
        wait_for_recordings(journal.database, known_at)
    with journal.database.read() as connection:
        found = people(connection, journal.reader, [participant_id], as_of=as_of, known_at=known_at)
    if participant_id not in found:
        raise PersonUnknown(f"nothing is recorded of participant {participant_id} by then: check the id and known_at")
    return found[participant_id]


def people(
    connection: Connection,
    reader: Reader,
    pseudonyms: Iterable[UUID],
    *,
    as_of: datetime = END_OF_TIME,
    known_at: datetime = END_OF_TIME,
) -> dict[UUID, Person]:
    """The people behind pseudonyms, by each pseudonym asked for; of whom nothing was recorded by then is missing.

    Raises CannotBeFolded for whom something does not read.
    """
    asked = set(pseudonyms)
    each = identities_at(connection, reader, asked, known_at)
    unreadable: dict[UUID, Exception] = {}
    everybody = reader.streams(connection, {one for person in asked for one in each[person]}, unreadable=unreadable)
    found: dict[UUID, Person] = {}
    for pseudonym in asked:
        if (cause := held.unreadable(each[pseudonym], unreadable)) is not None:
            raise CannotBeFolded(cause)
        streams = {person: everybody.get(person, []) for person in each[pseudonym]}
        known = [event for stream in streams.values() for event in stream if event.recorded_at <= known_at]
        if not known or pseudonym in found:
            continue
        links = links_around(connection, reader, known)
        history = history_of(min(streams), known, links=links, as_of=as_of, known_at=known_at)
        one = Person(history, frozenset(streams), len(known), known)
        found |= dict.fromkeys(asked & streams.keys(), one)
    return found


def history_in(streams: Mapping[UUID, Sequence[Recorded]], participant_id: UUID) -> History:
    """A person's, with all identities linked now, from the streams of everybody who ever was linked to them: what a
    command is decided by. Raises PersonUnknown.
    """
    own = streams_of_one(streams, participant_id)
    known = [told for stream in own.values() for told in stream]
    if not known:
        raise PersonUnknown(f"nothing is recorded of participant {participant_id}: check the id")
    links = [link for stream in streams.values() for link in links_of(stream)]
    return history_of(min(own), known, links=links)
