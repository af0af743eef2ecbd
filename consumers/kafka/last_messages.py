"""The last messages of a topic: where whoever published there last had come to."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from consumers.kafka.connecting import connect
from consumers.kafka.sending import BrokerAway

LOOKED_AT = 100
"""The last so many of each partition: enough to find what each shard of a journal told last."""
_ANSWER_SECONDS = 15.0
_CONSUMER: dict[str, Any] = {
    "enable_auto_commit": False,
    # What was not committed was never told.
    "isolation_level": "read_committed",
    "allow_auto_create_topics": False,
    "bootstrap_timeout_ms": 5_000,
    "request_timeout_ms": 5_000,
    "fetch_max_bytes": 4 * 1024 * 1024,
}


class LastMessage(NamedTuple):
    """A message of a topic; without a value it is a tombstone."""

    value: bytes | None
    headers: Mapping[str, bytes]


def last_messages(servers: str, topic: str) -> Iterator[LastMessage]:
    """The last messages of each partition, in order. Raises BrokerAway."""
    with _consumer(servers) as consumer:
        partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.assign(partitions)
        first, end = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, max(first[partition], end[partition] - LOOKED_AT))
        until = monotonic() + _ANSWER_SECONDS
        while any(consumer.position(partition) < end[partition] for partition in partitions):
            if monotonic() > until:
                raise BrokerAway(f"the broker does not tell in time what {topic} holds last")
            for records in consumer.poll(timeout_ms=500).values():
                for record in records:
                    yield LastMessage(record.value, dict(record.headers))


@contextmanager
def _consumer(servers: str) -> Iterator[Any]:
    try:
        consumer = connect(KafkaConsumer, bootstrap_servers=servers.replace(" ", "").split(","), **_CONSUMER)
        try:
            yield consumer
        finally:
            consumer.close()
    except KafkaError as error:
        raise BrokerAway(f"the broker does not tell what was published last ({type(error).__qualname__})") from None
