"""A terminal in an empty folder, where nothing of this machine's settings is known."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api import wiring
from api.cli import app
from api.settings import load_settings
from domain.touchpoint import Touchpoint
from projections.read_model import ReadModel
from replay.live import generations
from tests.examples import OTHER_PARTICIPANT, call_received, measure_taken


class Terminal:
    """Runs command lines in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: object, code: int = 0) -> Result:
        """Run a command, which must end with this code."""
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == code, (result.exception, result.output)
        return result

    def rows(self, *arguments: object, code: int = 0) -> Any:
        """What a command prints as JSON."""
        return json.loads(self.run(*arguments, "-o", "json", code=code).stdout)

    def fails(self, *arguments: object, code: int) -> str:
        """The one line that a failing command says."""
        result = self.run(*arguments, code=code)
        [line] = result.stderr.splitlines()
        assert line.startswith("majung: ")
        assert result.stdout == ""
        return line

    def file(self, name: str, content: str | bytes) -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def given(self, *events: Touchpoint, now: datetime | None = None) -> None:
        """Events recorded and in the read models."""
        record(events, now)

    def sql(self, statement: str) -> None:
        """Change the bookkeeping of the SQLite database, as another release would have left it."""
        connection = sqlite3.connect(self.folder / ".majung" / "majung.db")
        with connection:
            connection.execute(statement)
        connection.close()


def served(model: ReadModel) -> list[Any]:
    """The rows of a read model that serve now."""
    with wiring.start(load_settings()) as majung, majung.database.read() as connection:
        [live] = generations.live(connection, [model])
        return model.ordered(generations.read(connection, live))


def record(events: Sequence[Touchpoint], now: datetime | None = None) -> None:
    with wiring.start(load_settings()) as majung:
        majung.journal.record(events, now=now)
        majung.worker().catch_up()


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Before `majung db upgrade`."""
    return _apart(monkeypatch, tmp_path)


def _apart(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Terminal:
    for name in [name for name in os.environ if name.startswith("MAJUNG_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
    return Terminal(folder)


@pytest.fixture(scope="session")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which it was run, to be copied."""
    folder = tmp_path_factory.mktemp("upgraded")
    with pytest.MonkeyPatch.context() as monkeypatch:
        _apart(monkeypatch, folder).run("db", "upgrade")
    return folder


@pytest.fixture
def terminal(bare: Terminal, upgraded: Path) -> Terminal:
    """After it."""
    shutil.copytree(upgraded, bare.folder, dirs_exist_ok=True)
    return bare


@contextmanager
def older_release() -> Iterator[None]:
    """A release that does not know one of the types in the journal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(Touchpoint.registry, measure_taken.stored_as)
        yield


@pytest.fixture
def holding(terminal: Terminal) -> Terminal:
    """A terminal where one of two people is held, as an older release could not read their last event."""
    terminal.given(call_received, call_received.replaced(participant_id=OTHER_PARTICIPANT))
    with older_release():
        terminal.given(measure_taken)
    return terminal
