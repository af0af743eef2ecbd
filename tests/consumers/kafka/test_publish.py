"""The journal on the real broker: all of it, in order, nothing personal, whatever is killed or away."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from kafka import KafkaProducer
from sqlalchemy import select
from sqlalchemy.exc import TimeoutError as PoolExhausted

from consumers.kafka import open_event
from consumers.kafka.connecting import TopicMissing
from consumers.kafka.publish import Publish
from consumers.kafka.sending import BrokerAway, RefusedByBroker
from domain.touchpoint import Touchpoint
from replay.database import Database
from replay.journal import Journal
from replay.live import generations
from replay.live.worker import Worker
from replay.messages import published
from replay.rebuild import rebuild
from replay.recorder import now_in_utc
from replay.schema import upgrade
from replay.tables import published as stored
from replay.vault import Vault
from tests.brokers import Broker
from tests.conftest import MASTER_KEY, MODELS
from tests.consumers.kafka.reading import Message, first_copies, new_topic, read
from tests.examples import (
    EXAMPLES,
    call_received,
    data_disclosed,
    discovery_attempted,
    store_visited,
    touchpoint_corrected,
)

PEOPLE = [UUID(int=number, version=4) for number in range(1, 21)]


@pytest.fixture
def topic(kafka: Broker) -> str:
    return new_topic(kafka.address)


def facts(count: int, *, start: int = 0) -> list[Touchpoint]:
    return [
        (call_received, store_visited)[number % 2].replaced(
            participant_id=PEOPLE[number * 7 % len(PEOPLE)], source_id=f"fact-{number}"
        )
        for number in range(start, start + count)
    ]


def places(journal: Journal) -> set[tuple[int, int]]:
    """Every place of the journal."""
    return {(shard, position) for shard, head in enumerate(journal.head()) for position in range(1, head + 1)}


def reached(journal: Journal, topic: str, shard: int = 0) -> published.Standing:
    with journal.database.read() as connection:
        return published.standing(connection, topic, shard)


@contextmanager
def running(work: Callable[[Event], None], *, ends_within_seconds: float = 60) -> Iterator[None]:
    """Publishers at work in a thread, which must end in good order."""
    stop, failures = Event(), list[BaseException]()

    def run() -> None:
        try:
            work(stop)
        except BaseException as failure:
            failures.append(failure)

    thread = Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(ends_within_seconds)
    assert not thread.is_alive()
    assert not failures


def assert_complete(journal: Journal, messages: list[Message]) -> None:
    """A reader who drops by position has every event once, those of a person in order and on one partition."""
    kept = first_copies(messages)
    assert {message.place for message in kept} == places(journal)
    assert len(kept) == len(places(journal))
    partitions: dict[bytes, set[int]] = {}
    for message in messages:
        partitions.setdefault(message.key, set()).add(message.partition)
    assert all(len(found) == 1 for found in partitions.values())


def test_everything_is_published_once_in_the_order_of_the_journal(journal: Journal, kafka: Broker, topic: str) -> None:
    for start in range(0, 300, 60):
        journal.record(facts(60, start=start))
    publish = Publish(journal, kafka.address, topic=topic, batch=70)
    assert publish.catch_up() == 300
    assert publish.step() == 0
    publish.close()
    messages = read(kafka.address, topic)
    assert len(messages) == 300
    assert_complete(journal, messages)
    assert {message.partition for message in messages} == {0, 1, 2}
    assert reached(journal, topic) == published.Standing(300, 300, None, None)


def test_nothing_sealed_is_in_any_byte_of_the_topic(journal: Journal, kafka: Broker, topic: str) -> None:
    journal.record(list(EXAMPLES.values()))
    publish = Publish(journal, kafka.address, topic=topic)
    assert publish.step() == len(EXAMPLES)
    publish.close()
    everything = b"\n".join(message.bytes for message in read(kafka.address, topic))
    canaries = {text for event in EXAMPLES.values() for text in texts(event.parts()[1])}
    assert {"Told in one sentence.", "A nickname", "000-0000-0000", "Asked where the store is."} <= canaries
    # A number or a code such as `medium` stands open in other events too; a text or a date of these does not.
    assert not [text for text in canaries if len(text) >= 8 and text.encode() in everything]


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from texts(part)
    elif hasattr(value, "model_dump"):
        yield from texts(value.model_dump(mode="json"))
    elif value is not None:
        yield str(value)


def test_a_key_is_placed_as_every_client_places_it(journal: Journal, kafka: Broker, topic: str) -> None:
    journal.record(facts(60))
    publish = Publish(journal, kafka.address, topic=topic)
    publish.step()
    publish.close()
    producer = KafkaProducer(bootstrap_servers=kafka.address)
    placed = {message.key: message.partition for message in read(kafka.address, topic)}
    assert len(placed) == len(PEOPLE)
    assert placed == {key: producer.send(topic, b"", key).get(30).partition for key in placed}
    producer.close()


def test_shards_are_published_each_by_its_own_positions(
    database_url: str, tmp_path: Path, kafka: Broker, topic: str
) -> None:
    with ExitStack() as closing:
        database, keys = Database(database_url), Database(f"sqlite:///{tmp_path / 'vault.db'}")
        closing.callback(database.close)
        closing.callback(keys.close)
        upgrade(database, keys, shards=3)
        journal = Journal(database, Vault(keys, MASTER_KEY), shards=3)
        journal.record(facts(90))
        publish = Publish(journal, kafka.address, topic=topic, batch=8)
        assert publish.catch_up() == 90
        publish.close()
        assert_complete(journal, read(kafka.address, topic))


def test_a_commit_wakes_the_publisher(journal: Journal, kafka: Broker, topic: str) -> None:
    with running(Publish(journal, kafka.address, topic=topic).run):
        for start in range(3):
            journal.record(facts(1, start=start))
            assert_complete(journal, read(kafka.address, topic, until=places(journal)))


def test_what_was_killed_goes_on_where_the_broker_had_acknowledged(
    journal: Journal, database_url: str, tmp_path: Path, kafka: Broker, topic: str
) -> None:
    journal.record(facts(400))
    arguments = [database_url, f"sqlite:///{tmp_path / 'vault.db'}", kafka.address, topic]
    for steps in (1, 4, 9):
        assert killed_after(steps, arguments)
        assert 0 < reached(journal, topic).position < 400
    publish = Publish(journal, kafka.address, topic=topic, batch=7)
    publish.catch_up()
    publish.close()
    assert_complete(journal, read(kafka.address, topic))


def killed_after(steps: int, arguments: list[str], *, later_seconds: float = 0) -> bool:
    """Kill a publisher (SIGKILL) after so many steps, or so much later; whether it was still at work after them."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.consumers.kafka.publisher", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(steps)]
    with suppress(subprocess.TimeoutExpired):
        process.wait(later_seconds)
    process.kill()
    process.stdout.close()
    process.wait()
    return all(told)


def test_what_was_sent_and_not_noted_is_sent_again_in_order(journal: Journal, kafka: Broker, topic: str) -> None:
    """As after a kill between the broker's acknowledgement and the commit."""
    journal.record(facts(40))
    publish = Publish(journal, kafka.address, topic=topic, batch=30)
    assert publish.step() == 30
    forget_all(journal)
    assert publish.catch_up() == 40
    publish.close()
    messages = read(kafka.address, topic)
    assert len(messages) == 70
    assert_complete(journal, messages)


def forget_all(journal: Journal) -> None:
    with journal.database.write() as connection:
        connection.execute(stored.update().values(position=0))


def test_while_one_claims_a_shard_another_waits_for_the_end_of_it(journal: Journal, kafka: Broker, topic: str) -> None:
    journal.record(facts(10))
    now = now_in_utc()
    with journal.database.write() as connection:
        until = now + timedelta(minutes=1)
        assert published.claim(connection, topic, 0, "another", now=now, until=until) == 0
    waiting = Publish(journal, kafka.address, topic=topic, clock=lambda: now + timedelta(seconds=59))
    assert waiting.step() == 0
    waiting.close()
    assert reached(journal, topic).holder == "another"
    later = Publish(journal, kafka.address, topic=topic, clock=lambda: now + timedelta(seconds=61))
    assert later.step() == 10
    later.close()


def test_two_publishers_at_once_send_everything_once(journal: Journal, kafka: Broker, topic: str) -> None:
    with (
        running(Publish(journal, kafka.address, topic=topic, batch=5).run),
        running(Publish(journal, kafka.address, topic=topic, batch=3).run),
    ):
        for start in range(0, 200, 20):
            journal.record(facts(20, start=start))
        messages = read(kafka.address, topic, until=places(journal))
    assert_complete(journal, messages)
    assert len(read(kafka.address, topic)) == 200


def test_two_publishers_that_overtake_each_other_repeat_events_and_lose_none(
    journal: Journal, kafka: Broker, topic: str
) -> None:
    """A claim that ends at once stands for processes that were stopped for longer than theirs lasts."""
    journal.record(facts(200))
    with (
        running(Publish(journal, kafka.address, topic=topic, batch=5, claim=timedelta(0)).run),
        running(Publish(journal, kafka.address, topic=topic, batch=3, claim=timedelta(0)).run),
    ):
        messages = read(kafka.address, topic, until=places(journal))
    assert_complete(journal, messages)
    assert_complete(journal, read(kafka.address, topic))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_broker_that_is_away_is_waited_for_and_nothing_is_claimed_meanwhile(
    journal: Journal, kafka: Broker, topic: str
) -> None:
    journal.record(facts(20))
    with running(Publish(journal, kafka.address, topic=topic).run):
        read(kafka.address, topic, until=places(journal))
        kafka.stop()
        try:
            journal.record(facts(20, start=20))
            idle = Publish(journal, kafka.address, topic="another")
            with pytest.raises(BrokerAway, match="MAJUNG_KAFKA_BOOTSTRAP_SERVERS"):
                idle.step()
            assert reached(journal, "another") == published.Standing(0, 40, None, None)
            assert reached(journal, topic).position == 20
        finally:
            kafka.start()
        messages = read(kafka.address, topic, until=places(journal))
    assert_complete(journal, messages)


def test_connections_that_are_all_lent_are_waited_for(journal: Journal, kafka: Broker, topic: str) -> None:
    class OnceBusy(Publish):
        was_busy = False

        def step(self) -> int:
            if not self.was_busy:
                self.was_busy = True
                raise PoolExhausted
            return super().step()

    journal.record(facts(2))
    with running(OnceBusy(journal, kafka.address, topic=topic).run):
        read(kafka.address, topic, until=places(journal))


def test_a_topic_that_is_missing_is_named_and_not_made(journal: Journal, kafka: Broker) -> None:
    kafka.needs_apache("makes every topic that somebody asks about")
    journal.record(facts(1))
    publish = Publish(journal, kafka.address, topic="journal.missing", max_block_ms=500)
    for _ in range(2):
        with pytest.raises(TopicMissing, match=r"journal\.missing.*majung topics create"):
            publish.step()
    publish.close()


def test_an_event_too_large_for_the_topic_is_never_skipped(journal: Journal, kafka: Broker, topic: str) -> None:
    # Random digits: what is compressed well would pass.
    positions = tuple(number * 2_654_435_761 % 4_294_967_291 + 1 for number in range(600_000))
    journal.record([*facts(3), data_disclosed.replaced(positions=positions), *facts(3, start=3)])
    publish = Publish(journal, kafka.address, topic=topic)
    assert publish.step() == 3
    for _ in range(2):
        with pytest.raises(RefusedByBroker, match=r"max\.message\.bytes"):
            publish.step()
    publish.close()
    assert reached(journal, topic).position == 3
    assert len(read(kafka.address, topic)) == 3


def test_a_step_is_bounded_by_bytes_too(journal: Journal, kafka: Broker, topic: str) -> None:
    journal.record(
        [data_disclosed.replaced(source_id=f"large-{n}", positions=tuple(range(1, 60_000))) for n in range(6)]
    )
    publish = Publish(journal, kafka.address, topic=topic)
    assert publish.step() == 2
    assert publish.catch_up() == 4
    publish.close()
    assert_complete(journal, read(kafka.address, topic))


def test_a_replay_publishes_nothing(journal: Journal, kafka: Broker, topic: str) -> None:
    with journal.database.write() as connection:
        generations.establish(connection, MODELS)
    journal.record([*facts(30), touchpoint_corrected])
    publish = Publish(journal, kafka.address, topic=topic)
    assert publish.catch_up() == 31
    Worker(journal, MODELS).catch_up()
    rebuild(journal, MODELS)
    assert publish.step() == 0
    publish.close()
    assert len(read(kafka.address, topic)) == 31


def test_positions_of_other_topics_are_left_alone(journal: Journal, kafka: Broker, topic: str) -> None:
    journal.record(facts(2))
    for name in (topic, new_topic(kafka.address)):
        publish = Publish(journal, kafka.address, topic=name)
        assert publish.step() == 2
        publish.close()
    with journal.database.read() as connection:
        assert sorted(connection.scalars(select(stored.c.position))) == [2, 2]


def test_an_older_release_waits_at_a_version_it_does_not_know_and_a_newer_one_goes_on_at_once(
    journal: Journal, kafka: Broker, topic: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    journal.record([*facts(5), discovery_attempted, *facts(5, start=5)])
    older = Publish(journal, kafka.address, topic=topic)
    with monkeypatch.context() as release:
        release.delitem(Touchpoint.registry, discovery_attempted.stored_as)
        open_event._shape.cache_clear()
        with caplog.at_level("WARNING"):
            assert [older.catch_up(), older.catch_up()] == [5, 0]
    assert [record.message for record in caplog.records if "newer release" in record.message] == [
        f"publishing waits for a process of a newer release: {discovery_attempted.stored_as} is not known to this"
        " release: use the release that wrote it, or a newer one"
    ]
    assert reached(journal, topic).position == 5
    publish = Publish(journal, kafka.address, topic=topic)
    assert publish.catch_up() == 6
    publish.close()
    older.close()
    assert_complete(journal, read(kafka.address, topic))
