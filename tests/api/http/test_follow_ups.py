"""GET /v1/follow-ups: the list of a day, whole by pages, whatever comes between two of them."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from hypothesis import given as supposing
from hypothesis import strategies as st

from api import wiring
from api.http import create_app
from api.http.follow_ups import PlaceOnList
from api.wiring import Majung
from domain.clock import from_microseconds
from domain.touchpoint import Touchpoint
from projections.whom_to_call import Place
from tests.api.http.requests import is_problem, settings_in
from tests.domain.follow_ups.stories import promise, sent
from tests.domain.journey.stories import healing
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, follow_up_done, participant_registered, worker_assigned
from tests.given import on

DAY = "2025-06-12"
PEOPLE = [UUID(int=number) for number in range(1, 8)]


def get(client: TestClient, **parameters: str | int) -> dict[str, Any]:
    response = client.get("/v1/follow-ups", params=parameters)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def record(majung: Majung, *events: Touchpoint) -> None:
    majung.journal.record(events)
    majung.worker().catch_up()


def crowd() -> list[Touchpoint]:
    """Seven people, each to be called for a promise, and some of them silent by August or with a referral."""
    told: list[Touchpoint] = []
    for number, person in enumerate(PEOPLE):
        own = [promise("2025-06-01", f"2025-06-{9 + number % 5:02}"), sent("2025-06-03"), *healing]
        told += [event.replaced(participant_id=person) for event in own]
    return told


def pages(client: TestClient, url: str) -> list[dict[str, Any]]:
    items = []
    while True:
        response = client.get(url)
        assert response.status_code == 200, response.text
        items += response.json()["items"]
        if "next" not in response.links:
            assert response.json()["next_cursor"] is None
            return items
        url = response.links["next"]["url"]


def test_a_line_says_whom_to_call_how_urgently_and_why(client: TestClient, majung: Majung) -> None:
    told = promise("2025-06-01", "2025-06-10")
    record(majung, on(participant_registered, "2025-05-30"), told)
    found = get(client, as_of=DAY)
    assert found == {
        "as_of": "2025-06-12T14:59:59.999999Z",
        "items": [
            {
                "rank": 1,
                "participant_id": str(PARTICIPANT),
                "urgency": "overdue",
                "kind": "promise",
                "reason": "promised for 2025-06-10: ask how the week went",
                "due_on": "2025-06-10",
                "days_overdue": 2,
                "stage": None,
                "subject": "fu-1",
                "evidence": [str(told.event_id)],
            }
        ],
        "next_cursor": None,
        "behind": 0,
    }


def test_pages_of_any_size_are_the_whole_list(tmp_path: Path, database_url: str) -> None:
    given = settings_in(tmp_path, database_url)
    wiring.upgrade(given)
    with wiring.start(given) as majung:
        record(majung, *crowd())
        client = TestClient(create_app(majung, work=False))
        for day in (DAY, "2025-07-20", "2026-03-01"):
            whole = get(client, as_of=day, limit=200)["items"]
            assert len(whole) >= len(PEOPLE)
            assert [item["rank"] for item in whole] == list(range(1, len(whole) + 1))
            for limit in (1, 2, 5, len(whole)):
                assert pages(client, f"/v1/follow-ups?as_of={day}&limit={limit}") == whole
            kinds = {item["kind"] for item in whole}
            for kind in kinds:
                rest = [item["participant_id"] for item in whole if item["kind"] == kind]
                found = pages(client, f"/v1/follow-ups?as_of={day}&limit=2&kind={kind}")
                assert [item["participant_id"] for item in found] == rest


def test_who_was_called_meanwhile_shifts_nothing_on_the_next_page(client: TestClient, majung: Majung) -> None:
    record(majung, *crowd())
    whole = [item["participant_id"] for item in get(client, as_of=DAY, kind="promise")["items"]]
    first = get(client, as_of=DAY, kind="promise", limit=2)
    called = [on(follow_up_done, "2025-06-05").replaced(participant_id=UUID(whole[place])) for place in (0, 1)]
    record(majung, *called)
    second = get(client, kind="promise", limit=200, cursor=first["next_cursor"])
    assert [item["participant_id"] for item in second["items"]] == whole[2:]
    assert second["as_of"] == first["as_of"]
    assert second["items"][0]["rank"] == 3


def test_only_who_is_assigned_to_a_worker_is_listed_for_that_worker(client: TestClient, majung: Majung) -> None:
    mine = on(worker_assigned, "2025-06-02").replaced(participant_id=PEOPLE[2], worker="worker-31")
    record(majung, *crowd(), mine)
    found = get(client, as_of=DAY, kind="promise", worker="worker-31")["items"]
    assert [item["participant_id"] for item in found] == [str(PEOPLE[2])]
    assert get(client, as_of="2025-06-01", worker="worker-31")["items"] == []
    assert get(client, as_of=DAY, worker="worker-99")["items"] == []


def test_an_activist_is_given_no_list(client: TestClient, majung: Majung) -> None:
    record(majung, *crowd())
    is_problem(client.get("/v1/follow-ups", params={"worker": str(PEOPLE[0])}), 403, "refused-by-policy")


def test_what_the_read_model_has_not_seen_is_counted(client: TestClient, majung: Majung) -> None:
    majung.journal.record([promise("2025-06-01", "2025-06-10")])
    found = get(client, as_of=DAY)
    assert (found["items"], found["behind"]) == ([], 1)


def test_the_list_of_today_is_as_of_its_end_and_kept_by_no_cache(client: TestClient, majung: Majung) -> None:
    record(majung, promise("2025-06-01", "2025-06-10").replaced(participant_id=OTHER_PARTICIPANT))
    response = client.get("/v1/follow-ups")
    assert response.json()["as_of"].endswith("T14:59:59.999999Z")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "birthday"),
        ("urgency", "soon"),
        ("limit", "0"),
        ("limit", "201"),
        ("as_of", "june"),
        ("cursor", "x"),
        ("cursor", "A" * 64),
        ("cursor", "_" * 64),
        ("worker", ""),
    ],
)
def test_a_wrong_parameter_is_named(client: TestClient, name: str, value: str) -> None:
    [wrong] = is_problem(client.get("/v1/follow-ups", params={name: value}), 422, "invalid-parameter")["parameters"]
    assert wrong["name"] == name


def test_the_list_has_no_other_clock(client: TestClient) -> None:
    is_problem(client.get("/v1/follow-ups", params={"known_at": DAY}), 422, "invalid-parameter")


def test_a_cursor_is_that_of_one_list(client: TestClient, majung: Majung) -> None:
    record(majung, *crowd())
    cursor = get(client, as_of=DAY, limit=1)["next_cursor"]
    assert get(client, as_of=DAY, limit=1, cursor=cursor)["items"][0]["rank"] == 2
    response = client.get("/v1/follow-ups", params={"as_of": "2025-06-13", "cursor": cursor})
    [wrong] = is_problem(response, 422, "invalid-parameter")["parameters"]
    assert wrong["name"] == "cursor"


def test_the_end_of_time_can_be_asked_for(client: TestClient, majung: Majung) -> None:
    record(majung, *crowd())
    assert get(client, as_of="9999-12-31")["items"]


@supposing(
    as_of=st.integers(0, 2**50),
    rank=st.integers(0, 1_000_000),
    level=st.integers(0, 9),
    subject=st.text("abc-é", max_size=9),
)
def test_a_place_is_read_as_it_was_written(as_of: int, rank: int, level: int, subject: str) -> None:
    place = Place(rank, level, -1, 2, 3, PARTICIPANT, from_microseconds(as_of), subject)
    written = PlaceOnList(from_microseconds(as_of), place)
    assert PlaceOnList.read(written.write()) == written
