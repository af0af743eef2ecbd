"""Who may act: a worker. An activist has no access to any file, being a data subject like everyone who is tracked.

A name that reads as the pseudonym of somebody in the journal is that person's. This is a rule about names only: who
really is at the keyboard is for authentication to say.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, select

from replay.append import shard_of
from replay.database import portions
from replay.tables import journal

# RefusedByPolicy
# └── NotAWorker


class RefusedByPolicy(Exception):
    """A rule of ours forbids what was asked; nothing was changed. The message names nobody."""


class NotAWorker(RefusedByPolicy):
    """The actor is a person whose journey is tracked here."""

    def __init__(self) -> None:
        super().__init__("an activist has no access to files; a worker decides this: name a worker's pseudonym")


def ensure_worker(connection: Connection, shards: int, *names: str | None) -> None:
    """Refuse names that are pseudonyms of people in the journal, linked to others or not. Raises NotAWorker."""
    if tracked(connection, shards, names):
        raise NotAWorker


def tracked(connection: Connection, shards: int, names: Iterable[str | None]) -> dict[str, UUID]:
    """Those of these names that are pseudonyms of people in the journal, however they are written, with whose."""
    pseudonyms = {name: found for name in names if name is not None and (found := _pseudonym(name)) is not None}
    by_shard: dict[int, list[UUID]] = {}
    for pseudonym in set(pseudonyms.values()):
        by_shard.setdefault(shard_of(pseudonym.bytes, shards), []).append(pseudonym)
    people: set[UUID] = set()
    for shard, some in by_shard.items():
        for portion in portions(some):
            own = journal.c.shard == shard, journal.c.participant_id.in_(portion)
            people.update(connection.scalars(select(journal.c.participant_id).where(*own).distinct()))
    return {name: pseudonym for name, pseudonym in pseudonyms.items() if pseudonym in people}


def _pseudonym(name: str) -> UUID | None:
    try:
        return UUID(name.strip())
    except ValueError:
        return None
