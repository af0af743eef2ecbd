"""A person whose rows are held: answers about them say so, and where they do not fold at all, why."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete

from api.wiring import Majung
from domain.touchpoint import Touchpoint
from replay.vault import keys
from tests.api.http.requests import is_problem, post, post_batch
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, call_received, measure_taken

PATHS = ("", "/timeline", "/journey", "/wellbeing", "/network", "/roles")


@pytest.fixture
def held(majung: Majung, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older release could not read an event of a person; of another everything reads."""
    majung.journal.record([call_received, call_received.replaced(participant_id=OTHER_PARTICIPANT)])
    majung.worker().catch_up()
    with monkeypatch.context() as older:
        older.delitem(Touchpoint.registry, measure_taken.stored_as)
        majung.journal.record([measure_taken])
        majung.worker().catch_up()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.usefixtures("held")
def test_every_answer_about_them_says_that_their_rows_are_those_of_before(client: TestClient, path: str) -> None:
    found = client.get(f"/v1/people/{PARTICIPANT}{path}").json()["held"]
    assert (found["error"], found["read_model"], found["attempts"]) == ("UnknownStoredName", None, 1)
    assert (found["event_id"], found["event_type"]) == (str(measure_taken.event_id), measure_taken.stored_as)
    assert client.get(f"/v1/people/{OTHER_PARTICIPANT}{path}").json()["held"] is None


@pytest.mark.usefixtures("held")
def test_an_answer_is_another_when_they_are_held_no_more(client: TestClient, majung: Majung) -> None:
    before = client.get(f"/v1/people/{PARTICIPANT}").headers["ETag"]
    majung.worker().retry_held()
    after = client.get(f"/v1/people/{PARTICIPANT}", headers={"If-None-Match": before})
    assert (after.status_code, after.json()["held"]) == (200, None)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.usefixtures("held")
def test_what_does_not_read_is_a_problem_that_names_the_reason(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.delitem(Touchpoint.registry, measure_taken.stored_as)
    refused = client.get(f"/v1/people/{PARTICIPANT}{path}")
    problem = refused.json()
    assert (refused.status_code, problem["type"]) == (503, "urn:majung:problem:does-not-fold")
    assert (problem["error"], problem["event_type"]) == ("UnknownStoredName", measure_taken.stored_as)
    assert str(PARTICIPANT) not in refused.text
    assert client.get(f"/v1/people/{OTHER_PARTICIPANT}{path}").status_code == 200


def test_a_fold_that_fails_is_told_by_its_kind_and_place(client: TestClient, majung: Majung) -> None:
    def fold(*_: object) -> None:
        raise ValueError("010-1234-5678")

    majung.journal.record([call_received])
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("api.http.summary.journey_of", fold)
        refused = client.get(f"/v1/people/{PARTICIPANT}")
    assert (refused.status_code, refused.json()["error"]) == (503, "ValueError")
    assert "010" not in refused.text


def test_an_event_told_again_that_does_not_read_is_a_problem_and_rejected_in_a_batch(
    client: TestClient, majung: Majung, monkeypatch: pytest.MonkeyPatch
) -> None:
    majung.journal.record([measure_taken])
    with majung.vault_database.write() as connection:
        connection.execute(delete(keys))
    majung.journal.vault._known.clear()
    assert is_problem(post(client, measure_taken), 503, "does-not-fold")["error"] == "KeyMissing"
    other = call_received.replaced(participant_id=OTHER_PARTICIPANT)
    body = post_batch(client, [measure_taken, other, call_received]).json()
    assert (body["recorded"], body["rejected"]) == (1, 2)
    assert [entry["code"] for entry in body["events"]] == ["does-not-fold", None, "does-not-fold"]
    assert "restore the vault" in body["events"][0]["message"]
