"""A topic of a test's own on the real broker: messages go in, and what was settled of it can be asked."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any, Self
from uuid import UUID, uuid4

import orjson
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from consumers.kafka.ingest import Ingest
from consumers.kafka.offsets import Partition, places
from domain.cloud_events import cloud_event
from domain.touchpoint import Touchpoint
from replay.journal import Journal
from tests.consumers.kafka.reading import remove

STRUCTURED = [("content-type", b"application/cloudevents+json")]
PATIENCE_STEPS = 400
"""Each waits half a second at most: enough for a machine with much else to do, and an end for what never comes."""
QUICK = {"session_timeout_ms": 6_000, "heartbeat_interval_ms": 1_000}
"""For members that are killed: the shortest session that any broker takes unless told otherwise."""


class Topic:
    """A new topic with so many partitions; `options` are those of its producer. Use it as a context manager."""

    def __init__(self, address: str, partitions: int = 3, **options: Any) -> None:
        self.address = address
        self.name = f"touchpoints.{uuid4().hex[:12]}"
        self.partitions = [TopicPartition(self.name, number) for number in range(partitions)]
        admin = KafkaAdminClient(bootstrap_servers=address)
        admin.create_topics([NewTopic(self.name, partitions, 1)])
        admin.close()
        self._producer: Any = KafkaProducer(bootstrap_servers=address, linger_ms=5, **options)
        self._has_begun = False

    def tell(self, *events: Touchpoint) -> None:
        """Send touchpoints as a producer does, and wait until the broker has them."""
        for event in events:
            self.put(event)
        self.flush()

    def put(self, event: Touchpoint) -> None:
        """Send one touchpoint; it is there after a flush."""
        self.send(str(event.participant_id).encode(), orjson.dumps(cloud_event(event)))

    def send(
        self,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = tuple(STRUCTURED),
        partition: int | None = None,
    ) -> None:
        """Send any message; it is there after a flush."""
        self._producer.send(self.name, key=key, value=value, headers=list(headers), partition=partition)

    def flush(self) -> None:
        """Wait until the broker has everything, in good order."""
        self._producer.flush(timeout=60)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is sent in this block is there at its end; for a topic with a transactional producer."""
        if not self._has_begun:
            self._producer.init_transactions()
            self._has_begun = True
        self._producer.begin_transaction()
        yield
        self._producer.commit_transaction()

    @contextmanager
    def unread_by(self, member: Ingest) -> Iterator[None]:
        """Nothing of what is done meanwhile is fetched by a member before the block ends."""
        member._consumer.pause(*self.partitions)
        # Whatever it had asked the broker for is answered by then.
        member._consumer.poll(timeout_ms=100)
        yield
        member._consumer.resume(*self.partitions)

    def remove_before(self, offset: int) -> None:
        """Remove messages, as the broker does when their time is over."""
        admin = KafkaAdminClient(bootstrap_servers=self.address)
        admin.delete_records(dict.fromkeys(self.partitions, offset))
        admin.close()

    def make_anew(self) -> None:
        """Remove the topic with all it holds, and make one of the same name."""
        remove(self.address, self.name)
        admin = KafkaAdminClient(bootstrap_servers=self.address)
        admin.create_topics([NewTopic(self.name, len(self.partitions), 1)])
        admin.close()

    def ends(self) -> dict[Partition, int]:
        """The next offset of every partition that holds anything."""
        consumer = KafkaConsumer(bootstrap_servers=self.address)
        found = consumer.end_offsets(self.partitions)
        consumer.close()
        return {Partition(*partition): end for partition, end in found.items() if end}

    def member(self, journal: Journal, **options: Any) -> Ingest:
        """A member of the topic's own group."""
        return Ingest(journal, self.address, self.name, topic=self.name, **QUICK | options)

    def is_settled(self, journal: Journal, ends: dict[Partition, int]) -> bool:
        """Whether the database says that all of it was read."""
        with journal.database.read() as connection:
            return places(connection, ends) == ends

    def settle(self, journal: Journal, **options: Any) -> None:
        """Take all of it in, as a member that joins and leaves."""
        member = self.member(journal, **options)
        try:
            self.settle_with(member, journal)
        finally:
            member.close()

    def settle_with(self, member: Ingest, journal: Journal) -> None:
        """Let a member take all of it in."""
        ends = self.ends()
        for _ in range(PATIENCE_STEPS):
            if self.is_settled(journal, ends):
                return
            member.step()
        raise AssertionError("the messages were never settled")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._producer.close()


class Running:
    """A member in a thread of its own, as `majung work` runs it."""

    def __init__(self, member: Ingest) -> None:
        self.member = member
        self.stop = Event()
        self.failure: BaseException | None = None
        self._thread = Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.member.run(self.stop)
        except BaseException as failure:
            self.failure = failure

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()
        if self.failure is not None:
            raise self.failure


def eventually(condition: Callable[[], bool], seconds: float = 90) -> None:
    """Wait for something that a thread or a process brings about."""
    waiting = Event()
    for _ in range(int(seconds * 20)):
        if condition():
            return
        waiting.wait(0.05)
    raise AssertionError("it never came about")


def told_ids(events: Iterable[Touchpoint]) -> set[UUID]:
    """The ids of these events."""
    return {event.event_id for event in events}
