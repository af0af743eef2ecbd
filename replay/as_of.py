"""A person on demand: the effective history at any (as_of, known_at), straight from the journal."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.clock import END_OF_TIME
from domain.history import History, history_of
from replay.identities import links_around, streams_known_at
from replay.journal import Journal


class PersonUnknown(LookupError):
    """Nothing was recorded of this pseudonym by then."""


class Person(NamedTuple):
    """A person as the journal knows them: the history asked for, and how many events it was read from."""

    history: History
    identities: frozenset[UUID]
    version: int
    """Number of events recorded of all identities by `known_at`: changes whenever an answer may."""


def person(
    journal: Journal, participant_id: UUID, *, as_of: datetime = END_OF_TIME, known_at: datetime = END_OF_TIME
) -> Person:
    """The person behind a pseudonym, with all identities linked by `known_at`. Raises PersonUnknown."""
    with journal.database.read() as connection:
        streams = streams_known_at(connection, journal.reader, participant_id, known_at)
        known = [event for stream in streams.values() for event in stream if event.recorded_at <= known_at]
        links = links_around(connection, journal.reader, known)
    if not known:
        raise PersonUnknown(f"nothing is recorded of participant {participant_id} by then: check the id and known_at")
    history = history_of(min(streams), known, links=links, as_of=as_of, known_at=known_at)
    return Person(history, frozenset(streams), len(known))
