"""/v1/people/{id}/roles, roles in the summary, and that an activist decides nothing about a file."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.wiring import Majung
from domain.clock import parse_moment
from tests.api.http.requests import is_problem, person
from tests.domain.journey.stories import healing
from tests.examples import (
    OTHER_PARTICIPANT,
    activist_selected,
    activist_stepped_down,
    journey_ended,
    training_completed,
)
from tests.given import on

selected = on(activist_selected, "2025-07-01")
trained = on(training_completed, "2025-08-01")
relapsed = on(activist_stepped_down.replaced(reason="relapse"), "2025-09-01")


def get(client: TestClient, path: str, **parameters: str) -> dict[str, Any]:
    response = client.get(person(path), params=parameters)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def test_every_role_is_told_with_its_interval_and_evidence(client: TestClient, majung: Majung) -> None:
    majung.journal.record([*healing, selected, trained, relapsed])
    told = get(client, "/roles", as_of="2025-09-30")
    assert told["roles"] == ["participant"]
    assert told["intervals"][2] == {
        "role": "healing_activist",
        "since": "2025-08-01T09:00:00Z",
        "until": "2025-09-01T01:00:00Z",
        "end": "stepped_down",
        "relapse": True,
        "evidence": [str(selected.event_id), str(trained.event_id)],
        "ended_by": str(relapsed.event_id),
    }
    assert told["intervals"][1]["end"] == "became_activist"


def test_roles_are_asked_at_both_clocks(client: TestClient, majung: Majung) -> None:
    majung.journal.record([*healing, trained], now=parse_moment("2025-09-01"))
    majung.journal.record([selected], now=parse_moment("2025-12-01"))
    assert get(client, "/roles")["roles"] == ["participant", "healing_activist"]
    assert get(client, "/roles", as_of="2025-07-15")["roles"] == ["participant", "trainee"]
    assert get(client, "/roles", known_at="2025-10-01")["roles"] == ["participant"]


def test_the_summary_has_the_roles_beside_the_stage(client: TestClient, majung: Majung) -> None:
    majung.journal.record([*healing, selected, trained, relapsed])
    told = get(client, "", as_of="2025-08-15")
    assert (told["stage"], told["roles"]) == ("re_isolation_prevention", ["participant", "healing_activist"])
    assert get(client, "", as_of="2025-09-30")["roles"] == ["participant"]
    assert "relapse" not in client.get(person("")).text


def test_who_left_has_no_role(client: TestClient, majung: Majung) -> None:
    majung.journal.record([*healing, on(journey_ended, "2025-07-01")])
    assert get(client, "")["roles"] == []


def test_an_answer_that_still_holds_is_not_sent_again(client: TestClient, majung: Majung) -> None:
    majung.journal.record(healing)
    asked = person("/roles?as_of=2025-12-31")
    known = {"If-None-Match": client.get(asked).headers["ETag"]}
    assert client.get(asked, headers=known).status_code == 304
    majung.journal.record([selected])
    assert client.get(asked, headers=known).json()["roles"] == ["participant", "trainee"]
    is_problem(client.get(person("/roles", OTHER_PARTICIPANT)), 404, "person-unknown")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/override", {"stage": "return", "expires_on": "2999-12-31"}),
        ("DELETE", "/override", {}),
        ("POST", "/links", {"other_id": str(OTHER_PARTICIPANT)}),
        ("DELETE", "/links/pair-1", {}),
    ],
)
def test_an_activist_who_acts_is_refused_and_nothing_changes(
    client: TestClient, majung: Majung, method: str, path: str, body: dict[str, str]
) -> None:
    majung.journal.record([*healing, selected.replaced(participant_id=OTHER_PARTICIPANT)])
    before = majung.journal.head()
    told = body | {"reason": "heard more", "actor": str(OTHER_PARTICIPANT)}
    problem = is_problem(client.request(method, person(path), json=told), 403, "refused-by-policy")
    assert "a worker decides this" in problem["detail"]
    assert majung.journal.head() == before
