"""`majung topics` against the real broker, with topics by names of the test's own."""

from uuid import uuid4

import pytest

from consumers.kafka import topics
from tests.api.cli.conftest import Terminal
from tests.brokers import Broker, free_port


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the four topics, which nobody else has."""
    named = tuple(topic._replace(name=f"{topic.name}.{uuid4().hex[:8]}") for topic in topics.TOPICS)
    monkeypatch.setattr(topics, "TOPICS", named)
    return [topic.name for topic in named]


@pytest.fixture
def connected(bare: Terminal, kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal whose settings name the broker. No database is needed."""
    monkeypatch.setenv("MAJUNG_KAFKA_BOOTSTRAP_SERVERS", kafka.address)
    return bare


def test_create_makes_the_topics_once(connected: Terminal, ours: list[str]) -> None:
    used = [name for name in ours if "journeys" not in name]
    assert connected.rows("topics", "create") == [{"topic": name, "result": "created"} for name in used]
    assert connected.rows("topics", "create") == [{"topic": name, "result": "was there"} for name in used]
    assert connected.rows("topics", "check") == []


def test_a_topic_that_a_setting_turns_on_is_made_and_checked_too(
    connected: Terminal, ours: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "JOURNEYS", ours[-1])
    monkeypatch.setenv("MAJUNG_KAFKA_JOURNEYS", "true")
    assert {row["topic"] for row in connected.rows("topics", "check", code=3)} == set(ours)
    assert [row["topic"] for row in connected.rows("topics", "create")] == ours
    assert connected.rows("topics", "check") == []


def test_check_says_what_is_missing_and_what_makes_it(connected: Terminal, ours: list[str]) -> None:
    connected.run("topics", "create")
    result = connected.run("topics", "check", "--all", code=3)
    assert all(name in result.stdout for name in ours if "journeys" in name)
    assert "majung topics create" in result.stderr
    connected.run("topics", "create", "--all")
    connected.run("topics", "check", "--all")


def test_check_says_what_differs_from_the_settings_and_from_the_options(
    connected: Terminal, ours: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connected.run("topics", "create", "--partitions", 2)
    rows = connected.rows("topics", "check", code=3)
    assert [(row["topic"] in ours, row["what"], row["wanted"], row["found"]) for row in rows] == [
        (True, "partitions", "6", "2")
    ] * 3
    monkeypatch.setenv("MAJUNG_KAFKA_PARTITIONS", "2")
    connected.run("topics", "check")


def test_a_broker_that_cannot_be_reached_fails_with_its_address(
    bare: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("MAJUNG_KAFKA_BOOTSTRAP_SERVERS", address)
    assert address in bare.fails("topics", "check", code=1)


@pytest.mark.parametrize("told", [None, "", "localhost"])
def test_without_a_brokers_address_the_command_says_which_setting_to_set(
    bare: Terminal, monkeypatch: pytest.MonkeyPatch, told: str | None
) -> None:
    if told is not None:
        monkeypatch.setenv("MAJUNG_KAFKA_BOOTSTRAP_SERVERS", told)
    assert "MAJUNG_KAFKA_BOOTSTRAP_SERVERS" in bare.fails("topics", "create", code=2)
