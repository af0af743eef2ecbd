"""/v1/people/{id}/override: what staff set shows beside the rule's stage, and every refusal is a problem."""

from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from tests.api.http.requests import is_problem, person, post
from tests.examples import PARTICIPANT, call_received

COMMAND = "11111111-1111-4111-8111-111111111111"
SAID = {"stage": "healing", "expires_on": "2999-12-31", "reason": "heard more", "actor": "worker-07"}
WHY = {"reason": "assessed again", "actor": "worker-07"}
STRANGER = UUID("7f000000-0000-4000-8000-000000000001")


@pytest.fixture
def known(client: TestClient) -> TestClient:
    """One person is known."""
    post(client, call_received)
    return client


def override(client: TestClient, one: UUID = PARTICIPANT, **said: Any) -> Any:
    return client.put(person("/override", one), json=SAID | said)


def end(client: TestClient, one: UUID = PARTICIPANT, **said: Any) -> Any:
    return client.request("DELETE", person("/override", one), json=WHY | said)


def shown(client: TestClient) -> Any:
    return client.get(person("")).json()


def test_an_override_shows_beside_the_rules_stage_until_it_is_taken_back(known: TestClient) -> None:
    made = override(known)

    assert made.status_code == 201
    found = shown(known)
    assert (found["stage"], found["override"]["stage"]) == ("prevention", "healing")
    assert found["override"]["event_id"] == made.json()["event_id"]
    walked = known.get(person("/journey")).json()
    assert (walked["status"]["stage"], walked["override"]) == ("prevention", found["override"])
    assert "heard more" not in known.get(person("")).text

    ended = end(known)

    assert (ended.status_code, ended.json()["status"]) == (200, "recorded")
    assert shown(known)["override"] is None


def test_a_command_sent_again_is_a_duplicate(known: TestClient) -> None:
    first = override(known, command_id=COMMAND)
    again = override(known, command_id=COMMAND)
    assert (again.status_code, again.json()) == (200, first.json() | {"status": "duplicate"})
    assert end(known).json()["status"] == "recorded"
    assert end(known).json()["status"] == "duplicate"


def test_what_cannot_be_overridden_is_a_problem_of_its_own(known: TestClient) -> None:
    override(known, command_id=COMMAND)
    assert is_problem(override(known, expires_on="2020-01-01"), 422, "override-expired")
    assert is_problem(override(known, command_id=COMMAND, stage="return"), 409, "command-id-used")
    assert is_problem(override(known, STRANGER), 404, "person-unknown")
    assert is_problem(end(known, STRANGER), 404, "person-unknown")
    end(known)
    assert is_problem(end(known, reason="another"), 404, "nothing-overridden")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"stage": "well"}, "stage"),
        ({"expires_on": "tomorrow"}, "expires_on"),
        ({"expires_on": "2999-12-31T00:00:00Z"}, "expires_on"),
        ({"expires_on": 1_700_006_400}, "expires_on"),
        ({"reason": " "}, "reason"),
        ({"actor": ""}, "actor"),
        ({"command_id": "c1"}, "command_id"),
        ({"until": "2999-12-31"}, "until"),
    ],
)
def test_a_field_that_does_not_fit_is_named_and_not_repeated(
    known: TestClient, said: dict[str, Any], named: str
) -> None:
    found = override(known, **said)
    assert is_problem(found, 422, "invalid-parameter")
    assert [fault["name"] for fault in found.json()["parameters"]] == [named]
    assert shown(known)["override"] is None
