"""The whole way on SQLite and on PostgreSQL: events in, answers out, live rows behind them."""

from pathlib import Path

from fastapi.testclient import TestClient

from api import wiring
from api.http import create_app
from tests.api.http.requests import is_problem, person, post, post_batch, settings_in
from tests.examples import EXAMPLES, call_received


def test_what_is_told_is_found_again(database_url: str, tmp_path: Path) -> None:
    settings = settings_in(tmp_path, database_url)
    wiring.upgrade(settings)
    told = [event for event in EXAMPLES.values() if not event.is_command]
    with wiring.start(settings) as majung:
        client = TestClient(create_app(majung, work=False))
        assert post(client, call_received).status_code == 201
        assert post(client, call_received).status_code == 200
        is_problem(post(client, call_received.replaced(level="emergency")), 409, "conflict")
        body = post_batch(client, told).json()
        assert (body["recorded"], body["duplicates"]) == (len(told) - 1, 1)
        for path in ("", "/timeline", "/journey", "/wellbeing"):
            response = client.get(person(path), params={"as_of": "2025-12-31"})
            assert (response.status_code, response.json()["version"]) == (200, len(told))
            tag = {"If-None-Match": response.headers["etag"]}
            assert client.get(person(path), params={"as_of": "2025-12-31"}, headers=tag).status_code == 304
        majung.worker().catch_up()
        assert {model["position"] for model in client.get("/readyz").json()["read_models"]} == {len(told)}
