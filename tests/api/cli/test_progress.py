"""How far a command is, on stderr: bars on a terminal, and elsewhere a plain line now and then."""

from collections.abc import Callable

import pytest

from api.cli.messages import bars
from api.cli.progress_lines import EVERY_SECONDS, ProgressLines
from tests.api.cli.conftest import Terminal
from tests.examples import call_received


class Clock:
    """Goes on when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def lines(clock: Clock, said: list[str]) -> ProgressLines:
    return ProgressLines("replaying", "events", said.append, clock)


Passing = Callable[[float, int], None]


@pytest.fixture
def passing(clock: Clock, lines: ProgressLines) -> Passing:
    """Lets seconds pass, and tells how many of 10,000 are done."""

    def advance(seconds: float, done: int) -> None:
        clock.seconds += seconds
        lines.advance(done, 10_000)

    return advance


def test_a_line_is_said_every_ten_seconds_and_a_last_one(
    passing: Passing, lines: ProgressLines, said: list[str]
) -> None:
    passing(0, 0)
    for second in range(1, 26):
        passing(1, second * 400)
    lines.end()
    assert said == [
        "replaying: 40 %, 4,000 events (400/s), ETA 0:00:15",
        "replaying: 80 %, 8,000 events (400/s), ETA 0:00:05",
        "replaying: 100 %, 10,000 events (400/s)",
    ]


def test_what_takes_less_is_one_line(passing: Passing, lines: ProgressLines, said: list[str]) -> None:
    passing(0, 0)
    passing(EVERY_SECONDS - 1, 9_000)
    assert said == []
    lines.end()
    assert said == ["replaying: 90 %, 9,000 events (1,000/s)"]


def test_what_was_done_before_counts_for_no_rate(passing: Passing, said: list[str]) -> None:
    passing(0, 6_000)
    passing(10, 7_000)
    assert said == ["replaying: 70 %, 7,000 events (100/s), ETA 0:00:30"]


def test_what_is_told_but_once_was_done_since_the_beginning(
    passing: Passing, lines: ProgressLines, said: list[str]
) -> None:
    passing(5, 10_000)
    lines.end()
    assert said == ["replaying: 100 %, 10,000 events (2,000/s)"]


def test_of_a_work_without_a_known_end_the_count_is_told(lines: ProgressLines, clock: Clock, said: list[str]) -> None:
    lines.advance(0, None)
    clock.seconds += 20
    lines.advance(1_000, None, 50)
    assert said == ["replaying: 50 events (2/s)"]


def test_what_was_said_is_not_said_again_at_the_end(passing: Passing, lines: ProgressLines, said: list[str]) -> None:
    passing(20, 10_000)
    lines.end()
    assert said == ["replaying: 100 %, 10,000 events (500/s)"]


def test_of_what_never_began_nothing_is_said(lines: ProgressLines, said: list[str]) -> None:
    lines.end()
    assert said == []


def test_without_a_terminal_the_whole_is_told_also_where_it_fails_and_no_process_apart(
    capsys: pytest.CaptureFixture[str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)

    def fail_amid() -> None:
        with bars("replaying", "events", clock=clock) as (advance, more):
            advance(0, 100)
            clock.seconds += 10
            more("process 17", 20)
            advance(20, 100)
            clock.seconds += 5
            more("process 18", 40)
            advance(60, 100)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_amid()
    told = capsys.readouterr()
    assert told.err.splitlines() == [
        "replaying: 20 %, 20 events (2/s), ETA 0:00:40",
        "replaying: 60 %, 60 events (4/s)",
    ]
    assert told.out == ""


def test_a_terminal_has_bars_also_for_each_process(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "120")
    with bars("replaying", "events") as (advance, more):
        advance(50, 100)
        more("process 17", 50)
    said = capsys.readouterr().err
    assert "━" in said
    assert "process 17" in said
    assert "replaying:" not in said


def test_a_command_in_a_pipe_says_plain_lines(terminal: Terminal) -> None:
    terminal.given(call_received)
    said = terminal.run("replay").stderr.splitlines()
    assert any(line.startswith("replaying: 100 %, 1 events") for line in said)
    assert not any("━" in line for line in said)
