"""Parked messages, published: that each parked, with its bytes sealed, and what was decided about it.

From the table and never beside the transaction that parks: each row has the state that was last published, so what is
still to be told is found there, whatever was killed when. Each is told at least once, one of a number in order.
"""

from typing import Any

from sqlalchemy import Connection

from consumers.kafka.outbox import SENT_TWICE, Outbox, log
from consumers.kafka.parked_event import events_of
from consumers.kafka.topics import PARKED
from replay import outboxes, parked
from replay.journal import Journal
from replay.parked import Unpublished

BATCH = 500
"""Parked messages a step."""
MOST_BYTES = 4 * 1024 * 1024
"""Of sealed bytes a step: what bounds its memory, since one message may be as large as a topic takes."""


class PublishParked(Outbox):
    """Publishes what parked and what was decided about it. Several may run: one of them publishes."""

    def __init__(self, journal: Journal, servers: str, *, topic: str = PARKED, batch: int = BATCH, **told: Any) -> None:
        super().__init__(journal, servers, topic, **told)
        self._batch = batch

    def step(self) -> int:
        """Publish what is still to be told of the next messages; returns how many those were."""
        with self._database.read() as connection:
            due = parked.has_unpublished(connection)
            standing = outboxes.standing(connection, self._topic)
        if not due or not standing.is_open_to(self._name, self._clock()):
            return 0
        self._sender.connected()
        with self._database.write() as connection:
            now = self._clock()
            if not outboxes.claim(connection, self._topic, self._name, now=now, until=now + self._claim):
                return 0
        with self._database.read() as connection:
            found = parked.unpublished(connection, now, limit=self._batch, most_bytes=MOST_BYTES)
        self._send_all([event for one in found for event in events_of(one)])
        return self._noted(found)

    def _noted(self, found: list[Unpublished]) -> int:
        with self._database.write() as connection:
            if not outboxes.still_held(connection, self._topic, self._name):
                log.warning(SENT_TWICE, extra={"topic": self._topic})
                return 0
            parked.note_published(connection, [one.told for one in found])
            if not parked.has_unpublished(connection):
                outboxes.release(connection, self._topic, self._name)
        return len(found)

    def _release(self, connection: Connection) -> None:
        outboxes.release(connection, self._topic, self._name)
