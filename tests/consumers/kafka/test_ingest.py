"""Messages become facts, each once; what cannot become one parks with its reason, and the rest flows."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import Connection, func, select

from consumers.kafka import ingest
from consumers.kafka.connecting import TopicMissing
from consumers.kafka.messages import read_message
from consumers.kafka.offsets import Fenced, Move, Partition, move, places
from consumers.kafka.retrying import retry
from domain.cloud_events import cloud_event
from domain.touchpoint import Touchpoint
from replay.journal import Journal
from replay.messages.parked import Parked, RawMessage, discard, list_parked, open_raw
from replay.metrics import OF_PROCESS
from replay.tables import journal as stored
from tests.brokers import Broker
from tests.consumers.kafka.topics import PATIENCE_STEPS, STRUCTURED, Topic, told_ids
from tests.examples import call_received, discovery_attempted, discovery_attempted_v1, measure_taken, store_visited
from tests.replay.linking import A, B, about
from tests.replay.live.test_held import missing_key

PEOPLE = [UUID(int=number, version=4) for number in range(1, 8)]
EXAMPLES = (call_received, store_visited, measure_taken)


def touchpoints(count: int) -> list[Touchpoint]:
    return [
        EXAMPLES[number % 3].replaced(participant_id=PEOPLE[number % len(PEOPLE)], source_id=f"m-{number}")
        for number in range(count)
    ]


@pytest.fixture
def topic(kafka: Broker) -> Iterator[Topic]:
    with Topic(kafka.address) as topic:
        yield topic


def waiting(journal: Journal) -> list[Parked]:
    with journal.database.read() as connection:
        return list_parked(connection)


def recorded(journal: Journal) -> int:
    with journal.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(stored)) or 0


def test_every_message_becomes_a_fact_once(journal: Journal, topic: Topic) -> None:
    events = touchpoints(50)
    topic.tell(*events)
    topic.settle(journal, batch=7)
    assert sorted(journal.find(told_ids(events)), key=repr) == sorted(events, key=repr)
    assert recorded(journal) == len(events)


def test_who_joins_later_reads_on_where_the_database_says(journal: Journal, topic: Topic) -> None:
    before, after = touchpoints(20)[:10], touchpoints(20)[10:]
    topic.tell(*before)
    topic.settle(journal)
    topic.tell(*after)
    member = topic.member(journal)
    settled = 0
    while settled < len(after):
        settled += member.step()
    member.close()
    assert (settled, recorded(journal)) == (10, 20)


def test_duplicates_and_disorder_change_nothing(journal: Journal, topic: Topic) -> None:
    events = touchpoints(30)
    topic.tell(*reversed(events), *events, *events[5:9])
    topic.settle(journal, batch=11)
    assert recorded(journal) == len(events)
    assert waiting(journal) == []


def test_an_unreadable_message_parks_and_the_rest_flows(journal: Journal, topic: Topic) -> None:
    first, second = touchpoints(8)[0], touchpoints(8)[7]
    assert first.participant_id == second.participant_id
    key = str(first.participant_id).encode()
    topic.tell(first)
    topic.send(key, b'{"name": "Hong Gildong"', STRUCTURED)
    topic.tell(second)
    topic.settle(journal)
    assert recorded(journal) == 2
    [found] = waiting(journal)
    assert (found.code, found.participant_id, found.event_id) == ("unreadable", first.participant_id, None)
    assert "Hong" not in found.message
    with journal.database.read() as connection:
        raw = open_raw(connection, journal.vault, found.id, found.recorded_at)
    assert raw == RawMessage(key, b'{"name": "Hong Gildong"', STRUCTURED)


def told_as_errors(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """The fields of the errors in the member's log."""
    records = [vars(one) for one in caplog.records if (one.name, one.levelname) == ("majung.kafka.ingest", "ERROR")]
    return [{name: record.get(name) for name in ("partitions", "most_bytes")} for record in records]


def paused() -> float | None:
    return OF_PROCESS.get_sample_value("majung_ingest_paused_partitions")


def test_where_as_much_is_parked_as_may_wait_a_partition_waits_too_and_the_others_flow(
    journal: Journal, topic: Topic, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "_LONGEST_WAIT_SECONDS", 0.2)
    poisoned, other, _ = topic.partitions
    [behind, beside] = touchpoints(2)
    member = topic.member(journal, most_parked_bytes=1)
    topic.send(None, b"one", partition=poisoned.partition)
    topic.flush()
    topic.settle_with(member, journal)
    [first] = waiting(journal)

    topic.send(None, b"two", partition=poisoned.partition)
    for event, partition in ((behind, poisoned), (beside, other)):
        value = orjson.dumps(cloud_event(event))
        topic.send(str(event.participant_id).encode(), value, partition=partition.partition)
    topic.flush()
    for _ in range(PATIENCE_STEPS):
        if recorded(journal) and paused():
            break
        member.step()
    # Each for a moment: it is looked for room again and again.
    for _ in range(3):
        member.step()
    assert journal.find(told_ids([behind, beside])) == [beside]
    assert waiting(journal) == [first]
    assert paused() == 1
    assert OF_PROCESS.get_sample_value("majung_ingest_lag_messages", {"topic": topic.name, "partition": "0"}) == 2
    assert told_as_errors(caplog) == [{"partitions": [poisoned.partition], "most_bytes": 1}]

    with journal.database.write() as connection:
        discard(connection, journal.vault, first.id, reason="a flood", by="worker-01", now=first.recorded_at)
    topic.settle_with(member, journal)
    assert paused() == 0
    member.close()
    assert recorded(journal) == 2
    assert [found.offset for found in waiting(journal)] == [first.offset + 1]


def test_every_kind_of_refusal_parks_under_its_code(journal: Journal, topic: Topic) -> None:
    told, key = cloud_event(call_received), str(call_received.participant_id).encode()
    ahead = (journal.clock() + timedelta(hours=25)).isoformat()
    for changed in ({"type": "call-received.v7"}, {"time": ahead}, {"type": "identities-linked.v1"}):
        topic.send(key, orjson.dumps(told | changed))
    topic.send(b"not the subject", orjson.dumps(told))
    topic.send(key, None)
    topic.send(None, orjson.dumps(told), [])
    topic.flush()
    topic.settle(journal)
    codes = sorted(found.code for found in waiting(journal))
    assert codes == [
        "in-the-future",
        "key-mismatch",
        "not-a-cloudevent",
        "not-from-producers",
        "unknown-version",
        "unreadable",
    ]
    assert recorded(journal) == 0


class NotUtf8(str):
    """The name of a header as a producer in another language may send it: any bytes."""

    def encode(self, *_: str) -> bytes:
        return b"ce_\xff\xfe"


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_a_header_whose_name_is_not_utf_8_parks_as_it_came_and_the_rest_flows(
    journal: Journal, kafka: Broker, compression: str | None
) -> None:
    first, second, third = touchpoints(3)
    value, key = orjson.dumps(cloud_event(second)), str(second.participant_id).encode()
    headers = [*STRUCTURED, (NotUtf8("x"), b"7")]
    with Topic(kafka.address, partitions=1, compression_type=compression) as topic:
        topic.put(first)
        topic.send(key, value, headers)
        topic.tell(third)
        topic.settle(journal)
    assert recorded(journal) == 2
    [found] = waiting(journal)
    assert (found.code, found.offset, found.participant_id) == ("invalid-attribute", 1, second.participant_id)
    with journal.database.read() as connection:
        raw = open_raw(connection, journal.vault, found.id, found.recorded_at)
    assert (raw.key, raw.value) == (key, value)
    assert [(name.encode(errors="surrogateescape"), told) for name, told in raw.headers] == [
        (b"content-type", STRUCTURED[0][1]),
        (b"ce_\xff\xfe", b"7"),
    ]
    assert retry(journal, found.id, by="worker-02", now=journal.clock()).code == found.code


def test_a_version_that_this_release_does_not_know_parks_and_is_taken_by_one_that_does(
    journal: Journal, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = discovery_attempted.stored_as
    topic.tell(discovery_attempted_v1, discovery_attempted)
    with monkeypatch.context() as older:
        older.delitem(Touchpoint.registry, newer)
        topic.settle(journal)
    [found] = waiting(journal)
    assert (found.code, found.participant_id) == ("unknown-version", discovery_attempted.participant_id)
    assert newer in found.message
    assert "v1" in found.message
    assert recorded(journal) == 1
    assert retry(journal, found.id, by="worker-02", now=journal.clock()).status == "recorded"
    told = journal.find(told_ids([discovery_attempted_v1, discovery_attempted]))
    assert {event.stored_as for event in told} == {"discovery-attempted.v1", newer}
    assert waiting(journal) == []


@pytest.mark.parametrize("at_once", [True, False], ids=["in one batch", "one after the other"])
def test_other_content_under_the_same_id_parks_with_the_differing_fields(
    journal: Journal, topic: Topic, at_once: bool
) -> None:
    other = call_received.replaced(level="emergency", channel="chatbot")
    topic.tell(call_received)
    if not at_once:
        topic.settle(journal)
    topic.tell(other, store_visited)
    topic.settle(journal)
    [found] = waiting(journal)
    assert (found.code, found.event_id) == ("conflict", call_received.event_id)
    assert "channel, level" in found.message
    assert journal.find([call_received.event_id]) == [call_received]
    assert recorded(journal) == 2


def test_a_message_on_which_reading_fails_parks_and_the_rest_flows(
    journal: Journal, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    [told], [other] = about(A, measure_taken), about(B, call_received)

    def fails(raw: Any, **options: Any) -> Touchpoint:
        if str(A) in raw.key.decode():
            raise RecursionError("010-1234-5678")
        return read_message(raw, **options)

    topic.tell(told, other)
    with monkeypatch.context() as defective:
        defective.setattr(ingest, "read_message", fails)
        topic.settle(journal)
    [found] = waiting(journal)
    assert (found.code, found.participant_id) == ("unforeseen", A)
    assert "RecursionError" in found.message
    assert "010" not in found.message
    assert journal.find(told_ids([told, other])) == [other]
    assert retry(journal, found.id, by="worker-02", now=journal.clock()).status == "recorded"


def test_what_is_told_again_and_does_not_read_parks_until_it_does_and_the_rest_flows(
    journal: Journal, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    [told], [other] = about(A, measure_taken), about(B, call_received)
    with missing_key(journal, monkeypatch):
        topic.tell(told, other)
        topic.settle(journal)
        [found] = waiting(journal)
        assert (found.code, found.participant_id, found.event_id) == ("does-not-fold", A, told.event_id)
        assert "restore the vault" in found.message
        assert recorded(journal) == 2
        still = retry(journal, found.id, by="worker-02", now=journal.clock())
        assert (still.status, still.code, still.message) == ("blocked", found.code, found.message)
    journal.vault._known.clear()
    assert retry(journal, found.id, by="worker-02", now=journal.clock()).status == "duplicate"
    assert waiting(journal) == []


def test_nothing_is_stored_when_another_member_has_read_on(journal: Journal, kafka: Broker) -> None:
    """As after a rebalance that this member has not heard of: its place was moved while it held a batch."""
    with Topic(kafka.address, partitions=1) as topic:
        topic.tell(*touchpoints(10))
        fence_and_go_on(journal, topic)


def fence_and_go_on(journal: Journal, topic: Topic) -> None:
    member = topic.member(journal, batch=2)
    while not member.step():
        pass
    before = recorded(journal)
    with journal.database.write() as connection:
        [(place, at)] = places(connection, topic.ends()).items()
        move(connection, {place: Move(at, at + 1)})
    record, calls = journal.record, []

    def counted(events: Sequence[Touchpoint], **told: object) -> object:
        calls.append(recorded(journal))
        return record(events, **told)  # type: ignore[arg-type]

    journal.record = counted  # type: ignore[method-assign, assignment]
    while not calls:
        fenced = member.step()
    assert (fenced, recorded(journal)) == (0, before)
    topic.settle_with(member, journal)
    member.close()
    assert recorded(journal) == 9


def gaps(caplog: pytest.LogCaptureFixture) -> list[tuple[str, object]]:
    """The errors of the member's log, and how many messages they tell of."""
    told = [one for one in caplog.records if (one.name, one.levelname) == ("majung.kafka.ingest", "ERROR")]
    return [(record.getMessage(), vars(record).get("messages")) for record in told]


@pytest.mark.parametrize("runs", [True, False], ids=["while a member runs", "while none runs"])
def test_messages_that_are_removed_before_they_are_read_are_told_once_with_their_number(
    journal: Journal, kafka: Broker, caplog: pytest.LogCaptureFixture, runs: bool
) -> None:
    kafka.needs_apache("removes no messages")
    events = touchpoints(10)
    with Topic(kafka.address, partitions=1) as topic:
        topic.tell(*events[:3])
        member = topic.member(journal, fetch_max_wait_ms=1)
        topic.settle_with(member, journal)
        with topic.unread_by(member):
            topic.tell(*events[3:])
            topic.remove_before(7)
        if not runs:
            member.close()
        topic.settle_with(member, journal)
        member.close()
    assert gaps(caplog) == [("the broker removed messages before they were read", 4)]
    assert recorded(journal) == 6


def test_offsets_that_hold_no_message_are_no_gap(
    journal: Journal, kafka: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    """The marks of transactions have offsets too."""
    with Topic(kafka.address, partitions=1, transactional_id="no gap") as topic:
        member = topic.member(journal)
        for event in touchpoints(3):
            with topic.transaction():
                topic.put(event)
            while not member.step():
                pass
        member.close()
    assert (gaps(caplog), recorded(journal)) == ([], 3)


def test_a_topic_that_is_made_anew_under_a_running_member_is_told_and_read_from_its_beginning(
    journal: Journal, kafka: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    kafka.needs_apache("removes no topic that is read")
    events = touchpoints(5)
    with Topic(kafka.address, partitions=1) as topic:
        topic.tell(*events[:3])
        member = topic.member(journal, fetch_max_wait_ms=1, metadata_max_age_ms=200)
        topic.settle_with(member, journal)
        topic.make_anew()
        topic.tell(*events[3:])
        topic.settle_with(member, journal)
        member.close()
    assert gaps(caplog) == [("a partition ends before the place that was read: it is read from its beginning", None)]
    assert recorded(journal) == 5


def test_a_place_is_moved_only_from_where_it_was_found(journal: Journal) -> None:
    place = Partition("t", 0)

    def moved(found: int | None, next_offset: int) -> None:
        with journal.database.write() as connection:
            move(connection, {place: Move(found, next_offset)})

    moved(None, 5)
    moved(5, 9)
    for found in (None, 5, 10):
        with pytest.raises(Fenced):
            moved(found, 12)
    with journal.database.read() as connection:
        assert places(connection, [place, Partition("t", 1)]) == {place: 9}


def test_what_fails_beside_a_recording_undoes_both(journal: Journal) -> None:
    class Failed(Exception):
        pass

    def fail(connection: Connection, outcomes: object) -> None:
        move(connection, {Partition("t", 0): Move(None, 1)})
        raise Failed

    for events in ([call_received, store_visited], [call_received], []):
        with pytest.raises(Failed):
            journal.record(events, beside=fail)
    with journal.database.read() as connection:
        assert places(connection, [Partition("t", 0)]) == {}
    assert journal.head() == (0,)


def test_what_is_beside_a_recording_is_told_every_outcome(journal: Journal) -> None:
    journal.record([call_received])
    other = call_received.replaced(level="emergency")
    told: list[list[str]] = []
    outcomes = journal.record(
        [other, store_visited, call_received, store_visited],
        beside=lambda _, found: told.append([outcome.status for outcome in found]),
    )
    assert [outcome.status for outcome in outcomes] == ["conflict", "recorded", "duplicate", "duplicate"]
    assert told[-1] == [outcome.status for outcome in outcomes]


def test_a_topic_that_is_not_there_is_told_at_once(journal: Journal, topic: Topic) -> None:
    topic.name = "no.such.topic"
    member = topic.member(journal)
    with pytest.raises(TopicMissing, match="majung topics create"):
        member.step()
