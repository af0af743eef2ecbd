"""Who may be one person over HTTP: pseudonyms and reasons; what is looked for stands in a body."""

from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from api.wiring import Majung
from tests.api.http.requests import is_problem, person
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, participant_registered, store_visited

STRANGER = UUID("7f000000-0000-4000-8000-000000000001")
LOOKUP = "/v1/identities/lookup"
PHONE = "010-2345-6789"


@pytest.fixture
def client(client: TestClient, majung: Majung) -> TestClient:
    """Knows two with one phone, and one who shares a nickname at a store."""
    other = {"participant_id": OTHER_PARTICIPANT, "name": None, "nickname": None}
    majung.journal.record(
        [
            participant_registered.replaced(phone=PHONE, name="홍길동"),
            participant_registered.replaced(phone="+82 10 2345 6789", **other),
            store_visited.replaced(participant_id=STRANGER),
        ]
    )
    majung.worker().catch_up()
    return client


def get(client: TestClient, path: str, **parameters: str) -> dict[str, Any]:
    response = client.get(path, params=parameters)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def pair(one: UUID, other: UUID, strength: str, *reasons: str) -> dict[str, Any]:
    return {"one": str(one), "other": str(other), "strength": strength, "reasons": list(reasons), "parted": False}


def test_the_pairs_of_everybody_and_of_one_person_are_told(client: TestClient) -> None:
    strong = pair(PARTICIPANT, OTHER_PARTICIPANT, "strong", "phone")
    assert get(client, "/v1/suggested-links") == {"person": None, "links": [strong], "too_common": [], "behind": 0}
    weak = pair(PARTICIPANT, STRANGER, "weak", "nickname")
    assert get(client, "/v1/suggested-links", weak="true")["links"] == [strong, weak]
    assert get(client, "/v1/suggested-links", weak="true", limit="1")["links"] == [strong]
    told = get(client, person("/suggested-links", OTHER_PARTICIPANT))
    assert told["person"] == str(OTHER_PARTICIPANT)
    assert told["links"] == [pair(OTHER_PARTICIPANT, PARTICIPANT, "strong", "phone")]


def test_who_is_suggested_can_be_linked_and_shows_as_parted_when_the_link_is_taken_back(
    client: TestClient, majung: Majung
) -> None:
    [suggested] = get(client, person("/suggested-links"))["links"]
    why = {"reason": "one caller"}
    linked = client.post(person("/links"), json={"other_id": suggested["other"], **why})
    assert get(client, person("/suggested-links"))["behind"] == 2
    majung.worker().catch_up()
    assert get(client, person("/suggested-links"), parted="true")["links"] == []
    client.request("DELETE", person(f"/links/{linked.json()['pair_id']}"), json=why)
    majung.worker().catch_up()
    assert get(client, person("/suggested-links"))["links"] == []
    assert get(client, person("/suggested-links"), parted="true")["links"] == [suggested | {"parted": True}]


def test_who_has_a_phone_a_name_or_a_nickname_is_found(client: TestClient) -> None:
    def found(**told: str) -> list[str]:
        response = client.post(LOOKUP, json=told)
        assert response.status_code == 200, response.text
        body = response.json()
        assert (body["more"], body["behind"]) == (False, 0)
        people: list[str] = body["people"]
        return people

    assert found(phone="01023456789") == [str(PARTICIPANT), str(OTHER_PARTICIPANT)]
    assert found(name="홍 길동", birth_date="1970-01-01") == [str(PARTICIPANT)]
    assert found(nickname="a nickname", site="gwanak") == [str(PARTICIPANT), str(STRANGER)]
    assert found(nickname="a nickname", site="mapo") == []


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({}, None),
        ({"name": "홍길동"}, None),
        ({"phone": PHONE, "site": "gwanak"}, None),
        ({"phone": "119"}, "phone"),
        ({"name": " ", "birth_date": "1970-01-01"}, "name"),
        ({"name": "홍길동", "birth_date": "홍길동"}, "birth_date"),
        ({"nickname": "\u200b", "site": "gwanak"}, "nickname"),
        ({"address": "홍길동"}, "address"),
    ],
)
def test_what_cannot_be_looked_for_is_refused_and_not_repeated(
    client: TestClient, told: dict[str, str], name: str | None
) -> None:
    problem = is_problem(client.post(LOOKUP, json=told), 422, "invalid-parameter")
    assert [parameter["name"] for parameter in problem["parameters"]] == ([] if name is None else [name])
    assert "홍길동" not in str(problem)


def test_what_is_looked_for_is_not_taken_from_an_address(client: TestClient) -> None:
    is_problem(client.get(LOOKUP, params={"phone": PHONE}), 405, "method-not-allowed")
    refused = client.post(LOOKUP, params={"phone": PHONE})
    is_problem(refused, 422, "invalid-parameter")
    assert PHONE not in refused.text


def test_wrong_parameters_and_strangers_are_problems(client: TestClient) -> None:
    for wrong in ({"weak": "perhaps"}, {"parted": "x"}, {"limit": "0"}, {"as_of": "2025-01-01"}):
        problem = is_problem(client.get("/v1/suggested-links", params=wrong), 422, "invalid-parameter")
        assert len(problem["parameters"]) == 1
    unknown = UUID(int=STRANGER.int + 1)
    is_problem(client.get(person("/suggested-links", unknown)), 404, "person-unknown")


def test_no_answer_holds_a_value(client: TestClient) -> None:
    shown = client.get("/v1/suggested-links", params={"weak": "true"}).text
    shown += client.post(LOOKUP, json={"phone": PHONE}).text
    assert not [value for value in ("2345", "홍길동", "1970-01-01", "A nickname") if value in shown]


@settings(max_examples=100, deadline=None)
@given(
    told=st.dictionaries(
        st.sampled_from(["phone", "name", "birth_date", "nickname", "site", "x"]),
        st.text(max_size=30) | st.dates().map(str) | st.integers() | st.none() | st.lists(st.text(), max_size=1),
        max_size=3,
    )
)
def test_anything_that_is_looked_for_is_answered_or_refused(shared_client: TestClient, told: dict[str, Any]) -> None:
    assert shared_client.post(LOOKUP, json=told).status_code in (200, 400, 422)
