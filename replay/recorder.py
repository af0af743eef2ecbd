"""The recorder of the `eventsourcing` library, on SQLAlchemy Core: one code for SQLite and PostgreSQL.

It keeps the library's contract and passes its conformance cases (eventsourcing.tests.persistence). Bulk recording of
facts lies above it (replay.journal) and shares its statements (replay.append).
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    InfrastructureFactory,
    IntegrityError,
    ListenNotifySubscription,
    Notification,
    OperationalError,
    ProcessRecorder,
    ProgrammingError,
    StoredEvent,
    Tracking,
    TrackingRecorder,
)
from sqlalchemy import Connection, Select, select

from domain.clock import to_microseconds
from replay.append import Clock, advance_head, announce, shard_of, write_rows
from replay.database import Database, rows_of
from replay.mapper import Row, StoredTouchpoint
from replay.tables import heads, journal, positions
from replay.wake import Wake

_ROW_COLUMNS = (
    journal.c.participant_id,
    journal.c.event_id,
    journal.c.topic,
    journal.c.occurred_at,
    journal.c.actor,
    journal.c.source,
    journal.c.state,
    journal.c.sealed,
    journal.c.sealed_digest,
)


def now_in_utc() -> datetime:
    """The machine's clock, where a caller passes no other in."""
    return datetime.now(UTC)


class Recorder(ProcessRecorder):
    """Events and tracking of one journal. The log of notifications is that of one shard."""

    def __init__(
        self, database: Database, *, shards: int = 1, shard: int = 0, clock: Callable[[], datetime] = now_in_utc
    ) -> None:
        self.database = database
        self.shards = shards
        self.shard = shard
        self._clock = clock

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, tracking: Tracking | None = None, **kwargs: Any
    ) -> Sequence[int] | None:
        """Store events at the versions they name, and the tracking with them, or nothing at all.

        Raises IntegrityError when a version or an event id is taken, or the tracking is not ahead.
        """
        with _library_errors(), self.database.write() as connection:
            found = self._insert(connection, stored_events)
            if tracking is not None:
                self._track(connection, tracking)
        return found

    def _insert(self, connection: Connection, stored_events: Sequence[StoredEvent]) -> list[int] | None:
        by_shard: dict[int, list[int]] = {}
        for index, stored in enumerate(stored_events):
            by_shard.setdefault(shard_of(_uuid(stored).bytes, self.shards), []).append(index)
        clock = Clock(self._clock, self._clock is now_in_utc)
        ids = [0] * len(stored_events)
        for shard in sorted(by_shard):
            indexes = by_shard[shard]
            before, after = advance_head(self.database, connection, shard, len(indexes), clock)
            first = before.position + 1
            rows = (
                _complete(shard, first + offset, after.recorded_at, stored_events[index])
                for offset, index in enumerate(indexes)
            )
            write_rows(self.database, connection, rows)
            for offset, index in enumerate(indexes):
                ids[index] = first + offset
        if ids:
            announce(self.database, connection)
        return ids or None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of one stream by version."""
        stream = _as_uuid(originator_id)
        version = journal.c.version
        query = _stored().where(
            journal.c.shard == shard_of(stream.bytes, self.shards), journal.c.participant_id == stream
        )
        query = query.where(version > gt) if gt is not None else query
        query = query.where(version <= lte) if lte is not None else query
        query = query.order_by(version.desc() if desc else version).limit(limit)
        with _library_errors(), self.database.read() as connection:
            return [_stored_event(row) for row in connection.execute(query)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """A section of the shard's log in commit order."""
        position = journal.c.position
        query = _stored().where(journal.c.shard == self.shard)
        if start is not None:
            query = query.where(position >= start if inclusive_of_start else position > start)
        query = query.where(position <= stop) if stop is not None else query
        query = query.where(journal.c.topic.in_(topics)) if topics else query
        query = query.order_by(position).limit(limit)
        with _library_errors(), self.database.read() as connection:
            return [
                Notification(row.participant_id, row.version, row.topic, bytes(row.state), row.position)
                for row in connection.execute(query)
            ]

    def max_notification_id(self) -> int | None:
        """The last position of the shard, None before the first."""
        with _library_errors(), self.database.read() as connection:
            return connection.scalar(select(heads.c.position).where(heads.c.shard == self.shard)) or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "LogSubscription":
        """Follow the shard's log: what is recorded, then what comes, woken by commits."""
        return LogSubscription(recorder=self, gt=gt, topics=topics)

    def insert_tracking(self, tracking: Tracking) -> None:
        """Move a reader's position forward; one that is not ahead raises IntegrityError."""
        with _library_errors(), self.database.write() as connection:
            self._track(connection, tracking)

    def _track(self, connection: Connection, tracking: Tracking) -> None:
        place = "%s" if self.database.is_postgres else "?"
        moved = rows_of(
            connection,
            f"INSERT INTO positions (name, shard, position) VALUES ({place}, {place}, {place})"
            " ON CONFLICT (name, shard) DO UPDATE SET position = excluded.position"
            " WHERE positions.position < excluded.position RETURNING position",
            (tracking.application_name, self.shard, tracking.notification_id),
        )
        if not moved:
            raise IntegrityError(f"{tracking.application_name} is already at {tracking.notification_id} or beyond")

    def max_tracking_id(self, application_name: str) -> int | None:
        """How far a reader has come, None before its first step."""
        query = select(positions.c.position).where(
            positions.c.name == application_name, positions.c.shard == self.shard
        )
        with _library_errors(), self.database.read() as connection:
            return connection.scalar(query)


class LogSubscription(ListenNotifySubscription[Recorder]):
    """The library's subscription, woken by the database's own signals."""

    def __init__(self, recorder: Recorder, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        self._wake = Wake(recorder.database, self._notify)
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._wake.start()

    def _notify(self) -> None:
        self._has_been_notified.set()

    def stop(self) -> None:
        """End the subscription and the thread that listens for it."""
        super().stop()
        self._wake.stop()


class Factory(InfrastructureFactory[TrackingRecorder]):
    """Builds the recorder for the library from MAJUNG_DATABASE_URL."""

    DATABASE_URL = "MAJUNG_DATABASE_URL"

    def __init__(
        self, env: Any, *, database: Database | None = None, shards: int = 1, clock: Callable[[], datetime] = now_in_utc
    ) -> None:
        super().__init__(env)
        url = self.env.get(self.DATABASE_URL)
        if database is None and not url:
            raise ProgrammingError(
                f"{self.DATABASE_URL} is not set: write sqlite:///FILE or postgresql://USER@HOST/NAME"
            )
        self.database = database or Database(str(url))
        self.shards = shards
        self.clock = clock

    def aggregate_recorder(self, purpose: str = "events") -> ApplicationRecorder:
        return self.process_recorder()

    def application_recorder(self) -> ApplicationRecorder:
        return self.process_recorder()

    def tracking_recorder(self, tracking_recorder_class: type[TrackingRecorder] | None = None) -> TrackingRecorder:
        return self.process_recorder()

    def process_recorder(self) -> Recorder:
        return Recorder(self.database, shards=self.shards, clock=self.clock)

    def close(self) -> None:
        self.database.close()


def _stored() -> Select[Any]:
    return select(*_ROW_COLUMNS, journal.c.version, journal.c.recorded_at, journal.c.position)


def _stored_event(found: Any) -> StoredEvent:
    if found.event_id is None:
        return StoredEvent(found.participant_id, found.version, found.topic, bytes(found.state))
    row = Row(
        found.participant_id.bytes,
        found.event_id.bytes,
        found.topic,
        to_microseconds(found.occurred_at),
        found.actor,
        found.source,
        bytes(found.state),
        None if found.sealed is None else bytes(found.sealed),
        None if found.sealed_digest is None else bytes(found.sealed_digest),
    )
    recorded_at = to_microseconds(found.recorded_at)
    return StoredTouchpoint(
        found.participant_id, found.version, found.topic, row.state, row, recorded_at, found.position
    )


def _complete(shard: int, position: int, recorded_at: int, stored: StoredEvent) -> tuple[Any, ...]:
    """A whole journal row; the envelope of an event that is not a touchpoint stays empty."""
    if isinstance(stored, StoredTouchpoint):
        row = stored.row
        return (
            shard,
            position,
            row.participant_id,
            stored.originator_version,
            row.event_id,
            row.topic,
            row.occurred_at,
            recorded_at,
            *row[4:],
        )
    key = _uuid(stored).bytes
    return (
        shard,
        position,
        key,
        stored.originator_version,
        None,
        stored.topic,
        None,
        None,
        None,
        None,
        stored.state,
        None,
        None,
    )


def _uuid(stored: StoredEvent) -> UUID:
    return _as_uuid(stored.originator_id)


def _as_uuid(originator_id: UUID | str) -> UUID:
    return originator_id if isinstance(originator_id, UUID) else UUID(originator_id)


@contextmanager
def _library_errors() -> Iterator[None]:
    """The drivers' errors under the names the library's users catch."""
    try:
        yield
    except (sqlite3.IntegrityError, psycopg.IntegrityError) as error:
        raise IntegrityError(str(error)) from error
    except (sqlite3.OperationalError, psycopg.OperationalError) as error:
        raise OperationalError(str(error)) from error
