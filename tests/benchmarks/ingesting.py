"""Taking messages in from a real broker, against a bare poll loop that only counts the very same messages."""

from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from typing import Any

from kafka import KafkaConsumer

from consumers.kafka.ingest import BATCH, CONSUMER, Ingest
from replay.journal import Journal
from tests.benchmarks.events import realistic
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Goal, Measured, Spent, speed, take_turns
from tests.benchmarks.process import Process
from tests.benchmarks.sizes import Sizes
from tests.brokers import broker
from tests.consumers.kafka.topics import Topic

PARTITIONS = 6


def ingest(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """From the broker to durable facts and offsets: polled, parsed, checked, sealed, recorded.

    Both have joined their groups before the messages are sent, and fetch with the same settings.
    """
    journal, spent = ground.journal(), []
    told = realistic(sizes.messages * sizes.pairs)
    with broker() as kafka:
        for _ in range(sizes.pairs):
            with Topic(kafka.address, PARTITIONS) as topic:
                spent.append(_pair(journal, topic, list(islice(told, sizes.messages))))
    yield speed("ingest / bare poll loop", ground.database, spent, sizes.messages, Goal(0.3))


def members(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """Two members of a group, each in a process of its own, against one, and against a bare poll loop."""
    journal, told = ground.journal(), realistic(2 * sizes.messages * sizes.pairs)
    spent: list[list[Spent]] = []
    with broker() as kafka:
        for _ in range(sizes.pairs):
            with Topic(kafka.address, PARTITIONS) as one, Topic(kafka.address, PARTITIONS) as two:
                bare = _bare(two)
                sides = [_joined(ground, journal, topic, count) for topic, count in ((two, 2), (one, 1))]
                while not bare.assignment():
                    bare.poll(timeout_ms=100)
                bare.poll(timeout_ms=100)
                for topic in (two, one):
                    topic.tell(*islice(told, sizes.messages))
                ways = [partial(_settle, side, sizes.messages) for side in sides]
                spent.append(take_turns(*([way] for way in (*ways, partial(_count, bare, sizes.messages)))))
                bare.close()
                for process in chain.from_iterable(sides):
                    process.end()
    for case, yardstick in (("ingest by 2 members / by 1", 1), ("ingest by 2 members / bare poll loop", 2)):
        turns = [(turn[0].wall / sizes.messages * 1e6, turn[yardstick].wall / sizes.messages * 1e6) for turn in spent]
        yield Measured(case, ground.database, turns, None)


def _joined(ground: Ground, journal: Journal, topic: Topic, count: int) -> list[Process]:
    arguments = topic.address, topic.name, str(PARTITIONS // count)
    crew = [Process("tests.benchmarks.one_member", journal, ground, *arguments) for _ in range(count)]
    assert {process.answer() for process in crew} == {"ready"}
    return crew


def _settle(crew: list[Process], count: int) -> None:
    for process in crew:
        process.begin()
    assert sum(int(process.answer()) for process in crew) == count


def _pair(journal: Journal, topic: Topic, events: list[Any]) -> list[Spent]:
    member, bare = topic.member(journal, batch=BATCH), _bare(topic)
    while member.partitions != set(topic.partitions) or not bare.assignment():
        member.step()
        bare.poll(timeout_ms=100)
    # Once more: where to read on is looked up, and both wait for what comes.
    member.step()
    bare.poll(timeout_ms=100)
    topic.tell(*events)
    try:
        return take_turns([partial(_take, member, len(events))], [partial(_count, bare, len(events))])
    finally:
        member.close()
        bare.close()


def _bare(topic: Topic) -> Any:
    bare = KafkaConsumer(
        **CONSUMER,
        bootstrap_servers=topic.address,
        group_id=f"{topic.name}.bare",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=BATCH,
    )
    bare.subscribe([topic.name])
    return bare


def _take(member: Ingest, count: int) -> None:
    while count > 0:
        count -= member.step()


def _count(bare: Any, count: int) -> None:
    while count > 0:
        count -= sum(map(len, bare.poll(timeout_ms=500).values()))
