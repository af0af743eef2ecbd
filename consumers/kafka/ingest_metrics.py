"""What became of messages, and how far a member of the group is behind on its partitions: told as metrics."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from time import time
from typing import Any

from kafka import TopicPartition

from replay.metrics import (
    INGEST_BATCH_MESSAGES,
    INGEST_BATCH_SECONDS,
    INGEST_LAG_MESSAGES,
    INGEST_LAG_SECONDS,
    INGEST_MESSAGES,
    INGEST_PARKED,
)


def tell_settled(
    topic: str, statuses: Sequence[str], refused: Sequence[str], not_taken: Sequence[str], seconds: float
) -> dict[str, Any]:
    """Count a batch: what the journal made of its facts, and the codes of what parked, because the journal was not even
    told or because it did not take it.

    Returns the same as fields of a line in the log.
    """
    counts, codes = Counter(statuses), Counter([*refused, *not_taken])
    if refused:
        counts["refused"] = len(refused)
    for status, count in counts.items():
        INGEST_MESSAGES.labels(topic, status).inc(count)
    for code, count in codes.items():
        INGEST_PARKED.labels(code).inc(count)
    messages = len(statuses) + len(refused)
    INGEST_BATCH_MESSAGES.observe(messages)
    INGEST_BATCH_SECONDS.observe(seconds)
    return {"messages": messages, **counts, "parked": dict(codes), "duration_seconds": round(seconds, 6)}


class IngestLag:
    """Told by the thread that reads, and read by whoever is asked for metrics.

    The age grows by itself: also a member that hangs is seen to fall behind.
    """

    def __init__(self) -> None:
        self._oldest: dict[TopicPartition, float | None] = {}
        """When the oldest message that is not settled came, in seconds since 1970; None: all are settled."""

    def polled(self, batch: Mapping[TopicPartition, Sequence[Any]]) -> None:
        """These messages are in hand."""
        for partition, messages in batch.items():
            self._is_behind(partition, len(messages), _came_at(messages[0]))

    def settled(self, batch: Mapping[TopicPartition, Sequence[Any]]) -> None:
        """These messages are settled; the next one is no older than the last of them."""
        for partition, messages in batch.items():
            self._oldest[partition] = _came_at(messages[-1])

    def tell(self, partition: TopicPartition, messages: int) -> None:
        """So many messages of a partition are not settled."""
        self._is_behind(partition, messages, self._oldest.get(partition) if messages else None)

    def keep(self, partitions: Collection[TopicPartition]) -> None:
        """Only these are the member's: of the others another tells."""
        for partition in self._oldest.keys() - set(partitions):
            del self._oldest[partition]
            for gauge in (INGEST_LAG_MESSAGES, INGEST_LAG_SECONDS):
                gauge.remove(*partition)

    def _is_behind(self, partition: TopicPartition, messages: int, since: float | None) -> None:
        known = partition in self._oldest
        self._oldest[partition] = (since or time()) if messages else None
        INGEST_LAG_MESSAGES.labels(*partition).set(messages)
        if not known:
            INGEST_LAG_SECONDS.labels(*partition).set_function(partial(self._age, partition))

    def _age(self, partition: TopicPartition) -> float:
        oldest = self._oldest.get(partition)
        return 0.0 if oldest is None else max(0.0, time() - oldest)


def _came_at(message: Any) -> float | None:
    """By its time stamp in Kafka; None where it bears none."""
    stamp: int | None = message.timestamp
    return stamp / 1000 if stamp is not None and stamp >= 0 else None
