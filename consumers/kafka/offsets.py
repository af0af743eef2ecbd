"""How far the messages of each partition are settled: kept in the journal's database, moved on by compare-and-set.

A member of the group that lost a partition does not know it yet: what it still holds must have no effect. Who finds the
place moved on by another rolls everything back.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from replay.tables import kafka_offsets


class Fenced(Exception):
    """Another member has settled messages of this partition meanwhile: nothing of this batch may be stored."""


class Partition(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int


class Move(NamedTuple):
    """From the place that was found, None where there was none, to the next offset to be read."""

    found: int | None
    next_offset: int


def places(connection: Connection, partitions: Collection[Partition]) -> dict[Partition, int]:
    """The next offset of each of these partitions that was ever read."""
    topics = {partition.topic for partition in partitions}
    rows = connection.execute(select(kafka_offsets).where(kafka_offsets.c.topic.in_(topics)))
    known = {Partition(topic, partition): next_offset for topic, partition, next_offset in rows}
    return {partition: known[partition] for partition in partitions if partition in known}


_FIRST = text(
    "INSERT INTO kafka_offsets (topic, partition, next_offset) VALUES (:topic, :partition, :next_offset)"
    " ON CONFLICT DO NOTHING"
)
_NEXT = text(
    "UPDATE kafka_offsets SET next_offset = :next_offset"
    " WHERE topic = :topic AND partition = :partition AND next_offset = :found"
)


def move(connection: Connection, moves: Mapping[Partition, Move]) -> None:
    """Move these places on, in the caller's transaction. Raises Fenced where one is not where it was found."""
    # In one order, so that two members never wait for each other.
    for partition, told in sorted(moves.items()):
        statement = _FIRST if told.found is None else _NEXT
        values = partition._asdict() | told._asdict()
        if told.found is None:
            del values["found"]
        if connection.execute(statement, values).rowcount != 1:
            raise Fenced(f"{partition.topic}, partition {partition.partition}: another member has read on")
