"""/v1/people/{id}/links: identities are linked and unlinked by commands, and every refusal is a problem."""

import json
import sqlite3
from contextlib import closing
from typing import Any
from urllib.parse import quote
from uuid import UUID

import orjson
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from api import wiring
from api.http import create_app
from api.settings import Settings
from replay import database as databases
from replay.journal import DecisionContended
from tests.api.http.requests import is_problem, person, post
from tests.api.http.test_fuzz import JSON, TEXTS, answered
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, call_received, risk_assessed, store_visited

ONE, OTHER = PARTICIPANT, OTHER_PARTICIPANT
STRANGER = UUID("7f000000-0000-4000-8000-000000000001")
PAIR = "11111111-1111-4111-8111-111111111111"
WHY = {"reason": "told both stories", "actor": "worker-07"}


@pytest.fixture
def two(client: TestClient) -> TestClient:
    """Two people are known, one of whom was assessed."""
    for event in (call_received, risk_assessed, store_visited.replaced(participant_id=OTHER)):
        post(client, event)
    return client


def link(client: TestClient, one: UUID = ONE, **body: Any) -> Any:
    told = {"other_id": str(OTHER), **WHY} | body
    return client.post(person("/links", one), json={name: value for name, value in told.items() if value is not None})


def unlink(client: TestClient, pair: str, one: UUID = ONE, **body: Any) -> Any:
    return client.request("DELETE", person(f"/links/{pair}", one), json=WHY | body)


def links(client: TestClient, one: UUID = ONE, query: str = "") -> Any:
    return client.get(person(f"/links{query}", one)).json()


def stage(client: TestClient, one: UUID) -> Any:
    return client.get(person("", one)).json()["stage"]


def test_a_link_makes_one_person_of_two_and_an_unlink_parts_them(two: TestClient) -> None:
    before = stage(two, OTHER)
    made = link(two)
    assert made.status_code == 201
    assert made.json()["status"] == "recorded"
    assert stage(two, OTHER) == stage(two, ONE) != before
    parted = unlink(two, made.json()["pair_id"], OTHER)
    assert (parted.status_code, parted.json()) == (200, made.json())
    assert stage(two, OTHER) == before


def test_the_links_of_a_person_are_told_as_they_were_known(two: TestClient) -> None:
    assert links(two)["links"] == []
    link(two, pair_id=PAIR)
    made = links(two, OTHER)
    assert made["person"] == str(min(ONE, OTHER))
    assert made["identities"] == sorted([str(ONE), str(OTHER)])
    [one] = made["links"]
    assert (one["pair_id"], one["linked_by"], one["unlinked_at"]) == (PAIR, "worker-07", None)
    unlink(two, PAIR, actor="manager-01")
    [ended] = links(two)["links"]
    assert ended == one | {"unlinked_at": ended["unlinked_at"], "unlinked_by": "manager-01"}
    known = links(two, ONE, f"?known_at={one['linked_at']}")
    assert (known["identities"], known["links"]) == (made["identities"], [one])
    assert links(two)["identities"] == [str(ONE)]


def test_the_answer_has_a_tag_that_a_link_changes(two: TestClient) -> None:
    tag = two.get(person("/links")).headers["etag"]
    assert two.get(person("/links"), headers={"If-None-Match": tag}).status_code == 304
    link(two)
    assert two.get(person("/links"), headers={"If-None-Match": tag}).status_code == 200


def test_sending_a_command_again_is_safe(two: TestClient) -> None:
    assert [link(two, pair_id=PAIR).status_code for _ in range(2)] == [201, 200]
    assert link(two, OTHER, other_id=str(ONE), pair_id=PAIR).json() == {"pair_id": PAIR, "status": "duplicate"}
    assert [unlink(two, PAIR).json()["status"] for _ in range(2)] == ["recorded", "duplicate"]


def test_who_is_one_person_already_is_a_conflict_that_says_through_whom(two: TestClient) -> None:
    pair = link(two).json()["pair_id"]
    body = is_problem(link(two), 409, "already-one-person")
    assert (body["pairs"], body["through"]) == ([pair], [])
    post(two, call_received.replaced(participant_id=STRANGER))
    further = link(two, OTHER, other_id=str(STRANGER)).json()["pair_id"]
    body = is_problem(link(two, other_id=str(STRANGER)), 409, "already-one-person")
    assert (body["pairs"], body["through"]) == ([pair, further], [str(OTHER)])


def test_a_pair_id_is_used_once(two: TestClient) -> None:
    link(two, pair_id=PAIR)
    is_problem(link(two, pair_id=PAIR, reason="another"), 409, "pair-id-used")
    unlink(two, PAIR)
    is_problem(link(two, pair_id=PAIR), 409, "pair-id-used")
    assert link(two).status_code == 201


def test_a_link_that_is_not_there_or_not_any_more_is_a_problem(two: TestClient) -> None:
    is_problem(unlink(two, PAIR), 404, "not-linked")
    link(two, pair_id=PAIR)
    unlink(two, PAIR)
    is_problem(unlink(two, PAIR, reason="another"), 409, "no-longer-linked")


def test_a_pseudonym_that_is_not_known_is_a_problem_that_says_which(two: TestClient) -> None:
    assert is_problem(link(two, STRANGER), 404, "person-unknown")["parameter"] == "id"
    assert is_problem(link(two, other_id=str(STRANGER)), 404, "person-unknown")["parameter"] == "other_id"
    is_problem(unlink(two, PAIR, STRANGER), 404, "person-unknown")
    is_problem(two.get(person("/links", STRANGER)), 404, "person-unknown")


def test_a_pseudonym_is_not_linked_to_itself(two: TestClient) -> None:
    is_problem(link(two, other_id=str(ONE)), 422, "same-pseudonym")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"reason": None}, "reason"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 2001}, "reason"),
        ({"other_id": "010-1234-5678"}, "other_id"),
        ({"other_id": None}, "other_id"),
        ({"actor": ""}, "actor"),
        ({"pair_id": "pair-1"}, "pair_id"),
        ({"Hong-Gildong": 1}, "(a field whose name is not shown)"),
    ],
)
def test_a_malformed_command_is_a_problem_that_says_what_and_repeats_nothing(
    two: TestClient, body: dict[str, Any], wrong: str
) -> None:
    response = link(two, **body)
    told = is_problem(response, 422, "invalid-parameter")
    assert [parameter["name"] for parameter in told["parameters"]] == [wrong]
    assert not any(secret in response.text for secret in ("Hong", "010-1234", "stories", str(ONE)))


def test_links_have_no_world_time(two: TestClient) -> None:
    is_problem(two.get(person("/links?as_of=2025-05-02")), 422, "invalid-parameter")


def test_a_command_is_taken_as_json_only(two: TestClient) -> None:
    body = orjson.dumps({"other_id": str(OTHER), **WHY})
    for content in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"):
        answer = two.post(person("/links"), content=body, headers={"Content-Type": content})
        is_problem(answer, 415, "unsupported-content")
    is_problem(
        two.post(person("/links"), content=b"{", headers={"Content-Type": "application/json"}), 400, "unreadable"
    )
    assert links(two)["links"] == []


def test_no_answer_holds_a_reason(two: TestClient) -> None:
    link(two, pair_id=PAIR)
    unlink(two, PAIR)
    for path in ("", "/links", "/timeline", "/journey"):
        assert "stories" not in two.get(person(path)).text


def test_a_command_that_others_keep_overtaking_says_to_send_it_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contended(*_: Any, **__: Any) -> Any:
        raise DecisionContended("others were faster")

    with wiring.start(settings) as majung:
        monkeypatch.setattr(majung.journal, "decide_together", contended)
        answer = link(TestClient(create_app(majung, work=False)))
    is_problem(answer, 409, "contended")
    assert int(answer.headers["retry-after"]) > 0


def test_a_busy_database_acknowledges_no_command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "BUSY_TIMEOUT_SECONDS", 0)
    with wiring.start(settings) as majung:
        client = TestClient(create_app(majung, work=False))
        for event in (call_received, store_visited.replaced(participant_id=OTHER)):
            post(client, event)
        with closing(sqlite3.connect(str(majung.database.path))) as other:
            other.execute("BEGIN IMMEDIATE")
            is_problem(link(client), 503, "database-unavailable")
            other.rollback()
        assert links(client)["links"] == []


@settings_of(max_examples=80, deadline=None)
@given(
    told=JSON | st.dictionaries(st.sampled_from(["other_id", "reason", "actor", "pair_id"]), TEXTS | JSON), pair=TEXTS
)
def test_any_command_is_taken_or_refused(shared_client: TestClient, told: Any, pair: str) -> None:
    body, headers = json.dumps(told).encode(), {"Content-Type": "application/json"}
    for method, path in (("POST", "/links"), ("DELETE", f"/links/{quote(pair, safe='', errors='replace')}")):
        answered(shared_client.request(method, person(path), content=body, headers=headers))
