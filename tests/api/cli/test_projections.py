"""`majung projections`: which rows serve, and choosing between them."""

import json
import os

import pytest

from api.cli import up_to_date
from domain.cloud_events import cloud_event
from projections.journey import journey
from projections.timeline import timeline
from replay.rebuild.switching import Switching
from tests.api.cli.conftest import Terminal, served
from tests.examples import call_received, risk_assessed, store_visited


@pytest.fixture
def waiting(terminal: Terminal) -> Terminal:
    """A terminal where every read model was replayed once, and new rows of one wait that differ from those that
    serve."""
    terminal.given(call_received, risk_assessed)
    terminal.run("replay")
    terminal.sql("UPDATE timeline_g2 SET touchpoints = 7")
    terminal.run("replay", "timeline", "--expect", "none", code=3)
    return terminal


def touchpoints() -> list[int]:
    return [row.touchpoints for row in served(timeline)]


def states(terminal: Terminal, name: str = "timeline") -> dict[int, str]:
    rows = terminal.rows("projections", "list")["projections"]
    return {row["generation"]: row["state"] for row in rows if row["read_model"] == name}


def trial(terminal: Terminal) -> None:
    """Rows under other rules are kept, and others of them wait."""
    terminal.run("rules", "add", terminal.file("trial.toml", 'version = "trial"\nsessions_attended = 2\n'))
    terminal.run("replay", "--rules", "trial")
    terminal.run("replay", "--rules", "trial", "--expect", "changed", code=3)


def test_the_list_says_which_rows_serve_which_wait_and_how_far_behind_they_are(waiting: Terminal) -> None:
    found = waiting.rows("projections", "list")
    rows = {row["generation"]: row for row in found["projections"] if row["read_model"] == "timeline"}
    assert {number: rows[number]["state"] for number in (2, 3)} == {2: "live", 3: "ready"}
    assert (rows[3]["behind"], rows[3]["replay"], rows[3]["version"]) == (0, 2, timeline.version)
    assert (rows[3]["folded"], rows[3]["events"], rows[3]["workers"]) == (2, 2, None)
    assert found["workers"] == []
    waiting.given(store_visited)
    rows = {
        row["generation"]: row
        for row in waiting.rows("projections", "list")["projections"]
        if row["read_model"] == "timeline"
    }
    assert (rows[2]["behind"], rows[3]["behind"]) == (0, 1)


def test_while_rows_wait_to_be_decided_on_an_import_replays_nothing(
    waiting: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up_to_date, "_FEW", 0)
    before = states(waiting)
    waiting.file("more.jsonl", json.dumps(cloud_event(store_visited)))
    said = waiting.run("import", "more.jsonl").stderr
    assert "wait for somebody to decide" in said
    assert (states(waiting), touchpoints()) == (before, [3])

    waiting.run("projections", "drop", "timeline", 3)
    waiting.file("again.jsonl", json.dumps(cloud_event(store_visited.replaced(source_id="again"))))
    waiting.run("import", "again.jsonl")
    assert max(states(waiting)) == 4


def test_one_that_was_interrupted_is_listed_with_how_far_it_has_come_and_by_which_process(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.given(call_received, risk_assessed)

    def killed(_: Switching) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Switching, "catch_up", killed)
    terminal.run("replay", "timeline", code=130)
    found = terminal.rows("projections", "list")
    [row] = [row for row in found["projections"] if row["state"] == "interrupted"]
    assert (row["read_model"], row["folded"], row["events"], row["workers"]) == ("timeline", 2, 2, 1)
    assert found["workers"] == [{"replay": row["replay"], "process": str(os.getpid()), "folded": 2}]


def test_without_names_only_what_waits_begins_to_serve_and_nothing_goes_back(waiting: Terminal) -> None:
    before = states(waiting, "journey")
    assert waiting.rows("projections", "switch") == [{"read_model": "timeline", "generation": 3}]
    assert touchpoints() == [2]
    assert states(waiting, "journey") == before
    assert "name the read models" in waiting.fails("projections", "switch", code=4)


def test_what_a_replay_advises_lets_its_rows_serve(waiting: Terminal) -> None:
    said = waiting.run("replay", "timeline", "--dry-run").stderr
    command = said.partition("`majung ")[2].partition("`")[0]
    waiting.run(*command.split())
    assert touchpoints() == [2]


def test_who_is_named_goes_back_to_the_rows_that_served_before(waiting: Terminal) -> None:
    waiting.run("projections", "switch", "timeline")
    assert waiting.rows("projections", "switch", "timeline") == [{"read_model": "timeline", "generation": 2}]
    assert touchpoints() == [7]
    assert waiting.rows("projections", "switch", "timeline", "--to", 3)[0]["generation"] == 3
    assert touchpoints() == [2]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["timelines"], 2, "there are timeline, journey"),
        (["--to", "1"], 2, "name one with --to"),
        (["timeline", "journey", "--to", "1"], 2, "name one with --to"),
        (["timeline", "--to", "9"], 4, "majung projections list"),
        (["timeline", "--to", "0"], 2, "--to"),
    ],
)
def test_rows_that_there_are_not_cannot_be_switched_to(
    waiting: Terminal, arguments: list[str], code: int, said: str
) -> None:
    assert said in waiting.run("projections", "switch", *arguments, code=code).stderr
    assert touchpoints() == [7]


def test_rows_that_serve_nobody_are_dropped_and_those_that_serve_are_not(waiting: Terminal) -> None:
    assert "serves" in waiting.fails("projections", "drop", "timeline", 2, code=6)
    assert "generation 3 of timeline is dropped" in waiting.run("projections", "drop", "timeline", 3).stderr
    assert 3 not in states(waiting)
    assert "no generation 3" in waiting.fails("projections", "drop", "timeline", 3, code=4)
    assert "there are timeline" in waiting.fails("projections", "drop", "timelines", 1, code=2)


def test_rows_of_a_snapshot_are_dropped_with_it_only(waiting: Terminal) -> None:
    waiting.run("snapshots", "take", "report", "--read-model", "journey")
    number = next(number for number, state in states(waiting, "journey").items() if state == "snapshot")
    assert "majung snapshots drop report" in waiting.fails("projections", "drop", "journey", number, code=4)


def test_rows_under_other_rules_are_switched_and_dropped_by_their_name(terminal: Terminal) -> None:
    terminal.given(call_received, risk_assessed)
    before = served(journey)
    trial(terminal)
    assert states(terminal, "journey_trial") == {1: "live", 2: "ready"}
    assert terminal.rows("projections", "switch", "journey_trial") == [{"read_model": "journey_trial", "generation": 2}]
    terminal.run("projections", "drop", "journey_trial", 1)
    assert states(terminal, "journey_trial") == {2: "live"}
    assert served(journey) == before


def test_rows_under_other_rules_that_wait_begin_to_serve_without_being_named(terminal: Terminal) -> None:
    terminal.given(call_received, risk_assessed)
    trial(terminal)
    assert terminal.rows("projections", "switch") == [{"read_model": "journey_trial", "generation": 2}]


def test_rows_under_other_rules_that_never_served_can_be_let_serve(terminal: Terminal) -> None:
    terminal.given(call_received, risk_assessed)
    terminal.run("rules", "add", terminal.file("trial.toml", 'version = "trial"\nsessions_attended = 2\n'))
    terminal.run("replay", "--rules", "trial", "--expect", "none", code=3)
    terminal.run("projections", "switch", "journey_trial")
    assert states(terminal, "journey_trial") == {1: "live"}
