"""Everybody's journey as it is now, published: the newest of each person stands, by compaction.

A publisher follows the journal to find whom something happened to, compares their rows with the digest of what the
topic has, and sends what differs: a journey under the root of each person, a tombstone under every other pseudonym that
had one. A replay is silent while it builds. Once it has switched, everybody is compared, and what is the same is not
sent again.

For readers the newest message counts, so one publisher must never send after another what it read before it. Hence the
transactional id: who connects fences all others, and reads only then.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Connection

from consumers.kafka.open_event import Headers
from consumers.kafka.outbox import SENT_TWICE, Outbox, log
from consumers.kafka.sending import Outgoing
from consumers.kafka.topics import JOURNEYS
from domain.journey import VERSION_1
from projections.current_journey import current_journey
from projections.journey import journey
from replay import generations, outboxes, published_journeys
from replay.generations import Generation
from replay.journal import Journal

BATCH = 1_000
"""Events followed, or people compared, a step."""
CONTENT_TYPE = b"application/json; charset=UTF-8"


class _Looked(NamedTuple):
    """What one snapshot of the database says of some people."""

    generation: int
    rows_reached: Mapping[int, int]
    """How far the rows have come, by shard."""
    values: Mapping[UUID, bytes | None]
    """The journeys that the topic does not have as they are; None where it has one of somebody who has none."""
    size: int
    """Of events that were followed, or of people who were compared."""
    reached: Mapping[int, int]
    """How far the journal is followed once these are sent, by shard."""
    compared_to: UUID | None = None
    """The last of the people compared, where more are left."""
    is_compared: bool = False
    """Whether these were the last that were left of a generation."""
    marks: Mapping[UUID, str] = {}
    """Of those who were looked at because their rows were written anew."""


class PublishJourneys(Outbox):
    """Publishes everybody's journey as the live rows have it. Several may run: one of them publishes."""

    def __init__(
        self, journal: Journal, servers: str, *, topic: str = JOURNEYS, batch: int = BATCH, **told: Any
    ) -> None:
        super().__init__(journal, servers, topic, transactional_id=f"majung.{topic}", **told)
        self._batch = batch
        self._compared_to: dict[int, UUID] = {}
        """How far a generation was compared: after a kill it is compared anew, and what is the same is not sent."""

    def step(self) -> int:
        """Follow the next events, or compare the next people; returns how many, 0 where all is published.

        Raises NotPublished, TopicMissing, ReadModelOutdated, and what the database raises.
        """
        if not self._is_due():
            return 0
        # Before anything is read of what is sent: see above.
        self._sender.connected()
        with self._database.write() as connection:
            now = self._clock()
            if not outboxes.claim(connection, self._topic, self._name, now=now, until=now + self._claim):
                return 0
        with self._database.read() as connection:
            looked = self._look(connection)
        headers = headers_of(generation=looked.generation, rows_reached=looked.rows_reached)
        self._send_all([Outgoing(_key(person), value, headers) for person, value in looked.values.items()])
        return self._noted(looked)

    def _is_due(self) -> bool:
        with self._database.read() as connection:
            standing = outboxes.standing(connection, self._topic)
            [live] = generations.live(connection, [journey])
            after = published_journeys.topic_reached(connection, self._topic)
            until = published_journeys.rows_reached(connection, live)
            again = published_journeys.to_look_at(connection, 1)
        behind = any(after.get(shard, 0) < end for shard, end in until.items())
        due = behind or again or standing.generation != live.number
        return bool(due) and standing.is_open_to(self._name, self._clock())

    def _look(self, connection: Connection) -> _Looked:
        [live] = generations.live(connection, [journey])
        if outboxes.standing(connection, self._topic).generation == live.number:
            return self._follow(connection, live)
        return self._compare(connection, live)

    def _follow(self, connection: Connection, live: Generation) -> _Looked:
        until = published_journeys.rows_reached(connection, live)
        after = published_journeys.topic_reached(connection, self._topic)
        found = published_journeys.touched(connection, after, until, self._batch)
        marks = published_journeys.to_look_at(connection, self._batch)
        people = published_journeys.with_linked(connection, self._journal.reader, found.people | marks.keys())
        values = self._differing(connection, live, people)
        size = found.events + len(marks)
        return _Looked(live.number, until, values, size, found.reached, marks=marks)

    def _compare(self, connection: Connection, live: Generation) -> _Looked:
        until = published_journeys.rows_reached(connection, live)
        after = published_journeys.topic_reached(connection, self._topic)
        begun = self._compared_to.get(live.number)
        people = published_journeys.next_people(connection, self._topic, live, begun, self._batch)
        # The first time there is nothing before to follow; rows that were switched back to may be behind the topic.
        reached = {shard: min(after.get(shard, end), end) for shard, end in until.items()}
        values = self._differing(connection, live, people)
        more = len(people) == self._batch
        return _Looked(live.number, until, values, len(people), reached, people[-1] if more else None, not more)

    def _differing(self, connection: Connection, live: Generation, people: Iterable[UUID]) -> dict[UUID, bytes | None]:
        people = set(people)
        sent = published_journeys.sent_digests(connection, self._topic, people)
        values: dict[UUID, bytes | None] = dict.fromkeys(sent)
        for person, rows in published_journeys.journeys(connection, live, people).items():
            values[person] = current_journey(rows).model_dump_json().encode()
        return {person: value for person, value in values.items() if _digest(value) != sent.get(person)}

    def _noted(self, looked: _Looked) -> int:
        with self._database.write() as connection:
            if not outboxes.still_held(connection, self._topic, self._name):
                log.warning(SENT_TWICE, extra={"topic": self._topic})
                return 0
            digests = {person: _digest(value) for person, value in looked.values.items()}
            published_journeys.note(connection, self._topic, digests)
            published_journeys.reach(connection, self._topic, looked.reached)
            published_journeys.looked_at(connection, looked.marks)
            if looked.is_compared:
                outboxes.compared(connection, self._topic, looked.generation)
            if looked.compared_to is None and looked.size < self._batch:
                outboxes.release(connection, self._topic, self._name)
        self._compared_to = {} if looked.compared_to is None else {looked.generation: looked.compared_to}
        # Whoever had nobody to compare goes on with what was recorded meanwhile.
        return max(1, looked.size)

    def _release(self, connection: Connection) -> None:
        outboxes.release(connection, self._topic, self._name)


def _key(person: UUID) -> bytes:
    return str(person).encode()


def _digest(value: bytes | None) -> bytes | None:
    return None if value is None else sha256(value).digest()


def headers_of(*, generation: int, rows_reached: Mapping[int, int]) -> Headers:
    """What the journeys rest on: rules, generation of the rows, and how far these had come in each shard."""
    return [
        ("content-type", CONTENT_TYPE),
        ("rule_version", VERSION_1.version.encode()),
        ("generation", b"%d" % generation),
        ("positions", orjson.dumps([position for _, position in sorted(rows_reached.items())])),
    ]
