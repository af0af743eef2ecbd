"""Messages to one topic, some at a time: taken by the broker or not, and nothing left that is sent later by itself.

What is sent together goes to each partition as one batch of records, which the broker takes whole or not at all, and
nothing more is sent before all of it was acknowledged. So whatever fails when, on every partition the first copy of a
message comes after the first copies of all before it.

A sender with a transactional id is besides the only one: whoever connects later under the same id fences it, and what
it had sent by then and not committed is never read (by readers with `isolation.level=read_committed`).
"""

from collections.abc import Iterable
from functools import lru_cache
from threading import Event
from time import monotonic
from typing import Any, NamedTuple

from kafka import KafkaProducer
from kafka.errors import (
    AuthorizationError,
    InvalidProducerEpochError,
    KafkaError,
    KafkaTimeoutError,
    ProducerFencedError,
    UnknownError,
)
from kafka.partitioner.default import murmur2

from consumers.kafka.connecting import TopicMissing, connect
from consumers.kafka.topics import TopicsError, exists
from replay.metrics import PUBLISHED

BATCH_BYTES = 900_000
"""What is sent to one partition at once: one batch of records, and one that a broker takes unless told otherwise."""
DELIVERY_SECONDS = 15.0
"""For so long the broker is waited for; then it is tried again, from the stored position."""

_ABOUT_A_RECORD = 300
"""Bytes of a record besides its value, rounded up."""
_PRODUCER: dict[str, Any] = {
    "acks": "all",
    "enable_idempotence": True,
    "allow_auto_create_topics": False,
    "batch_size": 1_000_000,
    "compression_type": "lz4",
    # Nothing leaves before all of it is in its batches: the flush that follows does not wait for this.
    "linger_ms": 60_000,
    "request_timeout_ms": 5_000,
    # We give up earlier, and on all of it at once.
    "delivery_timeout_ms": 70_000,
    "max_block_ms": 5_000,
    "bootstrap_timeout_ms": 5_000,
    "reconnect_backoff_max_ms": 2_000,
    # Larger ones are the broker's to refuse, which knows its own limit.
    "max_request_size": 64 * 1024 * 1024,
    # After a kill readers wait for so long, unless another sender comes before.
    "transaction_timeout_ms": 30_000,
}

# NotPublished
# ├── BrokerAway         it does not answer, or did not acknowledge in time
# ├── RefusedByBroker    it answers, and will not take what was sent
# └── Overtaken          another sends under our transactional id since


class NotPublished(Exception):
    """Nothing more is published for now; the message says what to do."""


class BrokerAway(NotPublished):
    """The broker does not answer, or did not acknowledge what was sent."""


class RefusedByBroker(NotPublished):
    """The broker will not take what was sent: a message is too large for the topic, or we may not write there."""


class Overtaken(NotPublished):
    """Another sender has connected since: nothing of what we had not committed is ever read."""


class Outgoing(NamedTuple):
    """A message to be sent; without a value it is a tombstone."""

    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]
    timestamp_ms: int | None = None
    """Its time, in milliseconds since 1970; now unless told."""


class Sender:
    """Sends to one topic. `options` are kafka-python's, for the producer. Nothing connects before it is used."""

    def __init__(self, servers: str, topic: str, *, transactional_id: str | None = None, **options: Any) -> None:
        self._servers = [server.strip() for server in servers.split(",")]
        self._options = _PRODUCER | options | {"bootstrap_servers": self._servers, "transactional_id": transactional_id}
        self._topic = topic
        self._is_transactional = transactional_id is not None
        self._producer: KafkaProducer | None = None
        self.stop = Event()
        """Once it is set, the broker is not waited for any longer."""

    def connected(self) -> int:
        """Connect where that is still to do; returns the number of partitions. Raises NotPublished and TopicMissing.

        Under a transactional id all others are fenced from here on: what we read now is newer than what they sent.
        """
        try:
            return len(self._started().partitions_for(self._topic))
        except KafkaError as error:
            self.end()
            raise self._away_or_missing(error) from None

    def send(self, messages: Iterable[Outgoing | None]) -> int:
        """Send as many of these as go together, and wait until all are acknowledged; returns how many.

        None is counted and not sent. Raises NotPublished and TopicMissing; some may have been taken even so, and what
        was not is never sent later.
        """
        partitions = self.connected()
        producer = self._started()
        try:
            if self._is_transactional:
                producer.begin_transaction()
            count, futures = self._sent(producer, partitions, messages)
            self._acknowledged(producer, futures)
            if self._is_transactional:
                producer.commit_transaction()
            PUBLISHED.labels(self._topic).inc(len(futures))
        except Exception as error:
            first = producer._transaction_manager.last_error if self._is_transactional else None
            # What is still unsent must not be sent later, between what is sent in its place.
            self.end()
            if isinstance(error, KafkaError):
                # What comes after the first error says only that there was one.
                raise _failure(first if isinstance(first, KafkaError) else error) from None
            raise
        return count

    def end(self) -> None:
        """End the connections; a later use connects anew."""
        producer, self._producer = self._producer, None
        if producer is not None:
            # By itself `close` waits for what is unsent, and when that does not go it leaves its thread sending.
            producer._sender.force_close()
            producer.close(timeout=DELIVERY_SECONDS)

    def _started(self) -> KafkaProducer:
        if self._producer is None:
            self._producer = connect(KafkaProducer, **self._options)
            if self._is_transactional:
                self._producer.init_transactions()
        return self._producer

    def _sent(
        self, producer: KafkaProducer, partitions: int, messages: Iterable[Outgoing | None]
    ) -> tuple[int, list[Any]]:
        futures: list[Any] = []
        sizes, count = [0] * partitions, 0
        for message in messages:
            if message is not None:
                key, value, headers, timestamp = message
                at, size = _hash(key) % partitions, len(value or b"") + _ABOUT_A_RECORD
                # One that is larger than all goes alone: were it refused, others would be sent again and again.
                if futures and max(size, sizes[at] + size, max(sizes)) > BATCH_BYTES:
                    break
                sizes[at] += size
                futures.append(producer.send(self._topic, value, key, headers, at, timestamp))
            count += 1
        return count, futures

    def _acknowledged(self, producer: KafkaProducer, futures: list[Any]) -> None:
        """Wait until the broker has taken all. Raises KafkaError where it did not, or not in time."""
        until = monotonic() + DELIVERY_SECONDS
        while not all(future.is_done for future in futures):
            try:
                producer.flush(timeout=1)
            except (KafkaTimeoutError, UnknownError):
                # Not yet; the second is what the library says when the broker had a batch split in two.
                if monotonic() > until or self.stop.is_set():
                    raise
        for future in futures:
            future.get(timeout=0)

    def _away_or_missing(self, error: KafkaError) -> NotPublished | TopicMissing:
        """Of a broker that is away and of a topic that is missing the client says the same: nobody told of it."""
        if isinstance(error, AuthorizationError):
            return _failure(error)
        try:
            if not exists(",".join(self._servers), self._topic):
                return TopicMissing(self._topic)
        except TopicsError:
            pass
        return BrokerAway(
            f"no broker answers at {', '.join(self._servers)} ({type(error).__qualname__}): is that what"
            " MAJUNG_KAFKA_BOOTSTRAP_SERVERS says?"
        )


@lru_cache(maxsize=10_000)
def _hash(key: bytes) -> int:
    """What every client of Kafka places a key by; in Python it takes half as long as the rest of a send."""
    return int(murmur2(key)) & 0x7FFFFFFF


def _failure(error: KafkaError) -> NotPublished:
    if isinstance(error, ProducerFencedError | InvalidProducerEpochError):
        return Overtaken("another publisher has begun to publish here since")
    if error.retriable or isinstance(error, KafkaTimeoutError):
        return BrokerAway(f"the broker did not acknowledge in time ({type(error).__qualname__})")
    return RefusedByBroker(
        f"the broker refused what was sent ({type(error).__qualname__}): look at max.message.bytes of the topic, and at"
        " who may write there"
    )
