"""Parked messages on the real broker: each told with its sealed bytes, and what was decided, whatever is killed."""

from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from threading import Event
from typing import Any

import orjson
import pytest
from sqlalchemy import update

from consumers.kafka import parked_event
from consumers.kafka.connecting import TopicMissing
from consumers.kafka.parked_event import DECIDED, MOST_SEALED_BYTES, MessageParked
from consumers.kafka.publish_parked import PublishParked
from consumers.kafka.retrying import retry
from consumers.kafka.topics import PARKED, TOPICS, Layout, create
from domain.cloud_events import cloud_event
from replay.journal import Journal
from replay.messages import outboxes, parked
from replay.messages.parked import KEPT, RawMessage, ToPark
from replay.recorder import now_in_utc
from replay.tables import parked as stored
from tests.brokers import Broker
from tests.consumers.kafka.reading import Message, eventually_read, new_topic, read
from tests.consumers.kafka.test_publish import killed_after, running
from tests.examples import call_received

HEADERS = [("content-type", b"application/cloudevents+json")]
GOOD = RawMessage(str(call_received.participant_id).encode(), orjson.dumps(cloud_event(call_received)), HEADERS)
BROKEN = RawMessage(b"010-1234-5678", b'{"name": "Hong Gildong"', HEADERS)


@pytest.fixture
def topic(kafka: Broker) -> str:
    return new_topic(kafka.address)


@pytest.fixture
def publish(journal: Journal, kafka: Broker, topic: str) -> Iterator[PublishParked]:
    publish = PublishParked(journal, kafka.address, topic=topic)
    yield publish
    publish.close()


def park(journal: Journal, *messages: RawMessage, days_ago: float = 0) -> None:
    told = [
        ToPark("in", 2, 40 + place, "unreadable", "it was wrong", raw, call_received.participant_id)
        for place, raw in enumerate(messages)
    ]
    with journal.database.write() as connection:
        parked.park(connection, journal.vault, told, now_in_utc() - timedelta(days=days_ago))


def discard(journal: Journal, number: int) -> None:
    with journal.database.write() as connection:
        now = now_in_utc()
        parked.discard(connection, journal.vault, number, reason="a secret reason", by="worker-01", now=now)


def told(messages: list[Message]) -> list[tuple[str, int]]:
    """Type and number of each, those of one number in their order."""
    events = map(_event, messages)
    return sorted(((event["type"], event["data"]["number"]) for event in events), key=lambda one: one[1])


def states(messages: list[Message]) -> dict[int, str]:
    """What a reader knows of each number: what was decided is final."""
    found: dict[int, str] = {}
    for message in messages:
        event = _event(message)
        state = event["data"].get("state", "parked")
        if state != "parked" or event["data"]["number"] not in found:
            found[event["data"]["number"]] = state
    return found


def in_the_table(journal: Journal) -> dict[int, str]:
    with journal.database.read() as connection:
        return {found.id: found.state for found in parked.list_parked(connection, None)}


def test_it_says_where_why_and_who_and_holds_the_message_sealed(
    journal: Journal, kafka: Broker, topic: str, publish: PublishParked
) -> None:
    park(journal, BROKEN)
    assert (publish.step(), publish.step()) == (1, 0)
    [message] = read(kafka.address, topic)
    event = _event(message)
    sealed = b64decode(event["data"].pop("sealed"))
    assert event["data"] == {
        "number": 1,
        "code": "unreadable",
        "message": "it was wrong",
        "topic": "in",
        "partition": 2,
        "offset": 40,
        "participant_id": str(call_received.participant_id),
        "event_id": None,
    }
    assert (event["type"], event["id"], message.key) == (parked_event.PARKED, "message-parked.v1/1", b"1")
    assert not [text for text in (b"Hong", b"010-1234") if text in message.bytes + sealed]
    # Who has the vault opens what the topic holds.
    with journal.database.write() as connection:
        connection.execute(update(stored).values(sealed=sealed))
    with journal.database.read() as connection:
        assert parked.open_raw(connection, journal.vault, 1, now_in_utc()) == BROKEN


def test_what_was_decided_is_told_after_it_and_the_reason_is_not(
    journal: Journal, kafka: Broker, topic: str, publish: PublishParked
) -> None:
    park(journal, BROKEN, GOOD)
    publish.catch_up()
    discard(journal, 1)
    assert retry(journal, 2, by="worker-02", now=now_in_utc()).is_settled
    assert publish.catch_up() == 2
    messages = read(kafka.address, topic)
    assert told(messages) == [(kind, number) for number in (1, 2) for kind in (parked_event.PARKED, DECIDED)]
    decided = [event["data"] for event in map(_event, messages) if event["type"] == DECIDED]
    assert sorted(decided, key=lambda data: int(data["number"])) == [
        {"number": 1, "state": "discarded", "decided_by": "worker-01"},
        {"number": 2, "state": "retried", "decided_by": "worker-02"},
    ]
    assert not [message for message in messages if b"secret" in message.bytes]


def _event(message: Message) -> Any:
    return orjson.loads(message.value or b"")


def test_what_was_decided_before_anything_was_published_is_told_in_order(
    journal: Journal, kafka: Broker, topic: str, publish: PublishParked
) -> None:
    park(journal, BROKEN)
    discard(journal, 1)
    assert publish.catch_up() == 1
    assert told(read(kafka.address, topic)) == [(parked_event.PARKED, 1), (DECIDED, 1)]


def test_a_decision_while_the_message_is_sent_is_told_by_the_next_step(
    journal: Journal, kafka: Broker, topic: str, publish: PublishParked, monkeypatch: pytest.MonkeyPatch
) -> None:
    park(journal, BROKEN)
    send = publish._send_all

    def decided_meanwhile(messages: Any) -> None:
        send(messages)
        discard(journal, 1)

    monkeypatch.setattr(publish, "_send_all", decided_meanwhile)
    publish.step()
    monkeypatch.undo()
    assert publish.step() == 1
    assert told(read(kafka.address, topic)) == [(parked_event.PARKED, 1), (DECIDED, 1)]


def test_what_is_older_than_thirty_days_is_told_without_its_bytes(
    journal: Journal, kafka: Broker, topic: str, publish: PublishParked
) -> None:
    park(journal, BROKEN, days_ago=KEPT.days)
    park(journal, BROKEN, days_ago=KEPT.days - 1)
    publish.step()
    sealed = {event["data"]["number"]: event["data"]["sealed"] for event in map(_event, read(kafka.address, topic))}
    assert sealed[1] is None
    assert sealed[2]


def test_a_message_bears_the_time_at_which_it_parked_so_that_the_topic_keeps_it_no_longer(
    journal: Journal, kafka: Broker, topic: str, publish: PublishParked
) -> None:
    park(journal, BROKEN, days_ago=20)
    publish.step()
    [message] = read(kafka.address, topic)
    with journal.database.read() as connection:
        [found] = parked.list_parked(connection)
    assert message.timestamp_ms == int(found.recorded_at.timestamp() * 1_000)


def test_large_messages_are_sent_few_at_a_time(
    journal: Journal, kafka: Broker, topic: str, publish: PublishParked
) -> None:
    park(journal, *[BROKEN._replace(value=bytes(300_000))] * 20)
    first = publish.step()
    assert 0 < first < 20
    assert first + publish.catch_up() == 20
    assert states(read(kafka.address, topic)) == in_the_table(journal)


@pytest.fixture
def limited(kafka: Broker, topic: str) -> str:
    """A topic that takes what `majung topics create` has the topic of parked messages take."""
    [parked_topic] = [found for found in TOPICS if found.name == PARKED]
    create(kafka.address, [parked_topic._replace(name=f"{topic}.limited")], Layout(partitions=3, replication_factor=1))
    return f"{topic}.limited"


def test_one_that_was_compressed_and_is_too_large_is_told_without_its_bytes_and_holds_up_nobody(
    journal: Journal, kafka: Broker, limited: str
) -> None:
    park(journal, BROKEN._replace(value=bytes(4_000_000)), BROKEN)
    publish = PublishParked(journal, kafka.address, topic=limited)
    assert publish.catch_up() == 2
    publish.close()
    sealed = {event["data"]["number"]: event["data"]["sealed"] for event in map(_event, read(kafka.address, limited))}
    assert sealed[1] is None
    assert sealed[2]
    with journal.database.read() as connection:
        assert parked.open_raw(connection, journal.vault, 1, now_in_utc()).value == bytes(4_000_000)


def test_the_largest_that_is_told_with_its_bytes_fits_into_the_topic(
    journal: Journal, kafka: Broker, limited: str
) -> None:
    park(journal, BROKEN)
    largest = Random(1).randbytes(MOST_SEALED_BYTES)
    with journal.database.write() as connection:
        connection.execute(update(stored).values(sealed=largest, message="wrong " * 1_000))
    publish = PublishParked(journal, kafka.address, topic=limited)
    assert publish.step() == 1
    publish.close()
    [message] = read(kafka.address, limited)
    assert b64decode(_event(message)["data"]["sealed"]) == largest
    assert f"{MOST_SEALED_BYTES:,}" in (MessageParked.model_json_schema()["properties"]["sealed"]["description"])


def test_what_was_killed_goes_on_and_the_topic_says_what_the_table_says(
    journal: Journal, database_url: str, tmp_path: Any, kafka: Broker, topic: str, publish: PublishParked
) -> None:
    park(journal, *[BROKEN] * 100)
    for number in range(1, 100, 3):
        discard(journal, number)
    arguments = [database_url, f"sqlite:///{tmp_path / 'vault.db'}", kafka.address, topic, "parked"]
    for steps in (1, 3, 5):
        assert killed_after(steps, arguments)
    assert states(read(kafka.address, topic)).keys() < in_the_table(journal).keys()
    publish.catch_up()
    assert states(read(kafka.address, topic)) == in_the_table(journal)


def test_while_one_claims_the_topic_another_waits_for_the_end_of_it(
    journal: Journal, kafka: Broker, topic: str
) -> None:
    park(journal, BROKEN)
    now = now_in_utc()
    with journal.database.write() as connection:
        assert outboxes.claim(connection, topic, "another", now=now, until=now + timedelta(minutes=1))
    waiting = PublishParked(journal, kafka.address, topic=topic, clock=lambda: now + timedelta(seconds=59))
    assert waiting.step() == 0
    waiting.close()
    later = PublishParked(journal, kafka.address, topic=topic, clock=lambda: now + timedelta(seconds=61))
    assert later.step() == 1
    later.close()


def test_it_follows_what_parks_while_it_runs(journal: Journal, kafka: Broker, topic: str) -> None:
    with running(PublishParked(journal, kafka.address, topic=topic).run):
        park(journal, BROKEN)
        eventually_read(kafka.address, topic, lambda found: states(found) == {1: "parked"})
        discard(journal, 1)
        eventually_read(kafka.address, topic, lambda found: states(found) == {1: "discarded"})


def test_a_topic_that_is_missing_ends_it_at_once(journal: Journal, kafka: Broker) -> None:
    kafka.needs_apache("makes every topic that somebody asks about")
    publish = PublishParked(journal, kafka.address, topic="parked.missing", max_block_ms=500)
    with pytest.raises(TopicMissing, match=r"parked\.missing.*majung topics create"):
        publish.run(Event())
