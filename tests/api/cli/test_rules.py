"""`majung rules` and `--rules V`: versions beside one another, for one person, for everybody, and as rows."""

from pathlib import Path

import pytest

from api import wiring
from api.settings import load_settings
from projections.journey import journey, under
from replay.queries.as_of import person
from tests.api.cli.conftest import Terminal, record, served
from tests.api.cli.test_trying_rules import LOW_AGAIN, in_healing_with_two_sessions
from tests.examples import PARTICIPANT, call_received, state_observed, store_visited
from tests.given import on

EAGER = 'version = "eager"\nsessions_attended = 2\n'


@pytest.fixture
def eager(terminal: Terminal) -> Path:
    """The file of rules under which the person of the story has returned."""
    terminal.given(*in_healing_with_two_sessions(), LOW_AGAIN)
    return terminal.file("eager.toml", EAGER)


@pytest.mark.parametrize("command", ["show", "as-of", "why"])
def test_a_person_is_told_by_other_rules_which_the_answer_names(terminal: Terminal, eager: Path, command: str) -> None:
    terminal.run("rules", "add", eager)

    def told(*rules: object) -> tuple[str, str]:
        found = terminal.rows("person", command, PARTICIPANT, "--as-of", "2025-07-31", *rules)
        part = found["person"]
        return part["stage"], part["rule_version"]

    assert told() == told("--rules", "1") == ("healing", "1")
    assert told("--rules", "eager") == told("--rules", eager) == ("return", "eager")


def test_answers_by_recorded_states_take_no_stage_from_the_rules(terminal: Terminal) -> None:
    terminal.given(*in_healing_with_two_sessions(), on(state_observed, "2025-05-20"))
    found = terminal.rows("person", "show", PARTICIPANT, "--rules", "as-recorded")["person"]
    assert (found["stage"], found["rule"], found["rule_version"]) == (state_observed.state, "S1", "as-recorded")


def test_registered_rules_are_known_to_the_next_process_and_the_file_is_no_longer_needed(
    terminal: Terminal, eager: Path
) -> None:
    assert terminal.rows("rules", "add", eager) == {"version": "eager", "status": "recorded"}
    eager.unlink()
    [one, recorded, own] = terminal.rows("rules", "list")
    assert (one["version"], one["differs"], one["rows_in"], one["registered_at"]) == ("1", [], "journey", None)
    assert (recorded["version"], recorded["differs"], recorded["rows_in"]) == (
        "as-recorded",
        ["as_recorded=True"],
        None,
    )
    assert (own["version"], own["differs"], own["rows_in"]) == ("eager", ["sessions_attended=2"], None)
    assert own["registered_at"] is not None
    figures = {row["figure"]: row for row in terminal.rows("rules", "show", "eager")["figures"]}
    assert figures["sessions_attended"] == {"figure": "sessions_attended", "value": 2, "in_1": 4, "differs": True}
    assert not figures["lost_days"]["differs"]


def test_a_version_is_registered_once_and_never_changed(terminal: Terminal, eager: Path) -> None:
    terminal.run("rules", "add", eager)
    assert terminal.rows("rules", "add", eager)["status"] == "duplicate"
    other = terminal.file("other.toml", EAGER.replace("2", "3"))
    assert "other figures" in terminal.fails("rules", "add", other, code=6)
    named = terminal.file("named.toml", 'version = "Trial A"')
    assert "small letters" in terminal.fails("rules", "add", named, code=2)
    terminal.fails("rules", "add", "nowhere.toml", code=4)
    assert "must name rules of its own" in terminal.fails("rules", "add", terminal.file("1.toml", ""), code=2)


def test_rows_under_other_rules_are_built_beside_those_that_serve_and_kept_with_them(
    terminal: Terminal, eager: Path
) -> None:
    terminal.run("rules", "add", eager)
    before = served(journey)
    assert "majung rules add" in terminal.fails("replay", "--rules", eager, code=2)
    [built] = terminal.rows("replay", "--rules", "eager")
    assert (built["read_model"], built["rows"]) == ("journey_eager", 3)
    assert served(journey) == before

    record([on(store_visited, "2025-12-01")])

    rules = {row["version"]: row["rows_in"] for row in terminal.rows("rules", "list")}
    assert rules["eager"] == "journey_eager"
    with wiring.start(load_settings()) as majung:
        model = under(majung.rule_sets()["eager"])
        assert served(model) == model.fold(person(majung.journal, PARTICIPANT).history)
    assert [row.stage for row in served(model)] == ["prevention", "healing", "return", "re_isolation_prevention"]
    assert "journey_eager" in [row["read_model"] for row in terminal.rows("replay")]
    assert "journey_eager" not in [row["read_model"] for row in terminal.rows("replay", "journey")]

    assert terminal.rows("rules", "drop", "eager") == {"version": "eager", "status": "dropped"}
    assert terminal.rows("rules", "drop", "eager")["status"] == "no_rows"
    assert [row["version"] for row in terminal.rows("rules", "list")] == ["1", "as-recorded", "eager"]


def test_two_versions_are_compared_as_a_dry_run_compares_one_with_those_in_service(
    terminal: Terminal, eager: Path
) -> None:
    terminal.run("rules", "add", eager)
    tried = terminal.rows("replay", "--rules", "eager", "--dry-run")
    assert tried["moved"]
    assert terminal.rows("rules", "compare", "1", "eager") == tried
    [back] = terminal.rows("rules", "compare", eager, "1")["moved"]
    assert (back["stage_now"], back["stage_then"]) == ("return", "healing")


def test_what_no_rule_set_is_called_says_which_there_are(terminal: Terminal, eager: Path) -> None:
    terminal.run("rules", "add", eager)
    for command in (["person", "show", PARTICIPANT], ["person", "why", PARTICIPANT], ["outcomes", "returns"]):
        assert "there are 1, as-recorded, eager" in terminal.fails(*command, "--rules", "trial", code=2)
    assert "there are 1, as-recorded, eager" in terminal.fails("rules", "show", "trial", code=2)
    assert "in service" in terminal.fails("rules", "drop", "1", code=2)


def test_returns_are_counted_over_the_rows_in_service_or_those_kept_under_a_version(
    terminal: Terminal, eager: Path
) -> None:
    terminal.run("rules", "add", eager)
    assert "run `majung replay --rules eager`" in terminal.fails("outcomes", "returns", "--rules", "eager", code=2)
    terminal.run("replay", "--rules", "eager")
    assert [row["exits"] for row in terminal.rows("outcomes", "returns", "--as-of", "2026-01-01")] == [0, 0, 0]
    rows = terminal.rows("outcomes", "returns", "--as-of", "2026-01-01", "--rules", "eager")
    assert [(row["months"], row["base"], row["not_yet_observable"], row["rule_version"]) for row in rows] == [
        (6, 1, 0, "eager"),
        (12, 0, 1, "eager"),
        (24, 0, 1, "eager"),
    ]
    before = terminal.rows("outcomes", "returns", "--as-of", "2025-06-01", "--rules", "eager")
    assert [row["exits"] for row in before] == [0, 0, 0]


def test_a_file_still_serves_for_one_question(terminal: Terminal, eager: Path) -> None:
    terminal.given(call_received)
    assert terminal.rows("person", "show", PARTICIPANT, "--rules", eager)["person"]["rule_version"] == "eager"
    assert [row["version"] for row in terminal.rows("rules", "list")] == ["1", "as-recorded"]
