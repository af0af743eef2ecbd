"""Keys of new people: made at once, and the same for everybody; and those that do not unwrap."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, update

from replay.journal import Journal
from replay.vault import KeyDamaged, MasterKeyUnusable, ParticipantKey, Vault, create_master_key, keys
from tests.conftest import MASTER_KEY
from tests.examples import store_visited, touchpoint_corrected


class LooksFirst(Vault):
    """Makes no key before the other has looked for it too, and found none."""

    both_have_looked = Barrier(2, timeout=60)

    def for_opening(
        self, participants: Iterable[bytes], damaged: dict[UUID, Exception] | None = None
    ) -> dict[bytes, ParticipantKey]:
        found = super().for_opening(participants, damaged)
        self.both_have_looked.wait()
        return found


def test_of_whom_nothing_is_sealed_no_key_is_made(journal: Journal) -> None:
    told = {name: value for name, value in touchpoint_corrected.replacement.items() if name != "note"}
    journal.record(
        [
            store_visited.replaced(note=None, nickname=None),
            touchpoint_corrected.replaced(note=None, reason=None, replacement=told),
        ]
    )
    assert journal.vault.count() == 0


def test_two_writers_who_meet_the_same_new_people_at_once_seal_with_the_same_keys(journal: Journal) -> None:
    one, both, other = (uuid4().bytes for _ in range(3))
    first, second = (LooksFirst(journal.vault.database, MASTER_KEY) for _ in range(2))
    with ThreadPoolExecutor(2) as threads:
        made = list(threads.map(lambda v, p: v.for_sealing(p), (first, second), ([one, both], [both, other])))
    stored = journal.vault.for_opening([one, both, other])
    for found in made:
        assert both in found
        for person, key in found.items():
            assert stored[person].open(key.seal(b"a note", person), person) == b"a note"


def test_a_key_that_was_just_made_is_the_one_that_is_stored(journal: Journal) -> None:
    people = [uuid4().bytes for _ in range(3)]
    made = journal.vault.for_sealing(people)
    stored = Vault(journal.vault.database, MASTER_KEY).for_opening(people)
    assert made.keys() == stored.keys() == set(people)
    for person in people:
        assert stored[person].open(made[person].seal(b"a note", person), person) == b"a note"


def with_damaged_key(journal: Journal, *people: UUID) -> Vault:
    """The vault, opened anew, in which the keys of these people are other bytes."""
    with journal.vault.database.write() as connection:
        connection.execute(update(keys).where(keys.c.participant_id.in_(people)).values(wrapped=bytes(92)))
    return Vault(journal.vault.database, MASTER_KEY)


def test_a_key_that_does_not_unwrap_among_others_that_do_is_damaged_and_nobody_elses_matter(journal: Journal) -> None:
    damaged, whole = uuid4(), uuid4()
    journal.vault.for_sealing([damaged.bytes, whole.bytes])
    vault = with_damaged_key(journal, damaged)
    with pytest.raises(KeyDamaged, match=f"{damaged} is damaged: take that row of participant_keys from a backup"):
        vault.for_opening([damaged.bytes])
    told: dict[UUID, Exception] = {}
    assert vault.for_opening([damaged.bytes, whole.bytes], told).keys() == {whole.bytes}
    assert told.keys() == {damaged}
    vault.check()


def test_no_new_key_takes_the_place_of_a_damaged_one(journal: Journal) -> None:
    """What was sealed under it opens again when it was brought back."""
    damaged, whole = uuid4(), uuid4()
    journal.vault.for_sealing([damaged.bytes, whole.bytes])
    with pytest.raises(KeyDamaged):
        with_damaged_key(journal, damaged).for_sealing([damaged.bytes, uuid4().bytes])


def test_where_no_key_unwraps_it_is_the_master_key_that_is_wrong(journal: Journal) -> None:
    people = [uuid4() for _ in range(12)]
    journal.vault.for_sealing([person.bytes for person in people])
    other = Vault(journal.vault.database, bytes(32))
    for ask in (other.check, lambda: other.for_opening([people[0].bytes], {})):
        with pytest.raises(MasterKeyUnusable, match="MAJUNG_MASTER_KEY_FILE"):
            ask()
    with journal.vault.database.write() as connection:
        connection.execute(delete(keys))
    other.check()


def test_a_new_master_key_is_on_the_disk_with_its_name(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, synced = tmp_path / "of" / "ours" / "master.key", set()
    fsync = os.fsync

    def sync(handle: int) -> None:
        synced.add(os.fstat(handle).st_ino)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", sync)
    create_master_key(key, journal.vault.database)
    assert {path.stat().st_ino for path in (key, key.parent, key.parent.parent, tmp_path)} <= synced
