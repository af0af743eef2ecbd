"""What the database says when metrics are read: lag also while no worker runs, what waits, and what is up."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

from api import wiring
from api.metrics import MetricsNotServed, exposition, registry_of, served
from api.wiring import Majung
from projections.timeline import timeline
from replay.messages import published
from replay.messages.parked import RawMessage, ToPark, list_parked, note_published, park, retried
from replay.metrics import IN_DATABASE, OF_PROCESS
from replay.queries import backlog
from replay.rebuild import rebuild
from replay.rebuild.ledger import Clocks
from replay.rebuild.snapshots import take
from replay.schema import REVISIONS
from replay.vault import MasterKeyUnusable
from tests.api.http.requests import settings_in
from tests.examples import call_received, participant_registered, store_visited
from tests.replay.rebuild.test_resuming import Killed, after

Told = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture
def majung(database_url: str, tmp_path: Path) -> Iterator[Majung]:
    settings = settings_in(tmp_path, database_url)
    wiring.upgrade(settings, shards=2)
    with wiring.start(settings) as majung:
        yield majung


def read(majung: Majung) -> Told:
    """Every sample by its name and the values of its labels, in the order of their names."""
    body, _ = exposition(registry_of(majung), None)
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in parse(body.decode())
        for sample in family.samples
    }


def names(told: Told) -> set[str]:
    return {name for name, _ in told}


def total(told: Told, name: str) -> float:
    return sum(value for (of, _), value in told.items() if of == name)


def test_an_empty_journal_has_no_lag(majung: Majung) -> None:
    told = read(majung)
    kind = "postgresql" if majung.database.is_postgres else "sqlite"
    assert told["majung_database_up", ()] == 1
    assert told["majung_database_info", (kind, REVISIONS[-1])] == 1
    assert [told["majung_journal_events", (shard,)] for shard in ("0", "1")] == [0, 0]
    assert total(told, "majung_read_model_lag_events") == total(told, "majung_read_model_lag_seconds") == 0
    assert {labels[0] for name, labels in told if name == "majung_read_model_lag_events"} == set(wiring.NAMES)


def test_what_no_worker_applies_is_lag_in_events_and_seconds(majung: Majung) -> None:
    begun = majung.journal.clock()
    for hours, event in enumerate((call_received, store_visited)):
        majung.journal.record([event], now=begun + timedelta(hours=hours))
    behind = read(majung)
    [shard] = [labels[0] for (name, labels), value in behind.items() if name == "majung_journal_events" and value]
    assert behind["majung_read_model_lag_events", ("timeline", shard)] == 2
    # The journal is set an hour ahead of the clock: its own time counts.
    assert behind["majung_read_model_lag_seconds", ("timeline", shard)] == pytest.approx(3600, abs=1)
    newest = (begun + timedelta(hours=1)).timestamp()
    assert behind["majung_journal_last_recorded_timestamp_seconds", ()] == pytest.approx(newest)
    majung.worker().step(int(shard))
    caught_up = read(majung)
    assert total(caught_up, "majung_read_model_lag_events") == total(caught_up, "majung_read_model_lag_seconds") == 0


def test_publishing_that_began_is_told_by_how_far_it_is_behind(majung: Majung) -> None:
    assert total(read(majung), "majung_publish_lag_events") == 0
    begun = majung.journal.clock()
    majung.journal.record([call_received], now=begun)
    majung.journal.record([store_visited], now=begun + timedelta(hours=2))
    [shard] = [shard for shard, head in enumerate(majung.journal.head()) if head]
    until = begun + timedelta(days=1)
    with majung.database.write() as connection:
        start = published.claim(connection, "out", shard, "somebody", now=begun, until=until)
        assert start == 0
        assert published.move(connection, "out", shard, "somebody", start=0, to=1, until=None)
    told = read(majung)
    assert told["majung_publish_lag_events", (str(shard), "out")] == 1
    assert told["majung_publish_lag_seconds", (str(shard), "out")] == pytest.approx(0, abs=1)
    assert told["majung_publish_lag_events", (str(1 - shard), "out")] == 0


def test_what_parked_and_is_not_published_is_lag_once_publishing_it_began(majung: Majung) -> None:
    begun = majung.journal.clock()
    lag = ("majung_publish_parked_lag_messages", ()), ("majung_publish_parked_lag_seconds", ())
    with majung.database.write() as connection:
        raw = ToPark("in", 0, 0, "conflict", "words", RawMessage(b"key", b"value"))
        for hours in (4, 3, 2):
            park(connection, majung.journal.vault, [raw], begun - timedelta(hours=hours))
    assert not set(lag) & read(majung).keys()
    with majung.database.write() as connection:
        note_published(connection, list_parked(connection)[:1])
    assert [read(majung)[each] for each in lag] == [2, pytest.approx(3 * 3600, abs=60)]
    with majung.database.write() as connection:
        note_published(connection, list_parked(connection))
        retried(connection, 1, "worker-01", begun - timedelta(hours=1))
    assert [read(majung)[each] for each in lag] == [1, pytest.approx(3600, abs=60)]
    with majung.database.write() as connection:
        note_published(connection, list_parked(connection, None))
    assert [read(majung)[each] for each in lag] == [0, 0]


def test_rows_that_do_not_serve_are_told_with_their_lag_and_snapshots_are_not(majung: Majung) -> None:
    majung.journal.record([call_received])
    rebuild(majung.journal, [timeline])
    rebuild(majung.journal, [timeline], serve=False)
    now = majung.now()
    take(majung.journal, [timeline], Clocks("report", now, now))
    majung.journal.record([store_visited])
    told = read(majung)
    lag = {
        (number, state): value
        for (name, (number, of, state)), value in ((key, value) for key, value in told.items() if len(key[1]) == 3)
        if (name, of) == ("majung_generation_lag_events", "timeline")
    }
    assert lag == {("1", "retired"): 2, ("2", "live"): 1, ("3", "ready"): 1}


def test_a_replay_that_was_interrupted_is_told_by_process_and_as_nobodys(majung: Majung) -> None:
    begun = majung.journal.clock()
    # The journal is set a day ahead of the clock, and a replay goes by the clock.
    majung.journal.record([call_received, store_visited], now=begun + timedelta(days=1))
    with pytest.raises(Killed):
        rebuild(majung.journal, [timeline], told=after(1))
    told = read(majung)
    assert told["majung_replay_info", ("replay", "1", "folding")] == 1
    assert (told["majung_replay_at_work", ("1",)], told["majung_replay_events", ("1",)]) == (0, 2)
    assert told["majung_replay_process_folded_events", (str(os.getpid()), "1")] == 2
    assert told["majung_replay_folded_events", ("1",)] == 2
    assert 0 <= told["majung_replay_age_seconds", ("1",)] < 3600


def test_how_replays_ended_is_told_from_the_first_on(majung: Majung) -> None:
    def ended() -> dict[str, float]:
        return {labels[0]: value for (name, labels), value in read(majung).items() if name == "majung_replays_ended"}

    assert ended() == {"switched": 0, "taken": 0, "discarded": 0}
    rebuild(majung.journal, [timeline], serve=False)
    assert ended() == {"switched": 0, "taken": 0, "discarded": 0}
    rebuild(majung.journal, [timeline])
    assert ended() == {"switched": 1, "taken": 0, "discarded": 1}


def test_parked_messages_are_told_by_code_until_somebody_decides(majung: Majung) -> None:
    raw = RawMessage(b"key", b"{}")
    codes = ("conflict", "key-mismatch", "conflict")
    parked = [ToPark("in", 0, number, code, "words", raw) for number, code in enumerate(codes)]
    with majung.database.write() as connection:
        park(connection, majung.journal.vault, parked, majung.journal.clock())
    told = read(majung)
    assert told["majung_parked_messages", ("conflict",)] == 2
    assert told["majung_parked_messages", ("key-mismatch",)] == 1


def test_alerts_are_told_as_soon_as_recorded_and_escalate_by_the_clock(majung: Majung) -> None:
    now = majung.journal.clock()
    emergency = call_received.replaced(level="emergency", occurred_at=now)
    majung.journal.record([emergency], now=now)
    told = read(majung)
    assert (told["majung_alerts_open", ()], told["majung_alerts_escalated", ()]) == (1, 0)
    later = now + timedelta(minutes=11)
    majung.journal.record([store_visited], now=later)
    told = read(majung)
    assert (told["majung_alerts_open", ()], told["majung_alerts_escalated", ()]) == (1, 1)


def test_alerts_are_left_out_where_telling_them_would_take_long(
    majung: Majung, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "FARTHEST_BEHIND", 0)
    majung.journal.record([call_received])
    told = read(majung)
    assert ("majung_alerts_open", ()) not in told
    assert told["majung_database_up", ()] == 1


def test_a_newer_release_that_waits_for_its_replay_tells_all_but_the_lag_of_rows_that_are_not_its_own(
    majung: Majung, monkeypatch: pytest.MonkeyPatch
) -> None:
    majung.journal.record([call_received])
    with pytest.raises(Killed):
        rebuild(majung.journal, [timeline], told=after(1))
    before = names(read(majung))
    newer = replace(timeline, version=timeline.version + 1)
    monkeypatch.setattr("api.wiring.MODELS", [newer if model is timeline else model for model in wiring.MODELS])
    told = read(majung)
    assert told["majung_database_up", ()] == 1
    assert told["majung_replay_events", ("1",)] == 1
    assert before - names(told) == {"majung_read_model_lag_events", "majung_read_model_lag_seconds"}


def test_where_alerts_cannot_be_told_everything_else_is(majung: Majung, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MasterKeyUnusable

    before = names(read(majung))
    monkeypatch.setattr("replay.queries.backlog.alerts_to_acknowledge", fail)
    told = read(majung)
    assert told["majung_database_up", ()] == 1
    assert before - names(told) == {"majung_alerts_open", "majung_alerts_escalated"}


def test_a_database_that_cannot_be_used_is_told_and_the_rest_left_out(majung: Majung) -> None:
    with majung.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    told = read(majung)
    assert told["majung_database_up", ()] == 0
    others = {known.name for known in IN_DATABASE} - {"majung_database_up"}
    assert not others & {name for name, _ in told}
    assert "majung_touchpoints_total" in {name for name, _ in told}


def test_no_metric_holds_anything_of_a_person(majung: Majung) -> None:
    majung.journal.record([participant_registered, call_received])
    majung.worker().catch_up()
    body = exposition(registry_of(majung), None)[0].decode()
    for secret in (str(call_received.participant_id), call_received.participant_id.hex, "000-0000-0000", "A name"):
        assert secret not in body


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(OF_PROCESS)
    return registry


def test_an_address_of_its_own_answers_metrics_and_nothing_else(registry: CollectorRegistry) -> None:
    with served(registry, "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}"
        with urlopen(f"{url}/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            assert list(parse(answer.read().decode()))
        with urlopen(Request(f"{url}/metrics", headers={"Accept": "application/openmetrics-text"})) as answer:
            assert list(parse_openmetrics(answer.read().decode()))  # type: ignore[no-untyped-call]
        with pytest.raises(HTTPError, match="404") as caught:
            urlopen(f"{url}/")
        caught.value.close()


def test_an_address_that_is_taken_says_which_setting(registry: CollectorRegistry) -> None:
    with (
        served(registry, "127.0.0.1", 0) as port,
        pytest.raises(MetricsNotServed, match="MAJUNG_METRICS_PORT"),
        served(registry, "127.0.0.1", port),
    ):
        raise AssertionError
