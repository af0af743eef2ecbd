"""Whatever is sent, the answer is an answer or a problem, and never a fault of the server's own."""

import json
from typing import Any
from urllib.parse import quote

from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http.cloud_events import BATCHED, BINARY, STRUCTURED
from api.http.events_example import EVENT
from tests.api.http.requests import as_bytes

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ODD = st.sampled_from(["", "\x00", "%00", "2025-13-01", "9999-12-31T23:59:59-23:59", "+", "null", "é", "1" * 400])
TEXTS = ODD | st.text(max_size=40)
LATIN = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=30)

often = settings(max_examples=150, deadline=None)


def answered(response: Any) -> None:
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["type"].startswith("urn:majung:problem:")


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good event with some bytes cut out and others put in."""
    told = as_bytes(EVENT)
    start = draw(st.integers(0, len(told)))
    return told[:start] + draw(st.binary(max_size=6)) + told[start + draw(st.integers(0, 40)) :]


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """A good event with other values in it, of its attributes or of its data."""
    told = EVENT | draw(
        st.dictionaries(st.sampled_from([*EVENT, "codelists", "origin", "precision"]), JSON, max_size=2)
    )
    if isinstance(told["data"], dict):
        fields = draw(st.dictionaries(st.sampled_from([*EVENT["data"], "occurred_at"]), JSON, max_size=2))
        told["data"] = told["data"] | fields
    return json.dumps(told).encode()  # unlike stricter writers it writes NaN, too


@often
@given(
    body=st.binary(max_size=200) | damaged() | changed(), content=st.sampled_from([STRUCTURED, BATCHED, BINARY, "x"])
)
def test_any_bytes_as_events_are_taken_or_refused(shared_client: TestClient, body: bytes, content: str) -> None:
    headers = {"Content-Type": content, "ce-specversion": "1.0"}
    answered(shared_client.post("/v1/events", content=body, headers=headers))


@often
@given(elements=st.lists(damaged() | changed() | st.binary(max_size=20), max_size=4))
def test_any_batch_is_taken_or_refused(shared_client: TestClient, elements: list[bytes]) -> None:
    body = b"[" + b",".join(elements) + b"]"
    answered(shared_client.post("/v1/events", content=body, headers={"Content-Type": BATCHED}))


@often
@given(
    attributes=st.dictionaries(st.sampled_from(["id", "source", "subject", "time", "type", "site", "data"]), LATIN),
    body=st.binary(max_size=30) | st.just(as_bytes(EVENT["data"])),
)
def test_any_headers_in_binary_mode_are_taken_or_refused(
    shared_client: TestClient, attributes: dict[str, str], body: bytes
) -> None:
    told = {name: value for name, value in EVENT.items() if name != "data"} | attributes
    headers = [(b"content-type", BINARY.encode())]
    headers += [(f"ce-{name}".encode(), value.encode("latin-1")) for name, value in told.items()]
    answered(shared_client.post("/v1/events", content=body, headers=headers))


@often
@given(
    path=st.sampled_from(["", "/timeline", "/journey", "/wellbeing"]),
    participant=st.uuids().map(str) | st.just(EVENT["subject"]) | TEXTS,
    query=st.dictionaries(st.sampled_from(["as_of", "known_at", "limit", "cursor", "type", "x"]), TEXTS, max_size=4),
)
def test_any_question_is_answered_or_refused(
    shared_client: TestClient, path: str, participant: str, query: dict[str, str]
) -> None:
    answered(shared_client.get(f"/v1/people/{quote(participant, safe='', errors='replace')}{path}", params=query))
