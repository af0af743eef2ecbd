"""Reading people back from the journal: the rows of one component, of a batch of them, or of a range of
participants."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, select
from typing_extensions import TypedDict

from domain.clock import from_microseconds
from domain.components import Link
from domain.events import IdentitiesLinked, IdentitiesUnlinked
from domain.history import Recorded
from domain.touchpoint import Touchpoint
from replay.append import people_by_shard
from replay.database import Database, portions, rows_of
from replay.lens import Lens
from replay.mapper import EventUnreadable, decode, uuid_of
from replay.tables import journal, members
from replay.vault import ParticipantKey, Vault

_SELECT = "SELECT {}, {}, topic, occurred_at, actor, source, state, sealed, recorded_at FROM {} WHERE "
_SQLITE = "participant_id", "event_id"
_POSTGRES = "uuid_send(participant_id)", "uuid_send(event_id)"
"""Ids as bytes on either database: the driver would make UUIDs of them, a tenth of a replay."""


_OF_LINKS = f" AND topic IN ('{IdentitiesLinked.stored_as}', '{IdentitiesUnlinked.stored_as}')"

Unreadable = dict[UUID, Exception]
"""Of whom something does not read, and why; EventUnreadable where it is one event."""


class Reader:
    """Reads and decodes events of one journal inside a transaction that the caller holds."""

    def __init__(self, database: Database, vault: Vault, shards: int, table: str = journal.name) -> None:
        """`table` is where its rows lie: in the journal itself, unless told."""
        self._database = database
        self._table = table
        self._select = _SELECT.format(*(_POSTGRES if database.is_postgres else _SQLITE), table)
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
        self,
        connection: Connection,
        participants: Iterable[UUID],
        lens: Lens | None = None,
        unreadable: Unreadable | None = None,
    ) -> dict[UUID, list[Recorded]]:
        """All recorded events of these participants, by participant; read whole unless through a lens.

        Of whom something does not read is put into `unreadable`, where it is given, and is missing from the answer.
        """
        return dict(self._decoded(self._of_all(connection, participants), lens, unreadable))

    def readable(self, connection: Connection, participants: Iterable[UUID]) -> dict[UUID, list[Recorded]]:
        """Of each of these participants the recorded events that read, whatever else in their stream does not."""
        return dict(self._decoded(self._of_all(connection, participants), unreadable={}, partly=True))

    def _of_all(self, connection: Connection, participants: Iterable[UUID], only: str = "") -> list[Any]:
        rows: list[Any] = []
        for shard, people in people_by_shard(participants, self._shards).items():
            for some in portions(people):
                rows += self._of_people(connection, shard, some, only)
        return rows

    def links(self, connection: Connection, participants: Iterable[UUID]) -> dict[UUID, list[Link]]:
        """The links and unlinks in the streams of these participants, whatever else in them does not read.

        One that does not read itself is left out: the stream at its other end tells of it too.
        """
        found: dict[UUID, list[Link]] = {}
        for row in self._of_all(connection, participants, _OF_LINKS):
            if (link := _link(row)) is not None:
                found.setdefault(link.one, []).append(link)
        return found

    def _of_people(self, connection: Connection, shard: int, people: Sequence[UUID], only: str) -> list[Any]:
        if self._database.is_postgres:
            return self._rows(connection, f"shard = %s AND participant_id = ANY(%s){only}", (shard, list(people)))
        parameters = (shard, *(person.bytes for person in people))
        return self._rows(connection, f"shard = ? AND participant_id IN ({_marks(people)}){only}", parameters)

    def with_sealed(self, connection: Connection, participants: Iterable[bytes]) -> set[bytes]:
        """Those of these participants of whom anything sealed is stored."""
        found: set[bytes] = set()
        for shard, people in people_by_shard((UUID(bytes=each) for each in participants), self._shards).items():
            for some in portions(people):
                own = journal.c.shard == shard, journal.c.participant_id.in_(some), journal.c.sealed.is_not(None)
                query = select(journal.c.participant_id).where(*own).distinct()
                found.update(person.bytes for person in connection.scalars(query))
        return found

    def find(
        self, connection: Connection, event_ids: Sequence[UUID], unreadable: dict[UUID, Exception] | None = None
    ) -> list[Touchpoint]:
        """The stored events among these ids, in no particular order.

        One that does not read is put into `unreadable` under its own id, where that is given, and left out.
        """
        rows: list[Any] = []
        shards = list(range(self._shards))
        for some in portions(event_ids):
            if self._database.is_postgres:
                where = "shard = ANY(%s) AND event_id = ANY(%s)"
                rows += self._rows(connection, where, (shards, list(some)))
            else:
                where = f"shard IN ({_marks(shards)}) AND event_id IN ({_marks(some)})"
                rows += self._rows(connection, where, (*shards, *(event_id.bytes for event_id in some)))
        people: Unreadable | None = None if unreadable is None else {}
        found = [told.event for _, stream in self._decoded(rows, unreadable=people) for told in stream]
        if unreadable is not None and people:
            # Whatever else of theirs was asked for may read.
            for row in (row for row in rows if uuid_of(row[0]) in people):
                apart: Unreadable = {}
                found += [told.event for _, stream in self._decoded([row], unreadable=apart) for told in stream]
                unreadable |= {uuid_of(row[1]): error for error in apart.values()}
        return found

    def range(
        self,
        connection: Connection,
        shard: int,
        after: bytes | None,
        until: bytes,
        lens: Lens,
        unreadable: Unreadable | None = None,
    ) -> Iterator[tuple[UUID, list[Recorded]]]:
        """Each participant of a shard with after < id <= until, and their stream; None: from the first on.

        All rows are read at once, and a stream is decoded when its turn comes: by the next one it may be forgotten.
        Of whom something does not read is put into `unreadable`, where it is given, and left out.
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
        return self._decoded(self._rows(connection, where, (shard, *ends)), lens, unreadable)

    def _rows(self, connection: Connection, where: str, parameters: Sequence[Any]) -> list[Any]:
        return rows_of(connection, self._select + where, parameters)

    def _decoded(
        self,
        rows: Sequence[Any],
        lens: Lens | None = None,
        unreadable: Unreadable | None = None,
        *,
        partly: bool = False,
    ) -> Iterator[tuple[UUID, list[Recorded]]]:
        """Participants and their decoded events; events that are no touchpoints are left out.

        Through a lens, events are read as far as it goes. `partly`: who is unreadable is not left out, but what of
        theirs does not read.
        """
        people: defaultdict[bytes, list[Any]] = defaultdict(list)
        for row in rows:
            if row[1] is not None:
                people[row[0]].append(row)
        opened = lens.adjusted() if lens else None
        sealed = {row[0] for row in rows if row[7] is not None and (opened is None or row[2] in opened)}
        keys = self._vault.for_opening(sealed, unreadable) if sealed else {}
        read = partial(lens.stream if lens else _read_whole, keys=keys, instants=_Instants())
        for participant, own in people.items():
            person = uuid_of(participant)
            if unreadable and person in unreadable and not partly:
                continue
            try:
                stream = read(own, participant_id=person)
            except Exception as error:
                # Nothing above asks a database anything: what fails here is an event itself.
                if unreadable is None:
                    raise
                apart = partial(read, participant_id=person)
                if partly:
                    yield person, list(_those_that_read(own, apart))
                else:
                    unreadable[person] = _first_of(own, apart) or error
                continue
            yield person, stream


def _read_whole(
    rows: Iterable[Any], keys: Mapping[bytes, ParticipantKey], participant_id: UUID, instants: Mapping[int, datetime]
) -> list[Recorded]:
    return [Recorded(decode(row, keys, participant_id), instants[row[8]]) for row in rows]


def _those_that_read(rows: Iterable[Any], read: Callable[[list[Any]], list[Recorded]]) -> Iterator[Recorded]:
    for row in rows:
        with suppress(Exception):
            yield from read([row])


def _first_of(rows: Iterable[Any], read: Callable[[list[Any]], Any]) -> EventUnreadable | None:
    """Which of somebody's rows it is that does not read."""
    for row in rows:
        try:
            read([row])
        except Exception as error:
            return EventUnreadable(uuid_of(row[1]), row[2], error)
    return None


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


class _Pair(TypedDict):
    pair_id: str
    other_id: UUID


_pair = TypeAdapter(_Pair).validate_json


def _link(row: Any) -> Link | None:
    try:
        pair = _pair(row[6])
    except ValidationError:
        return None
    joins = row[2] == IdentitiesLinked.stored_as
    return Link(pair["pair_id"], UUID(bytes=row[0]), pair["other_id"], joins, from_microseconds(row[8]))


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
