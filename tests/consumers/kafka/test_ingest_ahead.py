"""While a batch is recorded the next one is read: that changes how long it takes, and nothing of what becomes of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from kafka.errors import KafkaConnectionError

from consumers.kafka import ingest
from consumers.kafka.ingest import Ingest
from consumers.kafka.messages import read_message
from domain.touchpoint import Touchpoint
from replay.journal import Journal
from tests.brokers import Broker
from tests.consumers.kafka.test_ingest import recorded, touchpoints
from tests.consumers.kafka.topics import Topic, told_ids

BATCH = 5
EVENTS = touchpoints(30)


@pytest.fixture
def topic(kafka: Broker) -> Iterator[Topic]:
    with Topic(kafka.address, partitions=1) as topic:
        topic.tell(*EVENTS)
        yield topic


def has_settled_one(member: Ingest) -> Ingest:
    while not member.step():
        pass
    return member


@pytest.fixture
def statuses(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What became of each touchpoint that the journal was told and that was stored with its batch."""
    told: list[str] = []
    record = journal.record

    def noting(*events: Any, **options: Any) -> Any:
        outcomes = record(*events, **options)
        told.extend(outcome.status for outcome in outcomes)
        return outcomes

    monkeypatch.setattr(journal, "record", noting)
    return told


def test_the_next_batch_is_read_while_a_server_records_one_and_no_more_than_that(
    journal: Journal, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite answers at once: nothing is waited for, and its file is locked for no longer."""
    member = has_settled_one(topic.member(journal, batch=BATCH))
    record, before = journal.record, recorded(journal)
    read: list[int] = []
    meanwhile: list[int] = []

    def reading(raw: Any, **options: Any) -> Touchpoint:
        read.append(raw.offset)
        return read_message(raw, **options)

    def recording(*events: Any, **options: Any) -> Any:
        already = len(read)
        outcomes = record(*events, **options)
        meanwhile.extend(read[already:])
        return outcomes

    monkeypatch.setattr(ingest, "read_message", reading)
    monkeypatch.setattr(journal, "record", recording)
    assert member.step() == BATCH
    following = range(before + BATCH, before + 2 * BATCH)
    assert (set(meanwhile) <= set(following), bool(meanwhile)) == (True, journal.database.is_postgres)
    topic.settle_with(member, journal)
    member.close()
    assert [offset for offset in read if offset in range(2 * BATCH, len(EVENTS))] == [*range(2 * BATCH, len(EVENTS))]
    assert told_ids(journal.find(told_ids(EVENTS))) == told_ids(EVENTS)


def test_partitions_that_are_given_anew_are_read_where_they_stand_and_not_where_it_was_read_ahead(
    journal: Journal, topic: Topic, statuses: list[str]
) -> None:
    member = has_settled_one(topic.member(journal, batch=BATCH))
    assert member._ahead is not None
    member.on_partitions_assigned(topic.partitions)
    topic.settle_with(member, journal)
    member.close()
    assert statuses == ["recorded"] * len(EVENTS)


def test_what_was_read_ahead_of_a_partition_that_is_lost_is_not_recorded(
    journal: Journal, topic: Topic, statuses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    member = has_settled_one(topic.member(journal, batch=BATCH))
    assert member._ahead is not None
    with monkeypatch.context() as lost:
        lost.setattr(member._consumer, "assignment", set)
        member.step()
    assert statuses == ["recorded"] * BATCH
    member.close()
    topic.settle(journal, batch=BATCH)
    assert statuses == ["recorded"] * len(EVENTS)


def test_when_the_broker_goes_away_as_more_is_polled_everything_is_read_again_and_recorded_once(
    journal: Journal, topic: Topic, statuses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    member = has_settled_one(topic.member(journal, batch=BATCH))
    poll = member._consumer.poll
    failed: list[int] = []

    def fails_once(timeout_ms: int = 0, **options: Any) -> Any:
        found = poll(timeout_ms=timeout_ms, **options)
        if found and not failed:
            failed.append(recorded(journal))
            raise KafkaConnectionError
        return found

    monkeypatch.setattr(member._consumer, "poll", fails_once)
    topic.settle_with(member, journal)
    member.close()
    assert failed
    assert statuses == ["recorded"] * len(EVENTS)


def test_a_member_that_leaves_has_recorded_nothing_of_what_it_read_ahead(
    journal: Journal, topic: Topic, statuses: list[str]
) -> None:
    member = has_settled_one(topic.member(journal, batch=BATCH))
    assert member._ahead is not None
    member.close()
    assert recorded(journal) == BATCH
    topic.settle(journal, batch=BATCH)
    assert statuses == ["recorded"] * len(EVENTS)
