"""Sealing what belongs to no participant, and a vault that is not there."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.database import Database
from replay.vault import SealBroken, Vault, VaultMissing

DATABASE = Database("sqlite:///unused.db")
VAULT = Vault(DATABASE, bytes(range(32)))


@given(st.binary(), st.binary())
def test_what_is_sealed_opens_again_and_never_looks_the_same(plaintext: bytes, associated: bytes) -> None:
    sealed = VAULT.seal_apart(plaintext, associated)
    assert VAULT.open_apart(sealed, associated) == plaintext
    assert sealed != VAULT.seal_apart(plaintext, associated)


def test_changed_bytes_other_words_and_another_master_key_do_not_open() -> None:
    sealed = VAULT.seal_apart(b"a line", b"line 1")
    other = Vault(DATABASE, os.urandom(32))
    for index in range(len(sealed)):
        changed = sealed[:index] + bytes([sealed[index] ^ 1]) + sealed[index + 1 :]
        with pytest.raises(SealBroken):
            VAULT.open_apart(changed, b"line 1")
    for vault, associated in ((VAULT, b"line 2"), (other, b"line 1")):
        with pytest.raises(SealBroken):
            vault.open_apart(sealed, associated)


@pytest.mark.parametrize("short", [b"", b"\x01", b"\x01" + bytes(12), b"\x02" + bytes(40)])
def test_bytes_that_are_no_seal_do_not_open(short: bytes) -> None:
    with pytest.raises(SealBroken):
        VAULT.open_apart(short, b"")


def test_a_vault_that_is_not_there_is_missed_and_not_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(VaultMissing, match="MAJUNG_VAULT_URL"):
        Vault(database, bytes(32)).check()
    database.close()
    assert list(tmp_path.iterdir()) == []
