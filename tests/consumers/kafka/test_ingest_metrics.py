"""How far a member is behind, told as metrics: by what the broker has, also while the database is away."""

import os
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from kafka import KafkaProducer

from domain.cloud_events import cloud_event
from replay.database import Database
from replay.journal import Journal
from replay.metrics import OF_PROCESS
from replay.schema import upgrade
from replay.vault import Vault
from tests.brokers import Broker
from tests.conftest import MASTER_KEY
from tests.consumers.kafka.test_ingest import touchpoints
from tests.consumers.kafka.topics import STRUCTURED, Running, Topic, eventually
from tests.servers import fresh_database, postgres, stopped


@pytest.fixture
def topic(kafka: Broker) -> Iterator[Topic]:
    with Topic(kafka.address, partitions=1) as topic:
        yield topic


def told(topic: Topic, name: str) -> float | None:
    """A gauge of the topic's one partition; None where nobody tells it."""
    return OF_PROCESS.get_sample_value(name, {"topic": topic.name, "partition": "0"})


def messages(topic: Topic) -> float | None:
    return told(topic, "majung_ingest_lag_messages")


def seconds(topic: Topic) -> float:
    return told(topic, "majung_ingest_lag_seconds") or 0.0


def test_what_is_not_settled_yet_is_lag_until_it_is(journal: Journal, topic: Topic) -> None:
    topic.tell(*touchpoints(30))
    member = topic.member(journal, batch=10)
    while not member.step():
        pass
    assert messages(topic) == 20
    assert seconds(topic) > 0
    topic.settle_with(member, journal)
    assert (messages(topic), seconds(topic)) == (0, 0)
    member.close()
    # Of a partition that is another's now, this process tells nothing.
    assert messages(topic) is None


def test_the_marks_of_a_transaction_are_no_messages(journal: Journal, topic: Topic) -> None:
    """They have offsets too, and nobody ever reads them: lag must not stay at one for ever."""
    producer = KafkaProducer(bootstrap_servers=topic.address, transactional_id=topic.name)
    producer.init_transactions()
    producer.begin_transaction()
    for event in touchpoints(3):
        key = str(event.participant_id).encode()
        producer.send(topic.name, key=key, value=orjson.dumps(cloud_event(event)), headers=STRUCTURED)
    producer.commit_transaction()
    producer.close()
    member = topic.member(journal)
    while not member.step():
        pass
    # One more look: the mark may come with the next answer of the broker.
    member.step()
    assert (messages(topic), seconds(topic)) == (0, 0)
    member.close()


def test_what_piles_up_while_the_database_is_away_is_told(kafka: Broker, topic: Topic, tmp_path: Path) -> None:
    if "MAJUNG_TEST_POSTGRES" in os.environ:
        pytest.skip("the server that MAJUNG_TEST_POSTGRES names is not ours to stop and start")
    events = touchpoints(20)
    with postgres() as server, fresh_database(server) as url:
        database, keys = Database(url), Database(f"sqlite:///{tmp_path / 'vault.db'}")
        upgrade(database, keys)
        journal = Journal(database, Vault(keys, MASTER_KEY))
        topic.tell(*events[:5])
        member = topic.member(journal)
        with Running(member):
            eventually(lambda: topic.is_settled(journal, topic.ends()))
            with stopped(server):
                topic.tell(*events[5:])
                eventually(lambda: messages(topic) == 15)
                assert seconds(topic) > 0
            eventually(lambda: messages(topic) == 0)
        keys.close()
        database.close()
    counted = OF_PROCESS.get_sample_value("majung_retries_total", {"part": "ingest", "cause": "OperationalError"})
    assert counted is not None
    assert counted >= 1
