"""`majung person`: stage, timeline, why, at both clocks; and never a name."""

from datetime import datetime, timedelta

import pytest

from domain.clock import SEOUL
from domain.touchpoint import Touchpoint
from tests import examples
from tests.api.cli.conftest import Terminal
from tests.examples import (
    OTHER_PARTICIPANT,
    call_received,
    consent_given,
    consent_withdrawn,
    discovery_attempted,
    discovery_attempted_v1,
    identities_linked,
    journey_ended,
    measure_taken,
    participant_registered,
    prescription_issued,
    risk_assessed,
    store_visited,
    tie_reported,
    touchpoint_corrected,
    touchpoint_voided,
)
from tests.given import on

PERSON = call_received.participant_id
NOW = datetime(2025, 8, 1, tzinfo=SEOUL)
STORY = (participant_registered, call_received, risk_assessed, measure_taken, prescription_issued, store_visited)
COMMANDS = (["show"], ["timeline"], ["as-of", "--as-of", "2025-12-31"], ["why"])


def all_texts(event: Touchpoint) -> list[str]:
    sealed = [event.__dict__[name] for name, kind in event.sealed_fields.items() if kind == "identity"]
    return [str(value) for value in (*sealed, event.note) if value is not None]


def test_show_tells_stage_standing_scores_and_counts(terminal: Terminal) -> None:
    later = on(measure_taken.replaced(items=(1, 1, 1), score=None), "2025-06-30")
    terminal.given(*STORY, later)
    found = terminal.rows("person", "show", PERSON, "--as-of", "2025-07-31")
    assert found["person"]["stage"] == "healing"
    assert (found["person"]["rule"], found["person"]["rule_version"]) == ("H1", "1")
    assert found["person"]["standing"] in ("in_contact", "silent")
    assert found["identities"] == [{"participant_id": str(PERSON)}]
    [score] = found["scores"]
    assert (score["instrument"], score["score"], score["change_from_first"], score["reliable"]) == (
        "UCLA-3",
        3.0,
        -4.0,
        "improved",
    )
    assert {row["type"]: row["events"] for row in found["counts"]}["measure-taken.v1"] == 2


def test_the_timeline_is_in_order_marks_corrections_and_leaves_out_what_was_voided(terminal: Terminal) -> None:
    corrected = touchpoint_corrected.replaced(target_event_id=call_received.event_id)
    voided = touchpoint_voided.replaced(target_event_id=store_visited.event_id)
    terminal.given(*STORY, corrected, voided)
    rows = terminal.rows("person", "timeline", PERSON)
    assert [row["occurred_at"] for row in rows] == sorted(row["occurred_at"] for row in rows)
    assert store_visited.event_id not in {row["event_id"] for row in rows}
    assert [row["event_id"] for row in rows if row["amended_by"]] == [str(call_received.event_id)]


def test_an_amendment_that_changes_nothing_is_shown_with_the_reason_and_remarked_beside_the_timeline(
    terminal: Terminal,
) -> None:
    never_came = touchpoint_voided.replaced(target_event_id=measure_taken.event_id)
    of_another = touchpoint_corrected.replaced(participant_id=OTHER_PARTICIPANT)
    other_end = identities_linked.replaced(participant_id=OTHER_PARTICIPANT, other_id=PERSON)
    terminal.given(call_received, identities_linked, other_end, never_came)
    terminal.given(of_another)
    rows = terminal.rows("person", "show", PERSON)["without_effect"]
    assert [(row["event_id"], row["reason"], row["told_of"]) for row in rows] == [
        (str(never_came.event_id), "target_unknown", None),
        (str(of_another.event_id), "other_identity", str(PERSON)),
    ]
    assert "2 of their corrections and retractions change nothing" in terminal.run("person", "timeline", PERSON).stderr


def test_beside_a_timeline_whose_corrections_count_nothing_is_remarked(terminal: Terminal) -> None:
    terminal.given(call_received, touchpoint_corrected.replaced(target_event_id=call_received.event_id))
    assert terminal.run("person", "timeline", PERSON).stderr == ""
    assert terminal.rows("person", "show", PERSON)["without_effect"] == []


@pytest.mark.parametrize("name", ["discovery-attempted", "discovery-attempted.v1", "discovery-attempted.v2"])
def test_an_event_in_two_versions_is_one_kind(terminal: Terminal, name: str) -> None:
    terminal.given(discovery_attempted_v1, discovery_attempted, call_received)
    rows = terminal.rows("person", "timeline", PERSON, "--type", name)
    assert [row["type"] for row in rows] == ["discovery-attempted.v1", "discovery-attempted.v2"]
    counts = {row["type"]: row["events"] for row in terminal.rows("person", "show", PERSON)["counts"]}
    assert counts == {"call-received.v1": 1, "discovery-attempted.v2": 2}


def test_the_timeline_may_be_one_type_and_only_its_last_rows(terminal: Terminal) -> None:
    calls = [on(call_received, f"2025-06-0{day}") for day in (1, 2, 3)]
    terminal.given(*STORY, *calls)
    rows = terminal.rows("person", "timeline", PERSON, "--type", "call-received", "--limit", "2")
    assert [row["event_id"] for row in rows] == [str(call.event_id) for call in calls[1:]]
    assert "channel=phone" in rows[0]["says"]
    assert "schema list" in terminal.fails("person", "timeline", PERSON, "--type", "phoned", code=2)
    assert "mean call-received?" in terminal.fails("person", "timeline", PERSON, "--type", "call_received", code=2)
    terminal.fails("person", "timeline", PERSON, "--limit", "0", code=2)


@pytest.mark.parametrize(
    "name", sorted(name for name in vars(examples) if isinstance(vars(examples)[name], Touchpoint))
)
def test_no_command_shows_who_somebody_is_or_a_note(terminal: Terminal, name: str) -> None:
    event: Touchpoint = vars(examples)[name]
    terminal.given(event)
    for output in ("table", "csv"):
        for command in COMMANDS:
            text = terminal.run("person", *command, event.participant_id, "-o", output).stdout
            assert [secret for secret in all_texts(event) if len(secret) > 3 and secret in text] == []


@pytest.mark.parametrize("command", ["timeline", "why"])
def test_whom_a_tie_leads_to_is_not_shown(terminal: Terminal, command: str) -> None:
    """The tie is evidence too: of the way from healing to return."""
    medium, low = on(risk_assessed, "2025-04-01"), on(risk_assessed, "2025-05-12").replaced(level="low")
    terminal.given(medium, low, tie_reported)
    text = terminal.run("person", command, PERSON, "-o", "csv").stdout
    assert "tie_id=tie-1" in text
    assert str(tie_reported.alter_id) not in text


def test_as_of_gives_one_joint_answer_at_both_clocks(terminal: Terminal) -> None:
    late = NOW + timedelta(days=30)
    terminal.given(participant_registered, call_received, now=NOW)
    terminal.given(risk_assessed, measure_taken, now=late)
    known = terminal.rows("person", "as-of", PERSON, "--as-of", "2025-07-31")
    assert (known["person"]["stage"], known["person"]["events"], len(known["scores"])) == ("healing", 4, 1)
    before = terminal.rows("person", "as-of", PERSON, "--as-of", "2025-07-31", "--known-at", "2025-08-02")
    assert (before["person"]["stage"], before["person"]["events"], before["scores"]) == ("prevention", 2, [])
    assert before["person"]["known_at"] == "2025-08-02T23:59:59.999999+09:00"
    nothing = terminal.rows("person", "as-of", PERSON, "--as-of", "2025-01-01")
    assert (nothing["person"]["stage"], nothing["person"]["events"]) == (None, 0)


def test_why_names_rule_words_evidence_and_what_is_missing(terminal: Terminal) -> None:
    terminal.given(*STORY)
    found = terminal.rows("person", "why", PERSON)
    *_, last = found["transitions"]
    assert (last["stage"], last["rule"], last["rule_version"]) == ("healing", "H1", "1")
    assert "assessed medium or high" in last["words"]
    evidence = [row for row in found["evidence"] if row["sequence"] == last["sequence"]]
    assert [row["event_id"] for row in evidence] == [str(risk_assessed.event_id)]
    missing = [row for row in found["not_yet"] if row["rule"] == "T1"]
    assert len(missing) > 1
    assert not all(row["holds"] for row in missing)


def test_wrong_questions_have_their_codes(terminal: Terminal) -> None:
    terminal.given(call_received)
    stranger = "7f000000-0000-4000-8000-000000000001"
    for command in COMMANDS:
        terminal.fails("person", *command, stranger, code=4)
        assert "'ID'" in terminal.fails("person", *command, "010-1234-5678", code=2)
    assert "--as-of" in terminal.fails("person", "as-of", PERSON, code=2)
    assert "offset" in terminal.fails("person", "show", PERSON, "--as-of", "2025-09-30T09:00:00", code=2)
    assert "2025-02-30" in terminal.fails("person", "show", PERSON, "--known-at", "2025-02-30", code=2)
    assert "by then" in terminal.fails("person", "show", PERSON, "--known-at", "2020-01-01", code=4)
    terminal.fails("person", "show", PERSON, "-o", "xml", code=2)


def test_who_ended_and_came_back_has_a_line_for_each_episode(terminal: Terminal) -> None:
    end, back = on(journey_ended.replaced(reason="completed"), "2025-09-01"), on(call_received, "2027-03-01")
    terminal.given(*STORY, end, back)
    for command in (["show"], ["as-of"], ["why"]):
        first, second = terminal.rows("person", *command, PERSON, "--as-of", "2027-06-30")["episodes"]
        assert (first["ended_at"][:10], first["end_reason"], first["last_stage"]) == (
            "2025-09-01",
            "completed",
            "healing",
        )
        assert (second["began_at"][:10], second["ended_at"], second["last_stage"]) == ("2027-03-01", None, "prevention")
        [only] = terminal.rows("person", *command, PERSON, "--as-of", "2025-08-31")["episodes"]
        assert only["ended_at"] is None


def test_consents_are_those_of_the_moment_that_is_asked_about(terminal: Terminal) -> None:
    given_until = on(consent_given.replaced(scopes=("service", "callback"), valid_until="2025-08-31"), "2025-06-01")
    terminal.given(*STORY, given_until, on(consent_withdrawn.replaced(scopes=("callback",)), "2025-07-01"))

    def told(day: str) -> dict[str, tuple[str, str | None, str | None]]:
        rows = terminal.rows("person", "as-of", PERSON, "--as-of", day)["consents"]
        return {row["scope"]: (row["status"], row["since"], row["until"]) for row in rows}

    before, on_the_last_day, after = told("2025-06-30"), told("2025-08-31"), told("2025-09-01")
    assert before["callback"] == before["service"] == ("in_force", "2025-06-01", "2025-08-31")
    assert on_the_last_day["service"] == before["service"]
    assert after["service"] == ("lapsed", "2025-09-01", None)
    assert on_the_last_day["callback"] == after["callback"] == ("withdrawn", "2025-07-01", None)
    assert after["research"] == ("never_given", None, None)
