"""docs/cli.md has every command and exit code, docs/settings.md every setting with its default."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from api.cli import app
from api.cli.exits import ExitCode
from api.settings import PREFIX, Settings
from tests.api.cli.conftest import Terminal

DOCS = Path(__file__).parents[3] / "docs"
CLI, SETTINGS = (DOCS / "cli.md").read_text(), (DOCS / "settings.md").read_text()


def commands(command: Any, path: str = "majung") -> Iterator[str]:
    parts = getattr(command, "commands", None)
    if parts is None:
        yield path
        return
    for name, part in parts.items():
        yield from commands(part, f"{path} {name}")


def test_every_command_is_in_the_table_and_no_other() -> None:
    told = re.findall(r"^\| `(majung [a-z -]+)` \|", CLI, re.MULTILINE)
    assert sorted(told) == sorted(commands(get_command(app)))


def test_every_exit_code_is_in_the_table() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", CLI, re.MULTILINE)}
    assert told == {*ExitCode, 130}


def test_every_setting_is_in_the_table_with_its_default(bare: Terminal) -> None:
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| `([^`]+)` \|", SETTINGS, re.MULTILINE))
    defaults = {PREFIX + name.upper(): value for name, value in Settings().model_dump().items()}
    assert told == {name: str(value).lower() if value is True else str(value) for name, value in defaults.items()}


def test_every_command_explains_itself(bare: Terminal) -> None:
    for path in commands(get_command(app)):
        assert path in " ".join(bare.run(*path.split()[1:], "--help").stdout.replace("root", "majung").split())
