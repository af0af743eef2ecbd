"""Brokers and databases go away, members come and go: every message still has one effect."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from kafka import TopicPartition
from sqlalchemy import func, select

from consumers.kafka.ingest import Ingest
from domain.touchpoint import Touchpoint
from replay.database import Database
from replay.journal import Journal
from replay.schema import upgrade
from replay.tables import journal as stored
from replay.vault import Vault
from tests.brokers import Broker
from tests.conftest import MASTER_KEY
from tests.consumers.kafka.test_ingest import touchpoints
from tests.consumers.kafka.topics import Running, Topic, eventually, told_ids
from tests.servers import fresh_database, postgres, stopped


@pytest.fixture
def topic(kafka: Broker) -> Iterator[Topic]:
    with Topic(kafka.address) as topic:
        yield topic


def settled(topic: Topic, journal: Journal) -> None:
    ends = topic.ends()
    eventually(lambda: topic.is_settled(journal, ends))


def each_once(journal: Journal, events: list[Touchpoint]) -> None:
    with journal.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(stored)) == len(events)
    assert {event.event_id for event in journal.find(told_ids(events))} == told_ids(events)


def are_shared(topic: Topic, first: Ingest, second: Ingest) -> bool:
    """Whether both have some, each of them one's own."""
    one, other = first.partitions, second.partitions
    return bool(one and other) and not one & other and one | other == set(topic.partitions)


def test_members_join_and_leave(journal: Journal, topic: Topic) -> None:
    events = touchpoints(90)
    first, second = topic.member(journal, batch=5), topic.member(journal, batch=5)
    with Running(first):
        topic.tell(*events[:30])
        with Running(second):
            eventually(lambda: are_shared(topic, first, second))
            topic.tell(*events[30:60])
            settled(topic, journal)
        eventually(lambda: first.partitions == set(topic.partitions))
        topic.tell(*events[60:])
        settled(topic, journal)
    each_once(journal, events)


def test_a_stop_finishes_the_batch_and_leaves_the_group(journal: Journal, topic: Topic) -> None:
    events = touchpoints(40)
    topic.tell(*events)
    with Running(topic.member(journal, batch=3, session_timeout_ms=60_000)) as running:
        eventually(lambda: journal.head() > (0,))
    assert running.failure is None
    # Who had not left would keep its partitions for a minute.
    topic.settle(journal)
    each_once(journal, events)


class Member:
    """A member in a process of its own, and what it has told so far."""

    def __init__(self, process: subprocess.Popen[bytes], told: Path) -> None:
        self.process = process
        self._told = told

    @property
    def settled(self) -> int:
        """How many messages it has said are settled."""
        return sum(step[0] for step in self._steps())

    @property
    def partitions(self) -> set[int]:
        """Those that were its own after its last step."""
        steps = self._steps()
        return set(steps[-1][1:]) if steps else set()

    def _steps(self) -> list[list[int]]:
        # The last line may be told in part.
        return [[*map(int, line.split())] for line in self._told.read_text().splitlines(keepends=True) if "\n" in line]


@contextmanager
def member_apart(journal: Journal, topic: Topic, told: Path, *batches: int) -> Iterator[Member]:
    """One that is killed at the end of the block, or after so many batches by itself."""
    arguments = [journal.database.url, journal.vault.database.url, topic.address, topic.name, *map(str, batches)]
    command = [sys.executable, "-m", "tests.consumers.kafka.member", *arguments]
    with told.open("wb") as out, subprocess.Popen(command, stdout=out) as process:
        try:
            yield Member(process, told)
        finally:
            process.kill()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_member_that_is_killed_amid_its_messages_is_followed_by_another_of_its_group(
    journal: Journal, topic: Topic, tmp_path: Path
) -> None:
    """On PostgreSQL alone: there the transaction of who is killed stays open, its rows locked, until the server ends
    it; a file forgets it with the process. Who may read which partition the broker says on both."""
    events, everything = touchpoints(300), {partition.partition for partition in topic.partitions}

    def are_shared() -> bool:
        one, another = killed.partitions, other.partitions
        return bool(one and another) and not one & another and one | another == everything

    with (
        member_apart(journal, topic, tmp_path / "killed", 2) as killed,
        member_apart(journal, topic, tmp_path / "other") as other,
    ):
        eventually(are_shared)
        topic.tell(*events)
        assert killed.process.wait(60) == -signal.SIGKILL
        assert not topic.is_settled(journal, topic.ends())
        settled(topic, journal)
        eventually(lambda: killed.settled + other.settled >= len(events))
        assert other.partitions == everything
        # What anybody settled twice would count twice.
        assert killed.settled + other.settled == len(events)
    assert killed.settled > 0
    each_once(journal, events)


class Unforeseen(Exception):
    """What nobody has thought of."""


def test_what_nobody_foresaw_ends_the_member_and_loses_nothing_of_its_batch(
    journal: Journal, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = touchpoints(40)
    topic.tell(*events)
    member, batches = topic.member(journal, batch=6, session_timeout_ms=60_000), []
    record = journal.record

    def fail_at_the_third(*told: Any, beside: Any) -> Any:
        batches.append(told)

        def fail(*written: Any) -> None:
            beside(*written)
            raise Unforeseen

        return record(*told, beside=fail if len(batches) == 3 else beside)

    monkeypatch.setattr(journal, "record", fail_at_the_third)
    with pytest.raises(Unforeseen):
        member.run(Event())
    monkeypatch.undo()
    assert 0 < len(journal.find(told_ids(events))) < len(events)
    # Who had not left would keep its partitions for a minute.
    topic.settle(journal)
    each_once(journal, events)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_broker_that_ends_and_comes_back_loses_nothing(journal: Journal, kafka: Broker, topic: Topic) -> None:
    events = touchpoints(60)
    topic.tell(*events[:30])
    with Running(topic.member(journal, batch=4)):
        eventually(lambda: journal.head() > (0,))
        kafka.kill()
        kafka.start()
        topic.tell(*events[30:])
        settled(topic, journal)
    each_once(journal, events)


def paused(member: Ingest) -> set[TopicPartition]:
    return set(member._consumer.paused())


def fetched(member: Ingest) -> list[TopicPartition]:
    """The partition of each answer of the broker that its client has, and has not handed out."""
    fetcher = member._consumer._fetcher
    begun = [fetcher._next_partition_records] if fetcher._next_partition_records else []
    answers = [*fetcher._completed_fetches, *begun]
    kept = [*fetcher._paused_completed_fetches, *fetcher._paused_partition_records]
    return [*kept, *(answer.topic_partition for answer in answers)]


@contextmanager
def polls_counted(member: Ingest) -> Iterator[list[int]]:
    """How many messages each poll of the block brings."""
    counts: list[int] = []
    poll = member._consumer.poll

    def counting(**options: Any) -> Any:
        found = poll(**options)
        counts.append(sum(map(len, found.values())))
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(member._consumer, "poll", counting)
        yield counts


def test_a_database_that_ends_and_comes_back_loses_nothing(kafka: Broker, tmp_path: Path) -> None:
    if "MAJUNG_TEST_POSTGRES" in os.environ:
        pytest.skip("the server that MAJUNG_TEST_POSTGRES names is not ours to stop and start")
    events = touchpoints(80)
    with postgres(durable=True) as server, fresh_database(server) as url, Topic(kafka.address) as topic:
        database, keys = Database(url), Database(f"sqlite:///{tmp_path / 'vault.db'}")
        upgrade(database, keys)
        journal = Journal(database, Vault(keys, MASTER_KEY))
        topic.tell(*events[:40])
        member = topic.member(journal, batch=4)
        with Running(member):
            eventually(lambda: journal.head() > (0,))
            with stopped(server):
                topic.tell(*events[40:60])
                eventually(lambda: member.is_waiting and paused(member) == set(topic.partitions))
                with polls_counted(member) as polled:
                    topic.tell(*events[60:])
                    eventually(lambda: len(polled) > 1)
                assert set(polled) == {0}
                assert paused(member) == set(topic.partitions)
                # Of each partition one answer of the broker, whatever came after it.
                assert set(Counter(fetched(member)).values()) <= {1}
            settled(topic, journal)
            assert not paused(member)
        each_once(journal, events)
        keys.close()
        database.close()
