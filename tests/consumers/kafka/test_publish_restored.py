"""A journal that was restored from an older copy, or is another one, publishes nothing into the topics of before."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest
from kafka import KafkaProducer

from consumers.kafka.connecting import TopicOfAnotherJournal
from consumers.kafka.outbox import Outbox
from consumers.kafka.publish import Publish
from consumers.kafka.publish_journeys import PublishJourneys
from consumers.kafka.publish_parked import PublishParked
from replay.archive.export import export_journal
from replay.archive.restore import restore_journal
from replay.database import Database
from replay.journal import Journal
from replay.live import generations
from replay.live.worker import Worker
from replay.messages import outboxes
from replay.schema import upgrade
from tests.brokers import Broker
from tests.consumers.kafka.reading import first_copies, new_topic, read
from tests.consumers.kafka.test_publish import facts, places, reached
from tests.consumers.kafka.test_publish_journeys import MODELS, folded, wanted
from tests.consumers.kafka.test_publish_parked import BROKEN, in_the_table, park, states
from tests.examples import call_received, prescription_issued

KINDS = (Publish, PublishParked, PublishJourneys)
LOST = UUID(int=99, version=4)
Restore = Callable[[], Journal]


@pytest.fixture
def topic(kafka: Broker) -> str:
    return new_topic(kafka.address)


@pytest.fixture
def restore(journal: Journal, tmp_path: Path) -> Iterator[Restore]:
    """Restores the journal as it was when it held ten events: whatever came after is lost."""
    with journal.database.write() as connection:
        generations.establish(connection, MODELS)
    tell(journal, 10)
    export_journal(journal.database, tmp_path / "archive", clock=journal.clock)
    database = Database(f"sqlite:///{tmp_path / 'restored.db'}")

    def restored() -> Journal:
        upgrade(database, journal.vault.database)
        with database.write() as connection:
            generations.establish(connection, MODELS)
        found = Journal(database, journal.vault)
        restore_journal(found, tmp_path / "archive")
        Worker(found, MODELS).catch_up()
        return found

    yield restored
    database.close()


def tell(journal: Journal, count: int) -> None:
    """So many events more, in which somebody's journey changes, and a message that parks."""
    start = sum(journal.head())
    journal.record(facts(count - 1, start=start))
    journal.record([prescription_issued.replaced(participant_id=UUID(int=1, version=4), source_id=str(start))])
    park(journal, BROKEN)
    Worker(journal, MODELS).catch_up()


def publish(kind: type[Outbox], journal: Journal, kafka: Broker, topic: str) -> None:
    with closing(kind(journal, kafka.address, topic=topic)) as publisher:
        publisher.catch_up()


# Journeys say how far their rows had come, and not of which journal they were.
@pytest.mark.parametrize(("kind", "more"), [*((kind, 5) for kind in KINDS), (Publish, 40), (PublishParked, 40)])
def test_into_a_topic_of_what_was_lost_nothing_is_published_and_it_is_said_what_to_do(
    journal: Journal, restore: Restore, kafka: Broker, topic: str, kind: type[Outbox], more: int
) -> None:
    """However far the restored journal has gone by then, another way."""
    tell(journal, 20)
    publish(kind, journal, kafka, topic)
    before = read(kafka.address, topic)
    restored = restore()
    tell(restored, more)
    for _ in range(2):
        with pytest.raises(TopicOfAnotherJournal, match=rf"{topic}.*restored.*majung topics create.*readers"):
            publish(kind, restored, kafka, topic)
    assert read(kafka.address, topic) == before
    assert reached(restored, topic).holder is None
    with restored.database.read() as connection:
        assert outboxes.standing(connection, topic).holder is None


def test_topics_that_are_made_anew_hold_what_the_restored_journal_holds(
    journal: Journal, restore: Restore, kafka: Broker
) -> None:
    journal.record([call_received.replaced(participant_id=LOST)])
    restored = restore()
    tell(restored, 5)
    anew = {kind: new_topic(kafka.address) for kind in KINDS}
    for kind, name in anew.items():
        publish(kind, restored, kafka, name)
    kept = first_copies(read(kafka.address, anew[Publish]))
    assert {message.place for message in kept} == places(restored)
    assert states(read(kafka.address, anew[PublishParked])) == in_the_table(restored)
    assert folded(read(kafka.address, anew[PublishJourneys])) == wanted(restored)


@pytest.mark.parametrize("kind", KINDS)
def test_messages_of_somebody_else_say_nothing_about_the_journal(
    journal: Journal, restore: Restore, kafka: Broker, topic: str, kind: type[Outbox]
) -> None:
    send(kafka, topic, [("position", b"many"), ("shard", b"0"), ("positions", b"[")], b"no JSON")
    publish(kind, journal, kafka, topic)
    assert len(read(kafka.address, topic)) > 1


def send(kafka: Broker, topic: str, headers: list[tuple[str, bytes]], value: bytes) -> None:
    with closing(KafkaProducer(bootstrap_servers=kafka.address)) as producer:
        producer.send(topic, value, b"key", headers)
        producer.flush()
