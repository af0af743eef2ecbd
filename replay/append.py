"""How rows enter the journal: the hot statements, one set per dialect, all inside the lock of the shard's head.

The order of locks is the same everywhere: heads in ascending shard order, then rows. Positions and recorded_at are
handed out under that lock, so position order is commit order and recorded_at never runs backwards.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID
from zlib import crc32

import psycopg
from sqlalchemy import Connection, select

from domain.clock import to_microseconds
from projections.columns import placeholder
from replay.database import Database, cache_more, cursor_of, portions, rows_of
from replay.garbage import not_collecting
from replay.last_versions import Head, LastVersions
from replay.mapper import Row
from replay.tables import COLUMN_NAMES, heads, journal

WAKE_CHANNEL = "majung_journal"

_COLUMNS = ", ".join(COLUMN_NAMES)
_SQLITE_INSERT = f"INSERT INTO journal ({_COLUMNS}) VALUES ({', '.join(map(placeholder, journal.columns))})"
_SQLITE_HEAD = (
    "UPDATE heads SET position = position + 1, recorded_at = max(recorded_at, ?) WHERE shard = ?"
    " RETURNING position, recorded_at"
)
_SQLITE_VERSIONS = (
    "WITH people (id) AS (VALUES {})"
    " SELECT id, (SELECT coalesce(max(version), 0) FROM journal WHERE shard = ? AND participant_id = id) FROM people"
)
_SQLITE_ONE = (
    f"INSERT INTO journal ({_COLUMNS}) VALUES (?, ?, ?,"
    " (SELECT coalesce(max(version), 0) + 1 FROM journal WHERE shard = ? AND participant_id = ?),"
    " ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_POSTGRES_COPY = f"COPY journal ({_COLUMNS}) FROM STDIN (FORMAT BINARY)"
_POSTGRES_TYPES = [
    "int4",
    "int8",
    "bytea",
    "int4",
    "bytea",
    "text",
    "int8",
    "int8",
    "text",
    "text",
    "bytea",
    "bytea",
    "bytea",
]
_POSTGRES_VERSIONS = (
    "SELECT uuid_send(p), coalesce("
    " (SELECT version FROM journal WHERE shard = %s AND participant_id = p ORDER BY version DESC LIMIT 1), 0)"
    " FROM unnest(%s::uuid[]) AS p"
)
_POSTGRES_ONE = f"""
WITH held AS (
    SELECT shard FROM heads WHERE shard = %(shard)s FOR UPDATE
), head AS (
    UPDATE heads SET position = position + 1, recorded_at = greatest(
        recorded_at, %(now)s::int8, CASE WHEN %(live)s THEN (extract(epoch FROM clock_timestamp()) * 1000000)::int8 END
    )
    FROM held WHERE heads.shard = held.shard
    RETURNING position, recorded_at
)
INSERT INTO journal ({_COLUMNS})
SELECT %(shard)s, head.position, %(participant)s::uuid,
       (SELECT coalesce(max(version), 0) + 1 FROM journal
        WHERE shard = %(shard)s AND participant_id = %(participant)s::uuid),
       %(event)s::uuid, %(topic)s::text, %(occurred)s::int8, head.recorded_at, %(actor)s::text, %(source)s::text,
       %(state)s::bytea, %(sealed)s::bytea, %(digest)s::bytea
FROM head
RETURNING position, pg_notify('{WAKE_CHANNEL}', '')
"""


_NO_BYTES = bytearray()
_EVENT_ID = itemgetter(COLUMN_NAMES.index("event_id"))


class AlreadyThere(Exception):
    """A row's event id, or its place in a stream, is taken: nothing of this append was stored."""


class Clock(NamedTuple):
    """The journal's clock: what it says now, in microseconds, and whether it is the machine's own that runs."""

    read: Callable[[], datetime]
    runs: bool

    def now(self) -> int:
        """Microseconds since 1970."""
        return to_microseconds(self.read())


def shard_of(participant: bytes, shards: int) -> int:
    """The shard of a participant: CRC-32 of the id's bytes. Warning: changing this loses every stream."""
    return crc32(participant) % shards if shards > 1 else 0


def people_by_shard(people: Iterable[UUID], shards: int) -> dict[int, list[UUID]]:
    """These people by their shard, each in the order given."""
    found: dict[int, list[UUID]] = {}
    for person in people:
        found.setdefault(shard_of(person.bytes, shards), []).append(person)
    return found


def append(
    database: Database,
    events: Sequence[Any],
    participants: Sequence[bytes],
    lay_out: Callable[[Any, bytes], tuple[Any, ...]],
    *,
    shards: int,
    clock: Clock,
    ends: LastVersions,
    guard: Callable[[Connection], None] | None = None,
    beside: Callable[[Connection, list[int]], None] | None = None,
) -> list[int]:
    """Append facts in one transaction, each at the end of its stream; rows are laid out while they are written.

    Returns their positions. Raises AlreadyThere when an event id is taken (also by another of these events); nothing is
    stored then. `guard` is called at the beginning of the transaction and may end it by an error of its own; what comes
    after it is recorded at one moment in all shards. `beside` is called with the positions at the end of the
    transaction: what it writes is stored with the facts or not at all, and it may end it by an error of its own too.
    `ends` are what this process knows of the streams, and learns of them here.
    """
    by_shard: dict[int, Sequence[int]] = {0: range(len(events))} if events else {}
    if shards > 1:
        by_shard = {shard: [] for shard in sorted({shard_of(participant, shards) for participant in participants})}
        for index, participant in enumerate(participants):
            by_shard[shard_of(participant, shards)].append(index)  # type: ignore[attr-defined]
    placed = [0] * len(events)
    learnt: list[tuple[int, Head, Head, dict[bytes, int]]] = []
    with not_collecting(), _violations(), database.write() as connection:
        cache_more(connection)
        if guard is not None:
            guard(connection)
            clock = _one_time(connection, by_shard, clock)
        for shard, indexes in by_shard.items():
            before, after = advance_head(database, connection, shard, len(indexes), clock)
            first = before.position + 1
            people, known = {participants[index] for index in indexes}, ends.at(shard, before)
            versions = {person: known[person] for person in people & known.keys()}
            versions |= _versions(database, connection, shard, people - known.keys())
            rows = _rows(database, events, participants, indexes, lay_out, versions, shard, first, after.recorded_at)
            # In the order of the event ids their index is walked once, and not entered at random for every row.
            write_rows(database, connection, rows if database.is_postgres else sorted(rows, key=_EVENT_ID))
            for position, index in enumerate(indexes, start=first):
                placed[index] = position
            learnt.append((shard, before, after, versions))
        if beside is not None:
            beside(connection, placed)
        announce(database, connection)
    for found in learnt:
        ends.keep(*found)
    return placed


def _rows(
    database: Database,
    events: Sequence[Any],
    participants: Sequence[bytes],
    indexes: Sequence[int],
    lay_out: Callable[[Any, bytes], tuple[Any, ...]],
    versions: dict[bytes, int],
    shard: int,
    first: int,
    recorded_at: int,
) -> Iterator[tuple[Any, ...]]:
    """Complete journal rows, one at a time while the driver asks for them.

    On SQLite in the types that its driver binds without looking for an adapter; see `columns.storer`.
    """
    blob, no_blob, no_text = (bytes, None, None) if database.is_postgres else (bytearray, _NO_BYTES, "")
    for position, index in enumerate(indexes, start=first):
        participant = participants[index]
        version = versions[participant] = versions[participant] + 1
        _, event_id, topic, occurred_at, actor, source, state, sealed, digest = lay_out(events[index], participant)
        yield (
            shard,
            position,
            blob(participant),
            version,
            blob(event_id),
            topic,
            occurred_at,
            recorded_at,
            actor or no_text,
            source,
            blob(state),
            blob(sealed) if sealed else no_blob,
            blob(digest) if digest else no_blob,
        )


def append_one(database: Database, row: Row, *, shards: int, clock: Clock) -> int:
    """Append one fact on its own path, two statements on SQLite and one on PostgreSQL; returns its position.

    Raises AlreadyThere.
    """
    shard = shard_of(row.participant_id, shards)
    return (_append_one_postgres if database.is_postgres else _append_one_sqlite)(database, row, shard, clock)


def _append_one_sqlite(database: Database, row: Row, shard: int, clock: Clock) -> int:
    with _violations(), database.write() as connection, cursor_of(connection) as cursor:
        position, recorded_at = cursor.execute(_SQLITE_HEAD, (clock.now(), shard)).fetchone()
        pid = row.participant_id
        cursor.execute(
            _SQLITE_ONE,
            (shard, position, pid, shard, pid, row.event_id, row.topic, row.occurred_at, recorded_at, *row[4:]),
        )
    return int(position)


def _append_one_postgres(database: Database, row: Row, shard: int, clock: Clock) -> int:
    values = {
        "shard": shard,
        "now": clock.now(),
        # The statement may wait for the head: a clock that runs is read again, by the server, when it has it.
        "live": clock.runs,
        "participant": UUID(bytes=row.participant_id),
        "event": UUID(bytes=row.event_id),
        "topic": row.topic,
        "occurred": row.occurred_at,
        "actor": row.actor,
        "source": row.source,
        "state": row.state,
        "sealed": row.sealed,
        "digest": row.sealed_digest,
    }
    with _violations(), database.autocommit() as cursor:
        position, _ = cursor.execute(_POSTGRES_ONE, values).fetchone()
    return int(position)


@contextmanager
def _violations() -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, psycopg.errors.UniqueViolation) as error:
        raise AlreadyThere("an event id, or a place in a stream, is taken") from error


def advance_head(database: Database, connection: Connection, shard: int, count: int, clock: Clock) -> tuple[Head, Head]:
    """Take the `count` positions that follow a shard's head: returns the head before and after, held until commit."""
    place = "%s" if database.is_postgres else "?"
    held = " FOR UPDATE" if database.is_postgres else ""
    [found] = rows_of(connection, f"SELECT position, recorded_at FROM heads WHERE shard = {place}{held}", (shard,))
    before = Head(*found)
    # The clock is read under the lock: what is recorded later never bears an earlier time than somebody could have
    # asked at. SQLite's transaction has the lock from its beginning.
    after = Head(before.position + count, max(before.recorded_at, clock.now()))
    with cursor_of(connection) as cursor:
        moved = f"UPDATE heads SET position = {place}, recorded_at = {place} WHERE shard = {place}"
        cursor.execute(moved, (*after, shard))
    return before, after


def hold_heads(connection: Connection, shards: Iterable[int]) -> list[datetime]:
    """Hold the heads of these shards until commit, in ascending order as everybody does; returns their journal times.

    On SQLite a writing transaction holds everything from its beginning.
    """
    held = select(heads.c.recorded_at).where(heads.c.shard.in_(sorted(shards)))
    return list(connection.scalars(held.order_by(heads.c.shard).with_for_update()))


def _one_time(connection: Connection, shards: Iterable[int], clock: Clock) -> Clock:
    """A clock that stands at one moment, which no head of these shards is beyond; the heads are held from here on.

    What is stored together in several shards is known from one moment: no half of a link without the other.
    """
    moment = max(*hold_heads(connection, shards), clock.read())
    return Clock(lambda: moment, False)


def write_rows(database: Database, connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write journal rows, complete and in the order of the columns."""
    with cursor_of(connection) as cursor:
        if not database.is_postgres:
            cursor.executemany(_SQLITE_INSERT, rows)
            return
        with cursor.copy(_POSTGRES_COPY) as copy:
            copy.set_types(_POSTGRES_TYPES)
            for row in rows:
                copy.write_row(row)


def announce(database: Database, connection: Connection) -> None:
    """Wake the readers of the log when this transaction commits (SQLite readers watch its files)."""
    if database.is_postgres:
        rows_of(connection, f"SELECT pg_notify('{WAKE_CHANNEL}', '')")


def _versions(database: Database, connection: Connection, shard: int, participants: set[bytes]) -> dict[bytes, int]:
    """The last version of each stream, 0 for a new one."""
    if not participants:
        return {}
    if database.is_postgres:
        people = ",".join(map(bytes.hex, participants))
        return dict(rows_of(connection, _POSTGRES_VERSIONS, (shard, f"{{{people}}}")))
    versions: dict[bytes, int] = {}
    for some in portions(sorted(participants)):
        versions.update(rows_of(connection, _SQLITE_VERSIONS.format(", ".join(["(?)"] * len(some))), (*some, shard)))
    return versions
