"""Publishing to a topic that follows rows: one publisher at a time claims it, reads what is to be told, and sends that.

What is sent is noted while the topic is still claimed, or not at all: then another has gone on and sends it once more.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from sqlalchemy import Connection

from consumers.kafka.outbox import SENT_TWICE, Outbox, log
from consumers.kafka.sending import Outgoing
from replay.messages import outboxes

Rows = TypeVar("Rows")


class Part(NamedTuple, Generic[Rows]):
    """What is published next."""

    rows: Rows
    """What was found in the database."""
    messages: Sequence[Outgoing]
    """What is told of it."""
    size: int
    """How much of the database it is."""


class FollowRows(Outbox, Generic[Rows]):
    """Publishes rows to one topic. Several may run: one of them publishes."""

    @abstractmethod
    def _is_due(self, connection: Connection) -> bool:
        """Whether there is anything to publish."""

    @abstractmethod
    def _read(self, connection: Connection, now: datetime) -> Part[Rows] | None:
        """The next part, from one snapshot; None where there is nothing to publish any more."""

    @abstractmethod
    def _note(self, connection: Connection, rows: Rows) -> bool:
        """Note that the broker has these; returns whether more is left."""

    def _begin(self) -> None:
        """The claim is new: another may have published since."""

    def _announce(self, rows: Rows) -> bool:
        """Note what has to be noted before anything is sent; False where another has claimed the topic since."""
        return True

    def step(self) -> int:
        """Publish the next part; returns how much of the database that was, 0 where all is published or others do it.

        Raises NotPublished, KafkaUnusable, ReadModelOutdated, and what the database raises.
        """
        with self._database.read() as connection:
            standing = outboxes.standing(connection, self._topic)
            if not self._is_due(connection):
                return 0
        if not standing.is_open_to(self._name, self._clock()):
            return 0
        # Before anything is read: who connects under a transactional id fences all others, and sends what is newer.
        self._connected()
        now = self._clock()
        with self._database.write() as connection:
            before = outboxes.claim(connection, self._topic, self._name, now=now, until=now + self._claim)
        if before is None:
            return 0
        if before.holder != self._name:
            self._begin()
        with self._database.read() as connection:
            part = self._read(connection, now)
        if part is None:
            self._while_claimed(self._release)
            return 0
        if not self._announce(part.rows):
            return 0
        self._send_all(part.messages)
        if not self._while_claimed(lambda connection: self._finish(connection, part)):
            log.warning(SENT_TWICE, extra={"topic": self._topic})
            return 0
        return part.size

    def _finish(self, connection: Connection, part: Part[Rows]) -> None:
        if not self._note(connection, part.rows):
            self._release(connection)

    def _while_claimed(self, note: Callable[[Connection], None]) -> bool:
        """Note something; False, and nothing noted, where another has claimed the topic since."""
        with self._database.write() as connection:
            if not outboxes.still_held(connection, self._topic, self._name):
                return False
            note(connection)
        return True

    def _release(self, connection: Connection) -> None:
        outboxes.release(connection, self._topic, self._name)
