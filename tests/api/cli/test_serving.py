"""`majung work` and `majung serve` as processes: they do their work, and stop when they are told to."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import httpx2
import pytest
import typer

from api import wiring
from api.cli.serving import told_in_log
from api.logs import Format
from api.settings import load_settings
from projections.timeline import timeline
from replay.mapper import EventUnreadable
from replay.vault import KeyMissing, SealBroken
from replay.wake import Wake
from tests.api.cli.conftest import Terminal, served
from tests.api.http.requests import settings_in
from tests.examples import PARTICIPANT, call_received, store_visited

ROOT = Path(__file__).parents[3]


@contextmanager
def running(terminal: Terminal, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A command as a process of its own, ended at the latest with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", *arguments],
        cwd=terminal.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_with(process: "subprocess.Popen[str]", pattern: str) -> "re.Match[str]":
    """The first line on stderr in which something is found."""
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"the process ended without saying {pattern}")


def wait_until_followed(events: int) -> None:
    """Returns when the read models have seen so many events: looks again after every commit."""
    with wiring.start(load_settings()) as majung:
        committed = Event()
        wake = Wake(majung.database, committed.set)
        wake.start()
        try:
            while majung.lag() != (events, 0):
                assert committed.wait(timeout=60), "nothing was committed for a minute"
                committed.clear()
        finally:
            wake.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_follows_the_journal_and_stops_when_told(terminal: Terminal, number: signal.Signals) -> None:
    with running(terminal, "work") as process:
        line_with(process, "working: project")
        with wiring.start(load_settings()) as majung:
            majung.journal.record([call_received])
            majung.journal.record([store_visited])
        wait_until_followed(2)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err
    [row] = served(timeline)
    assert row.touchpoints == 2


def test_the_server_answers_follows_the_journal_and_stops_when_told(terminal: Terminal) -> None:
    with running(terminal, "serve", "--port", "0") as process:
        address = line_with(process, r"serving on (http://127\.0\.0\.1:\d+)")[1]
        with wiring.start(load_settings()) as majung:
            majung.journal.record([call_received])
        wait_until_followed(1)
        person = httpx2.get(f"{address}/v1/people/{call_received.participant_id}/timeline")
        process.terminate()
        out, err = process.communicate(timeout=60)
    assert person.status_code == 200
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_one_line_and_a_failure(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"port {port} of 127.0.0.1" in terminal.fails("serve", "--port", port, code=1)


def test_an_address_that_is_not_ours_is_a_failure(terminal: Terminal) -> None:
    result = terminal.run("serve", "--host", "192.0.2.1", "--port", "0", code=1)
    assert "MAJUNG_HOST" in result.stderr


def test_a_reader_that_goes_before_the_end_is_no_error(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    # Buffered, as in a pipe: what is left is written only when everything is done.
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    with running(terminal, "db", "check", "-o", "json") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 1


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "error",
    [
        KeyMissing(f"participant {PARTICIPANT} has sealed events and no key in this vault"),
        EventUnreadable(call_received.event_id, "call-received.v1", KeyMissing(f"participant {PARTICIPANT}")),
        SealBroken("sealed fields do not open"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_why_it_ends_names_nobody_and_says_what_to_do(
    form: Format, error: Exception, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_in(tmp_path).model_copy(update={"log_format": form})
    with pytest.raises(typer.Exit) as ended, told_in_log(settings):
        raise error
    [line] = capsys.readouterr().err.splitlines()
    assert ended.value.exit_code == 1
    assert str(PARTICIPANT) not in line
    assert "vault" in line
