"""`majung services figures`: both clocks on the command line."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Timer

from api import wiring
from api.settings import load_settings
from domain.clock import SEOUL
from tests.api.cli.conftest import Terminal
from tests.examples import call_received, store_visited
from tests.given import on
from tests.replay.test_settling import recording


def values(terminal: Terminal, *arguments: str) -> dict[str, float]:
    return {row["code"]: row["value"] for row in terminal.rows("services", "figures", *arguments)}


def test_figures_count_what_had_happened_by_one_clock_and_was_known_by_the_other(terminal: Terminal) -> None:
    call = on(call_received, "2025-05-02")
    terminal.given(call, on(store_visited, "2025-06-10"), now=datetime(2025, 6, 11, tzinfo=SEOUL))
    terminal.given(on(store_visited, "2025-05-20"), now=datetime(2025, 7, 1, tzinfo=SEOUL))
    assert values(terminal)["store_visits"] == 2
    assert values(terminal, "--as-of", "2025-05-31")["store_visits"] == 1
    assert values(terminal, "--as-of", "2025-05-31", "--known-at", "2025-06-30")["store_visits"] == 0
    assert values(terminal, "--known-at", "2025-06-10")["calls"] == 0


def test_figures_that_lack_what_was_recorded_since_say_so(terminal: Terminal) -> None:
    terminal.given(call_received)
    assert terminal.run("services", "figures").stderr == ""
    terminal.run("replay")
    with wiring.start(load_settings()) as majung:
        majung.journal.record([store_visited])
    assert "1 event(s) are not in this answer yet" in terminal.run("services", "figures").stderr


def test_figures_wait_for_whoever_is_recording_before_they_say_that_nothing_is_missing(terminal: Terminal) -> None:
    terminal.given(call_received)
    with (
        wiring.start(load_settings()) as majung,
        ThreadPoolExecutor(1) as others,
        recording(majung.journal, others) as visit,
    ):
        Timer(1, visit.commit).start()
        assert "1 event(s) are not in this answer yet" in terminal.run("services", "figures").stderr


def test_every_figure_states_unit_counts_version_and_both_clocks(terminal: Terminal) -> None:
    rows = terminal.rows("services", "figures", "--as-of", "2025-09-30")
    assert {row["as_of"] for row in rows} == {"2025-09-30T23:59:59.999999+09:00"}
    assert all(row["known_at"] and row["unit"] and row["version"] for row in rows)


def test_a_moment_that_is_none_is_a_wrong_command_line(terminal: Terminal) -> None:
    assert "not a date" in terminal.fails("services", "figures", "--as-of", "September", code=2)
