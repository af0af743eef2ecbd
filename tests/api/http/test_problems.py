"""Every error is a problem of its own, says what to do, and repeats nothing of what was sent."""

import json
import logging
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import wiring
from api.http import create_app
from api.http.cloud_events import STRUCTURED
from api.http.problems import KINDS
from api.logs import Json
from api.settings import Settings
from api.wiring import Majung
from domain.refusals import IntakeError
from replay import database as databases
from replay.journal import Journal
from replay.vault import Vault
from tests.api.http.requests import PATIENCE_SECONDS, as_bytes, is_problem, person, post, post_batch
from tests.examples import PARTICIPANT, call_received, store_visited

AS_EVENT = {"Content-Type": STRUCTURED}


def refusals(kind: type[IntakeError] = IntakeError) -> Iterator[type[IntakeError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from refusals(narrower)


def test_every_refusal_of_the_intake_has_a_problem_of_its_own() -> None:
    assert {refusal.code for refusal in refusals()} <= KINDS.keys()


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/people", "/v1/people/", person("/"), person("/nothing"), "/docs", "/redoc", "/v1/events/"]
)
def test_an_unknown_path_is_a_problem(client: TestClient, path: str) -> None:
    is_problem(client.get(path), 404, "no-such-endpoint")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/events", "POST"),
        ("DELETE", person(), "GET"),
        ("PATCH", person("/links"), "GET, POST"),
        ("GET", person("/override"), "DELETE, PUT"),
    ],
)
def test_another_method_is_a_problem_that_names_the_right_one(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    response = client.request(method, path)
    is_problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("/v1/people/010-1234-5678", "id"),
        ("/v1/people/6f1d2c3b4a594e689c778b86a594", "id"),
        (person("?as_of=yesterday"), "as_of"),
        (person("?as_of="), "as_of"),
        (person("?as_of=2025-05-02T10:15:00"), "as_of"),
        (person("?as_of=2025-05-02 10:15"), "as_of"),
        (person("?as_of=2025-02-30"), "as_of"),
        (person("?as_of=0001-01-01T00:00:00%2B09:00"), "as_of"),
        (person("/journey?known_at=2025-05-02T10:15:00%2B99:00"), "known_at"),
        (person("/wellbeing?known_at=%00"), "known_at"),
        (person("?limit=1"), "limit"),
        (person("/timeline?asof=2025-05-02"), "asof"),
        (person("/copy?as_of=2025-05-02"), "as_of"),
        ("/v1/follow-ups?known_at=2025-05-02", "known_at"),
        ("/v1/projections?name=timeline", "name"),
        ("/v1/alerts/stream?all=true", "all"),
    ],
)
def test_a_malformed_parameter_is_a_problem_that_says_which(client: TestClient, url: str, wrong: str) -> None:
    body = is_problem(client.get(url), 422, "invalid-parameter")
    assert [parameter["name"] for parameter in body["parameters"]] == [wrong]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (person("?as_off=2025-05-02"), "as_off: is not known here: did you mean as_of?"),
        (person("/timeline?knownAt=2025-05-02"), "is not known here: did you mean known_at?"),
        (person("/links?colour=red"), "colour: is not known here: there are known_at"),
        ("/v1/projections?colour=red", "colour: is not known here: leave it out"),
    ],
)
def test_an_unknown_parameter_is_answered_by_the_one_that_was_meant(client: TestClient, path: str, said: str) -> None:
    assert said in is_problem(client.get(path), 422, "invalid-parameter")["detail"]


def test_an_unknown_parameter_of_a_command_is_refused_and_nothing_is_recorded(
    client: TestClient, majung: Majung
) -> None:
    response = client.post("/v1/events?dry_run=true", content=as_bytes(call_received), headers=AS_EVENT)
    is_problem(response, 422, "invalid-parameter")
    assert majung.journal.head() == (0,)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (person("?as_of=2025-05-02&as_of=2025-05-03"), "as_of"),
        (person("/timeline?limit=1&type=call-received.v1&limit=1"), "limit"),
        ("/v1/follow-ups?kind=first_call&kind=call_back", "kind"),
        ("/v1/alerts/stream?worker=worker-07&worker=worker-08", "worker"),
    ],
)
def test_a_parameter_that_is_told_twice_is_refused_since_one_of_the_two_would_be_ignored(
    client: TestClient, path: str, name: str
) -> None:
    body = is_problem(client.get(path), 422, "invalid-parameter")
    assert body["parameters"] == [{"name": name, "message": "is told more than once: send it once"}]


def test_a_list_is_told_by_telling_its_parameter_again(client: TestClient) -> None:
    post(client, call_received)
    wanted = "/timeline?type=call-received.v1&type=store-visited.v1"
    assert client.get(person(wanted)).status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_what_watches_a_server_may_add_parameters_of_its_own(client: TestClient, path: str) -> None:
    assert client.get(f"{path}?probe=1&probe=2").status_code == 200


def test_many_unknown_parameters_are_told_in_a_short_answer(client: TestClient) -> None:
    query = "&".join(f"x{number}=1" for number in range(1_000))
    assert len(is_problem(client.get(person(f"?{query}")), 422, "invalid-parameter")["parameters"]) == 10


@pytest.mark.parametrize("url", ["/v1/people/Hong-Gildong", person("?as_of=Hong-Gildong"), person("?Hong-Gildong=1")])
def test_a_problem_repeats_nothing_that_was_sent(client: TestClient, url: str) -> None:
    response = client.get(url)
    assert response.status_code == 422
    assert "Hong" not in response.text
    assert str(PARTICIPANT) not in response.text


@pytest.mark.parametrize("url", [person(), "/v1/people/nobody", "/livez", "/nothing", "/openapi.json"])
def test_every_answer_forbids_guessing_its_type_and_keeping_what_is_about_people(client: TestClient, url: str) -> None:
    response = client.get(url)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == ("private, no-cache" if "people" in url else "no-store")


def test_an_error_that_nobody_foresaw_tells_nothing_and_is_logged_without_its_message(
    majung: Majung, caplog: pytest.LogCaptureFixture
) -> None:
    said = "Hong Gildong, 010-0000-0000"

    def fail() -> Any:
        raise RuntimeError(said)

    majung.journal.clock = fail
    with caplog.at_level(logging.INFO, logger="majung.http"):
        response = post(TestClient(create_app(majung, work=False)), call_received)
    is_problem(response, 500, "internal-error")
    assert "RuntimeError" not in response.text
    [record] = [record for record in caplog.records if record.name == "majung.http"]
    line = Json().format(record)
    assert json.loads(line)["error"] == "RuntimeError"
    assert said not in response.text + caplog.text + line


@pytest.fixture
def busy(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The API while another process holds the database's one writing transaction."""
    monkeypatch.setattr(databases, "BUSY_TIMEOUT_SECONDS", 0)
    with wiring.start(settings) as majung, closing(sqlite3.connect(str(majung.database.path))) as other:
        other.execute("BEGIN IMMEDIATE")
        yield TestClient(create_app(majung, work=False))
        other.rollback()


def test_a_busy_database_acknowledges_nothing_and_says_when_to_try_again(busy: TestClient, settings: Settings) -> None:
    for response in (post(busy, call_received), post_batch(busy, [call_received, store_visited])):
        is_problem(response, 503, "database-unavailable")
        assert int(response.headers["retry-after"]) > 0
    with wiring.start(settings) as majung:
        assert majung.journal.head() == (0,)


def test_a_busy_database_is_still_read(busy: TestClient) -> None:
    is_problem(busy.get(person()), 404, "person-unknown")


def test_others_are_answered_while_a_recording_waits_for_the_database(majung: Majung) -> None:
    arrived = Event()
    clock = majung.journal.clock

    def tell_the_time() -> datetime:
        arrived.set()
        return clock()

    majung.journal.clock = tell_the_time
    app = create_app(majung, work=False)
    with TestClient(app) as client, closing(sqlite3.connect(str(majung.database.path))) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(post, client, call_received)
            assert arrived.wait(PATIENCE_SECONDS)
            assert client.get("/livez").status_code == 200
            assert not waiting.done()
            other.rollback()
            assert waiting.result().status_code == 201


def test_a_database_that_is_gone_is_unavailable(client: TestClient, majung: Majung) -> None:
    assert majung.database.path is not None
    majung.database.close()
    for path in majung.database.path.parent.glob("majung.db*"):
        path.unlink()
    for asked in (person(), "/v1/projections", "/v1/projections/events"):
        is_problem(client.get(asked), 503, "database-unavailable")
    is_problem(post(client, call_received), 503, "database-unavailable")


def test_another_master_key_makes_the_vault_unavailable_and_stores_nothing(majung: Majung) -> None:
    majung.journal.record([call_received])
    another = Journal(majung.database, Vault(majung.vault_database, bytes(32)), shards=majung.journal.shards)
    with replace(majung, journal=another) as locked:
        client = TestClient(create_app(locked, work=False))
        is_problem(client.get(person()), 503, "vault-unavailable")
        is_problem(post(client, store_visited), 503, "vault-unavailable")
        body = is_problem(client.get("/readyz"), 503, "not-ready")
    assert "MAJUNG_MASTER_KEY_FILE" in body["detail"]
    assert majung.journal.head() == (1,)
