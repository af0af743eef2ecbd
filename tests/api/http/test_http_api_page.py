"""docs/http-api.md and /openapi.json tell of everything the API does."""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.http.cloud_events import BATCHED, STRUCTURED
from api.http.events_example import BODIES
from api.http.problems import KINDS, PREFIX
from tests.api.http.requests import post, post_batch

PAGE = Path(__file__).parents[3] / "docs" / "http-api.md"


@pytest.fixture
def openapi(client: TestClient) -> dict[str, Any]:
    described: dict[str, Any] = client.get("/openapi.json").json()
    return described


def operations(openapi: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_page_lists_every_endpoint_and_no_other(openapi: dict[str, Any]) -> None:
    listed = re.findall(r"^\| `([A-Z]+) (/[^`]*)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted((method, path) for method, path, _ in operations(openapi))


def test_the_page_lists_every_parameter(openapi: dict[str, Any]) -> None:
    named = {
        parameter["name"] for _, _, operation in operations(openapi) for parameter in operation.get("parameters", [])
    }
    page = PAGE.read_text(encoding="utf-8")
    assert named == {"id", "pair_id", "as_of", "known_at", "compare_with", "rules", "limit", "cursor", "type"} | {
        "weak",
        "parted",
    } | {"worker", "open"} | {"event_id", "all", "Last-Event-ID"} | {"kind", "urgency"}
    assert [name for name in named if f"`{name}`" not in page] == []


def test_the_page_lists_every_problem_with_its_status_and_no_other() -> None:
    listed = re.findall(
        r"^\| `urn:majung:problem:([a-z0-9-]+)` \| (\d+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(listed) == sorted((slug, str(kind.status)) for slug, kind in KINDS.items())


def test_the_event_of_the_page_is_taken(client: TestClient) -> None:
    found = re.search(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    assert post(client, found[1].encode()).status_code == 201


def test_the_examples_of_the_description_are_taken(client: TestClient) -> None:
    assert post(client, BODIES[STRUCTURED]["example"]).status_code == 201
    assert post_batch(client, BODIES[BATCHED]["example"]).json()["duplicates"] == 1


def test_every_operation_and_parameter_is_described(openapi: dict[str, Any]) -> None:
    for method, path, operation in operations(openapi):
        assert operation["summary"], (method, path)
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (path, parameter["name"])


def test_every_answer_has_a_schema(openapi: dict[str, Any]) -> None:
    for method, path, operation in operations(openapi):
        for status, response in operation["responses"].items():
            if status != "304":
                assert all(content["schema"] for content in response["content"].values()), (method, path, status)


def test_every_problem_that_an_operation_documents_is_one_of_ours(openapi: dict[str, Any]) -> None:
    examples = [
        example["value"]["type"].removeprefix(PREFIX)
        for _, _, operation in operations(openapi)
        for response in operation["responses"].values()
        for example in response.get("content", {}).get("application/problem+json", {}).get("examples", {}).values()
    ]
    assert examples
    assert set(examples) <= KINDS.keys()
