"""`majung person override` and `end-override`."""

from uuid import UUID

import pytest

from projections.journey import journey
from tests.api.cli.conftest import Terminal, served
from tests.examples import PARTICIPANT, call_received

COMMAND = "7b0e0c52-8a55-4bd2-9c0a-0a3f6a3e9d11"
SAID = ("--stage", "healing", "--until", "2999-12-31", "--reason", "heard more")


def test_an_override_shows_beside_the_rules_stage_and_moves_no_spell(terminal: Terminal) -> None:
    terminal.given(call_received)
    before = served(journey)

    told = terminal.rows("person", "override", PARTICIPANT, *SAID, "--actor", "worker-7")

    assert told["status"] == "recorded"
    shown = terminal.rows("person", "show", PARTICIPANT)["person"]
    assert (shown["stage"], shown["override_stage"]) == ("prevention", "healing")
    why = terminal.rows("person", "why", PARTICIPANT)["person"]
    assert (why["stage"], why["override_stage"]) == ("prevention", "healing")
    assert shown["override_expires_on"] == "2999-12-31"
    assert shown["override_since"] is not None
    assert served(journey) == before


def test_an_override_taken_back_no_longer_shows(terminal: Terminal) -> None:
    terminal.given(call_received)
    terminal.run("person", "override", PARTICIPANT, *SAID)

    told = terminal.rows("person", "end-override", PARTICIPANT, "--reason", "assessed again")

    assert told["status"] == "recorded"
    assert terminal.rows("person", "show", PARTICIPANT)["person"]["override_stage"] is None
    said = terminal.fails("person", "end-override", PARTICIPANT, "--reason", "once more", code=6)
    assert "nothing to end" in said


def test_a_command_told_again_is_a_duplicate_and_another_under_its_id_is_refused(terminal: Terminal) -> None:
    terminal.given(call_received)
    first = terminal.rows("person", "override", PARTICIPANT, *SAID, "--command", COMMAND)

    again = terminal.rows("person", "override", PARTICIPANT, *SAID, "--command", COMMAND)

    assert again == {"event_id": first["event_id"], "status": "duplicate"}
    other = ("--stage", "return", *SAID[2:], "--command", COMMAND)
    assert "take a new one" in terminal.fails("person", "override", PARTICIPANT, *other, code=6)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((UUID(int=5), *SAID), 4),
        ((PARTICIPANT, "--stage", "well", *SAID[2:]), 2),
        ((PARTICIPANT, "--stage", "healing", "--until", "tomorrow", "--reason", "x"), 2),
        ((PARTICIPANT, "--stage", "healing", "--until", "2999-12-31T00:00", "--reason", "x"), 2),
        ((PARTICIPANT, "--stage", "healing", "--until", "2020-01-01", "--reason", "x"), 6),
        ((PARTICIPANT, "--stage", "healing", "--until", "2999-12-31", "--reason", "  "), 2),
    ],
)
def test_what_cannot_be_overridden_is_refused(terminal: Terminal, arguments: tuple[object, ...], code: int) -> None:
    terminal.given(call_received)
    terminal.fails("person", "override", *arguments, code=code)
    assert terminal.rows("person", "show", PARTICIPANT)["person"]["override_stage"] is None
