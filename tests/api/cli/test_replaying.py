"""`majung replay`: the same rows from the journal alone."""

import sys

import pytest

from api.wiring import NAMES
from projections.journey import journey
from projections.timeline import timeline
from tests.api.cli.conftest import Terminal, served
from tests.examples import call_received, risk_assessed, store_visited


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
