"""What the command line and HTTP both tell has one name: a column is a field of an answer, or told nowhere else."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import wiring
from api.http import create_app
from api.settings import load_settings
from domain.codes import TieKind
from tests.api.cli.conftest import Terminal
from tests.examples import HOUSEHOLD, PARTICIPANT, call_received, household_joined

COMMANDS = (
    ("person", "show", PARTICIPANT),
    ("person", "as-of", PARTICIPANT, "--as-of", "2025-07-31"),
    ("person", "timeline", PARTICIPANT),
    ("person", "why", PARTICIPANT),
    ("person", "wellbeing", PARTICIPANT),
    ("person", "network", PARTICIPANT, "--compare-with", "2025-05-31"),
    ("person", "roles", PARTICIPANT),
    ("identities", "show", PARTICIPANT),
    ("identities", "suggested"),
    ("follow-ups", "today"),
    ("caseload", "show", "worker-07"),
    ("handover", "show", "worker-07"),
    ("concerns", "list"),
    ("households", "show", HOUSEHOLD),
    ("alerts", "list"),
    ("projections", "list"),
)
ONLY_HERE = {
    *("says", "words", "why", "remark", "to", "requirement", "holds"),
    *("ties_formed", "ties_ended", "ties_kept", "change"),
    *(kind.value for kind in TieKind),
}
"""In words for people; of networks the counts, the tie behind each, and a column for each kind."""


@pytest.fixture
def names(terminal: Terminal) -> set[str]:
    """Every field of every answer over HTTP; one inside another also with both names joined."""
    with wiring.start(load_settings()) as majung:
        described = create_app(majung, work=False).openapi()
    schemas = described["components"]["schemas"]
    paths = [path["get"]["responses"]["200"] for path in described["paths"].values() if "get" in path]
    return {name for answer in paths for name in _names(answer.get("content", {}), schemas)}


def _names(part: Any, schemas: dict[str, Any], inside: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(part, list):
        for each in part:
            yield from _names(each, schemas, inside)
    elif isinstance(part, dict):
        if "$ref" in part:
            yield from _names(schemas[Path(part["$ref"]).name], schemas, inside)
        for name, field in part.get("properties", {}).items():
            path = (*inside, name)
            yield from ("_".join(path[start:]) for start in range(len(path)))
            yield from _names(field, schemas, path)
        for key in part.keys() - {"properties", "$ref", "example", "examples"}:
            yield from _names(part[key], schemas, inside)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(map(str, command[:2])))
def test_a_column_bears_the_name_that_the_same_thing_has_over_http(
    terminal: Terminal, names: set[str], command: tuple[Any, ...]
) -> None:
    terminal.given(call_received, household_joined)
    printed = terminal.run(*command, "-o", "csv").stdout
    columns = set(next(csv.reader(io.StringIO(printed)))) - {"listing"}
    assert columns - names - ONLY_HERE == set()
