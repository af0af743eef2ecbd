"""Touchpoints in from Kafka: each message has one effect, whatever is killed when.

One transaction holds a batch's facts, the messages of it that park, and the place in each partition up to which that
settles them. Kafka only tells which partitions are ours; where to read on stands in the database, and is looked up
whenever partitions are assigned and whenever anything went wrong.

While PostgreSQL records a batch the next one is read. That has no effect: whatever becomes of the first, what was read
ahead can be dropped, to be read again.
"""

import logging
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain
from operator import itemgetter
from threading import Event
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import (
    AuthorizationError,
    IllegalArgumentError,
    IllegalStateError,
    InvalidSessionTimeoutError,
    KafkaConfigurationError,
    KafkaError,
    SaslAuthenticationFailedError,
    UnsupportedCodecError,
)
from sqlalchemy import Connection
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_when_event_set, wait_exponential, wait_random

from consumers.kafka import header_names
from consumers.kafka.connecting import KafkaUnusable, TopicMissing, connect
from consumers.kafka.ingest_metrics import IngestLag, tell_settled
from consumers.kafka.messages import REFUSALS, pseudonym, read_message
from consumers.kafka.offsets import Fenced, Move, Partition, move, places
from consumers.kafka.topics import TOUCHPOINTS
from domain.intake import SKEW
from domain.touchpoint import Touchpoint
from replay.database import is_away
from replay.garbage import not_collecting
from replay.journal import Journal, Outcome
from replay.live.held import CannotBeFolded
from replay.meanwhile import meanwhile
from replay.messages.parked import ParkedFull, RawMessage, Room, ToPark, park
from replay.metrics import INGEST_PAUSED, INGEST_REBALANCES, RETRIES

log = logging.getLogger("majung.kafka.ingest")

BATCH = 2_000
"""The most messages of one transaction: on SQLite, of about 50 ms."""
CONFLICT = "conflict"
DOES_NOT_FOLD = "does-not-fold"
UNFORESEEN = "unforeseen"
_PLACE = itemgetter(*map(ToPark._fields.index, ("topic", "partition", "offset")))

_LONGEST_WAIT_SECONDS = 5.0
_POLL_SECONDS = 0.5
"""How long a poll waits for messages, and so how late a stop is noticed."""
_BROKER_SECONDS = 5.0
"""For so long the broker is waited for before the wait is told, and tried again."""
CONSUMER = {
    # What is fetched ahead of the batch in hand: the rest stays with the broker.
    "max_partition_fetch_bytes": 4 * 1024 * 1024,
    "fetch_max_bytes": 16 * 1024 * 1024,
    "bootstrap_timeout_ms": int(_BROKER_SECONDS * 1000),
    "reconnect_backoff_max_ms": 2_000,
}
"""kafka-python's options for the consumer, unless told otherwise."""
_FATAL = (
    AuthorizationError,
    IllegalArgumentError,
    IllegalStateError,
    InvalidSessionTimeoutError,
    KafkaConfigurationError,
    SaslAuthenticationFailedError,
    UnsupportedCodecError,
)
"""What no waiting mends."""


class _Batch(NamedTuple):
    """Messages that were polled and are not settled, and what was read of them so far."""

    messages: Mapping[TopicPartition, Sequence[Any]]
    now: datetime
    taken: list[Any]
    """Those that tell a touchpoint."""
    events: list[Touchpoint]
    """These touchpoints, in the same order."""
    refused: list[ToPark]
    """Those that tell none."""
    reading: Iterator[None]
    """Reads one message after the other."""


class Ingest(ConsumerRebalanceListener):  # type: ignore[misc]
    """A member of the consumer group that records what comes. Its methods are for one thread.

    Once `most_parked_bytes` wait for a decision nothing more parks, and a partition waits that holds what would.
    `options` are kafka-python's, for the consumer. Nothing connects before the first step.
    """

    def __init__(
        self,
        journal: Journal,
        bootstrap_servers: str,
        group_id: str,
        *,
        topic: str = TOUCHPOINTS,
        skew: timedelta = SKEW,
        batch: int = BATCH,
        most_parked_bytes: int = sys.maxsize,
        **options: Any,
    ) -> None:
        self._journal = journal
        self._room = Room(most_parked_bytes)
        self._topic = topic
        self._skew = skew
        self._options = (
            CONSUMER
            | options
            | {
                "bootstrap_servers": bootstrap_servers.split(","),
                "group_id": group_id,
                "max_poll_records": batch,
                # The places stand in the database; a place that the broker no longer has is told, and read on after.
                "enable_auto_commit": False,
                "auto_offset_reset": "earliest",
                # What a producer took back was never told.
                "isolation_level": "read_committed",
                "allow_auto_create_topics": False,
            }
        )
        self._consumer: Any = None
        self._stop = Event()
        self._assigned: deque[TopicPartition] = deque()
        """Those that the consumer's own thread was given, until this one has taken notice."""
        self._astray: set[TopicPartition] = set()
        """Paused, because where to read on has to be looked up first."""
        self._held_back: set[TopicPartition] = set()
        """What comes next in these is to park, and there was no room: until there is, they are not looked up."""
        self._look_for_room_at = 0.0
        """Not before then, where none was found."""
        self._places: dict[TopicPartition, int | None] = {}
        """What the database said, and what was written there since."""
        self._next: dict[TopicPartition, int] = {}
        """Where it is read on."""
        self._ahead: _Batch | None = None
        """What follows on the batch in hand and is read while that is recorded; the next step settles it, or it is
        dropped."""
        self._lag = IngestLag()
        self.is_waiting = False
        """Whether the broker or the database is away."""

    @property
    def partitions(self) -> frozenset[TopicPartition]:
        """Those that are this member's now."""
        consumer = self._consumer
        return frozenset(consumer.assignment()) if consumer is not None else frozenset()

    def run(self, stop: Event) -> None:
        """Take what comes until `stop` is set; the batch in hand is finished. Raises KafkaUnusable."""
        self._stop = stop
        try:
            while not stop.is_set():
                self.step()
        except KafkaError as error:
            raise KafkaUnusable(f"Kafka refuses ({type(error).__name__}): see what the broker logs of it") from error
        finally:
            self.close()

    def step(self) -> int:
        """Settle the messages of one poll in one transaction; returns how many, 0 where none came for a moment.

        While the broker or the database is away it is waited for, in the group and holding nothing. Raises
        TopicMissing, and what no waiting mends.
        """
        retrying = Retrying(
            retry=retry_if_exception(_passes),
            wait=wait_exponential(multiplier=0.1, max=_LONGEST_WAIT_SECONDS) + wait_random(0, 0.1),
            before_sleep=self._let_go,
            sleep=self._stay,
            stop=stop_when_event_set(self._stop),
            retry_error_callback=lambda _: 0,
        )
        settled: int = retrying(self._step)
        self.is_waiting = False
        return settled

    def close(self) -> None:
        """Leave the group."""
        consumer, self._consumer = self._consumer, None
        self._ahead = None
        self._lag.keep(())
        INGEST_PAUSED.set(0)
        if consumer is not None:
            with suppress(KafkaError):
                consumer.close(autocommit=False, timeout_ms=5_000)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """In the consumer's own thread: nothing is read of these until their places were looked up."""
        assigned = list(assigned)
        INGEST_REBALANCES.inc()
        for partition in assigned:
            self._next.pop(partition, None)
        self._consumer.pause(*assigned)
        self._assigned.extend(assigned)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """What is in hand of these is fenced by their places, or settled before others look them up."""

    def _step(self) -> int:
        consumer = self._joined()
        self._take_notice()
        if self._room.is_used_up and monotonic() >= self._look_for_room_at:
            self._look_for_room()
        if self._ahead is not None and not self._is_ours(self._ahead, consumer):
            self._drop_ahead()
        if self._astray:
            self._look_up(consumer)
        batch, self._ahead = self._ahead or self._polled(consumer, _POLL_SECONDS), None
        if batch is not None:
            self._lag.polled(batch.messages)
            try:
                with not_collecting():
                    self._settle(batch, consumer)
            except Fenced:
                RETRIES.labels("ingest", Fenced.__qualname__).inc()
                told = {"offsets": _offsets(batch.messages)}
                log.warning("another member has read on: the place is looked up", extra=told)
                self._stray(batch.messages)
                self._drop_ahead()
                return 0
            except ParkedFull as full:
                self._hold_back(batch.messages, full)
                self._drop_ahead()
                return 0
        self._tell_lag(consumer, self._ends(consumer, _BROKER_SECONDS) if self._held_back else None)
        return sum(map(len, batch.messages.values())) if batch is not None else 0

    def _polled(self, consumer: Any, seconds: float) -> _Batch | None:
        """The messages of one poll, to be read; None where none came in so many seconds."""
        polled = consumer.poll(timeout_ms=int(seconds * 1000))
        self._take_notice()
        anew = self._begun_anew(consumer, polled)
        messages = {found: some for found, some in polled.items() if found not in self._astray | anew}
        self._tell_of_gaps(consumer, messages)
        return self._to_read(messages) if messages else None

    def _is_ours(self, batch: _Batch, consumer: Any) -> bool:
        """Whether it goes on where its partitions are read, which nobody has taken from us or given us anew."""
        ours: set[TopicPartition] = consumer.assignment() - self._astray
        return batch.messages.keys() <= ours

    def _drop_ahead(self) -> None:
        """What was read ahead is read again, from where the database says."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            self._stray(ahead.messages)

    def _begun_anew(self, consumer: Any, polled: Mapping[TopicPartition, Sequence[Any]]) -> set[TopicPartition]:
        """Partitions that end before what was read of them: these are read from their beginning.

        The client goes back by itself, to where they end or to where they begin, and says nothing.
        """
        anew = set()
        for found in consumer.assignment() - self._astray:
            # One that was lost meanwhile has no place here.
            if (place := self._next.get(found)) is None:
                continue
            with suppress(IllegalStateError):
                at = polled[found][0].offset if found in polled else consumer.position(found)
                if at is not None and at < place:
                    anew.add(found)
        first = consumer.beginning_offsets(list(anew), timeout_ms=_BROKER_SECONDS * 1000) if anew else {}
        for found, beginning in first.items():
            _tell_of_gap(found, self._next.get(found), beginning, beginning)
            # Lost meanwhile, it is for another to read.
            with suppress(ValueError, KeyError, IllegalStateError):
                consumer.seek(found, beginning)
                self._next[found] = beginning
        return anew

    def _tell_of_gaps(self, consumer: Any, batch: Mapping[TopicPartition, Sequence[Any]]) -> None:
        """Of what the broker does not have any more, the client passes over to what there is, and says nothing."""
        # Marks of transactions have offsets too: whether messages are missing the broker knows.
        ahead = [found for found, messages in batch.items() if messages[0].offset > self._next.get(found, 0)]
        first = consumer.beginning_offsets(ahead, timeout_ms=_BROKER_SECONDS * 1000) if ahead else {}
        for found, beginning in first.items():
            _tell_of_gap(found, self._next.get(found), beginning, batch[found][0].offset)

    def _tell_lag(self, consumer: Any, ends: Mapping[TopicPartition, int] | None = None) -> None:
        """`ends` where they were asked for; else what came with the last answer of the broker."""
        ours = consumer.assignment()
        self._lag.keep(ours)
        for partition in ours:
            # Lost meanwhile, or not looked up yet, there is nothing to tell.
            with suppress(IllegalStateError):
                end = consumer.highwater(partition) if ends is None else ends.get(partition)
                place = self._places.get(partition) if partition in self._astray else consumer.position(partition)
                if self._ahead is not None and partition in self._ahead.messages:
                    place = self._ahead.messages[partition][0].offset
                if end is not None and place is not None:
                    self._lag.tell(partition, max(0, end - place))

    def _ends(self, consumer: Any, seconds: float) -> Mapping[TopicPartition, int]:
        """Of what is paused no end comes: what piles up meanwhile has to be asked for."""
        ours = list(consumer.assignment())
        found: Mapping[TopicPartition, int] = consumer.end_offsets(ours, timeout_ms=seconds * 1000)
        return found

    def _joined(self) -> Any:
        if self._consumer is None:
            header_names.read_any()
            consumer = connect(KafkaConsumer, **self._options)
            if not consumer.partitions_for_topic(self._topic):
                consumer.close(autocommit=False)
                raise TopicMissing(self._topic)
            self._consumer = consumer
            consumer.subscribe([self._topic], listener=self)
        return self._consumer

    def _take_notice(self) -> None:
        while self._assigned:
            self._astray.add(self._assigned.popleft())

    def _look_up(self, consumer: Any) -> None:
        """Read on where the database says; where it says nothing, at the beginning."""
        # Of a partition that we have no longer nothing is to be looked up.
        self._astray &= consumer.assignment()
        self._held_back &= consumer.assignment()
        INGEST_PAUSED.set(len(self._held_back))
        ours = sorted(self._astray - self._held_back if self._room.is_used_up else self._astray)
        if not ours:
            return
        with self._journal.database.read() as connection:
            found = places(connection, [Partition(*partition) for partition in ours])
        first = consumer.beginning_offsets(ours, timeout_ms=_BROKER_SECONDS * 1000)
        end = consumer.end_offsets(ours, timeout_ms=_BROKER_SECONDS * 1000)
        for partition in ours:
            place = found.get(Partition(*partition))
            _tell_of_gap(partition, place, first[partition], end[partition])
            # Lost again meanwhile, it is for another to read.
            with suppress(ValueError, KeyError, IllegalStateError):
                goes_on = place is not None and first[partition] <= place <= end[partition]
                self._next[partition] = place if place is not None and goes_on else first[partition]
                consumer.seek(partition, self._next[partition])
                self._places[partition] = place
                consumer.resume(partition)
            self._astray.discard(partition)

    def _settle(self, batch: _Batch, consumer: Any) -> None:
        moves = {
            Partition(*partition): Move(self._places[partition], messages[-1].offset + 1)
            for partition, messages in batch.messages.items()
        }

        def beside(connection: Connection, outcomes: Sequence[Outcome]) -> None:
            move(connection, moves)
            # In the order of their places, whatever is wrong with them.
            to_park = sorted([*batch.refused, *_not_taken(batch.taken, outcomes)], key=_PLACE)
            park(connection, self._journal.vault, to_park, batch.now, self._room)

        for partition in batch.messages:
            self._next[partition] = moves[Partition(*partition)].next_offset
        self._ahead = None if self._stop.is_set() else self._polled(consumer, 0)
        begun_at = monotonic()
        deque(batch.reading, maxlen=0)
        with meanwhile(self._ahead.reading if self._ahead is not None else iter(())):
            outcomes = self._journal.record(batch.events, beside=beside)
        for partition in batch.messages:
            self._places[partition] = moves[Partition(*partition)].next_offset
        self._held_back -= batch.messages.keys()
        INGEST_PAUSED.set(len(self._held_back))
        self._lag.settled(batch.messages)
        codes = [told.code for told in batch.refused]
        wrong = [found[0] for found in map(what_is_wrong, outcomes) if found is not None]
        statuses = [outcome.status for outcome in outcomes]
        told = tell_settled(self._topic, statuses, codes, wrong, monotonic() - begun_at)
        log.info("settled", extra=told | {"offsets": _offsets(batch.messages)})

    def _to_read(self, messages: Mapping[TopicPartition, Sequence[Any]]) -> _Batch:
        now = self._journal.clock()
        taken: list[Any] = []
        events: list[Touchpoint] = []
        refused: list[ToPark] = []

        def reading() -> Iterator[None]:
            for message in chain.from_iterable(messages.values()):
                try:
                    events.append(read_message(message, now=now, skew=self._skew))
                    taken.append(message)
                except REFUSALS as refusal:
                    refused.append(_to_park(message, refusal.code, str(refusal), pseudonym(message.key)))
                except Exception as error:
                    # Reading asks nobody anything: what fails is this message, which is not to stand in the way of
                    # others.
                    kind, who = type(error).__qualname__, pseudonym(message.key)
                    log.error("a message parks that fails to be read", extra={"error": kind} | _place_of(message))
                    refused.append(_to_park(message, UNFORESEEN, _FAILS_TO_BE_READ.format(kind), who))
                yield

        return _Batch(messages, now, taken, events, refused, reading())

    def _stray(self, partitions: Iterable[TopicPartition]) -> None:
        for partition in partitions:
            # One that was lost meanwhile cannot be paused, and is not ours to read.
            with suppress(KeyError):
                self._consumer.pause(partition)
            self._astray.add(partition)

    def _look_for_room(self) -> None:
        with self._journal.database.read() as connection:
            self._room.measure(connection)
        self._look_for_room_at = monotonic() + _LONGEST_WAIT_SECONDS if self._room.is_used_up else 0.0

    def _hold_back(self, batch: Iterable[TopicPartition], full: ParkedFull) -> None:
        """Nothing of the batch was stored. Partitions that hold what is to park wait, and the others are read again."""
        RETRIES.labels("ingest", ParkedFull.__qualname__).inc()
        self._stray(batch)
        holding = {found for found in batch if tuple(found) in full.partitions}
        if new := holding - self._held_back:
            numbers = sorted(found.partition for found in new)
            told = {"partitions": numbers, "waiting_bytes": self._room.waiting, "most_bytes": self._room.most}
            log.error("partitions wait, since too much is parked: see `majung parked list`", extra=told)
        self._held_back |= holding
        INGEST_PAUSED.set(len(self._held_back))

    def _let_go(self, attempt: RetryCallState) -> None:
        """What was polled is dropped, to be read again: memory stays bounded however long this takes."""
        self.is_waiting = True
        self._ahead = None
        error = attempt.outcome.exception() if attempt.outcome else None
        kind = type(error).__qualname__
        RETRIES.labels("ingest", kind).inc()
        told = {"error": kind, "attempt": attempt.attempt_number, "wait_seconds": attempt.upcoming_sleep}
        log.warning("the broker or the database is waited for", extra=told)
        if not isinstance(error, KafkaError):
            self._journal.give_back_connections()
        if self._consumer is not None:
            self._stray(self._consumer.assignment())

    def _stay(self, seconds: float) -> None:
        """Wait as a member of the group: who does not poll is put out of it."""
        until = monotonic() + seconds
        while not self._stop.is_set() and (left := until - monotonic()) > 0:
            if self._consumer is None:
                self._stop.wait(left)
                continue
            try:
                # Everything is paused, and what is assigned meanwhile too: nothing comes of this.
                self._consumer.poll(timeout_ms=int(min(left, _POLL_SECONDS) * 1000) + 1)
                self._tell_lag(self._consumer, self._ends(self._consumer, _POLL_SECONDS))
            except KafkaError:
                self._stop.wait(min(left, _POLL_SECONDS))


def _passes(error: BaseException) -> bool:
    """Whether waiting may mend it: a broker or a database that is away, busy or full."""
    if isinstance(error, KafkaError):
        return not isinstance(error, _FATAL)
    return is_away(error)


def _tell_of_gap(partition: TopicPartition, place: int | None, first: int, end: int) -> None:
    if place is None:
        return
    where = partition._asdict()
    if place < first:
        log.error("the broker removed messages before they were read", extra=where | {"messages": first - place})
    elif place > end:
        log.error("a partition ends before the place that was read: it is read from its beginning", extra=where)


def _offsets(batch: Mapping[TopicPartition, Sequence[Any]]) -> dict[str, str]:
    """The first and the last of each partition: what names a batch."""
    return {
        str(partition.partition): f"{messages[0].offset}-{messages[-1].offset}" for partition, messages in batch.items()
    }


_FAILS_TO_BE_READ = (
    "reading it fails with {}, which is Majung's fault: report it, and tell it again with a release that reads it"
)


def _place_of(message: Any) -> dict[str, Any]:
    return {"topic": message.topic, "partition": message.partition, "offset": message.offset}


def _to_park(message: Any, code: str, why: str, person: UUID | None, event_id: UUID | None = None) -> ToPark:
    raw = RawMessage(message.key, message.value, message.headers)
    return ToPark(message.topic, message.partition, message.offset, code, why, raw, person, event_id)


def _not_taken(messages: Sequence[Any], outcomes: Sequence[Outcome]) -> Iterator[ToPark]:
    """Those whose event is recorded with other content, or can be neither compared nor sealed."""
    for message, outcome in zip(messages, outcomes, strict=True):
        if (wrong := what_is_wrong(outcome)) is not None:
            yield _to_park(message, *wrong, outcome.event.participant_id, outcome.event_id)


def what_is_wrong(outcome: Outcome) -> tuple[str, str] | None:
    """The code under which the message of an outcome parks, and what to do about it; None: nothing is wrong."""
    if outcome.status == "conflict":
        return CONFLICT, (
            f"{outcome.event.stored_as} with this id was told before and differs in {', '.join(outcome.differing)}:"
            " correct it with a touchpoint-corrected event, or give it an id of its own"
        )
    if outcome.cause is not None:
        return DOES_NOT_FOLD, str(CannotBeFolded(outcome.cause))
    return None
