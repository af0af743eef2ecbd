"""A cursor is of one list: of another one it is refused, and not taken for a place in this one."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http.cursor import MomentAndId, Paged, cursor
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
    response = get(shared_client, path, cursor(of, place, ABOUT.get(of, "")))
    assert response.status_code in (200, 422), response.text


@given(
    moment=st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)),
    event_id=st.uuids(),
)
def test_a_place_is_read_as_it_was_written(moment: datetime, event_id: UUID) -> None:
    written = MomentAndId(moment, event_id)
    assert MomentAndId.read(written.write()) == written
