"""The journal, published: every stored event in journal order per shard, at least once, and never anything sealed.

On every partition the first copy of an event comes after the first copies of all before it (see sending.py):
who drops positions up to the highest seen loses nothing. So an event of a type that only a newer release knows has all
of its shard wait behind it, until a process of that release goes on from there.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from consumers.kafka.last_messages import LastMessage
from consumers.kafka.open_event import headers_of, key_of, open_event, place_in
from consumers.kafka.outbox import SENT_TWICE, Outbox, log
from consumers.kafka.sending import Outgoing
from consumers.kafka.topics import JOURNAL
from replay.journal import Journal
from replay.mapper import UnknownStoredName
from replay.messages import published
from replay.messages.published import OpenRow

BATCH = 4_000
"""Events a step."""


class Publish(Outbox):
    """Publishes one journal to one topic. Several may run: one of them publishes a shard, the others wait."""

    def __init__(
        self, journal: Journal, servers: str, *, topic: str = JOURNAL, batch: int = BATCH, **told: Any
    ) -> None:
        super().__init__(journal, servers, topic, **told)
        self._batch = batch
        self._newer: dict[int, int] = {}
        """By shard the position of an event that this release does not know, once that was told."""

    def step(self) -> int:
        """Publish the next batch of each shard; returns how many events, 0 where all is published or others do it.

        Raises NotPublished, KafkaUnusable, and what the database raises.
        """
        return sum(map(self._step, range(self._journal.shards)))

    def _step(self, shard: int) -> int:
        with self._database.read() as connection:
            standing = published.standing(connection, self._topic, shard)
        if not standing.is_open_to(self._name, self._clock()):
            return 0
        # Nothing is claimed and read while nobody takes it.
        self._connected()
        with self._database.write() as connection:
            now = self._clock()
            until = now + self._claim
            start = published.claim(connection, self._topic, shard, self._name, now=now, until=until)
        if start is None:
            return 0
        with self._database.read() as connection:
            rows = published.open_rows(connection, shard, start, self._batch)
        sent = self._sender.send(self._messages(rows, shard))
        return self._moved(shard, start, rows, sent)

    def _messages(self, rows: Iterable[OpenRow], shard: int) -> Iterator[Outgoing | None]:
        """Up to an event of a newer release."""
        for row in rows:
            if row.event_id is None:
                # What is no touchpoint has its place in the journal, and is nothing to publish.
                yield None
                continue
            try:
                told = open_event(row)
            except UnknownStoredName as newer:
                if self._newer.get(shard) != row.position:
                    self._newer[shard] = row.position
                    where = {"topic": self._topic, "shard": shard, "position": row.position}
                    log.warning("publishing waits for a process of a newer release: %s", newer, extra=where)
                return
            yield Outgoing(key_of(row), told, headers_of(row, shard))

    def _moved(self, shard: int, start: int, rows: list[OpenRow], sent: int) -> int:
        waits = sent < len(rows) and rows[sent].position == self._newer.get(shard)
        if not sent:
            if waits:
                # Whoever knows it is not to wait until the claim ends.
                with self._database.write() as connection:
                    self._release(connection)
            return 0
        more = not waits and (sent < len(rows) or len(rows) == self._batch)
        until = self._clock() + self._claim if more else None
        to = rows[sent - 1].position
        with self._database.write() as connection:
            moved = published.move(connection, self._topic, shard, self._name, start=start, to=to, until=until)
        if not moved:
            log.warning(SENT_TWICE, extra={"topic": self._topic, "shard": shard})
            return 0
        return sent

    def _foreign(self, connection: Connection, last: Sequence[LastMessage]) -> str | None:
        places = filter(None, (place_in(message.headers) for message in last))
        newest = {place.shard: place for place in sorted(places)}
        for place in newest.values():
            rows = published.open_rows(connection, place.shard, place.position - 1, 1)
            # In another journal, what stands at the same place was recorded at another time.
            if not rows or place_in(dict(headers_of(rows[0], place.shard))) != place:
                return f"position {place.position:,} of shard {place.shard}"
        return None

    def _release(self, connection: Connection) -> None:
        published.release(connection, self._topic, self._name)
