"""Publishing to a real broker, against a bare producer loop that sends the very same messages."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import uuid4

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from consumers.kafka.open_event import headers_of, key_of, open_event
from consumers.kafka.publish import Publish
from replay.journal import Journal
from replay.messages.published import open_rows
from tests.benchmarks.events import realistic
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Goal, Measured, speed, take_turns
from tests.benchmarks.sizes import Sizes
from tests.brokers import broker

PARTITIONS = 6
FAST = {"acks": "all", "linger_ms": 5, "batch_size": 131_072, "compression_type": "lz4"}
"""The fastest settings known for a loop that sends and does nothing else."""

Message = tuple[bytes, bytes, list[tuple[str, bytes]]]


def publish(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """From the stored journal to acknowledged, the position durable after every step.

    The yardstick has all messages in memory beforehand, and waits for the broker once, at the end.
    """
    journal, spent = ground.journal(), []
    told = realistic(sizes.large_batch * sizes.pairs)
    with broker() as kafka:
        ours, theirs = _topic(kafka.address), _topic(kafka.address)
        publisher = Publish(journal, kafka.address, topic=ours)
        producer = KafkaProducer(bootstrap_servers=kafka.address, **FAST)
        for batch in zip(*[told] * sizes.large_batch, strict=True):
            after = journal.head()[0]
            journal.record(batch)
            bare = partial(_send, producer, theirs, _messages(journal, after, sizes.large_batch))
            spent.append(take_turns([publisher.catch_up], [bare]))
        publisher.close()
        producer.close()
    yield speed("publish / bare producer loop", ground.database, spent, sizes.large_batch, Goal(0.5))


def _messages(journal: Journal, after: int, count: int) -> list[Message]:
    with journal.database.read() as connection:
        rows = open_rows(connection, 0, after, count)
    return [(key_of(row), open_event(row), headers_of(row, 0)) for row in rows]


def _send(producer: Any, topic: str, messages: list[Message]) -> None:
    for key, value, headers in messages:
        producer.send(topic, value, key, headers)
    producer.flush()


def _topic(address: str) -> str:
    name = f"bench.{uuid4().hex[:12]}"
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([NewTopic(name, PARTITIONS, 1)])
    admin.close()
    return name
