"""Which rows serve and how replays come on: asked for, and told by the stream of a real server."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api import wiring
from api.settings import Settings
from api.wiring import MODELS, NAMES, Majung
from projections.timeline import timeline
from replay.rebuild import progress, rebuild
from replay.rebuild.choosing import drop, switch
from replay.rebuild.ledger import Clocks
from replay.rebuild.snapshots import take
from tests.api.http.event_streams import Message, Place, Stream, served
from tests.api.http.requests import PATIENCE_SECONDS, settings_in
from tests.examples import call_received, measure_taken, store_visited
from tests.replay.rebuild.test_resuming import Killed, after

ROOT = Path(__file__).parents[3]
EVENTS = 3_000


def rows(client: TestClient, name: str = "timeline") -> list[dict[str, Any]]:
    listed = client.get("/v1/projections").json()["projections"]
    return [line for line in listed if line["read_model"] == name]


def test_the_rows_that_serve_are_listed_with_how_far_they_have_come(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received])
    found = client.get("/v1/projections").json()
    assert found["replays"] == []
    assert {line["read_model"] for line in found["projections"]} == set(NAMES)
    assert {(line["generation"], line["state"], line["behind"]) for line in found["projections"]} == {(1, "live", 1)}
    rebuild(majung.journal, MODELS)
    assert [(line["generation"], line["state"], line["behind"]) for line in rows(client)] == [
        (2, "live", 0),
        (1, "retired", 1),
    ]


def test_a_replay_that_was_interrupted_is_listed_with_what_is_folded(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received, store_visited])
    with pytest.raises(Killed):
        rebuild(majung.journal, [timeline], told=after(1))
    [told] = client.get("/v1/projections").json()["replays"]
    [process] = told["processes"]
    assert (told["replay"], told["kind"], told["read_models"]) == (1, "replay", ["timeline"])
    assert (told["state"], told["at_work"], told["snapshot"]) == ("folding", False, None)
    assert told["folded"] == told["events"] == process["folded"] == 2
    assert rows(client)[0] | {"version": 0} == {
        "read_model": "timeline",
        "generation": 2,
        "version": 0,
        "state": "interrupted",
        "behind": 2,
        "replay": 1,
        "folded": 2,
        "events": 2,
        "workers": 1,
    }


def test_a_snapshot_is_of_its_own_clocks_and_behind_nothing(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received])
    now = majung.now()
    with pytest.raises(Killed):
        take(majung.journal, [timeline], Clocks("report", now, now), told=after(1))
    [told] = client.get("/v1/projections").json()["replays"]
    assert (told["kind"], told["snapshot"]) == ("snapshot", "report")
    assert told["as_of"] == told["known_at"] is not None
    assert [line["behind"] for line in rows(client)] == [None, 1]
    take(majung.journal, [timeline], Clocks("report", now, now))
    assert client.get("/v1/projections").json()["replays"] == []
    assert [(line["state"], line["behind"]) for line in rows(client)] == [("snapshot", None), ("live", 1)]


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Of an upgraded, empty Majung on each kind of database."""
    settings = settings_in(tmp_path, database_url)
    wiring.upgrade(settings)
    return settings


@pytest.fixture
def place(majung: Majung, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.02)
    with served(majung, work=False) as place:
        yield place


@contextmanager
def replaying(majung: Majung, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A replay by two processes that has not ended before its input has; ended at the latest with the block."""
    command = [sys.executable, "-m", "tests.api.http.replayer", str(folder), majung.settings.database_url]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def some_thousand_events(majung: Majung) -> None:
    told = (call_received, store_visited, measure_taken)
    people = [UUID(int=number << 96, version=4) for number in range(1, 1 + EVENTS // len(told))]
    majung.journal.record([event.replaced(participant_id=person) for person in people for event in told])


def next_progress(stream: Stream) -> Any:
    while (told := stream.message()).event is None:
        assert told.comment
    assert told.event == "progress"
    return told.data["replays"]


def until_folded(stream: Stream) -> list[Any]:
    """Every progress of the one replay up to where everything is folded."""
    seen: list[Any] = []
    while not seen or seen[-1]["folded"] < EVENTS:
        seen += next_progress(stream)
    return seen


def until_ended(stream: Stream) -> Any:
    while (told := stream.message()).event != "ended":
        pass
    return told.data


def replays_in_metrics(place: Place) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(place.client.get("/metrics").text):
        for sample in family.samples:
            if sample.name.startswith("majung_replay"):
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_the_replay_of_another_process_is_told_to_its_end(place: Place, majung: Majung, tmp_path: Path) -> None:
    some_thousand_events(majung)
    with place.stream("/v1/projections/events") as stream:
        assert stream.message() == Message("progress", {"replays": []})
        with replaying(majung, tmp_path) as process:
            seen = until_folded(stream)
            last_id = stream.last_id
            told = replays_in_metrics(place)
            process.communicate()
            assert process.returncode == 0
        ended = until_ended(stream)
        assert stream.message() == Message("progress", {"replays": []})
    assert {(one["replay"], one["state"], one["at_work"], one["events"]) for one in seen} == {
        (1, "folding", True, EVENTS)
    }
    assert [one["folded"] for one in seen] == sorted(one["folded"] for one in seen)
    assert all(one["folded"] == sum(each["folded"] for each in one["processes"]) for one in seen)
    assert (ended["replay"], ended["state"], ended["events"]) == (1, "switched", EVENTS)
    assert ended["read_models"] == sorted(NAMES)

    processes = {each["process"]: each["folded"] for each in seen[-1]["processes"]}
    assert len(processes.keys() - {str(process.pid)}) == 1
    by_process = told["majung_replay_process_folded_events"]
    assert {labels["process"]: folded for labels, folded in by_process} == processes
    assert told["majung_replay_info"] == [({"replay": "1", "kind": "replay", "state": "folding"}, 1)]
    for name, value in (("at_work", 1), ("events", EVENTS), ("folded_events", EVENTS)):
        assert told[f"majung_replay_{name}"] == [({"replay": "1"}, value)]
    assert told["majung_replay_age_seconds"][0][1] > 0
    after = replays_in_metrics(place)
    assert "majung_replay_info" not in after
    assert ({"outcome": "switched"}, 1) in after["majung_replays_ended"]

    # Who was away when it ended is told of that first, and who was told, of the present only.
    with place.stream("/v1/projections/events", last_id) as stream:
        assert stream.message() == Message("ended", ended)
        assert stream.message() == Message("progress", {"replays": []})
        last_id = stream.last_id
    with place.stream("/v1/projections/events", last_id) as stream:
        assert stream.message() == Message("progress", {"replays": []})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_replay_that_is_killed_is_told_as_nobodys_until_another_went_on(
    place: Place, majung: Majung, tmp_path: Path
) -> None:
    some_thousand_events(majung)
    with place.stream("/v1/projections/events") as stream:
        with replaying(majung, tmp_path) as process:
            assert until_folded(stream)[-1]["at_work"]
            process.kill()
            process.wait()
            [interrupted] = next_progress(stream)
            assert (interrupted["replay"], interrupted["state"], interrupted["at_work"]) == (1, "folding", False)
        rebuild(majung.journal, majung.models())
        ended = until_ended(stream)
    assert (ended["replay"], ended["state"]) == (1, "switched")


def test_each_end_is_told_once_whatever_it_is(place: Place, majung: Majung) -> None:
    majung.journal.record([call_received])
    now = majung.now()
    with place.stream("/v1/projections/events") as stream:
        rebuild(majung.journal, [timeline], serve=False)
        assert until_ended(stream)["state"] == "ready"
        switch(majung.journal, [timeline])
        assert until_ended(stream)["state"] == "switched"
        rebuild(majung.journal, [timeline], serve=False)
        assert until_ended(stream)["state"] == "ready"
        drop(majung.journal, timeline, 3)
        assert until_ended(stream)["state"] == "discarded"
        take(majung.journal, [timeline], Clocks("report", now, now))
        ended = until_ended(stream)
    assert (ended["state"], ended["kind"], ended["snapshot"]) == ("taken", "snapshot", "report")


def test_an_id_that_is_none_of_this_journal_begins_with_the_present(place: Place) -> None:
    for last_id in ("", "x", "9", "0.1", "0.99w"):
        with place.stream("/v1/projections/events", last_id) as stream:
            assert stream.message() == Message("progress", {"replays": []})
            assert stream.last_id == "0"


def test_a_stream_does_not_hold_up_the_end_of_the_server(place: Place) -> None:
    with place.stream("/v1/projections/events") as stream:
        assert stream.message().event == "progress"
        place.server.should_exit = True
        with pytest.raises(EOFError):
            stream.message()
    place.thread.join(PATIENCE_SECONDS)
    assert not place.thread.is_alive()
