"""Everybody's journey as it is now, published: the newest of each person stands, by compaction.

A publisher follows the journal to find whom something happened to, compares their rows with the digest of what the
topic has, and sends what differs: a journey under the root of each person, a tombstone under every other pseudonym that
had one. Before it sends, it notes of each that the topic may have anything: whoever is killed in between has the next
one send of them again, whatever became of them meanwhile. A replay is silent while it builds. Once it has switched,
everybody is compared, and what is the same is not sent again.

For readers the newest message counts, so one publisher must never send after another what it read before it. Hence the
transactional id: who connects fences all others, and reads only then.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Connection

from consumers.kafka.follow_rows import FollowRows, Part
from consumers.kafka.last_messages import LastMessage
from consumers.kafka.open_event import Headers
from consumers.kafka.sending import Outgoing
from consumers.kafka.topics import JOURNEYS
from domain.journey import VERSION_1
from projections.current_journey import current_journey
from projections.journey import journey
from replay.journal import Journal
from replay.live import generations
from replay.live.generations import Generation
from replay.messages import outboxes, published_journeys

BATCH = 1_000
"""Events followed, or people compared, a step."""
UNSURE = b""
"""In place of a digest: what the topic has is not known. It is like no digest, and like no tombstone."""
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
    follows: bool = False
    """Whether events were followed, and not people compared."""
    marks: Mapping[UUID, str] = {}
    """Of those who were looked at because their rows were written anew."""


class PublishJourneys(FollowRows[_Looked]):
    """Publishes everybody's journey as the live rows have it; a step follows or compares so many of them."""

    def __init__(
        self, journal: Journal, servers: str, *, topic: str = JOURNEYS, batch: int = BATCH, **told: Any
    ) -> None:
        super().__init__(journal, servers, topic, transactional_id=f"majung.{topic}", **told)
        self._batch = batch
        self._compared_to: dict[int, UUID] = {}
        """How far a generation was compared under this claim. Under another, everybody is compared anew, and what is
        the same is not sent.
        """

    def _is_due(self, connection: Connection) -> bool:
        serving = _serving(connection)
        if serving is None:
            return False
        if outboxes.standing(connection, self._topic).generation != serving.number:
            return True
        after = published_journeys.topic_reached(connection, self._topic)
        until = published_journeys.rows_reached(connection, serving)
        behind = any(after.get(shard, 0) < end for shard, end in until.items())
        return behind or bool(published_journeys.to_look_at(connection, 1))

    def _read(self, connection: Connection, now: datetime) -> Part[_Looked] | None:
        serving = _serving(connection)
        if serving is None:
            return None
        follows = outboxes.standing(connection, self._topic).generation == serving.number
        looked = self._follow(connection, serving) if follows else self._compare(connection, serving)
        headers = headers_of(generation=looked.generation, rows_reached=looked.rows_reached)
        messages = [Outgoing(_key(person), value, headers) for person, value in looked.values.items()]
        # Whoever had nobody to compare goes on with what was recorded meanwhile.
        return Part(looked, messages, max(1, looked.size))

    def _follow(self, connection: Connection, serving: Generation) -> _Looked:
        until = published_journeys.rows_reached(connection, serving)
        after = published_journeys.topic_reached(connection, self._topic)
        found = published_journeys.touched(connection, after, until, self._batch)
        marks = published_journeys.to_look_at(connection, self._batch)
        people = published_journeys.with_linked(connection, self._journal.reader, found.people | marks.keys())
        values = self._differing(connection, serving, people)
        size = found.events + len(marks)
        return _Looked(serving.number, until, values, size, found.reached, follows=True, marks=marks)

    def _compare(self, connection: Connection, serving: Generation) -> _Looked:
        until = published_journeys.rows_reached(connection, serving)
        after = published_journeys.topic_reached(connection, self._topic)
        begun = self._compared_to.get(serving.number)
        people = published_journeys.next_people(connection, self._topic, serving, begun, self._batch)
        # The first time there is nothing before to follow; rows that were switched back to may be behind the topic.
        reached = {shard: min(after.get(shard, end), end) for shard, end in until.items()}
        values = self._differing(connection, serving, people)
        more = len(people) == self._batch
        return _Looked(serving.number, until, values, len(people), reached, people[-1] if more else None, not more)

    def _differing(
        self, connection: Connection, serving: Generation, people: Iterable[UUID]
    ) -> dict[UUID, bytes | None]:
        people = set(people)
        sent = published_journeys.sent_digests(connection, self._topic, people)
        values: dict[UUID, bytes | None] = dict.fromkeys(sent)
        for person, rows in published_journeys.journeys(connection, serving, people).items():
            values[person] = current_journey(rows).model_dump_json().encode()
        return {person: value for person, value in values.items() if _digest(value) != sent.get(person)}

    def _foreign(self, connection: Connection, last: Sequence[LastMessage]) -> str | None:
        heads = published_journeys.heads_of(connection)
        for message in last:
            for shard, position in enumerate(_positions_in(message.headers)):
                if position > heads.get(shard, 0):
                    return f"journeys as of position {position:,} of shard {shard}"
        return None

    def _begin(self) -> None:
        self._compared_to = {}

    def _announce(self, rows: _Looked) -> bool:
        def announced(connection: Connection) -> None:
            published_journeys.note(connection, self._topic, dict.fromkeys(rows.values, UNSURE))
            if not rows.follows:
                # Should other rows serve before all are compared, they are compared with what is sent now.
                outboxes.compared(connection, self._topic, None)

        return not rows.values or self._while_claimed(announced)

    def _note(self, connection: Connection, rows: _Looked) -> bool:
        published_journeys.note(connection, self._topic, {own: _digest(value) for own, value in rows.values.items()})
        published_journeys.reach(connection, self._topic, rows.reached)
        published_journeys.looked_at(connection, rows.marks)
        if rows.is_compared:
            outboxes.compared(connection, self._topic, rows.generation)
        self._compared_to = {} if rows.compared_to is None else {rows.generation: rows.compared_to}
        return rows.compared_to is not None or rows.size >= self._batch


def _serving(connection: Connection) -> Generation | None:
    """The rows that serve; None where they are of another release, whose publisher sees to them."""
    [own] = generations.live(connection, [journey])
    serving = generations.serving(connection, journey)
    return own if serving is not None and serving.number == own.number else None


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


def _positions_in(headers: Mapping[str, bytes]) -> list[int]:
    """How far the rows of a message had come; nothing of what is none of ours."""
    try:
        return [int(position) for position in orjson.loads(headers["positions"])]
    except (KeyError, ValueError, TypeError):
        return []
