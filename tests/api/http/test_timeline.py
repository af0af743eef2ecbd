"""A timeline: what an item holds and does not, and the law of its pages."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from api.wiring import Majung
from tests.api.http.requests import is_problem, person, post_batch
from tests.examples import (
    EXAMPLES,
    call_received,
    discovery_attempted,
    discovery_attempted_v1,
    participant_registered,
    store_visited,
    tie_reported,
)
from tests.given import on

START = datetime(2025, 5, 1, tzinfo=UTC)


def pages(client: TestClient, url: str) -> list[list[dict[str, Any]]]:
    """All pages from a URL on, by following the links."""
    found = []
    next_url: str | None = url
    while next_url is not None:
        response = client.get(next_url)
        assert response.status_code == 200, response.text
        found.append(response.json()["items"])
        next_url = response.links.get("next", {}).get("url")
    return found


def test_an_item_has_the_open_fields_and_only_the_names_of_the_sealed_ones(client: TestClient, majung: Majung) -> None:
    majung.journal.record([participant_registered])
    response = client.get(person("/timeline"))
    [item] = response.json()["items"]
    assert item["event_id"] == str(participant_registered.event_id)
    assert (item["type"], item["occurred_at"]) == ("participant-registered.v1", "2025-05-01T00:00:00Z")
    assert (item["site"], item["actor"], item["source"]) == ("gwanak", "worker-07", "urn:majung:test")
    assert item["fields"]["age_band"] == "middle"
    assert item["fields"]["source_id"] == "registered-1"
    assert item["sealed"] == ["note", "name", "nickname", "phone", "birth_date", "address"]
    for secret in ("A name", "A nickname", "000-0000-0000", "1970-01-01", "An address", "Told in one sentence"):
        assert secret not in response.text


def test_whom_a_tie_leads_to_is_not_told(client: TestClient, majung: Majung) -> None:
    majung.journal.record([tie_reported])
    response = client.get(person("/timeline"))
    [item] = response.json()["items"]
    assert item["fields"]["tie_id"] == tie_reported.tie_id
    assert str(tie_reported.alter_id) not in response.text


@pytest.mark.parametrize("event", EXAMPLES.values(), ids=lambda event: event.stored_as)
def test_no_event_shows_what_is_sealed(client: TestClient, majung: Majung, event: Any) -> None:
    majung.journal.record([event])
    for item in client.get(person("/timeline"), params={"as_of": "2030-01-01"}).json()["items"]:
        assert set(item["sealed"]) <= event.sealed_fields.keys()
        assert not item["fields"].keys() & event.sealed_fields.keys()
        assert "Told in one sentence" not in str(item)


def test_a_type_can_be_asked_for_and_several(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received, store_visited, participant_registered])
    url = person("/timeline?type=store-visited.v1&type=call-received.v1&limit=1")
    [[call], [visit]] = pages(client, url)
    assert (call["type"], visit["type"]) == ("call-received.v1", "store-visited.v1")


@pytest.mark.parametrize("version", ["", ".v1", ".v2"])
def test_an_event_is_asked_for_in_any_version_and_shown_in_the_newest_under_the_name_it_was_told_under(
    client: TestClient, majung: Majung, version: str
) -> None:
    majung.journal.record([discovery_attempted_v1, discovery_attempted, call_received])
    [[first, second]] = pages(client, person(f"/timeline?type=discovery-attempted{version}"))
    assert (first["type"], second["type"]) == ("discovery-attempted.v1", "discovery-attempted.v2")
    assert "about" not in first["fields"]
    assert second["fields"]["about"] == "self"


def test_the_link_carries_the_whole_question(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received, on(call_received, "2025-05-03"), on(call_received, "2025-05-05")])
    url = person("/timeline?type=call-received.v1&limit=1&as_of=2025-05-04&known_at=2099-01-01T00:00:00%2B09:00")
    assert [len(page) for page in pages(client, url)] == [1, 1]


def test_a_page_that_ends_with_the_timeline_has_no_link(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received, store_visited])
    response = client.get(person("/timeline?limit=2"))
    assert "link" not in response.headers
    assert response.json()["next_cursor"] is None


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=many",
        "limit=99999999999999999999999",
        "cursor=",
        "cursor=AAAA",
        "cursor=" + "f" * 32,
        "cursor=" + "%00" * 32,
        "type=call-dreamt.v1",
        "type=call-received.v9",
        "type=call",
        "type=",
    ],
)
def test_a_malformed_page_is_a_problem_that_says_which_parameter(
    client: TestClient, majung: Majung, query: str
) -> None:
    majung.journal.record([call_received])
    body = is_problem(client.get(person(f"/timeline?{query}")), 422, "invalid-parameter")
    assert [wrong["name"] for wrong in body["parameters"]] == [query.partition("=")[0]]


HOURS = st.lists(st.integers(0, 6), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(told=HOURS, late=HOURS, limit=st.integers(1, 5), after=st.integers(0, 4))
def test_pages_make_up_the_timeline_also_when_events_arrive_between_them(
    shared_client: TestClient, told: list[int], late: list[int], limit: int, after: int
) -> None:
    """What arrives behind the reader is not shown; of everything else nothing is lost and nothing is repeated."""
    who = uuid4()
    first = [_call(who, f"told-{number}", hour) for number, hour in enumerate(told)]
    second = [_call(who, f"late-{number}", hour) for number, hour in enumerate(late)]
    assert post_batch(shared_client, first).status_code == 200
    url: str | None = person(f"/timeline?limit={limit}", who)
    seen: list[tuple[str, str]] = []
    expected = _keys(first)
    page = 0
    while url is not None:
        if page == after:
            assert post_batch(shared_client, second).status_code == 200
            expected = sorted(expected + [key for key in _keys(second) if not seen or key > seen[-1]])
        response = shared_client.get(url)
        items = [(item["occurred_at"], item["event_id"]) for item in response.json()["items"]]
        assert len(items) <= limit
        seen += items
        url = response.links.get("next", {}).get("url")
        page += 1
    assert seen == expected
    if page > after:
        whole = [item["event_id"] for page in pages(shared_client, person("/timeline?limit=7", who)) for item in page]
        assert whole == [event_id for _, event_id in _keys(first + second)]


def _call(who: UUID, source_id: str, hour: int) -> Any:
    return call_received.replaced(participant_id=who, source_id=source_id, occurred_at=START + timedelta(hours=hour))


def _keys(events: list[Any]) -> list[tuple[str, str]]:
    return sorted((event.occurred_at.isoformat().replace("+00:00", "Z"), str(event.event_id)) for event in events)
