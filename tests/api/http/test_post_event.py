"""One event in: recorded once, or refused with its own problem and nothing stored."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.http.cloud_events import BINARY, STRUCTURED
from api.http.events_example import EVENT
from api.wiring import Majung
from domain.cloud_events import cloud_event
from domain.intake import MOST_BYTES
from domain.versions import present
from tests.api.http.requests import as_bytes, is_problem, post
from tests.examples import EXAMPLES, call_received, discovery_attempted, discovery_attempted_v1, identities_linked

TELLABLE = [event for event in EXAMPLES.values() if not event.is_command]


@pytest.mark.parametrize("event", TELLABLE, ids=lambda event: event.stored_as)
def test_every_touchpoint_that_is_told_is_stored_as_it_was_told(client: TestClient, majung: Majung, event: Any) -> None:
    response = post(client, event)
    assert response.status_code == 201
    assert response.json() == {"event_id": str(event.event_id), "status": "recorded", "position": 1}
    [found] = majung.journal.find([event.event_id])
    assert (found, found.stored_as) == (present(event), event.stored_as)


def test_an_event_told_again_in_another_version_is_a_conflict_of_its_type(client: TestClient, majung: Majung) -> None:
    post(client, discovery_attempted_v1)
    assert post(client, discovery_attempted_v1).json()["status"] == "duplicate"
    newer = discovery_attempted.replaced(source_id=discovery_attempted_v1.source_id)
    assert is_problem(post(client, newer), 409, "conflict")["differing"] == ["type"]
    assert majung.journal.head() == (1,)


def test_an_event_told_again_is_acknowledged_and_stored_once(client: TestClient, majung: Majung) -> None:
    post(client, call_received)
    again = post(client, call_received)
    assert again.status_code == 200
    assert again.json() == {"event_id": str(call_received.event_id), "status": "duplicate", "position": None}
    assert majung.journal.head() == (1,)


def test_an_unknown_field_is_named_to_who_sent_it(client: TestClient) -> None:
    event = cloud_event(call_received)
    body = is_problem(post(client, event | {"data": event["data"] | {"moood": 1}}), 422, "invalid-data")
    assert body["fields"] == ["data.moood"]
    assert "moood" not in body["detail"]


def test_the_same_id_with_other_content_is_a_conflict_that_names_the_fields(client: TestClient, majung: Majung) -> None:
    post(client, call_received)
    body = is_problem(post(client, call_received.replaced(level="emergency", note="Other words.")), 409, "conflict")
    assert sorted(body["differing"]) == ["level", "note"]
    assert body["event_id"] == str(call_received.event_id)
    assert "Other words" not in str(body)
    assert majung.journal.find([call_received.event_id]) == [call_received]


@pytest.mark.parametrize(
    ("change", "status", "slug"),
    [
        ({"specversion": "0.3"}, 422, "wrong-specversion"),
        ({"source": None}, 422, "missing-attribute"),
        ({"origin": "dreamt"}, 422, "wrong-code"),
        ({"actor": "x" * 201}, 422, "invalid-attribute"),
        ({"subject": "010-0000-0000"}, 422, "subject-not-a-uuid"),
        ({"type": "call-dreamt.v1"}, 422, "unknown-type"),
        ({"type": "call-received.v9"}, 422, "unknown-version"),
        ({"time": "2025-05-02T10:15:00"}, 422, "naive-time"),
        ({"time": "0001-01-01T00:00:00Z"}, 422, "time-out-of-range"),
        ({"codelists": "1999-01"}, 422, "unknown-code-lists"),
        ({"data": {"channel": "smoke"}}, 422, "invalid-data"),
    ],
)
def test_each_fault_has_its_own_problem_and_stores_nothing(
    client: TestClient, majung: Majung, change: dict[str, Any], status: int, slug: str
) -> None:
    body = is_problem(post(client, EVENT | change), status, slug)
    assert body["code"] == slug
    assert body["fields"]
    assert majung.journal.head() == (0,)


def test_a_command_is_refused_from_a_producer(client: TestClient) -> None:
    is_problem(post(client, identities_linked), 422, "not-from-producers")


def test_a_fact_beyond_the_skew_is_refused_and_one_within_is_taken(client: TestClient, majung: Majung) -> None:
    majung.journal.clock = lambda: datetime(2025, 5, 1, tzinfo=UTC)
    ahead = call_received.replaced(occurred_at=majung.journal.clock() + timedelta(hours=25))
    body = is_problem(post(client, ahead), 422, "in-the-future")
    assert "2025-05-02T00:00:00Z" in body["detail"]
    assert post(client, ahead.replaced(occurred_at=majung.journal.clock() + timedelta(hours=23))).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"nonsense",
        b'{"id": "\xff"}',
        as_bytes(call_received)[:-1],
        b'{"id": 1, "id": 2}',
        b"[" * 9999,
    ],
)
def test_what_is_not_one_json_object_is_unreadable(client: TestClient, body: bytes) -> None:
    is_problem(post(client, body), 400, "unreadable")


def test_more_bytes_than_an_event_may_have_are_given_up_whether_announced_or_not(client: TestClient) -> None:
    is_problem(post(client, b" " * (MOST_BYTES + 1)), 413, "too-large")
    pieces = (b" " * 1024 for _ in range(257))
    is_problem(client.post("/v1/events", content=pieces, headers={"Content-Type": STRUCTURED}), 413, "too-large")
    announced = {"Content-Type": STRUCTURED, "Content-Length": "9" * 30}
    is_problem(client.post("/v1/events", content=b"{}", headers=announced), 413, "too-large")


def test_an_event_of_exactly_the_largest_size_is_read(client: TestClient) -> None:
    told = as_bytes(call_received)
    assert post(client, told + b" " * (MOST_BYTES - len(told))).status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json"},
        {"Content-Type": f"{STRUCTURED}; charset=euc-kr"},
        {"Content-Type": STRUCTURED, "Content-Encoding": "gzip"},
    ],
)
def test_another_content_type_is_told_what_to_send(client: TestClient, headers: dict[str, str]) -> None:
    response = client.post("/v1/events", content=as_bytes(call_received), headers=headers)
    body = is_problem(response, 415, "unsupported-content")
    assert STRUCTURED in body["detail"]
    assert STRUCTURED in response.headers["accept-post"]


def test_a_charset_of_utf_8_may_be_stated(client: TestClient) -> None:
    headers = {"Content-Type": f'{STRUCTURED}; charset="UTF-8"'}
    assert client.post("/v1/events", content=as_bytes(call_received), headers=headers).status_code == 201


def headers_of(told: dict[str, Any]) -> dict[str, str]:
    return {"Content-Type": BINARY} | {
        f"ce-{name}": value for name, value in told.items() if name not in ("data", "datacontenttype")
    }


def test_binary_mode_tells_the_same_event_as_structured_mode(client: TestClient) -> None:
    told = cloud_event(call_received)
    first = client.post("/v1/events", content=as_bytes(told["data"]), headers=headers_of(told))
    assert first.status_code == 201
    assert post(client, call_received).json()["status"] == "duplicate"


def test_attributes_in_headers_are_unquoted_and_percent_decoded(client: TestClient, majung: Majung) -> None:
    told = cloud_event(call_received)
    headers = headers_of(told) | {"ce-site": "%EA%B4%80%EC%95%85", "ce-actor": '"worker \\"7\\""'}
    response = client.post("/v1/events", content=as_bytes(told["data"]), headers=headers)
    [stored] = majung.journal.find([call_received.event_id])
    assert response.status_code == 201
    assert (stored.site, stored.actor) == ("관악", 'worker "7"')


@pytest.mark.parametrize("extra", [{"ce-site": "%FF"}, {"ce-data": "{}"}, {"ce-datacontenttype": "text/plain"}])
def test_a_header_that_is_no_attribute_is_refused(client: TestClient, extra: dict[str, str]) -> None:
    told = cloud_event(call_received)
    response = client.post("/v1/events", content=as_bytes(told["data"]), headers=headers_of(told) | extra)
    is_problem(response, 422, "invalid-attribute")


def test_an_attribute_in_two_headers_is_refused(client: TestClient) -> None:
    told = cloud_event(call_received)
    headers = [*headers_of(told).items(), ("ce-site", "jungnang")]
    response = client.post("/v1/events", content=as_bytes(told["data"]), headers=headers)
    is_problem(response, 422, "invalid-attribute")


def test_a_binary_event_without_a_body_lacks_the_data_of_its_type(client: TestClient) -> None:
    response = client.post("/v1/events", headers=headers_of(cloud_event(call_received)))
    is_problem(response, 422, "invalid-data")
