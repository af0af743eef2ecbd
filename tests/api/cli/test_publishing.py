"""`majung work` publishes as a process of its own: the journal, what parked, and journeys where they are on."""

import signal
from uuid import uuid4

import orjson
import pytest

from api import wiring
from api.settings import load_settings
from consumers.kafka.publish_parked import PublishParked
from consumers.kafka.topics import JOURNAL, JOURNEYS, PARKED
from replay.messages import parked
from replay.messages.parked import RawMessage, ToPark
from tests.api.cli.conftest import Terminal
from tests.api.cli.test_serving import line_with, running
from tests.brokers import Broker
from tests.consumers.kafka.reading import Message, eventually_read, remove
from tests.examples import call_received

BROKEN = RawMessage(None, b'{"name": "Hong Gildong"')


@pytest.fixture
def broker(kafka: Broker, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Broker:
    """A broker that the settings name, with all topics, to which everything is published."""
    monkeypatch.setenv("MAJUNG_KAFKA_BOOTSTRAP_SERVERS", kafka.address)
    monkeypatch.setenv("MAJUNG_KAFKA_JOURNEYS", "true")
    monkeypatch.setenv("MAJUNG_WORK", "project,publish")
    # What another test published there is of another journal.
    remove(kafka.address, JOURNAL, PARKED, JOURNEYS)
    terminal.run("topics", "create", "--partitions", 1)
    return kafka


def test_all_that_is_on_is_published_until_it_is_told_to_stop(terminal: Terminal, broker: Broker) -> None:
    person = uuid4()
    key = str(person).encode()

    def about_the_person(messages: list[Message]) -> list[Message]:
        return [message for message in messages if key in message.bytes]

    with running(terminal, "work") as process:
        line_with(process, "working: project, publish")
        with wiring.start(load_settings()) as majung:
            majung.journal.record([call_received.replaced(participant_id=person)])
            told = ToPark("in", 0, 0, "unreadable", "it was wrong", BROKEN, person)
            with majung.database.write() as connection:
                parked.park(connection, majung.journal.vault, [told], majung.journal.clock())
        for topic in (JOURNAL, PARKED, JOURNEYS):
            [message] = about_the_person(
                eventually_read(broker.address, topic, lambda found: bool(about_the_person(found)))
            )
            assert b"Hong" not in message.bytes
        assert orjson.loads(message.value or b"")["status"]["stage"] == "prevention"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err


def test_a_topic_that_is_missing_ends_it_with_what_to_do(
    terminal: Terminal, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.needs_apache("makes every topic that somebody asks about")
    defaults = PublishParked.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "topic", "parked.missing")
    assert "no topic parked.missing: run `majung topics create`" in terminal.run("work", code=1).stderr
