"""Requests are counted, timed and logged by the template of their path: nothing of who is asked about."""

import json
import logging
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.http import create_app
from api.logs import Json
from api.settings import Settings
from api.wiring import Majung
from tests.api.http.requests import is_problem, person, post
from tests.examples import PARTICIPANT, call_received


def value(client: TestClient, name: str, **labels: str) -> float:
    """One sample of /metrics, 0 where there is none."""
    told = client.get("/metrics").text
    samples = (sample for family in text_string_to_metric_families(told) for sample in family.samples)
    return next((one.value for one in samples if one.name == name and one.labels == labels), 0.0)


def access(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(Json().format(record)) for record in caplog.records if record.name == "majung.http.access"]


@pytest.mark.parametrize(
    ("method", "url", "route", "status"),
    [
        ("GET", person("/timeline?as_of=2025-01-01"), "/v1/people/{id}/timeline", "4xx"),
        ("POST", "/v1/events", "/v1/events", "4xx"),
        ("GET", f"/nothing/{PARTICIPANT}", "other", "4xx"),
        ("DELETE", person(), "/v1/people/{id}", "4xx"),
        ("GET", "/livez", "/livez", "2xx"),
    ],
)
def test_a_request_is_counted_by_template_method_and_class(
    client: TestClient, method: str, url: str, route: str, status: str
) -> None:
    labels = {"method": method, "route": route}
    before = value(client, "majung_http_requests_total", **labels, status=status)
    timed = value(client, "majung_http_request_duration_seconds_count", **labels)
    client.request(method, url)
    assert value(client, "majung_http_requests_total", **labels, status=status) == before + 1
    assert value(client, "majung_http_request_duration_seconds_count", **labels) == timed + 1


def test_a_method_that_a_caller_makes_up_is_not_told(client: TestClient) -> None:
    client.request("HONGGILDONG", "/livez")
    assert "HONGGILDONG" not in client.get("/metrics").text


def test_every_answer_bears_the_id_of_its_line_in_the_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    ids = []
    with caplog.at_level(logging.INFO, logger="majung"):
        for url in (person(), "/nothing"):
            # What a caller says is not taken: it may be anything.
            ids.append(client.get(url, headers={"X-Request-Id": "010-0000-0000"}).headers["x-request-id"])
    assert len(set(ids)) == 2
    assert all(len(of) == 32 for of in ids)


def test_the_log_tells_the_template_and_nothing_of_the_address(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    post(client, call_received)
    with caplog.at_level(logging.INFO, logger="majung"):
        client.get(person("/journey?as_of=2025-03-04"))
        client.get("/livez")
    [line] = access(caplog)
    told = {name: line[name] for name in ("method", "route", "status", "level", "message")}
    assert told == {
        "method": "GET",
        "route": "/v1/people/{id}/journey",
        "status": 200,
        "level": "info",
        "message": "answered",
    }
    assert line["duration_seconds"] >= 0
    assert str(PARTICIPANT) not in caplog.text + str(line)
    assert "2025-03-04" not in str(line)


def test_metrics_are_told_in_the_format_that_is_asked_for(client: TestClient) -> None:
    plain = client.get("/metrics")
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    asked = client.get("/metrics", headers={"Accept": "application/openmetrics-text;version=none"})
    assert asked.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert asked.text.endswith("# EOF\n")


def test_what_the_journal_makes_of_touchpoints_is_counted(client: TestClient) -> None:
    def counted() -> list[float]:
        statuses = ("recorded", "duplicate", "conflict")
        return [value(client, "majung_touchpoints_total", status=status) for status in statuses]

    before = counted()
    for told in (call_received, call_received, call_received.replaced(level="emergency")):
        post(client, told)
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [1, 1, 1]


def test_a_setting_takes_metrics_away(majung: Majung, settings: Settings) -> None:
    settings = settings.model_copy(update={"metrics": False})
    silent = Majung(settings, majung.journal, majung.vault_database, majung.blind_index, majung.directory)
    is_problem(TestClient(create_app(silent, work=False)).get("/metrics"), 404, "no-such-endpoint")
