"""Liveness and readiness."""

import pytest
from fastapi.testclient import TestClient

from api.http import create_app
from api.wiring import MODELS, Majung
from replay import generations
from tests.api.http.requests import is_problem
from tests.examples import call_received, store_visited


def test_a_process_that_answers_is_alive(client: TestClient) -> None:
    response = client.get("/livez")
    assert (response.status_code, response.json()) == (200, {"status": "alive"})


def test_readiness_tells_how_far_each_read_model_has_come(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received])
    majung.worker().catch_up()
    majung.journal.record([store_visited])
    told = client.get("/readyz").json()
    assert told["status"] == "ready"
    assert [check["name"] for check in told["checks"] if check["ok"]] == ["database", "vault", "read_models"]
    assert {model["name"] for model in told["read_models"]} == {model.name for model in MODELS}
    assert {(one["head"], one["position"], one["behind"]) for one in told["read_models"]} == {(2, 1, 1)}
    assert told["worker"] == {"state": "none", "error": None}


def test_without_its_read_models_the_server_is_not_ready(client: TestClient, majung: Majung) -> None:
    with majung.database.write() as connection:
        for generation in generations.live(connection, MODELS):
            generations.drop(connection, generation)
    body = is_problem(client.get("/readyz"), 503, "not-ready")
    assert [check["ok"] for check in body["checks"]] == [True, True, False]
    assert "majung replay" in body["detail"]


@pytest.mark.parametrize("name", ["majung.db", "vault.db"])
def test_without_a_database_the_server_is_not_ready_and_still_alive(
    client: TestClient, majung: Majung, name: str
) -> None:
    assert majung.database.path is not None
    majung.database.close()
    majung.vault_database.close()
    folder = majung.database.path.parent
    for path in folder.glob(f"{name}*"):
        path.unlink()
    body = is_problem(client.get("/readyz"), 503, "not-ready")
    assert str(folder) not in str(body)
    assert client.get("/livez").status_code == 200


def test_a_worker_that_fails_is_reported_and_ends_with_the_server(majung: Majung) -> None:
    with majung.database.write() as connection:
        for generation in generations.live(connection, MODELS):
            generations.drop(connection, generation)
    app = create_app(majung, work=True)
    with TestClient(app) as client:
        seen = [client.get("/readyz").json()["worker"] for _ in range(200)]
    assert {"state": "failing", "error": "ReadModelOutdated"} in seen
    assert TestClient(app).get("/readyz").json()["worker"]["state"] == "stopped"
