"""`majung import` and `majung rejects show`: every row accounted for, nothing personal in the open."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.cloud_events import cloud_event
from tests.api.cli.conftest import Terminal
from tests.examples import call_received, store_visited

MAPPING = """
source = "urn:visits"
participant = ["id"]
participant_ids = "dataset-key"

[[event]]
type = "store-visited.v1"
id = ["id"]
occurred_at = { column = "day" }
"""


def lines(*events: dict[str, Any]) -> str:
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


CALL, VISIT = cloud_event(call_received), cloud_event(store_visited)


def told(**changes: Any) -> dict[str, Any]:
    return CALL | {"id": "another"} | changes


def test_a_file_goes_in_once_and_the_read_models_follow(terminal: Terminal) -> None:
    file = terminal.file("events.jsonl", lines(CALL, VISIT, CALL))
    assert terminal.run("import", file).stdout == "rows 3 = events 2 + duplicates 1 + rejects 0 + conflicts 0\n"
    assert terminal.run("import", file).stdout == "rows 3 = events 0 + duplicates 3 + rejects 0 + conflicts 0\n"
    state = terminal.rows("db", "check")
    assert (state["events"], state["not_yet_in_read_models"]) == (2, 0)
    assert not (terminal.folder / "events.jsonl.rejects.jsonl").exists()


def test_no_project_leaves_the_read_models_to_the_worker(terminal: Terminal) -> None:
    terminal.run("import", terminal.file("events.jsonl", lines(CALL, VISIT)), "--no-project")
    assert terminal.rows("db", "check")["not_yet_in_read_models"] == 2


TOMORROW = (datetime.now(UTC) + timedelta(days=3)).isoformat()
BAD = [
    (lines(told(type="call-heard.v1")), "unknown-type"),
    (lines(told(type="call-received.v9")), "unknown-version"),
    (lines(told(type="identities-linked.v1")), "not-from-producers"),
    (lines(told(time="2025-05-02T10:00:00")), "naive-time"),
    (lines(told(time=TOMORROW)), "in-the-future"),
    (lines(told(subject="010-1234-5678")), "subject-not-a-uuid"),
    (lines(told(data=CALL["data"] | {"channel": "telegraph"})), "wrong-code"),
    (lines(told(data=CALL["data"] | {"note": "길" * 300_000})), "too-large"),
    (lines(CALL)[:-40] + "\n", "unreadable"),
    (lines(CALL).encode().replace(b"call-line", b"\xff\xfe") + b"{\xff}\n", "unreadable"),
    (lines(CALL | {"data": CALL["data"] | {"duration_seconds": 1}}), "conflict"),
]


@pytest.mark.parametrize(("content", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_a_bad_row_is_put_aside_with_its_reason_and_the_rest_goes_in(
    terminal: Terminal, content: str | bytes, reason: str
) -> None:
    content = content if isinstance(content, bytes) else content.encode()
    file = terminal.file("events.jsonl", lines(CALL, VISIT).encode() + content)
    result = terminal.run("import", file, code=3)
    rejects = terminal.rows("rejects", "show", file.with_name("events.jsonl.rejects.jsonl"))
    assert reason in [reject["code"] for reject in rejects]
    assert reason in result.stderr
    assert "events 2 +" in result.stdout
    assert {"raw"} & set(rejects[0]) == set()


def test_what_was_put_aside_is_sealed_and_opens_when_asked(terminal: Terminal) -> None:
    secret = lines(told(type="no-such.v1", data={"name": "홍길동"}))
    file = terminal.file("events.jsonl", secret)
    aside = terminal.folder / "aside"
    terminal.run("import", file, "--rejects", aside, code=3)
    assert "홍길동".encode() not in aside.read_bytes()
    assert aside.stat().st_mode & 0o077 == 0
    [opened] = terminal.rows("rejects", "show", aside, "--open")
    assert opened["raw"] == secret.strip()
    assert opened["line"] == 1


def test_a_field_that_may_be_a_name_is_nowhere_in_the_open(terminal: Terminal) -> None:
    file = terminal.file("events.jsonl", lines(told(data=CALL["data"] | {"hong_gildong": 1, "chanel": "phone"})))
    aside = terminal.folder / "aside"
    result = terminal.run("import", file, "--rejects", aside, code=3)
    assert b"hong_gildong" not in aside.read_bytes() + result.output.encode()
    [reject] = terminal.rows("rejects", "show", aside)
    assert (reject["line"], reject["code"]) == (1, "invalid-data")
    assert "did you mean channel?" in reject["message"]


def test_a_rejects_file_that_was_changed_does_not_open(terminal: Terminal) -> None:
    aside = terminal.folder / "aside"
    terminal.run("import", terminal.file("events.jsonl", "{}\n"), "--rejects", aside, code=3)
    aside.write_bytes(aside.read_bytes().replace(b'"line":1', b'"line":2'))
    assert "changed" in terminal.fails("rejects", "show", aside, code=1)
    terminal.file("aside", "not a rejects file\n")
    assert "line 1" in terminal.fails("rejects", "show", aside, code=1)
    terminal.fails("rejects", "show", "nowhere", code=4)


def test_without_a_place_for_rejects_the_message_names_the_option_and_the_next_run_goes_on(terminal: Terminal) -> None:
    file = terminal.file("events.jsonl", lines(CALL, VISIT) + "{}\n")
    result = terminal.run("import", file, "--rejects", terminal.folder / "no-such-folder" / "aside", code=1)
    assert "import again with --rejects FILE" in result.stderr
    again = terminal.run("import", file, code=3)
    assert again.stdout == "rows 3 = events 0 + duplicates 2 + rejects 1 + conflicts 0\n"


@pytest.mark.parametrize("name", ["none.jsonl", "none.csv"])
def test_a_file_that_is_not_there_is_one_line_without_a_progress_bar(terminal: Terminal, name: str) -> None:
    terminal.fails("import", name, code=4)


def test_the_imported_file_in_place_of_its_rejects_is_told_where_those_are(terminal: Terminal) -> None:
    file = terminal.file("events.jsonl", "{}\n")
    assert "FILE.rejects.jsonl" in terminal.fails("rejects", "show", file, code=1)


def test_a_dry_run_tells_the_same_and_stores_nothing(terminal: Terminal) -> None:
    file = terminal.file("events.jsonl", lines(CALL, VISIT, CALL) + "{}\n")
    result = terminal.run("import", file, "--dry-run", code=3)
    assert result.stdout == "rows 4 = events 2 + duplicates 1 + rejects 1 + conflicts 0\n"
    assert terminal.rows("db", "check")["events"] == 0
    assert sorted(path.name for path in terminal.folder.iterdir()) == [".majung", "events.jsonl"]


def test_a_table_needs_a_mapping_and_a_mapping_its_columns(terminal: Terminal) -> None:
    table = terminal.file("visits.csv", "id,day\nA,2025-05-01\nB,never\n")
    mapping = terminal.file("visits.toml", MAPPING)
    assert "--mapping" in terminal.fails("import", table, code=2)
    assert "not TOML" in terminal.fails("import", table, "--mapping", terminal.file("x.toml", "= ="), code=2)
    wrong = terminal.file("y.toml", MAPPING.replace("store-visited.v1", "store-raided.v1"))
    assert "store name" in terminal.fails("import", table, "--mapping", wrong, code=2).replace("stored", "store")
    renamed = terminal.file("renamed.csv", "number,day\nA,2025-05-01\n")
    result = terminal.run("import", renamed, "--mapping", mapping, code=2)
    assert "does not name: id" in result.stderr
    assert (
        "rows 2 = events 1 + duplicates 0 + rejects 1"
        in terminal.run("import", table, "--mapping", mapping, code=3).stdout
    )


def test_what_is_not_there_is_not_found_and_what_is_no_file_is_refused(terminal: Terminal) -> None:
    for arguments in (["import", "none.jsonl"], ["import", "none.csv", "--mapping", "none.toml"]):
        assert "none." in terminal.run(*arguments, code=4).stderr
    assert "directory" in terminal.fails("import", Path(), code=2)
    terminal.fails("import", code=2)
    terminal.fails("import", "x.jsonl", "--batch", "0", code=2)
