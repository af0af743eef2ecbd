"""Publishing what stands in the database, from where it stopped: what every topic that we write to has in common.

Nothing is sent beside a transaction: a part of the database is sent, and only once the broker has acknowledged is that
noted in the database. So each is sent at least once, in order, and what is killed in between goes on by itself.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from itertools import islice
from threading import Event
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    stop_when_event_set,
    wait_random_exponential,
)

from consumers.kafka.connecting import TopicOfAnotherJournal
from consumers.kafka.last_messages import LastMessage, last_messages
from consumers.kafka.sending import NotPublished, Outgoing, Sender
from replay.database import is_away
from replay.journal import Journal
from replay.metrics import RETRIES
from replay.recorder import now_in_utc
from replay.wake import Wake

log = logging.getLogger("majung.publish")

CLAIM = timedelta(seconds=60)
"""Longer than a step can take; after a publisher was killed, another waits for so long."""

SENT_TWICE = "another publisher has gone on meanwhile: some messages were sent twice"


class Outbox(ABC):
    """Publishes to one topic. Several may run: one of them publishes, the others wait for the end of its claim.

    `servers` are HOST:PORT, several separated by commas; `options` are kafka-python's, for the producer. Nothing
    connects before it is run or there is something to publish.
    """

    def __init__(
        self,
        journal: Journal,
        servers: str,
        topic: str,
        *,
        claim: timedelta = CLAIM,
        clock: Callable[[], datetime] = now_in_utc,
        transactional_id: str | None = None,
        **options: Any,
    ) -> None:
        self._journal = journal
        self._database = journal.database
        self._servers = servers
        self._topic = topic
        self._is_checked = False
        self._claim = claim
        self._clock = clock
        self._name = uuid4().hex
        self._stop = Event()
        self._sender = Sender(servers, topic, transactional_id=transactional_id, **options)

    @abstractmethod
    def step(self) -> int:
        """Publish the next part; returns how much of the database that was, 0 where all is published or others do it.

        Raises NotPublished, KafkaUnusable, and what the database raises.
        """

    @abstractmethod
    def _foreign(self, connection: Connection, last: Sequence[LastMessage]) -> str | None:
        """What of the last messages of the topic this database cannot have told; None where it may have told all."""

    @abstractmethod
    def _release(self, connection: Connection) -> None:
        """Give up what is claimed."""

    def run(self, stop: Event) -> None:
        """Publish until `stop` is set: asleep while there is nothing to do, woken by commits.

        While the broker or the database is away it is tried again, ever later up to half a minute. Raises
        KafkaUnusable.
        """
        self._stop = self._sender.stop = stop
        woken = Event()
        wake = Wake(self._database, woken.set)
        wake.start()
        try:
            # A topic that is missing, or not ours, is told at once, and not with the first event.
            self._retrying()(self._connected)
            while not stop.is_set():
                woken.clear()
                self._retrying()(self.catch_up, stop)
                woken.wait()
        finally:
            wake.stop()
            self.close()

    def catch_up(self, stop: Event | None = None) -> int:
        """Publish everything so far, as far as nobody else does; returns how much of the database that was."""
        done = 0
        while count := self.step():
            done += count
            if stop is not None and stop.is_set():
                break
        return done

    def close(self) -> None:
        """Give up what is claimed, and end the connections to the broker."""
        self._sender.end()
        try:
            with self._database.write() as connection:
                self._release(connection)
        except Exception as error:
            if not is_away(error):
                raise
            told = {"topic": self._topic, "error": type(error).__qualname__}
            log.warning("another publisher waits until the claim ends", extra=told)

    def _connected(self) -> None:
        """Connect where that is still to do, and see once that the topic is ours.

        Raises NotPublished, TopicMissing and TopicOfAnotherJournal.
        """
        self._sender.connected()
        if self._is_checked:
            return
        # Before the database is read: what another publisher of ours told by now is then there.
        last = list(last_messages(self._servers, self._topic))
        with self._database.read() as connection:
            foreign = self._foreign(connection, last)
        if foreign is not None:
            raise TopicOfAnotherJournal(self._topic, foreign)
        self._is_checked = True

    def _send_all(self, messages: Sequence[Outgoing]) -> None:
        sent = 0
        while sent < len(messages):
            sent += self._sender.send(islice(messages, sent, None))

    def _retrying(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, NotPublished) or is_away(error)),
            wait=wait_random_exponential(multiplier=0.5, max=30),
            sleep=sleep_using_event(self._stop),
            stop=stop_when_event_set(self._stop),
            before_sleep=self._begin_anew,
            retry_error_callback=lambda _: None,
        )

    def _begin_anew(self, attempt: RetryCallState) -> None:
        error = attempt.outcome.exception() if attempt.outcome else None
        kind = type(error).__qualname__
        RETRIES.labels("publish", kind).inc()
        told = {"topic": self._topic, "error": kind, "attempt": attempt.attempt_number}
        if isinstance(error, NotPublished):
            log.warning(str(error), extra=told)
            return
        # The kind only: a message may repeat the values of a row.
        log.warning("the database is waited for", extra=told)
        # Connections that a restarted server has cut would each fail once.
        self._database.close()


def run_all(outboxes: Sequence[Outbox], stop: Event) -> None:
    """Run these, each in a thread of its own, until `stop` is set, which any that fails does; then raise its error."""
    with ThreadPoolExecutor(len(outboxes), "majung-publish") as threads:
        runs = [threads.submit(outbox.run, stop) for outbox in outboxes]
        wait(runs, return_when=FIRST_EXCEPTION)
        stop.set()
    for run in runs:
        run.result()
