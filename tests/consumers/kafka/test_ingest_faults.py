"""Brokers and databases go away, members come and go: every message still has one effect."""

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
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
                topic.tell(*events[40:])
                eventually(lambda: member.is_waiting)
            settled(topic, journal)
        each_once(journal, events)
        keys.close()
        database.close()
