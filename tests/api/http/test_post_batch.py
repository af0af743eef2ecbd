"""A batch in: the good events are stored, each wholly, and every event is answered for in order."""

import pytest
from fastapi.testclient import TestClient

from api.http.batches import MOST_EVENTS, split
from api.http.cloud_events import MOST_BATCH_BYTES
from api.http.events_example import EVENT
from api.wiring import Majung
from domain.intake import MOST_BYTES
from tests.api.http.requests import as_bytes, is_problem, post, post_batch
from tests.examples import call_received, measure_taken, store_visited


def test_a_batch_of_new_events_is_recorded_in_order(client: TestClient, majung: Majung) -> None:
    response = post_batch(client, [call_received, store_visited, measure_taken])
    assert response.status_code == 200
    body = response.json()
    assert (body["recorded"], body["duplicates"], body["conflicts"], body["rejected"]) == (3, 0, 0, 0)
    assert [entry["position"] for entry in body["events"]] == [1, 2, 3]
    assert majung.journal.head() == (3,)


def test_a_batch_tells_of_each_event_what_became_of_it_and_stores_the_good_ones(
    client: TestClient, majung: Majung
) -> None:
    post_batch(client, [call_received, store_visited])
    other = store_visited.replaced(stay_minutes=1)
    wrong_code = EVENT | {"data": EVENT["data"] | {"channel": "smoke"}}
    response = post_batch(client, [call_received, other, wrong_code, measure_taken, b"7", b'{"id":1,"id":2}'])
    assert response.status_code == 207
    body = response.json()
    statuses = [entry["status"] for entry in body["events"]]
    assert statuses == ["duplicate", "conflict", "rejected", "recorded", "rejected", "rejected"]
    assert (body["recorded"], body["duplicates"], body["conflicts"], body["rejected"]) == (1, 1, 1, 3)
    assert [entry["code"] for entry in body["events"]] == [
        *(None, "conflict", "wrong-code", None, "unreadable", "unreadable")
    ]
    assert body["events"][1]["fields"] == ["stay_minutes"]
    assert body["events"][2]["fields"] == ["data.channel"]
    assert "smoke" not in response.text
    assert majung.journal.find([store_visited.event_id]) == [store_visited]
    assert majung.journal.head() == (3,)


def test_two_tellings_of_one_event_in_a_batch_are_compared_with_each_other(client: TestClient) -> None:
    body = post_batch(client, [call_received, call_received, call_received.replaced(level="emergency")]).json()
    assert [entry["status"] for entry in body["events"]] == ["recorded", "duplicate", "conflict"]


def test_an_empty_batch_is_a_batch(client: TestClient) -> None:
    response = post_batch(client, b" [ ] ")
    assert response.status_code == 200
    assert response.json()["events"] == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[", b"[1", b"[1,", b"[1,]", b"[1 2]", b"[1] 2", b"[\xff]", b"[" * 99_999, b'["\n"]'],
)
def test_an_array_that_cannot_be_read_to_its_end_stores_nothing(
    client: TestClient, majung: Majung, body: bytes
) -> None:
    is_problem(post_batch(client, body), 400, "unreadable")
    is_problem(post_batch(client, b"[" + as_bytes(call_received) + b"," + body), 400, "unreadable")
    assert majung.journal.head() == (0,)


def test_an_event_too_large_is_rejected_alone_and_the_rest_goes_in(client: TestClient) -> None:
    body = post_batch(client, [b" " * 9 + b'"' + b"x" * MOST_BYTES + b'"', call_received]).json()
    assert [entry["status"] for entry in body["events"]] == ["rejected", "recorded"]
    assert body["events"][0]["code"] == "too-large"


def test_more_events_than_a_batch_may_have_are_refused_whole(client: TestClient, majung: Majung) -> None:
    several = [call_received.replaced(source_id=f"call-{number}") for number in range(MOST_EVENTS)]
    is_problem(post_batch(client, [*several, store_visited]), 413, "too-many-events")
    assert majung.journal.head() == (0,)
    assert post_batch(client, several).json()["recorded"] == MOST_EVENTS


def test_more_bytes_than_a_batch_may_have_are_refused(client: TestClient) -> None:
    is_problem(post_batch(client, b"[" + b" " * MOST_BATCH_BYTES + b"]"), 413, "too-large")


def test_an_element_is_handed_on_in_its_own_bytes() -> None:
    elements = [b'{"a": "],[\\"", "b": [1, 2.50, NaN]}', "{ 'é' }".encode().replace(b"'", b'"').replace(b" }", b":1}")]
    assert split(b" [" + b" ,\n".join(elements) + b"]\n") == elements


def test_a_batch_of_one_event_gives_what_the_event_alone_would(client: TestClient) -> None:
    alone = is_problem(post(client, b'{"specversion": "1.0"}'), 422, "missing-attribute")
    [entry] = post_batch(client, [b'{"specversion": "1.0"}']).json()["events"]
    assert (entry["code"], entry["message"], entry["fields"]) == (alone["code"], alone["detail"], alone["fields"])
