"""Liveness and readiness."""

import logging
from collections.abc import Iterator
from threading import Event

import pytest
from fastapi.testclient import TestClient

from api.http import create_app, embedded_worker
from api.wiring import MODELS, NAMES, Majung
from replay.live import generations
from tests.api.http.requests import PATIENCE_SECONDS, is_problem, wait_for
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
    assert {model["name"] for model in told["read_models"]} == set(NAMES)
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


class Logged(logging.Handler):
    """Says when something was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.something = Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.something.set()


@pytest.fixture
def worker_log() -> Iterator[Logged]:
    handler = Logged()
    embedded_worker.log.addHandler(handler)
    yield handler
    embedded_worker.log.removeHandler(handler)


def test_a_worker_that_fails_is_reported_and_goes_on_when_it_can(
    majung: Majung, worker_log: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_worker, "RETRY_SECONDS", 0.05)
    majung.journal.record([call_received])
    with majung.database.write() as connection:
        for generation in generations.live(connection, MODELS):
            generations.drop(connection, generation)
    with TestClient(create_app(majung, work=True)) as client:
        assert worker_log.something.wait(PATIENCE_SECONDS)
        failing = client.get("/readyz").json()["worker"]
        with majung.database.write() as connection:
            generations.establish(connection, MODELS)
        wait_for(majung, client, 1)
    assert failing == {"state": "failing", "error": "ReadModelOutdated"}


def test_the_worker_ends_with_the_server(majung: Majung) -> None:
    app = create_app(majung, work=True)
    with TestClient(app) as client:
        assert client.get("/readyz").json()["worker"]["state"] == "running"
    assert TestClient(app).get("/readyz").json()["worker"]["state"] == "stopped"
