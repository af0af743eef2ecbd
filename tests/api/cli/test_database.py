"""`majung db`: databases that are missing, older, newer or not ours, each with its own clear line."""

from base64 import urlsafe_b64encode
from contextlib import closing
from sqlite3 import connect

import pytest

from replay.schema import REVISIONS
from tests.api.cli.conftest import Terminal
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, call_received, participant_registered


def test_before_the_upgrade_every_command_says_what_to_do(bare: Terminal) -> None:
    for command in (["db", "check"], ["services", "figures"], ["replay"], ["work"], ["serve"]):
        assert "majung db upgrade" in bare.fails(*command, code=1)


def test_after_the_upgrade_the_check_tells_how_far_everything_is(terminal: Terminal) -> None:
    terminal.given(call_received)
    found = terminal.rows("db", "check")
    assert (found["schema"], found["own_schema"]) == (REVISIONS[-1], REVISIONS[-1])
    assert {name: found[name] for name in ("kind", "shards", "events", "not_yet_in_read_models")} == {
        "kind": "SQLite",
        "shards": 1,
        "events": 1,
        "not_yet_in_read_models": 0,
    }


def test_an_upgrade_may_be_repeated_and_keeps_the_master_key(terminal: Terminal) -> None:
    key = (terminal.folder / ".majung" / "master.key").read_bytes()
    terminal.run("db", "upgrade")
    assert (terminal.folder / ".majung" / "master.key").read_bytes() == key


def test_the_number_of_shards_is_fixed_by_the_first_upgrade(bare: Terminal) -> None:
    bare.run("db", "upgrade", "--shards", "4")
    assert bare.rows("db", "check")["shards"] == 4
    assert "4 shard(s)" in bare.fails("db", "upgrade", "--shards", "8", code=1)
    assert "--shards" in bare.fails("db", "upgrade", "--shards", "0", code=2)


@pytest.mark.parametrize("revision", ["9999", "0000"])
def test_a_database_of_another_release_is_refused(terminal: Terminal, revision: str) -> None:
    terminal.sql(f"UPDATE alembic_version SET version_num = '{revision}'")
    terminal.sql(f"UPDATE sufficient_schema SET revision = '{revision}'")
    assert f"revision {revision}" in terminal.fails("db", "check", code=1)


def test_a_database_of_a_newer_release_that_lets_this_one_go_on_is_used(terminal: Terminal) -> None:
    terminal.sql("UPDATE alembic_version SET version_num = '9999'")
    terminal.given(call_received)
    found = terminal.rows("db", "check")
    assert (found["schema"], found["own_schema"], found["events"]) == ("9999", REVISIONS[-1], 1)
    terminal.run("db", "upgrade")
    assert terminal.rows("db", "check")["schema"] == "9999"


def test_without_its_vault_or_master_key_nothing_starts(terminal: Terminal) -> None:
    vault, key = terminal.folder / ".majung" / "vault.db", terminal.folder / ".majung" / "master.key"
    vault.rename(vault.with_suffix(".away"))
    assert "MAJUNG_VAULT_URL" in terminal.fails("db", "check", code=1)
    vault.with_suffix(".away").rename(vault)
    key.write_text("too short")
    assert "master key" in terminal.fails("db", "check", code=1)
    key.unlink()
    assert "MAJUNG_MASTER_KEY_FILE" in terminal.fails("db", "check", code=1)


NAMED = participant_registered
"""An event with a sealed name."""


def test_no_second_master_key_is_made_for_keys_that_another_one_wrapped(terminal: Terminal) -> None:
    terminal.given(NAMED)
    key = terminal.folder / ".majung" / "master.key"
    kept = key.rename(key.with_suffix(".away"))
    assert "restore it" in terminal.fails("db", "upgrade", code=1)
    assert not key.exists()
    kept.rename(key)
    terminal.run("db", "upgrade")
    assert terminal.rows("db", "check")["events"] == 1


def test_a_master_key_of_another_vault_starts_nothing(terminal: Terminal) -> None:
    terminal.given(NAMED)
    terminal.file(".majung/master.key", urlsafe_b64encode(bytes(32)))
    for command in (["db", "check"], ["person", "show", NAMED.participant_id], ["replay"], ["serve"]):
        assert "this master key did not wrap these keys" in terminal.fails(*command, code=1)


@pytest.mark.parametrize("broken", [bytes(92), b"short"], ids=["other bytes", "too few"])
def test_one_key_that_does_not_unwrap_stops_nobody_but_its_person(terminal: Terminal, broken: bytes) -> None:
    first, second = sorted((PARTICIPANT, OTHER_PARTICIPANT))
    terminal.given(NAMED.replaced(participant_id=first), NAMED.replaced(participant_id=second))
    with closing(connect(terminal.folder / ".majung" / "vault.db")) as vault, vault:
        vault.execute("UPDATE participant_keys SET wrapped = ? WHERE participant_id = ?", (broken, first.bytes))
    assert terminal.rows("db", "check")["events"] == 2
    assert terminal.run("person", "show", second)
    assert "the key of this person is damaged: take it from a backup" in terminal.fails("person", "show", first, code=1)


def test_no_second_vault_is_made_for_a_journal_with_sealed_events(terminal: Terminal) -> None:
    terminal.given(NAMED)
    vault = terminal.folder / ".majung" / "vault.db"
    kept = vault.rename(vault.with_suffix(".away"))
    assert "restore the vault" in terminal.fails("db", "upgrade", code=1)
    assert not vault.exists()
    kept.rename(vault)
    assert terminal.rows("db", "check")["events"] == 1


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("MAJUNG_DATABASE_URL", "mysql://somewhere/x", 2),
        ("MAJUNG_DATABASE_URL", "no url at all", 2),
        ("MAJUNG_DATABASE_URL", "sqlite://", 2),
        ("MAJUNG_VAULT_URL", "sqlite:///:memory:", 2),
        ("MAJUNG_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x", 1),
        ("MAJUNG_PORT", "eighty", 2),
        ("MAJUNG_FUTURE_SKEW_HOURS", "-1", 2),
    ],
)
def test_a_wrong_setting_is_one_line(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: int
) -> None:
    monkeypatch.setenv(name, value)
    terminal.fails("db", "check", code=code)


def test_a_file_that_is_no_database_is_refused(terminal: Terminal) -> None:
    terminal.file(".majung/majung.db", b"something else entirely" * 100)
    assert "not a database" in terminal.fails("db", "check", code=1)
