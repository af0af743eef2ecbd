"""A cursor is of one list and its filters: of others it is refused, and not taken for a place in this one."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http.alerts import AlertsAsked
from api.http.concerns import ConcernsAsked
from api.http.cursor import Asked, MomentAndId, Paged, cursor
from api.http.follow_ups import ListAsked
from api.http.parameters import Page
from api.wiring import Majung
from tests.api.http.requests import is_problem, person, post
from tests.domain.follow_ups.stories import promise
from tests.domain.test_alerts import emergency
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, concern_reported
from tests.given import on

LISTS = {
    Paged.TIMELINE: person("/timeline?limit=1"),
    Paged.CONCERNS: "/v1/concerns?limit=1",
    Paged.FOLLOW_UPS: "/v1/follow-ups?limit=1&as_of=2025-06-12",
    Paged.ALERTS: "/v1/alerts?limit=1&all=true",
}
ASKED: dict[Paged, Asked] = {
    Paged.TIMELINE: Page(),
    Paged.CONCERNS: ConcernsAsked(),
    Paged.FOLLOW_UPS: ListAsked(),
    Paged.ALERTS: AlertsAsked(all=True),
}
ABOUT = {Paged.TIMELINE: str(PARTICIPANT)}


@pytest.fixture
def two_of_each(client: TestClient, majung: Majung) -> TestClient:
    """Of every list two pages of one line."""
    for event in (emergency, concern_reported, promise("2025-06-01", "2025-06-10")):
        for day, one in (("2025-06-01", PARTICIPANT), ("2025-06-02", OTHER_PARTICIPANT), ("2025-06-03", PARTICIPANT)):
            post(client, on(event, day).replaced(participant_id=one))
    majung.worker().catch_up()
    return client


def get(client: TestClient, path: str, told: str) -> Any:
    return client.get(f"{path}&cursor={quote(told)}")


def next_cursor(client: TestClient, of: Paged) -> str:
    found = client.get(LISTS[of]).json()["next_cursor"]
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize("of", Paged)
def test_a_list_goes_on_where_its_own_cursor_says(two_of_each: TestClient, of: Paged) -> None:
    first = two_of_each.get(LISTS[of]).json()
    second = get(two_of_each, LISTS[of], next_cursor(two_of_each, of)).json()
    [lines] = [name for name in ("items", "concerns", "alerts") if name in first]
    assert len(second[lines]) == 1
    assert first[lines] != second[lines]


@pytest.mark.parametrize(("of", "other"), list(permutations(Paged, 2)))
def test_a_cursor_of_another_list_is_refused_and_said_to_be_that(
    two_of_each: TestClient, of: Paged, other: Paged
) -> None:
    response = get(two_of_each, LISTS[other], next_cursor(two_of_each, of))
    [wrong] = is_problem(response, 422, "invalid-parameter")["parameters"]
    assert wrong["name"] == "cursor"
    assert "begin this list without a cursor" in wrong["message"]


def test_a_cursor_of_another_persons_timeline_is_refused(two_of_each: TestClient) -> None:
    theirs = next_cursor(two_of_each, Paged.TIMELINE)
    response = get(two_of_each, person("/timeline?limit=1", OTHER_PARTICIPANT), theirs)
    [wrong] = is_problem(response, 422, "invalid-parameter")["parameters"]
    assert "of another timeline" in wrong["message"]


OTHER_FILTERS = [
    (Paged.TIMELINE, "type=call-received.v1"),
    (Paged.TIMELINE, "as_of=2025-06-30"),
    (Paged.TIMELINE, "known_at=2099-01-01"),
    (Paged.CONCERNS, "open=true"),
    (Paged.FOLLOW_UPS, "kind=promise"),
    (Paged.FOLLOW_UPS, "urgency=overdue"),
    (Paged.FOLLOW_UPS, "worker=worker-08"),
    (Paged.ALERTS, "worker=worker-08"),
]


@pytest.mark.parametrize(("of", "filters"), OTHER_FILTERS)
def test_a_cursor_of_other_filters_is_refused_and_they_are_named(
    two_of_each: TestClient, of: Paged, filters: str
) -> None:
    response = get(two_of_each, f"{LISTS[of]}&{filters}", next_cursor(two_of_each, of))
    [wrong] = is_problem(response, 422, "invalid-parameter")["parameters"]
    assert wrong["name"] == "cursor"
    assert "begin this list without a cursor" in wrong["message"]
    assert filters.partition("=")[0] in wrong["message"]


def test_a_cursor_that_was_made_with_a_filter_is_refused_without_it(two_of_each: TestClient) -> None:
    told = two_of_each.get(LISTS[Paged.ALERTS]).json()["next_cursor"]
    response = two_of_each.get("/v1/alerts", params={"limit": 1, "cursor": told})
    [wrong] = is_problem(response, 422, "invalid-parameter")["parameters"]
    assert "other filters (worker, all)" in wrong["message"]


def test_filters_are_the_same_in_another_order_another_form_and_as_the_default(two_of_each: TestClient) -> None:
    types = ["call-received.v1", "concern-reported.v1"]
    asked: dict[str, Any] = {"type": types, "as_of": "2025-06-30T09:00:00+09:00", "limit": 1}
    told = two_of_each.get(person("/timeline"), params=asked).json()["next_cursor"]
    again = {"type": [*types[::-1], "call-received"], "as_of": "2025-06-30T00:00:00Z", "limit": 7, "cursor": told}
    assert len(two_of_each.get(person("/timeline"), params=again).json()["items"]) == 3
    concerns = next_cursor(two_of_each, Paged.CONCERNS)
    assert get(two_of_each, "/v1/concerns?open=false", concerns).status_code == 200


@pytest.mark.parametrize("told", ["", "x", "AAAA", "A" * 64, "_" * 64, "A" * 2_000, "é", "\x00" * 32])
@pytest.mark.parametrize("of", Paged)
def test_what_is_no_cursor_is_refused(client: TestClient, of: Paged, told: str) -> None:
    response = get(client, LISTS[of], told)
    [wrong] = is_problem(response, 422, "invalid-parameter")["parameters"]
    assert "must come unchanged" in wrong["message"]


@settings(max_examples=200, deadline=None)
@given(of=st.sampled_from(Paged), place=st.binary(min_size=20, max_size=60))
def test_any_place_in_a_cursor_is_answered_or_refused(shared_client: TestClient, of: Paged, place: bytes) -> None:
    post(shared_client, emergency)
    path = LISTS[of].replace("&as_of=2025-06-12", "")
    response = get(shared_client, path, cursor(of, ASKED[of], place, ABOUT.get(of, "")))
    assert response.status_code in (200, 422), response.text


@given(
    moment=st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)),
    event_id=st.uuids(),
)
def test_a_place_is_read_as_it_was_written(moment: datetime, event_id: UUID) -> None:
    written = MomentAndId(moment, event_id)
    assert MomentAndId.read(written.write()) == written
