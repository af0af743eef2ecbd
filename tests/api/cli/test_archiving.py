"""`majung export journal`, `verify archive`, `restore journal`: one pass out and back, and each refusal in one line."""

import sys
from pathlib import Path

import pytest

from tests.api.cli.conftest import Terminal
from tests.examples import call_received, participant_registered, risk_assessed, store_visited
from tests.given import on

ARCHIVE = "archive"


@pytest.fixture
def archived(terminal: Terminal) -> Path:
    """An archive of three events, two of them sealed, in the terminal's folder."""
    terminal.given(participant_registered, call_received, risk_assessed)
    found = terminal.rows("export", "journal", ARCHIVE)
    assert (found["events"], found["files"], found["events_in_all"]) == (3, 1, 3)
    return terminal.folder / ARCHIVE


def new_house(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another journal with the same vault and master key."""
    old = terminal.folder / ".majung"
    monkeypatch.setenv("MAJUNG_VAULT_URL", f"sqlite:///{old / 'vault.db'}")
    monkeypatch.setenv("MAJUNG_MASTER_KEY_FILE", str(old / "master.key"))
    monkeypatch.setenv("MAJUNG_FOLDER", str(terminal.folder / "new"))
    terminal.run("db", "upgrade")


def test_a_journal_is_archived_verified_and_restored(
    terminal: Terminal, archived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = terminal.rows("person", "timeline", call_received.participant_id)
    assert terminal.rows("verify", "archive", ARCHIVE, "--with-journal") == []
    new_house(terminal, monkeypatch)
    assert terminal.rows("restore", "journal", ARCHIVE) == {"events": 3, "shards": 1}
    assert terminal.rows("db", "check")["not_yet_in_read_models"] == 0
    assert terminal.rows("person", "timeline", call_received.participant_id) == told
    assert terminal.rows("verify", "archive", ARCHIVE, "--with-journal") == []


def test_read_models_are_replayed_from_the_archive_and_from_the_journal_what_came_since(
    terminal: Terminal, archived: Path
) -> None:
    terminal.given(store_visited)
    told = terminal.rows("person", "timeline", call_received.participant_id)
    done = terminal.rows("replay", "--from-archive", ARCHIVE, "--expect", "none")
    assert {row["events"] for row in done} == {3}
    assert terminal.rows("person", "timeline", call_received.participant_id) == told
    assert "is for everybody" in terminal.fails(
        "replay", "--from-archive", ARCHIVE, "--person", call_received.participant_id, code=2
    )
    assert "holds no archive" in terminal.fails("replay", "--from-archive", ".majung", code=4)


def test_a_later_run_says_what_it_added(terminal: Terminal, archived: Path) -> None:
    assert "nothing was recorded" in terminal.run("export", "journal", ARCHIVE).stderr
    terminal.given(store_visited, on(store_visited, "2025-08-08"))
    assert "2 event(s) that are not archived yet" in terminal.run("verify", "archive", ARCHIVE, "--with-journal").stderr
    found = terminal.rows("export", "journal", ARCHIVE)
    assert (found["events"], found["events_in_all"], found["files_in_all"]) == (2, 5, 2)


def test_what_a_run_that_did_not_end_left_is_removed_and_said(terminal: Terminal, archived: Path) -> None:
    [file] = archived.rglob("*.parquet")
    left = file.with_name(f"{9:020}-{9:020}.parquet.part")
    left.write_bytes(b"begun")
    assert left.name in terminal.run("export", "journal", ARCHIVE).stderr
    assert not left.exists()


def test_findings_end_with_3_and_are_no_restore(
    terminal: Terminal, archived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [file] = archived.rglob("*.parquet")
    file.write_bytes(file.read_bytes()[:-1])
    [finding] = terminal.rows("verify", "archive", ARCHIVE, code=3)
    assert (finding["path"], finding["code"]) == (file.relative_to(archived).as_posix(), "changed")
    new_house(terminal, monkeypatch)
    assert "not as it was written" in terminal.run("restore", "journal", ARCHIVE, code=1).stderr
    assert terminal.rows("db", "check")["events"] == 0


def test_a_full_journal_another_vault_and_no_archive_are_refused(
    terminal: Terminal, archived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "3 event(s)" in terminal.run("restore", "journal", ARCHIVE, code=6).stderr
    assert "manifest.json" in terminal.run("verify", "archive", "elsewhere", code=4).stderr
    monkeypatch.setenv("MAJUNG_FOLDER", str(terminal.folder / "foreign"))
    terminal.run("db", "upgrade")
    assert "MAJUNG_VAULT_URL" in terminal.run("restore", "journal", ARCHIVE, code=6).stderr
    terminal.file("foreign/letter.txt", "mine")
    assert "is no archive" in terminal.run("export", "journal", "foreign", code=6).stderr


def test_an_archive_needs_no_key_to_be_written_and_no_database_to_be_verified(
    terminal: Terminal, archived: Path
) -> None:
    places = terminal.folder / ".majung"
    (places / "master.key").unlink()
    (places / "vault.db").unlink()
    assert terminal.rows("export", "journal", "second")["events"] == 3
    (places / "majung.db").unlink()
    assert terminal.rows("verify", "archive", "second") == []


def test_where_the_settings_name_no_journal_there_is_none_to_compare_with_and_none_is_made(
    terminal: Terminal, archived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = terminal.folder / "elsewhere.db"
    monkeypatch.setenv("MAJUNG_DATABASE_URL", f"sqlite:///{elsewhere}")
    assert "there is no database at" in terminal.fails("verify", "archive", ARCHIVE, "--with-journal", code=1)
    assert not elsewhere.exists()


def test_without_pyarrow_the_extra_is_named(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("replay.archive.", "pyarrow"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for command in (["export", "journal"], ["verify", "archive"], ["restore", "journal"]):
        assert "extra `archive`" in terminal.fails(*command, ARCHIVE, code=1)
