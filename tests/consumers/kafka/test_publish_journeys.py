"""Everybody's journey on the real broker: read to the end and folded by key, the topic says what the rows say."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import delete

from consumers.kafka import publish_journeys
from consumers.kafka.publish_journeys import PublishJourneys
from consumers.kafka.sending import Overtaken
from domain.history import History
from domain.touchpoint import Touchpoint
from projections.current_journey import current_journey
from projections.journey import JourneyRow, fold, journey
from replay.commands import linking
from replay.database import Database
from replay.journal import Journal
from replay.live import folded_rows, generations
from replay.live.worker import Worker
from replay.messages import outboxes, published_journeys
from replay.rebuild import rebuild
from replay.recorder import now_in_utc
from replay.schema import upgrade
from replay.tables import published_journeys as stored
from replay.vault import Vault
from tests.brokers import Broker
from tests.conftest import MASTER_KEY
from tests.consumers.kafka.reading import Message, eventually_read, new_topic, read
from tests.consumers.kafka.test_publish import killed_after, running, texts
from tests.examples import (
    EXAMPLES,
    call_received,
    journey_ended,
    participant_registered,
    prescription_issued,
    store_visited,
    touchpoint_voided,
)

PEOPLE = [UUID(int=number, version=4) for number in range(1, 41)]
MODELS = [journey]
LINKED_AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def topic(kafka: Broker) -> str:
    return new_topic(kafka.address)


def facts(people: Iterable[UUID], seed: int = 0) -> list[Touchpoint]:
    """Some of each person, in which a stage is entered, left or ended."""
    random = Random(seed)
    kinds = (call_received, store_visited, prescription_issued, journey_ended, participant_registered)
    return [
        kind.replaced(
            participant_id=person,
            source_id=f"{seed}-{kind.stored_as}",
            occurred_at=kind.occurred_at + timedelta(days=random.randrange(300)),
        )
        for person in people
        for kind in random.sample(kinds, random.randint(1, len(kinds)))
    ]


def record(journal: Journal, *events: Touchpoint) -> None:
    """Record these and bring the rows up to them."""
    journal.record(events)
    Worker(journal, MODELS).catch_up()


def rows(journal: Journal) -> dict[UUID, list[JourneyRow]]:
    """Everybody's rows that serve."""
    found: dict[UUID, list[JourneyRow]] = {}
    with journal.database.read() as connection:
        [live] = generations.live(connection, MODELS)
        for row in generations.read(connection, live):
            found.setdefault(row.component, []).append(row)
    return found


def wanted(journal: Journal) -> dict[UUID, Any]:
    """What the topic has to say."""
    return {person: _plain(current_journey(own).model_dump_json()) for person, own in rows(journal).items()}


def _plain(text: str | bytes) -> Any:
    return orjson.loads(text)


def folded(messages: list[Message]) -> dict[UUID, Any]:
    """The newest of each key, as compaction leaves it: those with a tombstone are gone."""
    newest = {UUID(message.key.decode()): message.value for message in messages}
    return {person: _plain(value) for person, value in newest.items() if value is not None}


def sent(journal: Journal, kafka: Broker, topic: str, **options: Any) -> list[Message]:
    """All messages of the topic once a publisher has caught up."""
    publish = PublishJourneys(journal, kafka.address, topic=topic, **options)
    publish.catch_up()
    publish.close()
    return read(kafka.address, topic, settled=True)


def test_the_topic_says_of_everybody_what_the_rows_say(tracked: Journal, kafka: Broker, topic: str) -> None:
    record(tracked, *facts(PEOPLE))
    messages = sent(tracked, kafka, topic, batch=7)
    assert folded(messages) == wanted(tracked)
    assert 20 < len(messages) == len(wanted(tracked))
    assert {message.partition for message in messages} == {0, 1, 2}


def test_who_has_no_stage_is_not_in_it(tracked: Journal, kafka: Broker, topic: str) -> None:
    record(tracked, participant_registered)
    assert sent(tracked, kafka, topic) == []


def test_only_what_changed_is_sent(tracked: Journal, kafka: Broker, topic: str) -> None:
    record(tracked, *facts(PEOPLE))
    before = sent(tracked, kafka, topic)
    record(tracked, participant_registered.replaced(participant_id=PEOPLE[0], source_id="again"))
    assert sent(tracked, kafka, topic) == before
    record(tracked, prescription_issued.replaced(participant_id=PEOPLE[1], source_id="new"))
    after = sent(tracked, kafka, topic)
    assert len(after) == len(before) + 1
    assert folded(after) == wanted(tracked)


def test_a_message_says_what_it_rests_on(tracked: Journal, kafka: Broker, topic: str) -> None:
    record(tracked, *facts(PEOPLE[:1]), prescription_issued.replaced(participant_id=PEOPLE[0]))
    [message] = sent(tracked, kafka, topic)
    [head] = tracked.head()
    assert message.headers == {
        "content-type": b"application/json; charset=UTF-8",
        "rule_version": b"1",
        "generation": b"1",
        "positions": orjson.dumps([head]),
    }
    assert message.key == str(PEOPLE[0]).encode()


def test_of_linked_people_one_has_the_journey_and_the_others_a_tombstone(
    tracked: Journal, kafka: Broker, topic: str
) -> None:
    one, other = PEOPLE[:2]
    record(tracked, *(prescription_issued.replaced(participant_id=person) for person in (one, other)))
    assert folded(sent(tracked, kafka, topic)).keys() == {one, other}
    linking.link(tracked, one, other, reason="the same", now=LINKED_AT, actor="worker-01")
    Worker(tracked, MODELS).catch_up()
    messages = sent(tracked, kafka, topic)
    assert [message.key for message in messages if message.value is None] == [str(other).encode()]
    assert folded(messages) == wanted(tracked)
    assert folded(messages).keys() == {one}
    linking.unlink(tracked, one, other, reason="not the same", now=LINKED_AT, actor="worker-01")
    Worker(tracked, MODELS).catch_up()
    again = folded(sent(tracked, kafka, topic))
    assert again == wanted(tracked)
    assert again.keys() == {one, other}


def test_who_is_gone_from_the_rows_gets_a_tombstone_and_it_once(tracked: Journal, kafka: Broker, topic: str) -> None:
    told = call_received.replaced(participant_id=PEOPLE[0])
    record(tracked, told)
    assert folded(sent(tracked, kafka, topic)).keys() == {PEOPLE[0]}
    record(tracked, touchpoint_voided.replaced(participant_id=PEOPLE[0], target_event_id=told.event_id))
    messages = sent(tracked, kafka, topic)
    assert (len(messages), messages[-1].value) == (2, None)
    assert folded(messages) == {} == wanted(tracked)
    assert sent(tracked, kafka, topic) == messages


def test_rows_that_are_removed_are_found_when_everybody_is_compared(
    tracked: Journal, kafka: Broker, topic: str
) -> None:
    """As an erasure removes them: from every generation, and with no event that a fold knows."""
    record(tracked, *facts(PEOPLE))
    gone = sorted(folded(sent(tracked, kafka, topic)))[::3]
    with tracked.database.write() as connection:
        [live] = generations.live(connection, MODELS)
        folded_rows.erase(connection, live, gone)
        outboxes.compared(connection, topic, 0)
    messages = sent(tracked, kafka, topic, batch=4)
    assert {UUID(message.key.decode()) for message in messages if message.value is None} == set(gone)
    assert folded(messages) == wanted(tracked)


def test_a_replay_publishes_nothing_that_is_the_same(tracked: Journal, kafka: Broker, topic: str) -> None:
    record(tracked, *facts(PEOPLE))
    before = sent(tracked, kafka, topic)
    rebuild(tracked, MODELS)
    assert sent(tracked, kafka, topic, batch=5) == before
    with tracked.database.read() as connection:
        [live] = generations.live(connection, MODELS)
    assert compared(tracked, topic) == live.number == 2


def test_a_replay_that_folds_otherwise_publishes_what_differs_once_it_serves(
    tracked: Journal, kafka: Broker, topic: str
) -> None:
    record(tracked, *facts(PEOPLE))
    before = sent(tracked, kafka, topic)
    # As rows of an older release were, which put them otherwise.
    with tracked.database.write() as connection:
        [live] = generations.live(connection, MODELS)
        own = live.table.c
        changed = set(
            connection.scalars(live.table.update().values(rule="old").where(own.sequence == 2).returning(own.component))
        )
        outboxes.compared(connection, topic, 0)
    assert changed
    older = sent(tracked, kafka, topic)
    rebuild(tracked, MODELS)
    messages = sent(tracked, kafka, topic)
    assert len(messages) - len(older) == len(older) - len(before) == len(changed)
    assert folded(messages) == folded(before) == wanted(tracked)


def test_of_two_releases_only_that_publishes_whose_rows_serve(
    tracked: Journal, kafka: Broker, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tracked, *facts(PEOPLE))
    before = sent(tracked, kafka, topic)
    newer = replace(journey, version=journey.version + 1)
    rebuild(tracked, [newer])
    with monkeypatch.context() as newer_release:
        newer_release.setattr(publish_journeys, "journey", newer)
        assert sent(tracked, kafka, topic) == before
    assert compared(tracked, topic) == 2
    record(tracked, prescription_issued.replaced(participant_id=PEOPLE[0], source_id="new"))
    older = PublishJourneys(tracked, kafka.address, topic=topic)
    assert older.step() == 0
    older.close()
    assert compared(tracked, topic) == 2
    assert read(kafka.address, topic) == before


def compared(journal: Journal, topic: str) -> int | None:
    """The generation that was last compared with the topic as a whole."""
    with journal.database.read() as connection:
        return outboxes.standing(connection, topic).generation


def test_rows_that_are_switched_while_everybody_is_compared_leave_nothing_of_themselves(
    tracked: Journal, kafka: Broker, topic: str
) -> None:
    """As `majung projections switch` does when what was replayed is taken back."""
    record(tracked, *facts(PEOPLE))
    sent(tracked, kafka, topic)
    rebuild(tracked, MODELS)
    with tracked.database.write() as connection:
        [live] = generations.live(connection, MODELS)
        connection.execute(live.table.update().values(rule="taken back"))
    publish = PublishJourneys(tracked, kafka.address, topic=topic, batch=4)
    assert publish.step() == 4
    with tracked.database.write() as connection:
        generations.switch(connection, generations.generation(journey, 1))
    publish.catch_up()
    publish.close()
    assert folded(read(kafka.address, topic)) == wanted(tracked)


def test_who_lost_the_claim_while_everybody_was_compared_begins_anew(
    tracked: Journal, kafka: Broker, topic: str
) -> None:
    """Another has compared other rows meanwhile, and these serve again."""
    record(tracked, *facts(PEOPLE))
    publisher = partial(PublishJourneys, tracked, kafka.address, topic=topic, batch=4)
    one, other = publisher(claim=timedelta(0)), publisher()
    assert one.step() == 4
    rebuild(tracked, MODELS)
    with tracked.database.write() as connection:
        [live] = generations.live(connection, MODELS)
        connection.execute(live.table.update().values(rule="taken back"))
    other.catch_up()
    other.close()
    with tracked.database.write() as connection:
        generations.switch(connection, generations.generation(journey, 1))
    with pytest.raises(Overtaken):
        one.step()
    one.catch_up()
    one.close()
    assert folded(read(kafka.address, topic)) == wanted(tracked)


def test_who_was_held_and_folds_again_is_looked_at_though_nothing_was_recorded(
    tracked: Journal, kafka: Broker, topic: str
) -> None:
    def fails(history: History) -> list[JourneyRow]:
        if any(fact.event.actor == "poison" for fact in history.facts):
            raise ZeroDivisionError
        return fold(history)

    record(tracked, *facts(PEOPLE[:5]), call_received.replaced(participant_id=PEOPLE[0]))
    sent(tracked, kafka, topic)
    tracked.record([prescription_issued.replaced(participant_id=PEOPLE[0], source_id="p", actor="poison")])
    Worker(tracked, [replace(journey, fold=fails)], code="defective").catch_up()
    before = sent(tracked, kafka, topic)
    assert folded(before) == wanted(tracked)
    assert Worker(tracked, MODELS, code="mended").retry_held() == [PEOPLE[0]]
    messages = sent(tracked, kafka, topic)
    assert len(messages) == len(before) + 1
    assert folded(messages) == wanted(tracked)
    assert sent(tracked, kafka, topic) == messages


def test_who_is_written_anew_while_they_are_sent_is_looked_at_again(
    tracked: Journal, kafka: Broker, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tracked, call_received.replaced(participant_id=PEOPLE[0]))
    publish = PublishJourneys(tracked, kafka.address, topic=topic)
    publish.catch_up()
    rewrite(tracked, PEOPLE[0], "first")
    send = publish._send_all

    def rewritten_meanwhile(messages: Any) -> None:
        send(messages)
        rewrite(tracked, PEOPLE[0], "second")

    monkeypatch.setattr(publish, "_send_all", rewritten_meanwhile)
    publish.step()
    monkeypatch.undo()
    assert publish.catch_up() == 1
    publish.close()
    messages = read(kafka.address, topic)
    assert len(messages) == 3
    assert folded(messages) == wanted(tracked)


def rewrite(journal: Journal, person: UUID, rule: str) -> None:
    """Write somebody's rows otherwise, as nothing recorded would."""
    with journal.database.write() as connection:
        [live] = generations.live(connection, MODELS)
        connection.execute(live.table.update().where(live.table.c.component == person).values(rule=rule))
        published_journeys.look_again(connection, [person])


def test_rows_that_lag_behind_are_followed_as_far_as_they_are(tracked: Journal, kafka: Broker, topic: str) -> None:
    record(tracked, *facts(PEOPLE[:10]))
    sent(tracked, kafka, topic)
    tracked.record(facts(PEOPLE[10:], seed=1))
    publish = PublishJourneys(tracked, kafka.address, topic=topic, batch=3)
    assert publish.step() == 0
    worker = Worker(tracked, MODELS, batch=10)
    while worker.step(0):
        publish.catch_up()
        assert folded(read(kafka.address, topic)) == wanted(tracked)
    publish.close()


def test_what_was_killed_goes_on_and_the_topic_says_what_the_rows_say(
    tracked: Journal, database_url: str, tmp_path: Path, kafka: Broker, topic: str
) -> None:
    arguments = [database_url, f"sqlite:///{tmp_path / 'vault.db'}", kafka.address, topic, "journeys"]
    people = [UUID(int=number, version=4) for number in range(1, 301)]
    record(tracked, *facts(people))
    assert killed_after(3, arguments)
    assert 0 < len(folded(read(kafka.address, topic))) < len(wanted(tracked))
    assert folded(sent(tracked, kafka, topic)) == wanted(tracked)
    for seed, steps in enumerate((2, 5), start=1):
        record(tracked, *facts(people, seed))
        assert killed_after(steps, arguments)
    messages = sent(tracked, kafka, topic)
    assert folded(messages) == wanted(tracked)


def test_what_was_sent_and_not_noted_is_sent_again(tracked: Journal, kafka: Broker, topic: str) -> None:
    """As after a kill between the broker's acknowledgement and the commit."""
    record(tracked, *facts(PEOPLE))
    count = len(sent(tracked, kafka, topic))
    with tracked.database.write() as connection:
        connection.execute(delete(stored))
        outboxes.compared(connection, topic, 0)
    messages = sent(tracked, kafka, topic)
    assert len(messages) == 2 * count
    assert folded(messages) == wanted(tracked)


class Killed(Exception):
    """In place of a kill."""


@pytest.fixture
def killed_once_sent(kafka: Broker, topic: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[Journal], None]:
    """A step that ends once the broker has acknowledged, and before that is noted."""

    def run(journal: Journal) -> None:
        publish = PublishJourneys(journal, kafka.address, topic=topic)
        send = publish._send_all

        def sent_and_killed(messages: Any) -> None:
            send(messages)
            raise Killed

        monkeypatch.setattr(publish, "_send_all", sent_and_killed)
        with pytest.raises(Killed):
            publish.step()
        publish.close()

    return run


def test_a_journey_that_was_sent_before_a_kill_and_is_as_before_again_is_taken_back(
    tracked: Journal, kafka: Broker, topic: str, killed_once_sent: Callable[[Journal], None]
) -> None:
    record(tracked, call_received.replaced(participant_id=PEOPLE[0]))
    before = folded(sent(tracked, kafka, topic))
    told = prescription_issued.replaced(participant_id=PEOPLE[0])
    record(tracked, told)
    killed_once_sent(tracked)
    assert folded(read(kafka.address, topic)) != before
    record(tracked, touchpoint_voided.replaced(participant_id=PEOPLE[0], target_event_id=told.event_id))
    assert folded(sent(tracked, kafka, topic)) == before == wanted(tracked)


def test_who_was_sent_before_a_kill_and_linked_under_another_since_gets_a_tombstone(
    tracked: Journal, kafka: Broker, topic: str, killed_once_sent: Callable[[Journal], None]
) -> None:
    root, other = PEOPLE[:2]
    record(tracked, participant_registered.replaced(participant_id=root))
    record(tracked, prescription_issued.replaced(participant_id=other))
    killed_once_sent(tracked)
    assert folded(read(kafka.address, topic)).keys() == {other}
    linking.link(tracked, root, other, reason="the same", now=LINKED_AT, actor="worker-01")
    Worker(tracked, MODELS).catch_up()
    messages = sent(tracked, kafka, topic)
    assert folded(messages).keys() == {root}
    assert folded(messages) == wanted(tracked)


def test_who_got_a_tombstone_before_a_kill_and_has_the_journey_of_before_again_is_sent_it(
    tracked: Journal, kafka: Broker, topic: str, killed_once_sent: Callable[[Journal], None]
) -> None:
    one, other = PEOPLE[:2]
    record(tracked, *(prescription_issued.replaced(participant_id=person) for person in (one, other)))
    sent(tracked, kafka, topic)
    linking.link(tracked, one, other, reason="the same", now=LINKED_AT, actor="worker-01")
    Worker(tracked, MODELS).catch_up()
    killed_once_sent(tracked)
    assert folded(read(kafka.address, topic)).keys() == {one}
    linking.unlink(tracked, one, other, reason="not the same", now=LINKED_AT, actor="worker-01")
    Worker(tracked, MODELS).catch_up()
    messages = sent(tracked, kafka, topic)
    assert folded(messages).keys() == {one, other}
    assert folded(messages) == wanted(tracked)


def test_who_was_halted_and_overtaken_cannot_put_an_older_journey_after_a_newer_one(
    tracked: Journal, kafka: Broker, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tracked, call_received.replaced(participant_id=PEOPLE[0]))
    halted = PublishJourneys(tracked, kafka.address, topic=topic, claim=timedelta(0))
    other = PublishJourneys(tracked, kafka.address, topic=topic, claim=timedelta(0))
    send = halted._send_all

    def overtaken(messages: Any) -> None:
        record(tracked, prescription_issued.replaced(participant_id=PEOPLE[0]))
        other.catch_up()
        send(messages)

    monkeypatch.setattr(halted, "_send_all", overtaken)
    with pytest.raises(Overtaken):
        halted.step()
    monkeypatch.undo()
    assert folded(read(kafka.address, topic)) == wanted(tracked)
    assert halted.catch_up() == 0
    record(tracked, store_visited.replaced(participant_id=PEOPLE[0], source_id="later"))
    assert halted.catch_up() == 1
    assert folded(read(kafka.address, topic)) == wanted(tracked)
    halted.close()
    other.close()


def test_two_publishers_at_once_leave_what_the_rows_say(tracked: Journal, kafka: Broker, topic: str) -> None:
    with (
        running(PublishJourneys(tracked, kafka.address, topic=topic, batch=3).run),
        running(PublishJourneys(tracked, kafka.address, topic=topic, batch=5).run),
    ):
        for seed in range(3):
            record(tracked, *facts(PEOPLE, seed))
        eventually_read(kafka.address, topic, lambda found: folded(found) == wanted(tracked))


def test_shards_are_followed_each_by_its_own_positions(
    database_url: str, tmp_path: Path, kafka: Broker, topic: str
) -> None:
    database, keys = Database(database_url), Database(f"sqlite:///{tmp_path / 'vault.db'}")
    upgrade(database, keys, shards=3)
    with database.write() as connection:
        generations.establish(connection, MODELS)
    journal = Journal(database, Vault(keys, MASTER_KEY), shards=3)
    for seed in range(3):
        record(journal, *facts(PEOPLE, seed))
        linking.link(journal, *PEOPLE[seed * 2 : seed * 2 + 2], reason="same", now=now_in_utc(), actor="worker-01")
        Worker(journal, MODELS).catch_up()
        assert folded(sent(journal, kafka, topic, batch=11)) == wanted(journal)
    database.close()
    keys.close()


def test_no_text_that_is_sealed_is_in_any_byte_of_the_topic(tracked: Journal, kafka: Broker, topic: str) -> None:
    record(tracked, *EXAMPLES.values())
    messages = sent(tracked, kafka, topic)
    everything = b"\n".join(message.bytes for message in messages if message.value is not None)
    canaries = {text for event in EXAMPLES.values() for text in texts(event.parts()[1])}
    assert everything
    assert not [text for text in canaries if len(text) >= 8 and text.encode() in everything]
