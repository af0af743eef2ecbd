"""GET /v1/people/{id}/copy: the same document as on the terminal, kept by no cache."""

import json

from fastapi.testclient import TestClient

from api.subject_copy import subject_copy
from api.wiring import Majung
from domain.clock import parse_moment
from tests.api.http.requests import is_problem, person
from tests.examples import EXAMPLES, HOUSEHOLD, OTHER_PARTICIPANT, PARTICIPANT, call_received, participant_registered


def test_the_copy_is_the_whole_document(client: TestClient, majung: Majung) -> None:
    majung.journal.record([event for event in EXAMPLES.values() if not event.is_command])
    response = client.get(person("/copy"))
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    assert response.json() == json.loads(subject_copy(majung.journal, PARTICIPANT, None).model_dump_json())
    assert "etag" not in response.headers
    assert client.get(person("/copy")).content == response.content


def test_it_is_asked_as_known_at_a_time_and_at_no_other_clock(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received], now=parse_moment("2025-06-01"))
    majung.journal.record([participant_registered], now=parse_moment("2025-07-01"))
    assert client.get(person("/copy?known_at=2025-06-15")).json()["about"]["counts"]["events"] == 1
    is_problem(client.get(person("/copy?as_of=2025-06-15")), 422, "invalid-parameter")
    is_problem(client.get(person("/copy?known_at=2025-05-15")), 404, "person-unknown")


def test_who_is_unknown_or_a_household_has_none(client: TestClient, majung: Majung) -> None:
    majung.journal.record([participant_registered.replaced(participant_id=HOUSEHOLD, kind="household")])
    is_problem(client.get(person("/copy", OTHER_PARTICIPANT)), 404, "person-unknown")
    is_problem(client.get(person("/copy", HOUSEHOLD)), 403, "refused-by-policy")
    is_problem(client.get("/v1/people/nobody/copy"), 422, "invalid-parameter")
