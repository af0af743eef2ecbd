"""Requests as producers send them, and what a problem looks like."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import orjson
from fastapi.testclient import TestClient

from api.http.cloud_events import BATCHED, STRUCTURED
from api.settings import Settings
from api.wiring import Majung
from domain.cloud_events import cloud_event
from domain.touchpoint import Touchpoint
from replay.wake import Wake
from tests.examples import PARTICIPANT

PATIENCE_SECONDS = 30


def settings_in(folder: Path, database_url: str | None = None) -> Settings:
    """Settings that keep everything in one folder, whatever the environment says."""
    return Settings(
        database_url=database_url or f"sqlite:///{folder / 'majung.db'}",
        vault_url=f"sqlite:///{folder / 'vault.db'}",
        master_key_file=folder / "master.key",
        future_skew_hours=24,
    )


def as_bytes(told: Touchpoint | dict[str, Any]) -> bytes:
    return orjson.dumps(cloud_event(told) if isinstance(told, Touchpoint) else told)


def post(client: TestClient, told: Touchpoint | dict[str, Any] | bytes) -> Any:
    """One event in structured mode."""
    body = told if isinstance(told, bytes) else as_bytes(told)
    return client.post("/v1/events", content=body, headers={"Content-Type": STRUCTURED})


def post_batch(client: TestClient, told: Sequence[Touchpoint | dict[str, Any] | bytes] | bytes) -> Any:
    """Several events in batched mode; bytes stand for themselves."""
    if not isinstance(told, bytes):
        elements = [element if isinstance(element, bytes) else as_bytes(element) for element in told]
        told = b"[" + b", ".join(elements) + b"]"
    return client.post("/v1/events", content=told, headers={"Content-Type": BATCHED})


def person(path: str = "", participant: UUID = PARTICIPANT) -> str:
    return f"/v1/people/{participant}{path}"


def is_problem(response: Any, status: int, slug: str) -> dict[str, Any]:
    """The response is this problem, whole and without a trace of the request's path; returns its members."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["type"] == f"urn:majung:problem:{slug}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert "instance" not in body
    return body


def wait_for(majung: Majung, client: Any, position: int) -> None:
    """Return when every read model has come to a position of the journal; looks again after each commit."""
    committed = Event()
    wake = Wake(majung.database, committed.set)
    wake.start()
    try:
        while True:
            committed.clear()
            if all(model["position"] >= position for model in client.get("/readyz").json()["read_models"]):
                return
            assert committed.wait(PATIENCE_SECONDS), "the worker did not follow"
    finally:
        wake.stop()
