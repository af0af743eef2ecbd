"""Parked messages, published: that each parked, with its bytes sealed, and what was decided about it.

From the table and never beside the transaction that parks: each row has the state that was last published, so what is
still to be told is found there, whatever was killed when. Each is told at least once, one of a number in order.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from consumers.kafka.follow_rows import FollowRows, Part
from consumers.kafka.last_messages import LastMessage
from consumers.kafka.parked_event import events_of, told_by
from consumers.kafka.topics import PARKED
from replay.journal import Journal
from replay.messages import parked
from replay.messages.parked import ParkedUnknown, Unpublished

BATCH = 500
"""Parked messages a step."""
MOST_BYTES = 4 * 1024 * 1024
"""Of sealed bytes a step: what bounds its memory, since one message may be as large as a topic takes."""


class PublishParked(FollowRows[list[Unpublished]]):
    """Publishes what parked and what was decided about it; a step is of so many parked messages."""

    def __init__(self, journal: Journal, servers: str, *, topic: str = PARKED, batch: int = BATCH, **told: Any) -> None:
        super().__init__(journal, servers, topic, **told)
        self._batch = batch

    def _is_due(self, connection: Connection) -> bool:
        return parked.has_unpublished(connection)

    def _read(self, connection: Connection, now: datetime) -> Part[list[Unpublished]]:
        found = parked.unpublished(connection, now, limit=self._batch, most_bytes=MOST_BYTES)
        return Part(found, [event for one in found for event in events_of(one)], len(found))

    def _foreign(self, connection: Connection, last: Sequence[LastMessage]) -> str | None:
        events = [told for told in map(told_by, last) if told is not None]
        if not events:
            return None
        number, when = max(events)
        try:
            found = parked.find_parked(connection, number)
        except ParkedUnknown:
            return f"message {number:,}"
        return None if when in (found.recorded_at, found.decided_at) else f"another message {number:,}"

    def _note(self, connection: Connection, rows: list[Unpublished]) -> bool:
        parked.note_published(connection, [one.told for one in rows])
        return parked.has_unpublished(connection)
