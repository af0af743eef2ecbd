"""The directory: blind indexes under a key, and nothing that anybody could read or compute without it."""

from hashlib import sha256

from domain.clues import ClueKind, by_phone, clues_of
from projections.directory import BlindIndex, DirectoryRow, directory
from tests.examples import PARTICIPANT, call_received, participant_registered
from tests.given import given

BLIND, OTHER = BlindIndex(bytes(32)), BlindIndex(bytes(range(32)))
registered = participant_registered.replaced(phone="010-2345-6789")
phone = by_phone("010-2345-6789")


def rows(blind: BlindIndex) -> list[DirectoryRow]:
    return list(given(registered).project(directory(blind)).rows)


def test_each_clue_of_a_person_is_a_row() -> None:
    assert phone is not None
    found = {row.kind: row for row in rows(BLIND)}
    assert found.keys() == {ClueKind.PHONE, ClueKind.NAME_BIRTH, ClueKind.NICKNAME}
    assert found["phone"] == DirectoryRow(PARTICIPANT, BLIND.of(phone), "phone", None, registered.event_id)
    assert found["nickname"].site == registered.site


def test_who_told_no_clue_has_no_rows() -> None:
    assert given(call_received).project(directory(BLIND)).rows == []


def test_another_key_gives_other_indexes_and_another_version() -> None:
    assert {row.blind_index for row in rows(BLIND)}.isdisjoint(row.blind_index for row in rows(OTHER))
    assert directory(BLIND).version != directory(OTHER).version
    assert directory(BLIND).version == directory(BlindIndex(bytes(32))).version
    assert 0 < directory(OTHER).version < 2**31


def test_one_text_told_as_two_kinds_has_two_indexes() -> None:
    assert phone is not None
    assert BLIND.of(phone) != BLIND.of(phone._replace(kind=ClueKind.NICKNAME))


def test_no_row_holds_a_value_or_its_hash_without_the_key() -> None:
    told = [clue.value for clue in clues_of(given(registered).history())]
    hashes = [sha256(value.encode()).digest()[:16] for value in told]
    held = b"\0".join(str(cell).encode() for row in rows(BLIND) for cell in row)
    assert not [value for value in told if value.encode() in held]
    assert not {row.blind_index.bytes for row in rows(BLIND)} & set(hashes)


def test_the_key_is_not_in_what_is_printed_of_it() -> None:
    assert repr(OTHER._key) not in repr(OTHER) + repr(directory(OTHER))
