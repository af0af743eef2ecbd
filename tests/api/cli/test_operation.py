"""`majung work` and `majung serve` as they are run, with Kafka and PostgreSQL: metrics, log lines, and SIGTERM."""

import json
import signal
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.request import urlopen

import httpx2
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api import wiring
from api.settings import load_settings
from consumers.kafka.topics import JOURNAL, PARKED, TOUCHPOINTS
from domain.touchpoint import Touchpoint
from replay.tables import kafka_offsets
from tests.api.cli.conftest import Terminal
from tests.api.cli.test_serving import line_with, running
from tests.brokers import Broker
from tests.consumers.kafka.reading import remove
from tests.consumers.kafka.topics import Topic, eventually
from tests.examples import PARTICIPANT, call_received, participant_registered, store_visited
from tests.servers import fresh_database, waiting

EVENTS: tuple[Touchpoint, ...] = (
    participant_registered,
    call_received,
    store_visited.replaced(note="Asked where the store is."),
)
NAMED = (
    "A name",
    "A nickname",
    "000-0000-0000",
    "Told in one sentence.",
    "Asked where the store is.",
    "not-json-at-all",
)
"""What these events and a broken message say of people."""


@pytest.fixture
def topic(kafka: Broker, bare: Terminal, postgres_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Topic]:
    """The topic of touchpoints, which other tests use too: this run reads what is new in it."""
    with fresh_database(postgres_server) as url:
        monkeypatch.setenv("MAJUNG_DATABASE_URL", url)
        monkeypatch.setenv("MAJUNG_KAFKA_BOOTSTRAP_SERVERS", kafka.address)
        monkeypatch.setenv("MAJUNG_METRICS_PORT", "0")
        bare.run("db", "upgrade")
        # What another test published there is of another journal.
        remove(kafka.address, JOURNAL, PARKED)
        bare.run("topics", "create", "--partitions", 1)
        with Topic(kafka.address) as topic:
            topic.name = TOUCHPOINTS
            begin_at_the_end(topic)
            yield topic


def begin_at_the_end(topic: Topic) -> None:
    topic.partitions = [partition._replace(topic=TOUCHPOINTS) for partition in topic.partitions[:1]]
    rows = [{"topic": name, "partition": number, "next_offset": end} for (name, number), end in topic.ends().items()]
    with wiring.start(load_settings()) as majung, majung.database.write() as connection:
        if rows:
            connection.execute(kafka_offsets.insert(), rows)


def samples(address: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """All of a Majung's metrics by name and the values of their labels, in the order of their names."""
    with urlopen(f"{address}/metrics") as answer:
        told = answer.read().decode()
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
    }


def test_what_comes_in_and_goes_out_is_told_as_metrics(
    bare: Terminal, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAJUNG_WORK", "ingest,publish,project")
    topic.tell(*EVENTS, *EVENTS[:1])
    topic.send(b"Hong Gildong", b"not-json-at-all")
    topic.flush()
    with running(bare, "work") as process:
        address = line_with(process, r"metrics at (http://127\.0\.0\.1:\d+)/metrics")[1]
        published = "majung_publish_messages_total", (JOURNAL,)
        eventually(lambda: samples(address).get(published, 0) == len(EVENTS))
        eventually(lambda: samples(address)["majung_read_model_lag_events", ("timeline", "0")] == 0)
        told = samples(address)
        process.terminate()
        process.communicate(timeout=60)
    statuses = {labels[0]: value for (name, labels), value in told.items() if name == "majung_ingest_messages_total"}
    assert statuses == {"recorded": 3, "duplicate": 1, "refused": 1}
    assert told["majung_ingest_parked_total", ("unreadable",)] == 1
    assert told["majung_parked_messages", ("unreadable",)] == 1
    assert told["majung_ingest_batch_messages_sum", ()] == 5
    assert told["majung_ingest_lag_messages", ("0", TOUCHPOINTS)] == 0
    assert told["majung_ingest_lag_seconds", ("0", TOUCHPOINTS)] == 0
    assert told["majung_ingest_rebalances_total", ()] >= 1
    assert told["majung_publish_lag_events", ("0", JOURNAL)] == 0
    assert told["majung_projection_events_total", ("0",)] == 3
    assert {part: told["majung_part_running", (part,)] for part in ("ingest", "publish", "project")} == {
        "ingest": 1,
        "publish": 1,
        "project": 1,
    }
    assert process.returncode == 0


def test_a_worker_that_is_gone_is_lag_in_what_the_server_tells(
    bare: Terminal, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAJUNG_EMBEDDED_WORKER", "false")
    with running(bare, "serve", "--port", "0") as process:
        address = line_with(process, r"serving on (http://127\.0\.0\.1:\d+)")[1]
        with wiring.start(load_settings()) as majung:
            majung.journal.record(EVENTS)
        told = samples(address)
    assert told["majung_read_model_lag_events", ("timeline", "0")] == len(EVENTS)
    assert told["majung_read_model_lag_seconds", ("timeline", "0")] > 0


def machine_lines(text: str) -> list[dict[str, Any]]:
    """Lines of stderr, each of which must be one JSON object."""
    return [json.loads(line) for line in text.splitlines()]


def names_nobody(text: str) -> bool:
    return not [said for said in (*NAMED, "Hong Gildong", str(PARTICIPANT), PARTICIPANT.hex) if said in text]


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_log_of_a_worker_names_nobody(
    bare: Terminal, topic: Topic, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("MAJUNG_WORK", "ingest,publish,project")
    monkeypatch.setenv("MAJUNG_LOG_FORMAT", form)
    changed = call_received.replaced(note="Told in other words.")
    with running(bare, "work") as process:
        address = line_with(process, r"metrics at (http://127\.0\.0\.1:\d+)/metrics")[1]
        topic.tell(*EVENTS, changed)
        topic.send(b"Hong Gildong", b"not-json-at-all")
        topic.send(str(PARTICIPANT).encode(), b'{"specversion": "1.0", "subject": "A name", "note": "000-0000-0000"}')
        topic.flush()
        eventually(lambda: samples(address).get(("majung_ingest_batch_messages_sum", ()), 0) == 6)
        process.terminate()
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "settled" in err
    assert names_nobody(err)
    if form == "json":
        settled = [line for line in machine_lines(err) if line["message"] == "settled"]
        assert sum(line["messages"] for line in settled) == 6
        assert {code for line in settled for code in line["parked"]} >= {"conflict", "unreadable"}
        assert all(line["offsets"]["0"] for line in settled)
        assert machine_lines(err)[-1]["message"] == "stopped"


def test_the_log_of_a_server_names_nobody(bare: Terminal, topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAJUNG_LOG_FORMAT", "json")
    with wiring.start(load_settings()) as majung:
        majung.journal.record(EVENTS)
    with running(bare, "serve", "--port", "0") as process:
        address = line_with(process, r"serving on (http://127\.0\.0\.1:\d+)")[1]
        answer = httpx2.get(f"{address}/v1/people/{PARTICIPANT}/timeline?as_of=2026-01-01")
        httpx2.get(f"{address}/A%20name/000-0000-0000")
        httpx2.post(f"{address}/v1/events", content=b'{"subject": "A name"}')
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert names_nobody(err)
    [line] = [line for line in machine_lines(err) if line.get("route") == "/v1/people/{id}/timeline"]
    assert line["request_id"] == answer.headers["x-request-id"]
    assert "2026-01-01" not in err


def test_why_it_ends_is_a_line_for_machines_too(bare: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAJUNG_LOG_FORMAT", "json")
    with running(bare, "work") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    [line] = machine_lines(err)
    assert line["level"] == "error"
    assert "majung db upgrade" in line["message"]


def test_a_stop_finishes_the_batch_in_hand(
    bare: Terminal, topic: Topic, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGTERM while a batch is being written: it is stored with its place, and the process ends in good order."""
    monkeypatch.setenv("MAJUNG_WORK", "ingest")
    monkeypatch.setenv("MAJUNG_LOG_FORMAT", "json")
    url = load_settings().database_url
    with running(bare, "work") as process, closing(psycopg.connect(url)) as other:
        line_with(process, "working: ingest")
        # Whoever holds the head keeps every batch from being written.
        other.execute("SELECT * FROM heads FOR UPDATE")
        topic.tell(*EVENTS)
        eventually(lambda: waiting(url) > 0)
        process.send_signal(signal.SIGTERM)
        line_with(process, "stopping")
        other.rollback()
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert machine_lines(err)[-1]["message"] == "stopped"
    with wiring.start(load_settings()) as majung:
        assert len(majung.journal.find([event.event_id for event in EVENTS])) == len(EVENTS)
        assert topic.is_settled(majung.journal, topic.ends())
