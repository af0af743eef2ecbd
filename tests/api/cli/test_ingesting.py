"""`majung work` with Kafka: takes what comes as a process of its own, and stops when it is told to."""

import signal

import pytest

from api import wiring
from api.settings import load_settings
from consumers.kafka.topics import TOUCHPOINTS
from projections.timeline import timeline
from tests.api.cli.conftest import Terminal, served
from tests.api.cli.test_serving import line_with, running, wait_until_followed
from tests.brokers import Broker
from tests.consumers.kafka.topics import Topic, eventually
from tests.examples import call_received, store_visited


@pytest.fixture
def broker(kafka: Broker, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Broker:
    """A broker that the settings name, with all topics."""
    monkeypatch.setenv("MAJUNG_KAFKA_BOOTSTRAP_SERVERS", kafka.address)
    terminal.run("topics", "create", "--partitions", 1)
    return kafka


def test_touchpoints_come_in_and_the_rows_follow(
    terminal: Terminal, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAJUNG_WORK", "project,ingest")
    events = (call_received, store_visited)
    with Topic(broker.address) as topic:
        topic.name = TOUCHPOINTS
        topic.tell(*events)
    with running(terminal, "work") as process:
        line_with(process, "working: project, ingest")
        with wiring.start(load_settings()) as majung:
            eventually(lambda: len(majung.journal.find([event.event_id for event in events])) == len(events))
            [head] = majung.journal.head()
        wait_until_followed(head)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err
    assert served(timeline)


def test_without_a_broker_it_says_which_setting_is_missing(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAJUNG_WORK", "ingest")
    result = terminal.run("work", code=2)
    assert "MAJUNG_KAFKA_BOOTSTRAP_SERVERS" in result.stderr
