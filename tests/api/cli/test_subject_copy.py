"""`majung person copy`: the document on the terminal, and what is said beside it."""

import json

from tests.api.cli.conftest import Terminal
from tests.examples import HOUSEHOLD, OTHER_PARTICIPANT, PARTICIPANT, call_received, participant_registered


def test_the_copy_is_one_document_and_the_reminder_is_apart(terminal: Terminal) -> None:
    terminal.given(participant_registered, call_received)
    result = terminal.run("person", "copy", PARTICIPANT)
    told = json.loads(result.stdout)
    assert list(told) == [
        "about",
        "events",
        "corrections",
        "stages",
        "roles",
        "scores",
        "ties",
        "consents",
        "disclosures",
    ]
    assert told["about"]["counts"]["events"] == 2
    assert told["events"][0]["fields"]["name"] == "A name"
    assert told["events"][0]["occurred_at"] == "2025-05-01T09:00:00+09:00"
    assert "holds personal data in plain text" in result.stderr
    assert terminal.run("person", "copy", PARTICIPANT).stdout == result.stdout


def test_as_json_lines_every_entry_names_its_section(terminal: Terminal) -> None:
    terminal.given(participant_registered, call_received)
    lines = [
        json.loads(line) for line in terminal.run("person", "copy", PARTICIPANT, "-o", "jsonl").stdout.splitlines()
    ]
    assert [line["listing"] for line in lines] == ["about", "events", "events", "stages", "roles"]


def test_only_a_person_who_is_known_has_a_copy(terminal: Terminal) -> None:
    household = participant_registered.replaced(participant_id=HOUSEHOLD, kind="household")
    terminal.given(call_received, household)
    assert "check the id" in terminal.fails("person", "copy", OTHER_PARTICIPANT, code=4)
    assert "each person" in terminal.fails("person", "copy", HOUSEHOLD, code=6)
    terminal.fails("person", "copy", PARTICIPANT, "-o", "csv", code=2)
    terminal.fails("person", "copy", PARTICIPANT, "--known-at", "2001-01-01", code=4)
