"""The journal, published: every stored event in journal order per shard, at least once, and never anything sealed.

What is sent together goes to each partition as one batch of records, which the broker takes whole or not at all, and
nothing more is sent before all of it was acknowledged. So whatever fails when, on every partition the first copy of an
event comes after the first copies of all before it: who drops positions up to the highest seen loses nothing.
"""

import logging
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from threading import Event
from time import monotonic
from typing import Any
from uuid import uuid4

import psycopg
from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError, UnknownError
from kafka.partitioner.default import murmur2
from sqlalchemy.exc import OperationalError
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_when_event_set,
    wait_random_exponential,
)

from consumers.kafka.connecting import connect
from consumers.kafka.open_event import headers_of, key_of, open_event
from consumers.kafka.topics import JOURNAL
from replay import published
from replay.journal import Journal
from replay.published import OpenRow
from replay.recorder import now_in_utc
from replay.wake import Wake

log = logging.getLogger("majung.publish")

BATCH = 4_000
"""Events a step."""
BATCH_BYTES = 900_000
"""What a step sends to one partition: one batch of records, and one that a broker takes unless told otherwise."""
CLAIM = timedelta(seconds=60)
"""Longer than a step can take; after a publisher was killed, another waits for so long."""
DELIVERY_SECONDS = 15.0
"""For so long a step waits for the broker; then it is tried again, from the stored position."""

_DATABASE_AWAY = (OperationalError, psycopg.OperationalError, sqlite3.OperationalError)
_ABOUT_A_RECORD = 300
"""Bytes of a record besides its value, rounded up."""
_PRODUCER: dict[str, Any] = {
    "acks": "all",
    "enable_idempotence": True,
    "allow_auto_create_topics": False,
    "batch_size": 1_000_000,
    "compression_type": "lz4",
    # Nothing leaves before all of a step is in its batches: the flush that follows does not wait for this.
    "linger_ms": 60_000,
    "request_timeout_ms": 5_000,
    # A step gives up earlier, and all of it at once.
    "delivery_timeout_ms": 70_000,
    "max_block_ms": 5_000,
    "bootstrap_timeout_ms": 5_000,
    "reconnect_backoff_max_ms": 2_000,
    # Larger ones are the broker's to refuse, which knows its own limit.
    "max_request_size": 64 * 1024 * 1024,
}

# NotPublished
# ├── BrokerAway         it does not answer, or did not acknowledge in time
# ├── TopicMissing       it answers, and has no such topic
# └── RefusedByBroker    it answers, and will not take what was sent


class NotPublished(Exception):
    """Nothing more is published for now; the message says what to do."""


class BrokerAway(NotPublished):
    """The broker does not answer, or did not acknowledge what was sent."""


class TopicMissing(NotPublished):
    """The broker has no topic to publish to."""


class RefusedByBroker(NotPublished):
    """The broker will not take what was sent: a message is too large for the topic, or we may not write there."""


class Publish:
    """Publishes one journal to one topic. Several may run: one of them publishes a shard, the others wait.

    `servers` are HOST:PORT, several separated by commas; `options` are kafka-python's, for the producer. Nothing
    connects before there is something to publish.
    """

    def __init__(
        self,
        journal: Journal,
        servers: str,
        *,
        topic: str = JOURNAL,
        batch: int = BATCH,
        claim: timedelta = CLAIM,
        clock: Callable[[], datetime] = now_in_utc,
        **options: Any,
    ) -> None:
        self._journal = journal
        self._database = journal.database
        self._servers = [server.strip() for server in servers.split(",")]
        self._options = _PRODUCER | options | {"bootstrap_servers": self._servers}
        self._topic = topic
        self._batch = batch
        self._claim = claim
        self._clock = clock
        self._name = uuid4().hex
        self._producer: KafkaProducer | None = None
        self._stop = Event()

    def run(self, stop: Event) -> None:
        """Publish until `stop` is set: asleep while there is nothing to do, woken by commits.

        While the broker or the database is away it is tried again, ever later up to half a minute. Raises
        UnknownStoredName.
        """
        self._stop = stop
        woken = Event()
        wake = Wake(self._database, woken.set)
        wake.start()
        try:
            while not stop.is_set():
                woken.clear()
                self._retrying()(self.catch_up, stop)
                woken.wait()
        finally:
            wake.stop()
            self.close()

    def catch_up(self, stop: Event | None = None) -> int:
        """Publish everything recorded so far, as far as nobody else does; returns how many events that were."""
        sent = 0
        while count := self.step():
            sent += count
            if stop is not None and stop.is_set():
                break
        return sent

    def step(self) -> int:
        """Publish the next batch of each shard; returns how many events, 0 where all is published or others do it.

        Raises NotPublished, UnknownStoredName for an event of a newer release, and what the database raises.
        """
        return sum(map(self._step, range(self._journal.shards)))

    def close(self) -> None:
        """Give up what is claimed, and end the connections to the broker."""
        self._end_producer()
        try:
            with self._database.write() as connection:
                published.release(connection, self._topic, self._name)
        except _DATABASE_AWAY as error:
            log.warning("%s: another publisher waits until the claim ends", type(error).__qualname__)

    def _step(self, shard: int) -> int:
        with self._database.read() as connection:
            standing = published.standing(connection, self._topic, shard)
        if not standing.is_open_to(self._name, self._clock()):
            return 0
        # Nothing is read while nobody takes it.
        producer, partitions = self._connected()
        with self._database.write() as connection:
            now = self._clock()
            until = now + self._claim
            start = published.claim(connection, self._topic, shard, self._name, now=now, until=until)
        if start is None:
            return 0
        with self._database.read() as connection:
            rows = published.open_rows(connection, shard, start, self._batch)
        sent = self._send(producer, partitions, shard, rows)
        return self._moved(shard, start, rows, sent)

    def _moved(self, shard: int, start: int, rows: list[OpenRow], sent: int) -> int:
        if not sent:
            return 0
        more = sent < len(rows) or len(rows) == self._batch
        until = self._clock() + self._claim if more else None
        to = rows[sent - 1].position
        with self._database.write() as connection:
            moved = published.move(connection, self._topic, shard, self._name, start=start, to=to, until=until)
        if not moved:
            log.warning("shard %d: another publisher has gone on meanwhile, some events were sent twice", shard)
            return 0
        return sent

    def _send(self, producer: KafkaProducer, partitions: int, shard: int, rows: list[OpenRow]) -> int:
        """Send as many of these as go together, and wait until all are acknowledged; returns how many."""
        futures: list[Any] = []
        sizes, count = [0] * partitions, 0
        try:
            for row in rows:
                if row.event_id is not None:
                    value, key = open_event(row), key_of(row)
                    at, size = _hash(key) % partitions, len(value) + _ABOUT_A_RECORD
                    # One that is larger than all goes alone: were it refused, others would be sent again and again.
                    if futures and max(size, sizes[at] + size, max(sizes)) > BATCH_BYTES:
                        break
                    sizes[at] += size
                    futures.append(producer.send(self._topic, value, key, headers_of(row, shard), at))
                count += 1
            self._acknowledged(producer, futures)
        except Exception as error:
            # What is still unsent must not be sent later, between what is sent in its place.
            self._end_producer()
            if isinstance(error, KafkaError):
                raise _failure(error) from None
            raise
        return count

    def _acknowledged(self, producer: KafkaProducer, futures: list[Any]) -> None:
        """Wait until the broker has taken all. Raises KafkaError where it did not, or not in time."""
        until = monotonic() + DELIVERY_SECONDS
        while not all(future.is_done for future in futures):
            try:
                producer.flush(timeout=1)
            except (KafkaTimeoutError, UnknownError):
                # Not yet; the second is what the library says when the broker had a batch split in two.
                if monotonic() > until or self._stop.is_set():
                    raise
        for future in futures:
            future.get(timeout=0)

    def _connected(self) -> tuple[KafkaProducer, int]:
        """A producer that knows the topic, and the number of its partitions. Raises BrokerAway or TopicMissing."""
        if self._producer is None:
            try:
                self._producer = connect(KafkaProducer, **self._options)
            except KafkaError as error:
                raise BrokerAway(
                    f"no broker answers at {', '.join(self._servers)} ({type(error).__qualname__}): is that what"
                    " MAJUNG_KAFKA_BOOTSTRAP_SERVERS says?"
                ) from None
        try:
            return self._producer, len(self._producer.partitions_for(self._topic))
        except KafkaError:
            raise TopicMissing(f"the broker tells of no topic {self._topic}: run `majung topics create`") from None

    def _end_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            # By itself `close` waits for what is unsent, and when that does not go it leaves its thread sending.
            producer._sender.force_close()
            producer.close(timeout=DELIVERY_SECONDS)

    def _retrying(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception_type((NotPublished, *_DATABASE_AWAY)),
            wait=wait_random_exponential(multiplier=0.5, max=30),
            sleep=sleep_using_event(self._stop),
            stop=stop_when_event_set(self._stop),
            before_sleep=self._begin_anew,
            retry_error_callback=lambda _: None,
        )

    def _begin_anew(self, attempt: RetryCallState) -> None:
        error = attempt.outcome.exception() if attempt.outcome else None
        if isinstance(error, NotPublished):
            log.warning("%s", error)
            return
        # The kind only: a message may repeat the values of a row.
        log.warning("%s: tried again", type(error).__qualname__)
        # Connections that a restarted server has cut would each fail once.
        self._database.close()


@lru_cache(maxsize=10_000)
def _hash(key: bytes) -> int:
    """What every client of Kafka places a key by; in Python it takes half as long as the rest of a send."""
    return int(murmur2(key)) & 0x7FFFFFFF


def _failure(error: KafkaError) -> NotPublished:
    if error.retriable or isinstance(error, KafkaTimeoutError):
        return BrokerAway(f"the broker did not acknowledge in time ({type(error).__qualname__})")
    return RefusedByBroker(
        f"the broker refused what was sent ({type(error).__qualname__}): look at max.message.bytes of the topic, and at"
        " who may write there"
    )
