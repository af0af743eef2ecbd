"""Variables that look like settings and are none: a warning on stderr, and nothing else."""

import json

import pytest

from tests.api.cli.conftest import Terminal
from tests.api.cli.test_serving import running


@pytest.fixture(autouse=True)
def misspelt(bare: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAJUNG_PROT", "secret")


def test_a_command_warns_once_and_its_data_stay_clean(bare: Terminal) -> None:
    result = bare.run("schema", "list", "-o", "json")
    assert json.loads(result.stdout)
    [line] = result.stderr.splitlines()
    assert line.startswith("warning: MAJUNG_PROT is no setting of this release")
    assert line.endswith("did you mean MAJUNG_PORT?")


def test_a_worker_warns_in_the_log_where_that_is_for_machines(bare: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAJUNG_LOG_FORMAT", "json")
    with running(bare, "work") as process:
        out, err = process.communicate(timeout=60)
    warned, ended = map(json.loads, err.splitlines())
    assert (process.returncode, out) == (1, "")
    assert (warned["level"], "MAJUNG_PORT" in warned["message"]) == ("warning", True)
    assert "majung db upgrade" in ended["message"]
    assert "secret" not in err


def test_a_server_warns_people_once(bare: Terminal) -> None:
    with running(bare, "serve", "--port", "0") as process:
        _, err = process.communicate(timeout=60)
    assert err.count("MAJUNG_PROT") == 1
    assert err.startswith("warning: ")
