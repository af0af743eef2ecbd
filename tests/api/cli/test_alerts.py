"""`majung alerts`: what cannot wait, listed, told as it happens, and taken on."""

import json
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from api import wiring
from api.settings import load_settings
from domain.touchpoint import Touchpoint
from tests.api.cli.conftest import Terminal
from tests.api.cli.test_serving import running
from tests.domain.test_alerts import emergency, phq9
from tests.examples import PARTICIPANT, worker_assigned

MANAGER = "shift-manager"


def now(event: Touchpoint, *, seconds: float = 0, **changes: Any) -> Touchpoint:
    """The same thing, so long after now."""
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return event.replaced(occurred_at=moment, **changes)


def told(process: "subprocess.Popen[str]") -> Any:
    """The next line of a watcher."""
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def test_the_list_says_what_calls_for_whom(terminal: Terminal) -> None:
    call = now(emergency)
    terminal.given(now(worker_assigned, seconds=-60), call)
    [row] = terminal.rows("alerts", "list")
    moments = [row.pop(name) for name in ("raised_at", "escalates_at")]
    assert [datetime.fromisoformat(moment) - call.occurred_at for moment in moments] == [
        timedelta(0),
        timedelta(minutes=10),
    ]
    assert row == {
        "state": "open",
        "participant_id": str(PARTICIPANT),
        "cause": "emergency_call",
        "instrument": None,
        "about": "self",
        "recipients": ["worker-08", MANAGER],
        "acknowledged_at": None,
        "acknowledged_by": None,
        "action": None,
        "event_id": str(call.event_id),
    }
    assert terminal.rows("alerts", "list", "--worker", "worker-08") == terminal.rows("alerts", "list")
    assert terminal.rows("alerts", "list", "--worker", "worker-09") == []


def test_a_limit_keeps_the_first(terminal: Terminal) -> None:
    terminal.given(now(emergency, seconds=-60), now(emergency, participant_id=UUID(int=7)))
    first, _ = terminal.rows("alerts", "list")
    assert terminal.rows("alerts", "list", "--limit", "1") == [first]


def test_the_list_holds_what_no_worker_has_folded_yet(terminal: Terminal) -> None:
    with wiring.start(load_settings()) as majung:
        majung.journal.record([now(emergency)])
    assert len(terminal.rows("alerts", "list")) == 1


def test_the_manager_is_a_setting(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAJUNG_SHIFT_MANAGER", "night-manager")
    terminal.given(now(emergency))
    [row] = terminal.rows("alerts", "list", "--worker", "night-manager")
    assert row["recipients"] == ["night-manager"]


def test_an_old_one_told_now_is_silent_and_listed_only_with_all(terminal: Terminal) -> None:
    terminal.given(emergency)
    assert terminal.rows("alerts", "list") == []
    [row] = terminal.rows("alerts", "list", "--all")
    assert (row["state"], row["recipients"]) == ("silent", [])


def test_a_moment_before_shows_what_called_then(terminal: Terminal) -> None:
    terminal.given(emergency, now=emergency.occurred_at)
    for at, states in (("09:59", []), ("10:00", ["open"]), ("10:10", ["escalated"])):
        rows = terminal.rows("alerts", "list", "--as-of", f"2025-06-02T{at}:00+09:00")
        assert [row["state"] for row in rows] == states


def test_an_answer_or_a_score_changes_nothing_that_is_shown(terminal: Terminal) -> None:
    mild = now(phq9)
    grave = mild.replaced(items=(3, 3, 3, 3, 3, 3, 3, 3, 3), source_id="grave")
    terminal.given(mild, grave)
    one, other = terminal.rows("alerts", "list")
    assert one | {"event_id": ""} == other | {"event_id": ""}
    assert (one["cause"], one["instrument"]) == ("safety_flag", "PHQ-9")


def test_an_acknowledgement_ends_it_and_telling_it_again_is_harmless(terminal: Terminal) -> None:
    call = now(emergency)
    terminal.given(call)
    said = ("alerts", "acknowledge", PARTICIPANT, call.event_id, "--by", "worker-1", "--action", "called back")
    first, again = terminal.rows(*said), terminal.rows(*said)
    assert (first["status"], again) == ("recorded", first | {"status": "duplicate"})
    assert terminal.rows("alerts", "list") == []
    [row] = terminal.rows("alerts", "list", "--all")
    assert (row["state"], row["acknowledged_by"], row["action"]) == ("acknowledged", "worker-1", "called back")
    other = (*said[:5], "worker-2", *said[6:])
    assert "acknowledged before" in terminal.fails(*other, code=6)


def test_what_is_no_alert_or_nobody_is_not_found(terminal: Terminal) -> None:
    terminal.given(now(emergency, level="information"))
    by = ("--by", "worker-1", "--action", "called back")
    assert "no alert" in terminal.fails("alerts", "acknowledge", PARTICIPANT, emergency.event_id, *by, code=4)
    assert "check the id" in terminal.fails("alerts", "acknowledge", UUID(int=1), emergency.event_id, *by, code=4)


def test_who_is_tracked_here_is_shown_no_alert_and_takes_none_on(terminal: Terminal) -> None:
    terminal.given(now(emergency))
    by = ("--by", PARTICIPANT, "--action", "called back")
    terminal.fails("alerts", "list", "--worker", PARTICIPANT, code=6)
    terminal.fails("alerts", "watch", "--worker", PARTICIPANT, code=6)
    terminal.fails("alerts", "acknowledge", PARTICIPANT, emergency.event_id, *by, code=6)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_watcher_is_told_what_is_open_and_every_change_once_and_nothing_by_a_replay(
    terminal: Terminal, number: signal.Signals
) -> None:
    first = now(emergency)
    terminal.given(first)
    with running(terminal, "alerts", "watch") as process:
        assert told(process)["event_id"] == str(first.event_id)
        terminal.run("replay")
        second = now(phq9, seconds=-597)
        terminal.given(second)
        line = told(process)
        assert (line["event_id"], line["state"], line["instrument"]) == (str(second.event_id), "open", "PHQ-9")
        line = told(process)
        assert (line["event_id"], line["state"]) == (str(second.event_id), "escalated")
        said = ("--by", "worker-1", "--action", "called back")
        terminal.run("alerts", "acknowledge", PARTICIPANT, first.event_id, *said)
        line = told(process)
        assert (line["event_id"], line["state"]) == (str(first.event_id), "acknowledged")
        terminal.run("replay", "alerts")
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")
