"""A topic of a test's own on the real broker, and everything that was published there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from time import monotonic
from typing import Any, NamedTuple
from uuid import uuid4

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import NewTopic

PARTITIONS = 3
PATIENCE_SECONDS = 90
"""An end for what never comes."""


class Message(NamedTuple):
    """One message as a reader has it."""

    partition: int
    key: bytes
    value: bytes | None
    headers: Mapping[str, bytes]
    timestamp_ms: int = 0

    @property
    def place(self) -> tuple[int, int]:
        """Shard and position."""
        return int(self.headers["shard"]), int(self.headers["position"])

    @property
    def bytes(self) -> bytes:
        """Everything that a reader could see."""
        return b"\n".join([self.key, self.value or b"", *self.headers.values()])


def new_topic(address: str) -> str:
    """The name of a new, empty topic."""
    name = f"journal.{uuid4().hex[:12]}"
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([NewTopic(name, PARTITIONS, 1)])
    admin.close()
    return name


def remove(address: str, *topics: str) -> None:
    """Remove topics with all they hold; returns when they are gone, and does nothing where they are."""
    admin = KafkaAdminClient(bootstrap_servers=address)
    there = sorted(set(topics).intersection(admin.list_topics()))
    if there:
        admin.delete_topics(there)
    end = monotonic() + PATIENCE_SECONDS
    while set(topics).intersection(admin.list_topics()):
        assert monotonic() < end, "they were never removed"
    admin.close()


def read(address: str, topic: str, *, until: Iterable[tuple[int, int]] = (), settled: bool = False) -> list[Message]:
    """All messages of a topic, partition by partition in their order; waits until these places are among them.

    `settled`: waits for the marks of transactions too. A broker answers that one is committed before its marks are on
    all partitions, and shows nothing behind a mark that is missing; one that nobody ends would be waited for in vain.
    """
    consumer: Any = KafkaConsumer(
        bootstrap_servers=address,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        consumer.assign(partitions)
        awaited, found, end = set(until), list[Message](), monotonic() + PATIENCE_SECONDS
        written = _ends(address, partitions) if settled else {}
        while settled and consumer.end_offsets(partitions) != written:
            assert monotonic() < end, "a transaction never ended"
        while awaited or any(consumer.position(at) < last for at, last in consumer.end_offsets(partitions).items()):
            assert monotonic() < end, f"{len(awaited)} events were never published"
            for at, records in consumer.poll(timeout_ms=500).items():
                found += [
                    Message(at.partition, told.key, told.value, dict(told.headers), told.timestamp) for told in records
                ]
            awaited -= {message.place for message in found} if awaited else set()
    finally:
        consumer.close()
    return sorted(found, key=lambda message: message.partition)


def _ends(address: str, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
    """How far these are written, whether or not that is committed."""
    consumer: Any = KafkaConsumer(bootstrap_servers=address)
    try:
        ends: Mapping[TopicPartition, int] = consumer.end_offsets(partitions)
        return ends
    finally:
        consumer.close()


def eventually_read(address: str, topic: str, condition: Callable[[list[Message]], bool]) -> list[Message]:
    """All messages of a topic, once they are as they shall be."""
    end = monotonic() + PATIENCE_SECONDS
    while not condition(found := read(address, topic)):
        assert monotonic() < end, "it was never published"
    return found


def first_copies(messages: Sequence[Message]) -> list[Message]:
    """What a reader keeps who drops, on each partition, whatever is not above the highest position seen of its shard.

    Anything that came out of order is lost to that reader.
    """
    kept = []
    for _, on_one in groupby(messages, key=lambda message: message.partition):
        highest: dict[int, int] = {}
        for message in on_one:
            shard, position = message.place
            if position > highest.get(shard, 0):
                highest[shard] = position
                kept.append(message)
    return kept
