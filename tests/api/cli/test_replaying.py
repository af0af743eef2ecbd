"""`majung replay`: the same rows from the journal alone."""

import sys

import pytest

from api import wiring
from api.settings import load_settings
from api.wiring import NAMES
from projections.journey import journey
from projections.timeline import timeline
from tests.api.cli.conftest import Terminal, served
from tests.examples import (
    PARTICIPANT,
    call_received,
    participant_registered,
    risk_assessed,
    store_visited,
    tie_reported,
)


def test_a_replay_gives_the_rows_that_the_worker_gave(terminal: Terminal) -> None:
    terminal.given(call_received, risk_assessed, store_visited)
    before = [served(model) for model in (timeline, journey)]
    rows = terminal.rows("replay")
    assert [served(model) for model in (timeline, journey)] == before
    assert [row["read_model"] for row in rows] == list(NAMES)
    assert [row["rows"] for row in rows[:2]] == [len(rows) for rows in before]
    assert {(row["events"], row["people"]) for row in rows} == {(3, 1)}


def test_a_replay_of_one_read_model_leaves_the_others(terminal: Terminal) -> None:
    terminal.given(call_received)
    result = terminal.run("replay", "journey", "-o", "csv")
    assert result.stdout.splitlines()[1].startswith("journey,")
    assert "1 events of 1 people" in result.stderr
    assert len(served(timeline)) == 1


def test_a_name_that_is_none_is_refused_with_those_there_are(terminal: Terminal) -> None:
    assert "there are timeline, journey" in terminal.fails("replay", "journeys", code=2)


def test_rows_of_another_release_are_refused_until_they_are_replayed(terminal: Terminal) -> None:
    terminal.given(call_received)
    terminal.sql("UPDATE read_models SET version = 0 WHERE name = 'contributions'")
    assert "majung replay" in terminal.fails("services", "figures", code=1)
    terminal.run("replay", "contributions")
    terminal.run("services", "figures")


def test_who_could_not_be_compared_is_told_with_the_reason(terminal: Terminal) -> None:
    terminal.given(call_received)
    terminal.sql("UPDATE read_models SET version = 0 WHERE name = 'timeline'")
    terminal.sql("UPDATE positions SET position = 0 WHERE name = 'timeline_g1'")
    result = terminal.run("replay", "timeline", "--expect", "none", code=3)
    assert "timeline: 1 people were not compared: the rows that serve are of another version" in result.stderr


def test_a_cluster_is_told_by_engine_and_scheduler_together_and_by_nothing_else(terminal: Terminal) -> None:
    assert "go together" in terminal.fails("replay", "--engine", "dask", code=2)
    assert "go together" in terminal.fails("replay", "--scheduler", "tcp://127.0.0.1:8786", code=2)
    on_cluster = ("replay", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:8786")
    assert "--nice" in terminal.fails(*on_cluster, "--nice", 5, code=2)
    assert "--workers" in terminal.fails(*on_cluster, "--workers", 2, code=2)
    assert "choose no people" in terminal.fails(*on_cluster, "--type", "call-received.v1", code=2)


def test_a_cluster_is_refused_for_a_journal_in_a_file(terminal: Terminal) -> None:
    terminal.given(call_received)
    said = terminal.fails("replay", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:8786", code=2)
    assert "do not reach a file" in said
    assert len(served(timeline)) == 1


def test_a_cluster_without_dask_is_refused_with_what_to_install(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "replay.rebuild.cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = terminal.fails("replay", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:8786", code=2)
    assert "its extra `dask`" in said


@pytest.fixture
def spoiled(terminal: Terminal) -> Terminal:
    """A terminal where the rows of one read model are not what a replay gives."""
    terminal.given(call_received, risk_assessed)
    terminal.sql("UPDATE timeline_g1 SET touchpoints = 7")
    return terminal


def touchpoints() -> list[int]:
    return [row.touchpoints for row in served(timeline)]


def test_what_is_expected_serves_and_what_is_not_waits_with_the_names_to_let_it_serve(spoiled: Terminal) -> None:
    [row] = spoiled.rows("replay", "timeline", "--expect", "none", code=3)
    assert (row["changed"], row["equal"]) == (1, 0)
    assert row["examples"][0]["column"] == "touchpoints"
    assert touchpoints() == [7]
    said = spoiled.run("replay", "timeline", "journey", "--expect", "none", code=3).stderr
    assert "`majung projections switch timeline journey` lets the new ones serve" in said
    spoiled.run("replay", "timeline", "--expect", "changed")
    assert touchpoints() == [2]
    spoiled.run("replay", "timeline", "--expect", "none")
    spoiled.run("replay", "timeline", "--expect", "changed", code=3)
    spoiled.run("replay", "--expect", "something", code=2)


def test_an_example_says_which_row_it_is_and_names_the_events_behind_it(spoiled: Terminal) -> None:
    spoiled.sql("UPDATE journey_g1 SET rule = 'another' WHERE sequence = 1")
    [row] = spoiled.rows("replay", "journey", "--dry-run")
    [example] = row["examples"]
    assert (example["row"], example["column"], example["old"]) == ({"sequence": 1}, "rule", "another")
    assert set(example["events"]) <= {str(call_received.event_id), str(risk_assessed.event_id)}
    assert example["events"]
    assert '{"sequence":1}' in spoiled.run("replay", "journey", "--dry-run").stdout


def test_an_example_of_a_row_whose_columns_are_all_its_key_shows_no_other_person(terminal: Terminal) -> None:
    terminal.given(tie_reported)
    terminal.sql("DELETE FROM mentions_g1")
    [row] = terminal.rows("replay", "mentions", "--dry-run")
    assert row["examples"] == [
        {
            "person": str(PARTICIPANT),
            "kind": "new",
            "row": {"teller": str(PARTICIPANT)},
            "column": None,
            "old": None,
            "new": None,
            "events": [],
        }
    ]


def test_no_example_shows_a_keyed_index(terminal: Terminal) -> None:
    terminal.given(participant_registered)
    with wiring.start(load_settings()) as majung:
        directory = majung.directory
    indexed = {str(row.blind_index) for row in served(directory)}
    assert indexed
    terminal.sql("DELETE FROM directory_g1")
    result = terminal.run("replay", "directory", "--dry-run", "-o", "json")
    assert str(participant_registered.event_id) in result.stdout
    assert not any(index in result.stdout for index in indexed)


def test_rows_are_counted_as_well_as_people(spoiled: Terminal) -> None:
    spoiled.sql("UPDATE journey_g1 SET rule = 'another' WHERE sequence = 1")
    [row] = spoiled.rows("replay", "journey", "--dry-run")
    rows = [row[f"rows_{kind}"] for kind in ("equal", "changed", "new", "gone")]
    assert rows == [row["rows"] - 1, 1, 0, 0]
    assert row["changed"] == 1
    assert "rows_changed" in spoiled.run("replay", "journey", "--dry-run", "-o", "csv").stdout.splitlines()[0]
    shown = spoiled.run("replay", "journey", "--dry-run").stdout
    lines = [line.split() for line in shown.splitlines()]
    assert ["journey", "people", "0", "1", "0", "0", "0"] in lines
    assert ["journey", "rows", *map(str, rows)] in lines


def test_columns_that_were_not_compared_are_named(spoiled: Terminal) -> None:
    spoiled.sql("UPDATE timeline_g1 SET touchpoints = 2")
    spoiled.sql("UPDATE read_models SET version = 1 WHERE name = 'timeline'")
    spoiled.sql("ALTER TABLE timeline_g1 DROP COLUMN last_at")
    result = spoiled.run("replay", "timeline", "--expect", "none", "-o", "csv", code=3)
    assert "timeline: not compared, since only one version has them or each another type: last_at" in result.stderr
    [row] = spoiled.rows("replay", "timeline", "--expect", "none", code=3)
    assert (row["equal"], row["columns_not_compared"]) == (1, ["last_at"])


def test_a_dry_run_says_by_its_exit_code_whether_what_was_expected_holds_and_lets_nothing_serve(
    spoiled: Terminal,
) -> None:
    spoiled.run("replay", "timeline", "--dry-run", "--expect", "none", code=3)
    spoiled.run("replay", "timeline", "--dry-run", "--expect", "changed")
    spoiled.run("replay", "journey", "--dry-run", "--expect", "none")
    spoiled.run("replay", "journey", "--dry-run", "--expect", "changed", code=3)
    assert "`majung projections switch timeline` lets" in spoiled.run("replay", "timeline", "--dry-run").stderr
    assert touchpoints() == [7]


def test_rows_serve_uncompared_where_nobody_asks(spoiled: Terminal) -> None:
    [row] = spoiled.rows("replay", "timeline", "--no-compare", "--nice", 1)
    assert (row["equal"], row["examples"]) == (None, None)
    assert touchpoints() == [2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--no-compare", "--expect", "none"], "--no-compare"),
        (["--no-compare", "--dry-run"], "--no-compare"),
        (["--rules", "1", "--dry-run", "--expect", "none"], "--expect"),
        (["--rules", "1", "--dry-run", "--workers", "2"], "--workers"),
        (["--rules", "1", "--dry-run", "--nice", "2"], "--nice"),
        (["--rules", "1", "--dry-run", "--no-compare"], "--no-compare"),
        (["--rules", "1", "--dry-run", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:8786"], "--engine"),
        (["--workers", "0"], "--workers"),
        (["--nice", "20"], "--nice"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(terminal: Terminal, options: list[str], said: str) -> None:
    assert said in terminal.run("replay", *options, code=2).stderr
