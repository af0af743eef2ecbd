"""Keys of new people: made at once, and the same for everybody."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

from replay.journal import Journal
from replay.vault import ParticipantKey, Vault
from tests.conftest import MASTER_KEY


class LooksFirst(Vault):
    """Makes no key before the other has looked for it too, and found none."""

    both_have_looked = Barrier(2, timeout=60)

    def for_opening(self, participants: Iterable[bytes]) -> dict[bytes, ParticipantKey]:
        found = super().for_opening(participants)
        self.both_have_looked.wait()
        return found


def test_two_writers_who_meet_the_same_new_people_at_once_seal_with_the_same_keys(journal: Journal) -> None:
    one, both, other = (uuid4().bytes for _ in range(3))
    first, second = (LooksFirst(journal.vault.database, MASTER_KEY) for _ in range(2))
    with ThreadPoolExecutor(2) as threads:
        keys = list(threads.map(lambda v, p: v.for_sealing(p), (first, second), ([one, both], [both, other])))
    stored = journal.vault.for_opening([one, both, other])
    for found in keys:
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
