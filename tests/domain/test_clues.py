"""Clues: what may tell that two pseudonyms are one person, in a spelling that compares."""

from datetime import date
from unicodedata import normalize

import pytest
from hypothesis import given as supposing
from hypothesis import strategies as st

from domain.clues import Clue, ClueKind, by_name, by_nickname, by_phone, clues_of
from domain.touchpoint import Touchpoint
from tests.examples import (
    OTHER_PARTICIPANT,
    call_received,
    identities_linked,
    identities_unlinked,
    participant_registered,
    participant_updated,
    store_visited,
    touchpoint_corrected,
    touchpoint_voided,
)
from tests.given import given, on

BORN = date(1970, 1, 1)
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
registered = participant_registered.replaced(phone="010-2345-6789")


def clues(*events: Touchpoint) -> set[Clue]:
    return set(clues_of(given(*events).history()))


def of_kind(kind: ClueKind, *events: Touchpoint) -> set[str]:
    return {clue.value for clue in clues(*events) if clue.kind == kind}


@pytest.mark.parametrize(
    "spelling",
    [
        "010-2345-6789",
        "01023456789",
        " 010 2345 6789 ",
        "010.2345.6789",
        "+82 10-2345-6789",
        "+82 (0)10-2345-6789",
        "(+82) 10 2345 6789",
        "82-10-2345-6789",
        "1023456789",
        "010-2345-6789".translate(FULL_WIDTH),
        "휴대폰 010-2345-6789",
    ],
)
def test_one_phone_in_any_spelling_is_one_clue(spelling: str) -> None:
    assert by_phone(spelling) == Clue(ClueKind.PHONE, "01023456789")


def test_phones_that_differ_are_different_clues() -> None:
    told = ["010-2345-6789", "010-2345-6780", "02-345-6789", "+1 202 555 0123", "011-234-5678", "0504-1234-5678"]
    assert len({by_phone(phone) for phone in told}) == len(told)
    assert by_phone("02-8212-3456") == by_phone("+82 2-8212-3456")


@pytest.mark.parametrize(
    "told",
    ["", "none", "119", "1588-1234", "8212-3456", "010-0000-0000", "000-0000-0000", "010-2345-6789 / 02-345-6789"],
)
def test_what_is_no_whole_number_of_somebody_is_no_clue(told: str) -> None:
    assert by_phone(told) is None


@supposing(st.text())
def test_any_text_as_a_phone_is_digits_or_nothing(text: str) -> None:
    clue = by_phone(text)
    assert clue is None or clue.value.removeprefix("+").isdigit()


def test_a_name_compares_without_blanks_whatever_its_case_and_unicode_form() -> None:
    for one, other in (
        ("홍길동", "홍 길동 "),
        ("홍길동", normalize("NFD", "홍길동")),
        ("Ann Straße", "ANN STRASSE\u200b"),
    ):
        assert by_name(one, BORN) == by_name(other, BORN)
        assert by_nickname(one, "gwanak") == by_nickname(other, "gwanak")
    assert by_name("홍길동", BORN) != by_name("홍길순", BORN)
    assert by_name("홍길동", BORN) != by_name("홍길동", date(1970, 1, 2))
    assert by_name(" \u200b", BORN) is by_nickname("\u3000", "gwanak") is None


@supposing(st.text(), st.text(), st.text(), st.text())
def test_no_nickname_at_one_site_is_another_at_another_site(one: str, site: str, other: str, elsewhere: str) -> None:
    told, besides = by_nickname(one, site), by_nickname(other, elsewhere)
    if site != elsewhere and told is not None and besides is not None:
        assert told != besides


def test_a_registration_tells_a_phone_a_name_and_a_nickname_at_its_site() -> None:
    found = clues_of(given(registered).history())
    assert {clue.kind for clue in found} == {ClueKind.PHONE, ClueKind.NAME_BIRTH, ClueKind.NICKNAME}
    assert {told.event_id for told in found.values()} == {registered.event_id}
    assert {(clue.kind, told.site) for clue, told in found.items() if told.site} == {(ClueKind.NICKNAME, "gwanak")}


def test_who_told_first_is_named_whatever_came_first() -> None:
    later = on(store_visited, "2025-07-01")
    for order in ((later, store_visited), (store_visited, later)):
        [told] = clues_of(given(*order).history()).values()
        assert told.event_id == store_visited.event_id


def test_a_nickname_is_a_clue_only_where_its_site_is_told() -> None:
    assert clues(store_visited) == {by_nickname("A nickname", "gwanak")}
    assert clues(store_visited.replaced(site=None)) == set()
    assert clues(store_visited.replaced(nickname=None)) == set()


def test_what_an_update_replaces_is_a_clue_still() -> None:
    moved = participant_updated.replaced(phone="010-9876-5432", name="홍길동", birth_date=None)
    assert of_kind(ClueKind.PHONE, registered, moved) == {"01023456789", "01098765432"}
    assert of_kind(ClueKind.NAME_BIRTH, registered, moved) == {"aname\x001970-01-01", "홍길동\x001970-01-01"}


def test_a_name_and_a_date_of_birth_told_apart_go_together() -> None:
    named, born = registered.replaced(birth_date=None), participant_updated.replaced(name=None)
    assert of_kind(ClueKind.NAME_BIRTH, named) == of_kind(ClueKind.NAME_BIRTH, born) == set()
    assert of_kind(ClueKind.NAME_BIRTH, born, named) == {"aname\x001970-01-02"}


def test_what_was_a_mistake_is_no_clue_any_more() -> None:
    corrected = touchpoint_corrected.replaced(
        target_event_id=registered.event_id,
        replacement_type=registered.stored_as,
        replacement={"kind": "person", "phone": "010-1111-2222"},
    )
    assert clues(registered, corrected) == {by_phone("010-1111-2222")}
    assert clues(store_visited, touchpoint_voided) == set()


def test_a_household_has_no_clues() -> None:
    assert clues(registered.replaced(kind="household")) == set()
    assert clues(registered, participant_updated.replaced(kind="household")) == set()


def test_both_of_two_whom_staff_parted_tell_the_same() -> None:
    theirs = identities_unlinked.replaced(participant_id=OTHER_PARTICIPANT, other_id=identities_unlinked.participant_id)
    mine = of_kind(ClueKind.PARTED, identities_linked, identities_unlinked)
    assert mine == of_kind(ClueKind.PARTED, theirs)
    assert len(mine) == 1


def test_other_touchpoints_tell_nothing() -> None:
    assert clues(call_received, identities_linked) == set()
