"""The topics on the real broker: made once, left alone afterwards, and compared with how they have to be.

Each test has a broker's topics by names of its own, so that nobody else's are in its way.
"""

import re
import threading
from pathlib import Path
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError

from consumers.kafka.connecting import connect
from consumers.kafka.sending import BATCH_BYTES
from consumers.kafka.topics import (
    JOURNAL,
    JOURNEYS,
    PARKED,
    TOPICS,
    TOUCHPOINTS,
    BrokerUnreachable,
    Layout,
    Topic,
    TopicsRefused,
    create,
    differences,
    wanted,
)
from tests.brokers import Broker, free_port

LAYOUT = Layout(partitions=3, replication_factor=1)
DAY = 24 * 60 * 60 * 1000


@pytest.fixture
def topics() -> list[Topic]:
    """All four under other names."""
    return [topic._replace(name=f"{topic.name}.{uuid4().hex[:8]}") for topic in TOPICS]


def names(topics: list[Topic]) -> set[str]:
    return {topic.name for topic in topics}


def test_what_is_missing_is_made_and_then_nothing_differs(kafka: Broker, topics: list[Topic]) -> None:
    assert create(kafka.address, topics, LAYOUT) == names(topics)
    assert differences(kafka.address, topics, LAYOUT) == []


def test_making_them_again_makes_only_those_that_are_gone(kafka: Broker, topics: list[Topic]) -> None:
    create(kafka.address, topics[1:], LAYOUT)
    assert create(kafka.address, topics, LAYOUT) == {topics[0].name}
    assert create(kafka.address, topics, LAYOUT) == frozenset()


def test_each_missing_topic_is_told_once(kafka: Broker, topics: list[Topic]) -> None:
    create(kafka.address, topics[:2], LAYOUT)
    found = differences(kafka.address, topics, LAYOUT)
    assert [(told.topic, told.what, told.found) for told in found] == [
        (topic.name, "topic", None) for topic in topics[2:]
    ]


def test_another_number_of_partitions_is_told_and_not_mended(kafka: Broker, topics: list[Topic]) -> None:
    create(kafka.address, topics[:1], LAYOUT)
    assert create(kafka.address, topics[:1], Layout(5, 1)) == frozenset()
    [told] = differences(kafka.address, topics[:1], Layout(5, 1))
    assert (told.what, told.wanted, told.found) == ("partitions", "5", "3")


def test_a_cluster_of_three_wants_three_copies_of_which_two_are_in_step(kafka: Broker, topics: list[Topic]) -> None:
    create(kafka.address, topics[:1], LAYOUT)
    told = differences(kafka.address, topics[:1], Layout(3, 3))
    assert [(one.what, one.wanted, one.found) for one in told] == [
        ("replication factor", "3", "1"),
        ("min.insync.replicas", "2", "1"),
    ]


def test_a_setting_that_somebody_changed_is_told(kafka: Broker, topics: list[Topic]) -> None:
    [journal] = [topic for topic in topics if topic.name.startswith(JOURNAL)]
    somebody = journal._replace(settings={**journal.settings, "retention.ms": str(DAY)})
    create(kafka.address, [somebody], LAYOUT)
    assert [told[1:] for told in differences(kafka.address, [journal], LAYOUT)] == [("retention.ms", "-1", str(DAY))]


@pytest.mark.parametrize(("somebodys", "told"), [("500000", "500000"), ("9000000", None)])
def test_a_topic_that_takes_less_at_once_than_we_send_is_told_and_one_that_takes_more_is_not(
    kafka: Broker, topics: list[Topic], somebodys: str, told: str | None
) -> None:
    largest = "max.message.bytes"
    somebody = [topic._replace(settings={**topic.settings, largest: somebodys}) for topic in topics]
    create(kafka.address, somebody, LAYOUT)
    found = differences(kafka.address, topics, LAYOUT)
    assert [one.found for one in found] == [told] * (4 if told else 0)
    assert all(one.what == largest and one.wanted.startswith("at least ") for one in found)


def test_what_is_sent_at_once_is_taken_by_every_topic_as_it_has_to_be() -> None:
    assert all(int(topic.settings["max.message.bytes"]) > BATCH_BYTES for topic in TOPICS)


def test_more_copies_than_there_are_brokers_are_refused_with_the_brokers_reason(
    kafka: Broker, topics: list[Topic]
) -> None:
    with pytest.raises(TopicsRefused, match=r"does not make .*replication factor"):
        create(kafka.address, topics, Layout(3, 3))
    assert [told.found for told in differences(kafka.address, topics, LAYOUT)] == [None] * len(topics)


def test_what_is_told_to_us_stays_for_a_week_and_what_we_tell_for_ever() -> None:
    kept = {topic.name: topic.settings.get("retention.ms") for topic in TOPICS}
    assert kept == {TOUCHPOINTS: str(7 * DAY), JOURNAL: "-1", PARKED: str(30 * DAY), JOURNEYS: None}


def test_only_the_topics_in_use_are_made_unless_all_are_asked_for() -> None:
    assert [topic.name for topic in wanted()] == [TOUCHPOINTS, JOURNAL, PARKED]
    assert wanted(on=[JOURNEYS]) == TOPICS
    assert wanted(all=True) == TOPICS


def test_a_broker_that_does_not_answer_is_named(topics: list[Topic]) -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(BrokerUnreachable, match=address):
        differences(address, topics, LAYOUT)


@pytest.mark.parametrize("client", [KafkaAdminClient, KafkaConsumer, KafkaProducer])
def test_a_client_that_found_no_broker_leaves_no_thread_behind(client: type) -> None:
    before = set(threading.enumerate())
    with pytest.raises(KafkaError):
        connect(client, bootstrap_servers=f"127.0.0.1:{free_port()}", bootstrap_timeout_ms=300)
    assert set(threading.enumerate()) == before


def test_the_page_tells_of_every_topic() -> None:
    page = (Path(__file__).parents[3] / "docs" / "kafka.md").read_text()
    told = re.findall(r"^\| `(majung\.\S+)` \| (off by default)?", page, re.MULTILINE)
    assert told == [(topic.name, "off by default" if topic.is_off else "") for topic in TOPICS]
