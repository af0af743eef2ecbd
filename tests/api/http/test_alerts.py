"""Alerts over HTTP: the list, taking one on, and the stream of a real server."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from api.http import streams
from api.wiring import MODELS, Majung
from domain.clock import parse_moment
from domain.touchpoint import Touchpoint
from replay.commands.acknowledging import acknowledge
from replay.queries import alerts as replay_alerts
from replay.rebuild import rebuild
from tests.api.http.event_streams import Message, Place, Stream, served
from tests.api.http.requests import PATIENCE_SECONDS, is_problem, person, post
from tests.domain.test_alerts import emergency, phq9
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, call_received, worker_assigned
from tests.given import on

SAID = {"actor": "worker-1", "action": "called back"}


def now(event: Touchpoint, *, seconds: float = 0, **changes: Any) -> Touchpoint:
    """The same thing, so long after now."""
    return event.replaced(occurred_at=datetime.now(UTC) + timedelta(seconds=seconds), **changes)


def listed(client: TestClient, **asked: Any) -> Any:
    return client.get("/v1/alerts", params=asked).json()["alerts"]


def take_on(client: Any, alert: Touchpoint, one: UUID = PARTICIPANT, **said: Any) -> Any:
    return client.put(person(f"/alerts/{alert.event_id}/acknowledgement", one), json=SAID | said)


def test_the_list_says_what_calls_for_whom_as_soon_as_it_is_recorded(client: TestClient) -> None:
    call = now(emergency, about="other")
    post(client, now(worker_assigned, seconds=-60))
    post(client, call)
    [alert] = listed(client)
    assert (alert["state"], alert["cause"], alert["about"]) == ("open", "emergency_call", "other")
    assert (alert["participant_id"], alert["event_id"]) == (str(PARTICIPANT), str(call.event_id))
    assert alert["recipients"] == ["worker-08", "shift-manager"]
    assert listed(client, worker="worker-08") == [alert]
    assert listed(client, worker="worker-09") == []
    escalated = listed(client, worker="worker-09", as_of=(call.occurred_at + timedelta(minutes=10)).isoformat())
    assert [one["state"] for one in escalated] == ["escalated"]


def test_an_alert_is_taken_on_once_and_telling_it_again_is_harmless(client: TestClient) -> None:
    call = now(emergency)
    post(client, call)
    made, again = take_on(client, call), take_on(client, call)
    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json() == made.json() | {"status": "duplicate"}
    assert listed(client) == []
    [alert] = listed(client, all="true")
    assert (alert["state"], alert["acknowledged_by"], alert["action"]) == ("acknowledged", *SAID.values())
    assert is_problem(take_on(client, call, actor="worker-2"), 409, "alert-taken-on")


def test_what_cannot_be_taken_on_is_a_problem_of_its_own(client: TestClient) -> None:
    post(client, call_received)
    assert is_problem(take_on(client, call_received), 404, "alert-unknown")
    assert is_problem(take_on(client, call_received, OTHER_PARTICIPANT), 404, "person-unknown")
    assert is_problem(take_on(client, call_received, actor=str(PARTICIPANT)), 403, "refused-by-policy")
    assert is_problem(client.put(person("/alerts/none/acknowledgement"), json=SAID), 422, "invalid-parameter")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"actor": ""}, "actor"),
        ({"actor": "  "}, "actor"),
        ({"action": "   "}, "action"),
        ({"reason": "x"}, "reason"),
    ],
)
def test_a_field_that_does_not_fit_is_named(client: TestClient, said: dict[str, Any], named: str) -> None:
    found = is_problem(take_on(client, call_received, **said), 422, "invalid-parameter")
    assert [fault["name"] for fault in found["parameters"]] == [named]


def four_alerts(client: TestClient, majung: Majung) -> list[Touchpoint]:
    """Raised minute by minute up to a moment at which none has escalated, which is the present."""
    calls: list[Touchpoint] = [on(emergency, f"2025-06-02T10:0{minute}:00+09:00") for minute in range(4)]
    majung.journal.clock = lambda: parse_moment("2025-06-02T10:08:00+09:00")
    for call in calls:
        post(client, call)
    return calls


def ids(events: list[Touchpoint]) -> list[str]:
    return [str(event.event_id) for event in events]


def test_alerts_come_page_by_page_and_the_pages_are_the_list(client: TestClient, majung: Majung) -> None:
    calls = four_alerts(client, majung)
    take_on(client, calls[0])
    found, path = [], "/v1/alerts?limit=1&all=true&worker=shift-manager"
    while path:
        response = client.get(path)
        found += response.json()["alerts"]
        path = response.links.get("next", {}).get("url", "")
        assert bool(path) == (response.json()["next_cursor"] is not None)
    assert [alert["event_id"] for alert in found] == ids([*calls[1:], calls[0]])
    assert found == listed(client, all="true", worker="shift-manager")


def test_an_alert_that_escalates_between_two_pages_is_on_the_second_as_it_was_for_the_first(
    client: TestClient, majung: Majung
) -> None:
    calls = four_alerts(client, majung)
    first = client.get("/v1/alerts", params={"limit": 2}).json()
    majung.journal.clock = lambda: parse_moment("2025-06-02T10:12:30+09:00")
    assert [alert["state"] for alert in listed(client)] == ["escalated"] * 3 + ["open"]
    second = client.get("/v1/alerts", params={"cursor": first["next_cursor"]}).json()
    assert [alert["event_id"] for alert in first["alerts"] + second["alerts"]] == ids(calls)
    assert {alert["state"] for alert in second["alerts"]} == {"open"}
    assert second["as_of"] == first["as_of"]


def test_an_alert_that_is_taken_on_between_two_pages_shifts_nothing_on_the_second(
    client: TestClient, majung: Majung
) -> None:
    calls = four_alerts(client, majung)
    first = client.get("/v1/alerts", params={"limit": 2}).json()
    take_on(client, calls[0])
    late = on(emergency, "2025-06-02T10:07:00+09:00")
    post(client, late)
    second = client.get("/v1/alerts", params={"cursor": first["next_cursor"]}).json()
    assert [alert["event_id"] for alert in second["alerts"]] == ids([*calls[2:], late])


def test_a_cursor_of_alerts_belongs_to_one_moment(client: TestClient, majung: Majung) -> None:
    four_alerts(client, majung)
    asked = {"as_of": "2025-06-02T10:05:00+09:00", "limit": "2"}
    now_on, then_on = (client.get("/v1/alerts", params=one).json()["next_cursor"] for one in ({"limit": "2"}, asked))
    assert len(listed(client, **asked, cursor=then_on)) == 2
    for others in ({"cursor": then_on}, asked | {"cursor": now_on}, {"as_of": "2025-06-03", "cursor": then_on}):
        [wrong] = is_problem(client.get("/v1/alerts", params=others), 422, "invalid-parameter")["parameters"]
        assert (wrong["name"], "another as_of" in wrong["message"]) == ("cursor", True)


@pytest.mark.parametrize(
    "asked", [{"all": "perhaps"}, {"worker": ""}, {"as_of": "soon"}, {"known_at": "2025-01-01"}, {"limit": "0"}]
)
def test_a_parameter_that_does_not_fit_is_refused(client: TestClient, asked: dict[str, str]) -> None:
    assert is_problem(client.get("/v1/alerts", params=asked), 422, "invalid-parameter")


def test_who_is_tracked_here_reads_no_alerts(client: TestClient) -> None:
    post(client, call_received)
    for path in ("/v1/alerts", "/v1/alerts/stream"):
        found = client.get(path, params={"worker": str(PARTICIPANT)})
        assert is_problem(found, 403, "refused-by-policy")


class AlertStream:
    """An open stream of alerts."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.restarts = 0

    @property
    def last_id(self) -> str:
        return self.stream.last_id

    def message(self) -> Message:
        told = self.stream.message()
        self.restarts += told.event == "restart"
        return told

    def alerts(self) -> list[tuple[str, str]]:
        """The next message that tells of alerts."""
        while (told := self.message()).event != "alerts":
            pass
        return [(alert["state"], alert["event_id"]) for alert in told.data]


@contextmanager
def alerts_of(place: Place, last_id: str | None = None, **asked: str) -> Iterator[AlertStream]:
    with place.stream("/v1/alerts/stream", last_id, **asked) as stream:
        yield AlertStream(stream)


@pytest.fixture
def place(majung: Majung) -> Iterator[Place]:
    with served(majung, work=True) as place:
        yield place


def test_the_stream_begins_with_what_is_open_and_tells_every_change_once_and_nothing_by_a_replay(
    place: Place, majung: Majung
) -> None:
    first, second = now(emergency), now(phq9, seconds=-597)
    majung.journal.record([first])
    with alerts_of(place) as stream, alerts_of(place) as another:
        for reader in (stream, another):
            assert reader.alerts() == [("open", str(first.event_id))]
        rebuild(majung.journal, MODELS)
        majung.journal.record([second])
        for reader in (stream, another):
            assert reader.alerts() == [("open", str(second.event_id))]
            assert reader.alerts() == [("escalated", str(second.event_id))]
        take_on(place.client, first)
        for reader in (stream, another):
            assert reader.alerts() == [("acknowledged", str(first.event_id))]


def test_who_comes_again_is_told_only_what_changed_meanwhile(place: Place, majung: Majung) -> None:
    kept, ended, new = now(emergency), now(emergency, source_id="ended"), now(emergency, source_id="new")
    majung.journal.record([kept, ended])
    with alerts_of(place) as stream:
        assert len(stream.alerts()) == 2
        last_id = stream.last_id
    majung.journal.record([new])
    acknowledge(majung.journal, PARTICIPANT, ended.event_id, **SAID, now=majung.now())
    with alerts_of(place, last_id) as stream:
        assert stream.alerts() == [("open", str(new.event_id)), ("acknowledged", str(ended.event_id))]
        last_id = stream.last_id
    with alerts_of(place, last_id) as stream:
        assert (stream.alerts(), stream.restarts) == ([], 0)


def test_who_cannot_go_on_from_their_id_is_told_so_and_then_all_that_is_open(
    place: Place, majung: Majung, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, other = now(emergency), now(emergency, source_id="other")
    majung.journal.record([kept])
    with alerts_of(place) as stream:
        assert (len(stream.alerts()), stream.restarts) == (1, 0)
        last_id = stream.last_id
    majung.journal.record([other])
    with alerts_of(place, "of another server") as stream:
        assert (len(stream.alerts()), stream.restarts) == (2, 1)
    monkeypatch.setattr(replay_alerts, "FARTHEST_BEHIND", 0)
    with alerts_of(place, last_id) as stream:
        restart = stream.message()
        assert (restart.event, restart.data.keys(), stream.last_id) == ("restart", {"detail"}, "")
        assert len(stream.alerts()) == 2


def test_a_workers_stream_has_what_reaches_them(place: Place, majung: Majung) -> None:
    mine, other = now(emergency), now(emergency, participant_id=OTHER_PARTICIPANT)
    with alerts_of(place, worker="worker-08") as stream:
        assert stream.alerts() == []
        majung.journal.record([now(worker_assigned, seconds=-60), mine, other])
        assert stream.alerts() == [("open", str(mine.event_id))]


def test_a_silent_stream_is_kept_alive_and_its_place_moves_on(
    place: Place, majung: Majung, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "KEEP_ALIVE_SECONDS", 0.01)
    with alerts_of(place) as stream:
        assert stream.message() == Message("alerts", [])
        begun = stream.last_id
        majung.journal.record([call_received])
        while stream.last_id == begun:
            assert stream.message() == Message(comment="nothing new")


def test_a_stream_does_not_hold_up_the_end_of_the_server(place: Place) -> None:
    with alerts_of(place) as stream:
        assert stream.alerts() == []
        place.server.should_exit = True
        with pytest.raises(EOFError):
            stream.alerts()
    place.thread.join(PATIENCE_SECONDS)
    assert not place.thread.is_alive()
