"""`?rules=`: a person by another version of the stage rules, told from the rules in service by body and entity tag."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from api.wiring import Majung
from domain.journey import VERSION_1
from replay.live import rule_sets
from tests.api.cli.test_trying_rules import LOW_AGAIN, in_healing_with_two_sessions
from tests.api.http.requests import person
from tests.examples import call_received, consent_given, journey_ended
from tests.given import on

PATHS = pytest.mark.parametrize("path", ["", "/journey", "/wellbeing"])
EAGER = VERSION_1.model_copy(update={"version": "eager", "sessions_attended": 2})


@pytest.fixture
def registered(majung: Majung) -> None:
    majung.journal.record([*in_healing_with_two_sessions(), LOW_AGAIN])
    with majung.database.write() as connection:
        rule_sets.register(connection, EAGER, datetime(2025, 7, 1, tzinfo=UTC))


@pytest.mark.usefixtures("registered")
@PATHS
def test_an_answer_names_the_rules_and_its_tag_is_theirs_alone(client: TestClient, path: str) -> None:
    answers = {told: client.get(person(f"{path}?as_of=2025-07-31{told}")) for told in ("", "&rules=1", "&rules=eager")}
    assert [answer.json()["rule_version"] for answer in answers.values()] == ["1", "1", "eager"]
    assert answers[""].json() == answers["&rules=1"].json()
    assert answers[""].headers["etag"] == answers["&rules=1"].headers["etag"] != answers["&rules=eager"].headers["etag"]
    tag = answers[""].headers["etag"]
    url = person(f"{path}?as_of=2025-07-31&rules=eager")
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.usefixtures("registered")
def test_the_stage_is_the_one_of_the_rules_that_were_asked_for(client: TestClient) -> None:
    stages = [client.get(person(f"?as_of=2025-07-31&rules={told}")).json()["stage"] for told in ("1", "eager")]
    assert stages == ["healing", "return"]
    spells = client.get(person("/journey?as_of=2025-07-31&rules=eager")).json()["spells"]
    assert [(spell["rule"], spell["rule_version"]) for spell in spells][-1] == ("T1", "eager")
    assert client.get(person("?rules=as-recorded")).json()["stage"] is None


@pytest.mark.parametrize("told", ["2", "", "eager", "1%00"])
@PATHS
def test_unknown_rules_are_refused(client: TestClient, majung: Majung, path: str, told: str) -> None:
    majung.journal.record([call_received])
    response = client.get(person(f"{path}?rules={told}"))
    assert (response.status_code, response.json()["type"]) == (422, "urn:majung:problem:invalid-parameter")
    assert response.json()["parameters"][0]["name"] == "rules"


@pytest.mark.parametrize("path", ["/timeline", "/network"])
def test_what_rests_on_no_stage_takes_no_rules(client: TestClient, majung: Majung, path: str) -> None:
    majung.journal.record([call_received])
    assert client.get(person(f"{path}?rules=1")).status_code == 422


def test_a_journey_has_its_episodes_as_of_the_day(client: TestClient, majung: Majung) -> None:
    end = on(journey_ended.replaced(reason="completed"), "2025-09-01")
    majung.journal.record([on(call_received, "2025-05-01"), end, on(call_received, "2027-03-01")])
    first, second = client.get(person("/journey?as_of=2027-06-30")).json()["episodes"]
    assert (first["end_reason"], first["last_stage"], second["ended_at"]) == ("completed", "prevention", None)
    [only] = client.get(person("/journey?as_of=2025-08-31")).json()["episodes"]
    assert only["ended_at"] is None


def test_consents_lapse_with_the_day_that_is_asked_about(client: TestClient, majung: Majung) -> None:
    majung.journal.record([on(consent_given.replaced(scopes=("service",), valid_until="2025-08-31"), "2025-06-01")])

    def of_service(query: str) -> dict[str, str | None]:
        consents = client.get(person(query)).json()["consents"]
        assert [consent["scope"] for consent in consents] == ["service", "health", "callback", "share", "research"]
        found: dict[str, str | None] = consents[0]
        return found

    in_force = {"scope": "service", "status": "in_force", "since": "2025-06-01", "until": "2025-08-31"}
    lapsed = {"scope": "service", "status": "lapsed", "since": "2025-09-01", "until": None}
    assert of_service("?as_of=2025-08-31") == in_force
    assert of_service("?as_of=2025-09-01") == lapsed
    assert of_service("?as_of=2025-05-31")["status"] == "never_given"
    assert of_service("?as_of=9999-12-31")["status"] == "lapsed"
