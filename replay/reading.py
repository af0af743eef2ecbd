"""Reading people back from the journal: the rows of one component, of a batch of them, or of a range of
participants."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from domain.clock import from_microseconds
from domain.history import Recorded, as_tuple
from domain.touchpoint import Touchpoint
from replay.append import shard_of
from replay.database import Database, portions, rows_of
from replay.lens import Lens
from replay.mapper import decode
from replay.tables import members
from replay.vault import Vault

_SELECT = "SELECT {}, {}, topic, occurred_at, actor, source, state, sealed, recorded_at FROM journal WHERE "
_SQLITE = _SELECT.format("participant_id", "event_id")
_POSTGRES = _SELECT.format("uuid_send(participant_id)", "uuid_send(event_id)")
"""Ids as bytes on either database: the driver would make UUIDs of them, a tenth of a replay."""


class Reader:
    """Reads and decodes events of one journal inside a transaction that the caller holds."""

    def __init__(self, database: Database, vault: Vault, shards: int) -> None:
        self._database = database
        self._vault = vault
        self._shards = shards

    def components(
        self, connection: Connection, participants: Iterable[UUID], *, lock: bool = False
    ) -> dict[UUID, frozenset[UUID]]:
        """The members of every component that these participants belong to, by root; their rows locked if asked."""
        if lock and self._database.is_postgres:
            # Waits for whoever is linking (see identities.relink), so that the next statement sees what came of it.
            connection.exec_driver_sql("LOCK TABLE members IN ROW SHARE MODE")
        asked = set(participants)
        found: dict[UUID, set[UUID]] = {}
        linked: set[UUID] = set()
        for some in portions(sorted(asked)):
            own = select(members.c.root).where(members.c.participant_id.in_(some)).scalar_subquery()
            query = select(members.c.participant_id, members.c.root).where(members.c.root.in_(own))
            for participant_id, root in connection.execute(query):
                found.setdefault(root, set()).add(participant_id)
                linked.add(participant_id)
        if lock:
            _lock(connection, linked)
        alone = {participant: frozenset({participant}) for participant in asked - linked}
        return alone | {root: frozenset(people) for root, people in found.items()}

    def streams(
        self, connection: Connection, participants: Iterable[UUID], lens: Lens | None = None
    ) -> dict[UUID, list[Recorded]]:
        """All recorded events of these participants, by participant; read whole unless through a lens."""
        rows: list[Any] = []
        by_shard: dict[int, list[UUID]] = {}
        for participant in participants:
            by_shard.setdefault(shard_of(participant.bytes, self._shards), []).append(participant)
        for shard, people in by_shard.items():
            for some in portions(people):
                rows += self._of_people(connection, shard, some)
        return dict(self._decoded(rows, lens))

    def _of_people(self, connection: Connection, shard: int, people: Sequence[UUID]) -> list[Any]:
        if self._database.is_postgres:
            return self._rows(connection, "shard = %s AND participant_id = ANY(%s)", (shard, list(people)))
        parameters = (shard, *(person.bytes for person in people))
        return self._rows(connection, f"shard = ? AND participant_id IN ({_marks(people)})", parameters)

    def find(self, connection: Connection, event_ids: Sequence[UUID]) -> list[Touchpoint]:
        """The stored events among these ids, in no particular order."""
        rows: list[Any] = []
        shards = list(range(self._shards))
        for some in portions(event_ids):
            if self._database.is_postgres:
                where = "shard = ANY(%s) AND event_id = ANY(%s)"
                rows += self._rows(connection, where, (shards, list(some)))
            else:
                where = f"shard IN ({_marks(shards)}) AND event_id IN ({_marks(some)})"
                rows += self._rows(connection, where, (*shards, *(event_id.bytes for event_id in some)))
        return [told.event for _, stream in self._decoded(rows) for told in stream]

    def range(
        self, connection: Connection, shard: int, after: bytes | None, until: bytes, lens: Lens
    ) -> Iterator[tuple[UUID, list[Recorded]]]:
        """Each participant of a shard with after < id <= until, and their stream; None: from the first on.

        All rows are read at once, and a stream is decoded when its turn comes: by the next one it may be forgotten.
        """
        postgres = self._database.is_postgres
        mark = "%s" if postgres else "?"
        where = f"shard = {mark} AND participant_id <= {mark}"
        ends: list[Any] = [until]
        if after is not None:
            where += f" AND participant_id > {mark}"
            ends.append(after)
        if postgres:
            ends = [UUID(bytes=end) for end in ends]
        return self._decoded(self._rows(connection, where, (shard, *ends)), lens)

    def _rows(self, connection: Connection, where: str, parameters: Sequence[Any]) -> list[Any]:
        return rows_of(connection, (_POSTGRES if self._database.is_postgres else _SQLITE) + where, parameters)

    def _decoded(self, rows: Iterable[Any], lens: Lens | None = None) -> Iterator[tuple[UUID, list[Recorded]]]:
        """Participants and their decoded events; events that are no touchpoints are left out.

        Through a lens, events are read as far as it goes.
        """
        people: dict[bytes, list[Any]] = {}
        sealed = set()
        opened = lens.adjusted() if lens else frozenset[str]()
        for row in rows:
            participant, topic = row[0], row[2]
            if row[1] is None:
                continue
            if participant in people:
                people[participant].append(row)
            else:
                people[participant] = [row]
            if row[7] is not None and (lens is None or topic in opened):
                sealed.add(participant)
        keys = self._vault.for_opening(sealed) if sealed else {}
        instants = _Instants()
        read = lens.event if lens else decode
        for participant, own in people.items():
            person = UUID(bytes=participant)
            stream = []
            for row in own:
                event = read(row, keys, person)
                # What Recorded(event, instant) does, without a call of Python code for every event.
                known = event, event.event_id, event.occurred_at, instants[row[8]], None
                stream.append(as_tuple(Recorded, known))
            yield person, stream


class _Instants(dict[int, datetime]):
    """Journal times repeat within a batch: each is made once."""

    def __missing__(self, microseconds: int) -> datetime:
        instant = self[microseconds] = from_microseconds(microseconds)
        return instant


def bounds(database: Database, connection: Connection, shard: int, events: int, *, first: int) -> Iterator[bytes]:
    """Upper bounds that split a shard's participants into ranges of about so many events, in ascending order; `first`
    is for the first of them.

    Walks the index of streams, so it holds for ids of any distribution.
    """
    mark = "%s" if database.is_postgres else "?"
    # The first range begins at the least of all ids, which an id of zeros is: no bound lies below it.
    query, beyond = f"SELECT participant_id FROM journal WHERE shard = {mark}", f" AND participant_id > {mark}"
    order = f" ORDER BY participant_id, version LIMIT 1 OFFSET {mark}"
    found = rows_of(connection, query + order, (shard, first))
    while found:
        last = found[0][0]
        yield last.bytes if database.is_postgres else last
        found = rows_of(connection, query + beyond + order, (shard, last, events))
    yield b"\xff" * 16


def _lock(connection: Connection, people: Iterable[UUID]) -> None:
    """Lock the rows of linked people, of all components in one order: two who lock never wait for one another."""
    for some in portions(sorted(people)):
        rows = select(members.c.participant_id).where(members.c.participant_id.in_(some))
        connection.execute(rows.order_by(members.c.participant_id).with_for_update())


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def together(
    components: Mapping[UUID, frozenset[UUID]], streams: Mapping[UUID, list[Recorded]]
) -> Iterator[tuple[UUID, list[Recorded]]]:
    """The events of each component, by root."""
    for root, people in components.items():
        if len(people) == 1:
            yield root, streams.get(root, [])
        else:
            yield root, [event for person in sorted(people) for event in streams.get(person, [])]
