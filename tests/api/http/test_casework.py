"""/v1/workers, /v1/concerns and /v1/households: who has whom, what is open, and handing it over."""

from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from api.wiring import Majung
from domain.clock import parse_moment
from domain.touchpoint import Touchpoint
from tests.api.http.requests import is_problem, person
from tests.domain.follow_ups.stories import promise
from tests.examples import (
    HOUSEHOLD,
    OTHER_PARTICIPANT,
    PARTICIPANT,
    concern_reported,
    discovery_attempted,
    household_joined,
    identities_linked,
    participant_registered,
    store_visited,
    worker_assigned,
)
from tests.given import on

COMMAND = "11111111-1111-4111-8111-111111111111"
GIVEN = {"to": "worker-09", "actor": "worker-08"}
CASELOAD, HANDOVER = "/v1/workers/worker-08/caseload", "/v1/workers/worker-08/handover"


def given(majung: Majung, *events: Touchpoint) -> None:
    majung.journal.record(events)
    majung.worker().catch_up()


@pytest.fixture
def one_case(majung: Majung, client: TestClient) -> TestClient:
    """Worker-08 has somebody with a promise that is overdue."""
    given(majung, store_visited, worker_assigned, promise("2025-06-01", "2025-06-10"))
    return client


def test_a_caseload_says_who_is_on_it_in_which_stage_and_what_is_open(one_case: TestClient) -> None:
    found = one_case.get(CASELOAD, params={"as_of": "2025-06-12"}).json()
    assert (found["worker"], found["as_of"], found["behind"]) == ("worker-08", "2025-06-12T14:59:59.999999Z", 0)
    [case] = found["people"]
    assert case == {
        "participant_id": str(PARTICIPANT),
        "roles": ["case manager"],
        "since": "2025-05-05T00:00:00Z",
        "stage": None,
        "entered_at": None,
        "open_follow_ups": 1,
        "overdue": 1,
    }
    assert one_case.get(CASELOAD, params={"as_of": "2025-05-01"}).json()["people"] == []


def test_an_answer_says_how_many_events_it_has_not_seen(one_case: TestClient, majung: Majung) -> None:
    home = participant_registered.replaced(participant_id=HOUSEHOLD, kind="household")
    majung.journal.record([home])
    for path in (CASELOAD, HANDOVER, "/v1/concerns", f"/v1/households/{HOUSEHOLD}"):
        assert one_case.get(path).json()["behind"] == 1


def test_a_shift_is_handed_over_once_however_often_it_is_told(one_case: TestClient, majung: Majung) -> None:
    made = one_case.post(HANDOVER, json=GIVEN | {"command_id": COMMAND})
    assert (made.status_code, made.json()) == (201, {"people": 1, "items": 1, "status": "recorded", "behind": 0})
    majung.worker().catch_up()
    again = one_case.post(HANDOVER, json=GIVEN | {"command_id": COMMAND})
    assert (again.status_code, again.json()) == (200, {"people": 1, "items": 1, "status": "duplicate", "behind": 0})

    found = one_case.get("/v1/workers/worker-09/handover").json()
    assert (found["on_caseload"], found["on_shift"]) == ([], [str(PARTICIPANT)])
    assert [(item["kind"], item["overdue"]) for item in found["items"]] == [("follow_up", True)]


def test_what_cannot_be_handed_over_is_a_problem(one_case: TestClient) -> None:
    one_case.post(HANDOVER, json=GIVEN | {"command_id": COMMAND})
    other = GIVEN | {"to": "worker-10", "command_id": COMMAND}
    assert is_problem(one_case.post(HANDOVER, json=other), 409, "command-id-used")
    assert is_problem(one_case.post(HANDOVER, json=GIVEN | {"to": "worker-08"}), 422, "invalid-parameter")
    assert is_problem(one_case.post(HANDOVER, json=GIVEN | {"to": str(PARTICIPANT)}), 403, "refused-by-policy")
    assert is_problem(one_case.get(f"/v1/workers/{PARTICIPANT}/caseload"), 403, "refused-by-policy")
    nothing = one_case.post("/v1/workers/worker-11/handover", json=GIVEN)
    assert (nothing.status_code, nothing.json()["status"]) == (200, "nothing")


@pytest.mark.parametrize(
    ("said", "named"),
    [({"to": ""}, "to"), ({"actor": 7}, "actor"), ({"command_id": "c1"}, "command_id"), ({"why": "x"}, "why")],
)
def test_a_field_that_does_not_fit_is_named(one_case: TestClient, said: dict[str, Any], named: str) -> None:
    found = one_case.post(HANDOVER, json=GIVEN | said)
    assert is_problem(found, 422, "invalid-parameter")
    assert [fault["name"] for fault in found.json()["parameters"]] == [named]


def test_concerns_come_page_by_page_the_oldest_first(client: TestClient, majung: Majung) -> None:
    days = ["2025-05-03", "2025-05-01", "2025-05-02", "2025-05-01"]
    given(majung, *(on(concern_reported, day).replaced(participant_id=UUID(int=n)) for n, day in enumerate(days, 1)))
    found, path = [], "/v1/concerns?limit=1&open=true&as_of=2025-06-01"
    while path:
        page = client.get(path)
        found += page.json()["concerns"]
        path = page.links.get("next", {}).get("url", "")
    assert [one["opened_at"][:10] for one in found] == ["2025-05-01", "2025-05-01", "2025-05-02", "2025-05-03"]
    assert len({one["opened_by"] for one in found}) == 4
    assert "market" not in client.get("/v1/concerns").text


def test_who_is_found_between_two_pages_is_on_the_second_as_the_search_stood_for_the_first(
    client: TestClient, majung: Majung
) -> None:
    days = {UUID(int=n): f"2025-05-0{n}" for n in (1, 2, 3)}
    majung.journal.clock = lambda: parse_moment("2025-05-10T09:00:00+09:00")
    given(majung, *(on(concern_reported, day).replaced(participant_id=one) for one, day in days.items()))
    response = client.get("/v1/concerns?limit=2&open=true")
    majung.journal.clock = lambda: parse_moment("2025-05-12T09:00:00+09:00")
    given(majung, on(discovery_attempted, "2025-05-11").replaced(participant_id=UUID(int=3)))
    first, second = response.json(), client.get(response.links["next"]["url"]).json()
    alone = client.get("/v1/concerns", params={"open": True, "cursor": first["next_cursor"]}).json()
    assert len(client.get("/v1/concerns?open=true").json()["concerns"]) == 2
    assert [(one["participant_id"], one["state"]) for one in second["concerns"]] == [(str(UUID(int=3)), "open")]
    assert second["as_of"] == first["as_of"]
    assert alone == second


def test_a_cursor_of_concerns_belongs_to_one_moment(client: TestClient, majung: Majung) -> None:
    given(majung, concern_reported, on(concern_reported, "2025-06-01").replaced(participant_id=OTHER_PARTICIPANT))
    asked = {"as_of": "2025-06-02", "limit": "1"}
    told = client.get("/v1/concerns", params=asked).json()["next_cursor"]
    assert len(client.get("/v1/concerns", params=asked | {"cursor": told}).json()["concerns"]) == 1
    other = client.get("/v1/concerns", params={"as_of": "2025-06-03", "cursor": told})
    [wrong] = is_problem(other, 422, "invalid-parameter")["parameters"]
    assert (wrong["name"], "another as_of" in wrong["message"]) == ("cursor", True)


def test_open_leaves_out_the_closed(client: TestClient, majung: Majung) -> None:
    given(majung, concern_reported, discovery_attempted)
    [found] = client.get("/v1/concerns").json()["concerns"]
    assert (found["state"], found["attempts"], found["last_outcome"]) == ("found", 1, "contacted")
    assert client.get("/v1/concerns", params={"open": True}).json()["concerns"] == []
    assert is_problem(client.get("/v1/concerns", params={"cursor": "x"}), 422, "invalid-parameter")
    assert is_problem(client.get("/v1/concerns", params={"open": "perhaps"}), 422, "invalid-parameter")


def test_a_household_is_the_same_under_any_identity_linked_to_it(client: TestClient, majung: Majung) -> None:
    twin = UUID(int=77)
    homes = [participant_registered.replaced(participant_id=one, kind="household") for one in (HOUSEHOLD, twin)]
    other = household_joined.replaced(participant_id=OTHER_PARTICIPANT, household_id=twin)
    link = identities_linked.replaced(participant_id=HOUSEHOLD, other_id=twin)
    given(majung, *homes, household_joined, other, link, link.replaced(participant_id=twin, other_id=HOUSEHOLD))
    for household in (HOUSEHOLD, twin):
        members = client.get(f"/v1/households/{household}").json()["members"]
        assert {member["participant_id"] for member in members} == {str(PARTICIPANT), str(OTHER_PARTICIPANT)}
    assert is_problem(client.get(f"/v1/households/{UUID(int=9)}"), 404, "person-unknown")


def test_a_household_and_a_person_are_not_linked(client: TestClient, majung: Majung) -> None:
    home = participant_registered.replaced(participant_id=HOUSEHOLD, kind="household")
    given(majung, participant_registered, home)
    said = {"other_id": str(HOUSEHOLD), "reason": "same address"}
    assert is_problem(client.post(person("/links"), json=said), 409, "household-and-person")


def test_a_person_shows_who_is_assigned_to_them(one_case: TestClient) -> None:
    [found] = one_case.get(person("")).json()["workers"]
    assert found == {"worker": "worker-08", "role": "case manager", "since": "2025-05-05T00:00:00Z"}


def test_where_nobody_is_handed_over_the_answer_says_what_it_has_not_seen(client: TestClient, majung: Majung) -> None:
    majung.journal.record([store_visited, worker_assigned, promise("2025-06-01", "2025-06-10")])
    unseen = client.post(HANDOVER, json=GIVEN).json()
    assert (unseen["status"], unseen["behind"]) == ("nothing", 3)
    majung.worker().catch_up()
    assert client.post(HANDOVER, json=GIVEN).json()["status"] == "recorded"


def test_a_handover_of_the_first_day_that_a_date_can_name_is_empty(one_case: TestClient) -> None:
    assert one_case.get(HANDOVER, params={"as_of": "0001-01-01"}).json()["items"] == []
