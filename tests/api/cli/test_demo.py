"""`majung demo`: everything from nothing, in a folder of its own."""

import re
import socket

import pytest

from api.cli.published import PUBLISHED
from projections.figures import FIGURES
from tests.api.cli.conftest import Terminal


def test_every_published_figure_is_one_of_ours() -> None:
    assert PUBLISHED.keys() <= {figure.code for figure in FIGURES}


def test_the_demo_builds_prints_the_published_figures_and_names_what_to_look_at(
    bare: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAJUNG_DATABASE_URL", "sqlite:///elsewhere.db")
    told = bare.run("demo", "--no-serve").stdout
    rows = {line.split()[0]: line for line in told.splitlines() if line.strip()}
    for code, value in PUBLISHED.items():
        figure = f"{value:,}"
        assert re.findall(rf"(?<![\d,.]){re.escape(figure)}(?![\d,.])", rows[code]) == [figure, figure], code
    assert not (bare.folder / "elsewhere.db").exists()

    monkeypatch.delenv("MAJUNG_DATABASE_URL")
    people = re.findall(r"MAJUNG_FOLDER=(\S+) .* person why (\S+)", told)
    assert len(people) == 3
    monkeypatch.setenv("MAJUNG_FOLDER", people[0][0])
    stages = [[row["stage"] for row in bare.rows("person", "why", person)["transitions"]] for _, person in people]
    assert stages[0] == ["prevention", "healing", "return", "re_isolation_prevention"]
    assert stages[1] == ["prevention", "healing", "return", "healing", "return"]
    assert stages[2] == ["prevention", "healing"]

    _, town = told.split("The town on the last day")
    asked = re.findall(r"MAJUNG_FOLDER=\S+ \S+ (.*)", town)
    assert len(asked) > 5
    assert all(bare.rows(*command.split()) for command in asked)

    again = bare.run("demo", "--no-serve")
    assert again.stdout == told
    assert "simulating" not in again.stderr
    assert "another population" in bare.run("demo", "--no-serve", "--seed", "2", code=6).stderr


def test_a_port_that_is_taken_is_told_before_anything_is_simulated(bare: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"port {port} of 127.0.0.1" in bare.fails("demo", "--port", port, code=1)
    assert not (bare.folder / ".majung").exists()


def test_too_few_people_are_refused(bare: Terminal) -> None:
    bare.fails("demo", "--people", "100", code=2)
    assert not (bare.folder / ".majung").exists()
