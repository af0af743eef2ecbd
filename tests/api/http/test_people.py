"""Questions about a person: summary, journey and wellbeing, at both clocks."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.wiring import MODELS, Majung
from domain.clock import parse_moment
from domain.cloud_events import in_utc
from projections.journey import journey
from projections.wellbeing import wellbeing
from replay.live import generations
from tests.api.http.requests import is_problem, person, post
from tests.examples import (
    OTHER_PARTICIPANT,
    PARTICIPANT,
    call_received,
    identities_linked,
    journey_ended,
    measure_not_taken,
    measure_taken,
    prescription_issued,
    risk_assessed,
    session_attended,
    stage_overridden,
    store_visited,
    touchpoint_corrected,
)
from tests.given import on

FIRST, LATER = parse_moment("2025-06-01"), parse_moment("2025-07-01")
BETWEEN = "2025-06-15"


def get(client: TestClient, path: str = "", **parameters: str) -> dict[str, Any]:
    response = client.get(person(path), params=parameters)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def test_a_summary_tells_the_stage_the_rule_and_the_standing(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received])
    told = get(client, as_of="2025-05-12")
    assert told["participant_id"] == str(PARTICIPANT)
    assert told["identities"] == [str(PARTICIPANT)]
    assert (told["stage"], told["entered_at"], told["rule"]) == ("prevention", "2025-05-02T01:15:00Z", "P1")
    assert (told["rule_version"], told["episode"], told["days_in_stage"]) == ("1", 1, 10)
    assert (told["standing"], told["last_contact_at"]) == ("in_contact", "2025-05-02T01:15:00Z")
    assert (told["events"], told["version"], told["known_at"]) == (1, 1, None)
    assert told["as_of"] == "2025-05-12T14:59:59.999999Z"


def test_a_summary_tells_which_corrections_change_nothing_until_their_target_comes(
    client: TestClient, majung: Majung
) -> None:
    of_another = touchpoint_corrected.replaced(participant_id=OTHER_PARTICIPANT, target_event_id=call_received.event_id)
    waiting = touchpoint_corrected.replaced(target_event_id=store_visited.event_id)
    other_end = identities_linked.replaced(participant_id=OTHER_PARTICIPANT, other_id=PARTICIPANT)
    majung.journal.record([call_received, identities_linked, other_end])
    assert post(client, of_another).status_code == post(client, waiting).status_code == 201
    told = get(client)["without_effect"]
    assert [(line["event_id"], line["reason"], line["told_of"]) for line in told] == [
        (str(of_another.event_id), "other_identity", str(PARTICIPANT)),
        (str(waiting.event_id), "target_unknown", None),
    ]
    post(client, store_visited)
    assert [line["event_id"] for line in get(client)["without_effect"]] == [str(of_another.event_id)]


@pytest.mark.parametrize(
    ("as_of", "standing"), [("2025-07-30", "in_contact"), ("2025-07-31", "silent"), ("2025-10-29", "lost")]
)
def test_who_is_not_heard_of_becomes_silent_and_then_lost(
    client: TestClient, majung: Majung, as_of: str, standing: str
) -> None:
    majung.journal.record([call_received])
    assert get(client, as_of=as_of)["standing"] == standing


def test_a_summary_has_the_latest_score_of_each_instrument_and_its_change(client: TestClient, majung: Majung) -> None:
    later = on(measure_taken, "2025-06-20").replaced(items=(1, 1, 1), score=None)
    majung.journal.record([measure_taken, later, measure_not_taken])
    [score] = get(client)["scores"]
    assert (score["instrument"], score["score"], score["change_from_first"]) == ("UCLA-3", 3.0, -4.0)
    assert (score["reliable"], score["event_id"]) == ("improved", str(later.event_id))


def test_without_as_of_the_question_is_about_the_end_of_today_in_seoul(client: TestClient, majung: Majung) -> None:
    majung.journal.clock = lambda: datetime(2025, 5, 2, 15, 30, tzinfo=UTC)
    majung.journal.record([call_received, on(store_visited, "2025-05-03"), on(store_visited, "2025-05-04")])
    told = get(client)
    assert (told["as_of"], told["events"]) == ("2025-05-03T14:59:59.999999Z", 2)
    majung.journal.record([risk_assessed], now=parse_moment("2025-05-04T12:00:00+09:00"))
    assert get(client)["as_of"] == "2025-05-04T14:59:59.999999Z", "a simulation may set the journal ahead"


def test_an_override_stands_beside_the_stage_of_the_rules(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received, stage_overridden])
    told = get(client, as_of="2025-06-01")
    assert (told["stage"], told["override"]["stage"], told["override"]["expires_on"]) == (
        "prevention",
        "healing",
        "2025-06-15",
    )
    assert get(client, as_of="2025-06-16")["override"] is None


def test_a_journey_has_every_spell_with_its_rule_and_evidence(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received, prescription_issued, session_attended, journey_ended])
    told = get(client, "/journey", as_of="2025-06-01")
    stages = [(spell["stage"], spell["rule"], spell["rule_version"]) for spell in told["spells"]]
    assert stages[0] == ("prevention", "P1", "1")
    assert stages[-1] == ("ended", "E1", "1")
    assert told["spells"][0]["evidence"] == [str(call_received.event_id)]
    assert told["spells"][-1]["end_reason"] == "completed"
    assert (told["status"]["stage"], told["status"]["standing"], told["anomalies"]) == ("ended", None, [])


def test_a_contact_after_a_death_is_an_anomaly(client: TestClient, majung: Majung) -> None:
    visited = on(store_visited, "2025-06-20")
    majung.journal.record([call_received, journey_ended.replaced(reason="died"), visited])
    [anomaly] = get(client, "/journey")["anomalies"]
    assert anomaly == {"event_id": str(visited.event_id), "occurred_at": in_utc(visited.occurred_at)}


def test_wellbeing_has_each_measure_with_its_score_or_the_reason_for_none(client: TestClient, majung: Majung) -> None:
    majung.journal.record([measure_taken, measure_not_taken])
    phq, ucla = get(client, "/wellbeing")["series"]
    assert (phq["instrument"], phq["measures"][0]["taken"], phq["measures"][0]["reason"]) == (
        "PHQ-9",
        False,
        "declined",
    )
    assert (ucla["title"], ucla["lowest"], ucla["highest"]) == ("Three-Item Loneliness Scale", 3, 9)
    assert [(measure["score"], measure["band"]) for measure in ucla["measures"]] == [(7.0, "lonely")]


@pytest.mark.parametrize("path", ["", "/timeline", "/journey", "/wellbeing"])
def test_before_anything_happened_an_answer_is_empty_and_not_missing(
    client: TestClient, majung: Majung, path: str
) -> None:
    majung.journal.record([call_received])
    for first in ("1900-01-01", "0001-01-01T00:00:00Z"):
        assert get(client, path, as_of=first)["version"] == 1


@pytest.mark.parametrize("path", ["", "/timeline", "/journey", "/wellbeing"])
def test_the_end_of_time_can_be_asked_about(client: TestClient, majung: Majung, path: str) -> None:
    majung.journal.record([call_received])
    assert get(client, path, as_of="9999-12-31T23:59:59Z")["version"] == 1


def test_a_correction_is_unknown_before_it_was_recorded(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received], now=FIRST)
    majung.journal.record([touchpoint_corrected], now=LATER)
    [before] = get(client, "/timeline", known_at=BETWEEN)["items"]
    [after] = get(client, "/timeline")["items"]
    assert (before["fields"]["level"], before["amended_by"]) == ("loneliness_talk", None)
    assert (after["fields"]["level"], after["amended_by"]) == ("information", str(touchpoint_corrected.event_id))
    assert before["recorded_at"] == after["recorded_at"] == in_utc(FIRST)


@pytest.mark.parametrize("path", ["", "/timeline", "/journey", "/wellbeing"])
def test_a_person_nothing_was_recorded_of_by_then_is_unknown(client: TestClient, majung: Majung, path: str) -> None:
    is_problem(client.get(person(path)), 404, "person-unknown")
    majung.journal.record([call_received], now=LATER)
    is_problem(client.get(person(path), params={"known_at": BETWEEN}), 404, "person-unknown")
    assert get(client, path, known_at="2025-07-01")["version"] == 1


def test_linked_identities_are_one_person_from_the_link_on(client: TestClient, majung: Majung) -> None:
    theirs = store_visited.replaced(participant_id=OTHER_PARTICIPANT)
    majung.journal.record([call_received, theirs], now=FIRST)
    other_end = identities_linked.replaced(participant_id=OTHER_PARTICIPANT, other_id=PARTICIPANT)
    majung.journal.record([identities_linked, other_end], now=LATER)
    for participant in (PARTICIPANT, OTHER_PARTICIPANT):
        told = client.get(person("", participant)).json()
        assert told["identities"] == [str(PARTICIPANT), str(OTHER_PARTICIPANT)]
        before = client.get(person("", participant), params={"known_at": BETWEEN}).json()
        assert before["identities"] == [str(participant)]
    items = get(client, "/timeline", type="store-visited.v1")["items"]
    assert [item["participant_id"] for item in items] == [str(OTHER_PARTICIPANT)]


def test_a_plus_that_arrives_as_a_space_is_read_as_the_plus_that_was_meant(client: TestClient, majung: Majung) -> None:
    majung.journal.record([call_received])
    response = client.get(person("?as_of=2025-05-02T10:15:00+09:00&known_at=2099-01-01T00:00:00.5+0900"))
    told = response.json()
    assert (told["as_of"], told["known_at"], told["events"]) == (
        "2025-05-02T01:15:00Z",
        "2098-12-31T15:00:00.500000Z",
        1,
    )
    assert get(client, as_of="2025-05-02T10:14:59+09:00")["events"] == 0


def test_an_answer_on_demand_equals_the_live_rows(client: TestClient, majung: Majung) -> None:
    post(client, call_received)
    majung.journal.record([risk_assessed, prescription_issued, session_attended, measure_taken, measure_not_taken])
    majung.worker().catch_up()
    with majung.database.read() as connection:
        live = dict(zip(MODELS, generations.live(connection, MODELS), strict=True))
        spells = journey.ordered(generations.read(connection, live[journey]))
        measures = wellbeing.ordered(generations.read(connection, live[wellbeing]))
    told = get(client, "/journey")["spells"]
    assert [(spell.sequence, spell.stage, spell.rule, in_utc(spell.entered_at)) for spell in spells] == [
        (spell["sequence"], spell["stage"], spell["rule"], spell["entered_at"]) for spell in told
    ]
    series = get(client, "/wellbeing")["series"]
    assert [(row.instrument, str(row.event_id), row.score, row.reason) for row in measures] == [
        (one["instrument"], measure["event_id"], measure["score"], measure["reason"])
        for one in series
        for measure in one["measures"]
    ]
