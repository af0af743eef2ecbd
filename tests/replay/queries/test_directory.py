"""Suggested links on both databases: who is suggested, who not, and nothing that could be read without the key."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import permutations
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.clues import ClueKind, by_phone, clues_of
from domain.touchpoint import Touchpoint
from projections.directory import BlindIndex, directory
from projections.suggested_links import MOST_PEOPLE, Strength, SuggestedLink, TooCommon
from replay.commands import linking
from replay.journal import Journal
from replay.live import generations
from replay.live.generations import ReadModelOutdated
from replay.live.worker import Worker
from replay.queries.as_of import PersonUnknown
from replay.queries.duplicates import Suggestions, look_up, suggestions
from replay.rebuild import rebuild
from tests.conftest import BLIND, MODELS
from tests.examples import (
    call_received,
    participant_registered,
    participant_updated,
    store_visited,
    touchpoint_corrected,
)
from tests.given import FIRST_RECORDED_AT, given

PEOPLE = [UUID(int=number << 64, version=4) for number in range(1, 20)]
"""In ascending order."""
A, B, C, D, *_ = PEOPLE
[DIRECTORY] = [model for model in MODELS if model.name == "directory"]
PHONE, SPELT_OTHERWISE = "010-2345-6789", "+82 10 2345 6789"
blank = participant_registered.replaced(name=None, nickname=None, phone=None, birth_date=None, address=None)
visit = store_visited.replaced(nickname="달")
SHARED_PHONE = SuggestedLink(A, B, Strength.STRONG, (ClueKind.PHONE,), parted=False)


def of(person: UUID, event: Touchpoint = blank, **told: object) -> Touchpoint:
    return event.replaced(participant_id=person, **told)


def corrected(wrong: Touchpoint, **replacement: str) -> Touchpoint:
    return touchpoint_corrected.replaced(
        participant_id=wrong.participant_id,
        target_event_id=wrong.event_id,
        replacement_type=wrong.stored_as,
        replacement=replacement,
    )


@pytest.fixture
def told(tracked: Journal) -> Callable[..., Journal]:
    """Records events, and brings the read models up to them."""

    def record(*events: Touchpoint) -> Journal:
        tracked.record(events)
        Worker(tracked, MODELS).catch_up()
        return tracked

    return record


Told = Callable[..., Journal]


def asked(journal: Journal, person: UUID | None = None, **also: bool) -> Suggestions:
    return suggestions(journal, DIRECTORY, participant_id=person, limit=100, **also)


def suggested(journal: Journal, person: UUID | None = None, **also: bool) -> list[SuggestedLink]:
    return asked(journal, person, **also).links


def link(journal: Journal, one: UUID, other: UUID) -> None:
    linking.link(journal, one, other, reason="one person", now=FIRST_RECORDED_AT)
    Worker(journal, MODELS).catch_up()


def unlink(journal: Journal, one: UUID, other: UUID) -> None:
    linking.unlink(journal, one, other, reason="two people", now=FIRST_RECORDED_AT)
    Worker(journal, MODELS).catch_up()


def test_two_registrations_with_one_phone_in_two_spellings_are_suggested(told: Told) -> None:
    journal = told(of(A, phone=PHONE), of(B, phone=SPELT_OTHERWISE), of(C, phone="010-2345-6780"))
    assert suggested(journal) == suggested(journal, A) == [SHARED_PHONE]
    assert suggested(journal, B) == [SHARED_PHONE._replace(one=B, other=A)]
    assert suggested(journal, C) == []
    assert asked(journal).behind == 0


def test_one_name_and_date_of_birth_is_suggested_before_a_phone_and_both_before_that(told: Told) -> None:
    name: dict[str, Any] = {"name": "홍길동", "birth_date": "1970-01-01"}
    journal = told(
        of(A, phone=PHONE, **name), of(B, phone=PHONE), of(C, name="홍 길동", birth_date="1970-01-01"),
        of(D, phone=PHONE, **name), of(PEOPLE[4], name="홍길동", birth_date="1970-01-02"),
    )  # fmt: skip
    found = [(link.one, link.other, link.reasons) for link in suggested(journal)]
    both, named, reached = (ClueKind.NAME_BIRTH, ClueKind.PHONE), (ClueKind.NAME_BIRTH,), (ClueKind.PHONE,)
    assert found == [(A, D, both), (A, C, named), (C, D, named), (A, B, reached), (B, D, reached)]
    assert [link.other for link in suggested(journal, D)] == [A, C, B]


def test_a_nickname_counts_within_one_site_and_is_weak(told: Told) -> None:
    journal = told(
        of(A, visit), of(B, visit), of(C, visit, site="mapo"),
        of(D, nickname="달", site="gwanak"), of(PEOPLE[4], visit, site=None),
    )  # fmt: skip
    assert suggested(journal) == []
    weak = suggested(journal, weak=True)
    assert [(link.one, link.other) for link in weak] == [(A, B), (A, D), (B, D)]
    assert {(link.strength, link.reasons) for link in weak} == {(Strength.WEAK, (ClueKind.NICKNAME,))}
    assert suggested(journal, C, weak=True) == []


def test_a_nickname_besides_is_told_and_lifts_a_pair(told: Told) -> None:
    journal = told(of(A, phone=PHONE), of(B, phone=PHONE), of(C, phone=PHONE), of(B, visit), of(C, visit))
    first, *others = suggested(journal)
    assert (first.one, first.other, first.strength) == (B, C, Strength.STRONG)
    assert first.reasons == (ClueKind.PHONE, ClueKind.NICKNAME)
    assert [link.reasons for link in others] == [(ClueKind.PHONE,)] * 2


def test_a_phone_that_was_corrected_matches_no_more_and_one_that_was_given_up_does(told: Told) -> None:
    journal = told(of(A, phone=PHONE), of(B, phone=PHONE))
    told(of(A, participant_updated, phone="010-9876-5432", name=None, nickname=None, birth_date=None))
    assert suggested(journal) == [SHARED_PHONE]
    wrong = of(B, phone=PHONE)
    told(corrected(wrong, phone="010-1111-2222"))
    assert suggested(journal) == []


def test_a_household_is_nobodys_duplicate(told: Told) -> None:
    assert suggested(told(of(A, phone=PHONE), of(B, phone=PHONE, kind="household")), weak=True) == []


def test_who_is_linked_is_no_suggestion_and_who_was_parted_only_when_asked_for(told: Told) -> None:
    journal = told(of(A, phone=PHONE), of(B, phone=PHONE), of(C, phone=PHONE), of(C, visit), of(B, visit))
    link(journal, B, C)
    assert [(link.one, link.other) for link in suggested(journal, parted=True)] == [(A, B)]
    assert [(link.one, link.other) for link in suggested(journal, C)] == [(B, A)]
    unlink(journal, B, C)
    assert [(link.one, link.other) for link in suggested(journal)] == [(A, B), (A, C)]
    *others, last = suggested(journal, parted=True)
    assert not [link for link in others if link.parted]
    assert last == SuggestedLink(B, C, Strength.STRONG, (ClueKind.PHONE, ClueKind.NICKNAME), parted=True)


def test_whom_staff_parted_is_parted_also_from_who_is_one_person_with_them_since(told: Told) -> None:
    journal = told(of(A, call_received), of(B, phone=PHONE), of(C, phone=PHONE))
    link(journal, B, C)
    unlink(journal, B, C)
    link(journal, A, B)
    assert suggested(journal) == []
    assert [(link.one, link.other) for link in suggested(journal, parted=True)] == [(A, C)]


def test_who_was_parted_and_shares_nothing_is_no_suggestion(told: Told) -> None:
    journal = told(of(A, call_received), of(B, call_received))
    link(journal, A, B)
    unlink(journal, A, B)
    assert suggested(journal, weak=True, parted=True) == []


def test_what_too_many_share_suggests_nobody_and_is_told_once(told: Told) -> None:
    many = PEOPLE[: MOST_PEOPLE + 1]
    journal = told(*(of(person, phone=PHONE) for person in many[1:]), *(of(person, visit) for person in many))
    assert len(suggested(journal)) == MOST_PEOPLE * (MOST_PEOPLE - 1) // 2
    assert asked(journal).too_common == []
    told(of(many[0], phone=SPELT_OTHERWISE))
    found = asked(journal, weak=True)
    first = {of(many[0], phone=PHONE).event_id, of(many[0], visit).event_id}
    assert found.links == []
    assert {(common.kind, common.site, common.people) for common in found.too_common} == {
        (ClueKind.PHONE, None, len(many)),
        (ClueKind.NICKNAME, "gwanak", len(many)),
    }
    assert {common.told_by for common in found.too_common} == first
    assert asked(journal).too_common == [TooCommon(ClueKind.PHONE, None, len(many), of(many[0], phone=PHONE).event_id)]
    assert [common.people for common in asked(journal, many[3]).too_common] == [len(many)]
    assert asked(journal, many[3]).links == []


def test_no_more_than_asked_for_are_told(told: Told) -> None:
    journal = told(*(of(person, phone=PHONE) for person in PEOPLE[:4]))
    assert len(suggestions(journal, DIRECTORY, limit=4).links) == 4


def test_of_whom_nothing_is_recorded_nothing_is_suggested(told: Told) -> None:
    with pytest.raises(PersonUnknown):
        suggested(told(of(A, phone=PHONE)), B)


def test_what_the_directory_has_not_seen_is_told_with_the_answer(tracked: Journal) -> None:
    tracked.record([of(A, phone=PHONE), of(B, phone=PHONE)])
    found = asked(tracked, A)
    assert (found.person, found.links, found.behind) == (A, [], 2)
    assert look_up(tracked, DIRECTORY, UUID(int=0)).behind == 2


def test_who_has_a_phone_is_found_by_its_blind_index(told: Told) -> None:
    journal = told(of(A, phone=PHONE), of(B, phone=SPELT_OTHERWISE), of(C, visit))
    clue, another = by_phone("01023456789"), by_phone("010-2345-6780")
    assert clue is not None
    assert another is not None
    assert look_up(journal, DIRECTORY, BLIND.of(clue)).people == [A, B]
    assert look_up(journal, DIRECTORY, BLIND.of(another)).people == []
    link(journal, A, B)
    assert look_up(journal, DIRECTORY, BLIND.of(clue)).people == [A]


def test_rows_of_another_key_are_made_by_a_replay_and_serve_beside_those_of_the_first(told: Told) -> None:
    journal = told(of(A, phone=PHONE), of(B, phone=SPELT_OTHERWISE))
    another = directory(BlindIndex(bytes(32)))
    with pytest.raises(ReadModelOutdated, match="majung replay"):
        suggestions(journal, another, limit=1)
    with pytest.raises(ReadModelOutdated, match="majung replay"):
        Worker(journal, [another]).step(0)
    rebuild(journal, [another])
    assert suggestions(journal, another, limit=9).links == [SHARED_PHONE]
    assert suggested(journal) == [SHARED_PHONE]


def story() -> Sequence[Touchpoint]:
    wrong = of(B, phone="010-1111-2222", name="홍길동")
    return [
        of(A, phone=PHONE),
        of(A, visit),
        of(A, participant_updated, nickname="달"),
        wrong,
        corrected(wrong, phone=SPELT_OTHERWISE),
    ]


def test_rows_do_not_depend_on_the_order_of_arrival() -> None:
    def rows(events: Sequence[Touchpoint]) -> set[object]:
        by_person = [[event for event in events if event.participant_id == person] for person in (A, B)]
        return {row for own in by_person for row in given(*own).project(DIRECTORY).rows}

    expected = rows(story())
    assert len(expected) == 5
    assert all(rows(order) == expected for order in permutations(story()))


def test_live_rows_and_rebuilt_rows_are_the_same_after_links_and_unlinks(
    told: Told, digests: Callable[[], dict[str, str]]
) -> None:
    journal = told(*story(), of(C, phone=PHONE))
    link(journal, A, B)
    link(journal, B, C)
    unlink(journal, B, C)
    live = digests()
    rebuild(journal, [DIRECTORY])
    assert digests() == live
    with journal.database.read() as connection:
        [served] = generations.live(connection, [DIRECTORY])
        assert {row.kind for row in generations.read(connection, served)} == {kind.value for kind in ClueKind}


def test_link_then_unlink_leaves_what_each_has_told(told: Told) -> None:
    def rows() -> set[object]:
        with journal.database.read() as connection:
            [served] = generations.live(connection, [DIRECTORY])
            return {row for row in generations.read(connection, served) if row.kind != ClueKind.PARTED}

    journal = told(*story())
    before = rows()
    link(journal, A, B)
    assert rows() != before
    unlink(journal, A, B)
    assert rows() == before


def test_neither_a_value_nor_its_hash_without_the_key_is_anywhere_in_the_database(told: Told) -> None:
    canary = of(A, phone=PHONE, name="카나리아", birth_date="1970-01-02", nickname="콩새")
    journal = told(canary)
    rebuild(journal, [DIRECTORY])
    clues = clues_of(given(canary).history())
    assert len(clues) == 3
    values = [text for clue in clues for text in (clue.value, *clue.value.split("\0")) if text != canary.site]
    values += [f"{clue.kind}\0{clue.value}" for clue in clues] + [PHONE, "카나리아", "콩새"]
    told_plainly = [value.encode() for value in values]
    hashed = [sha256(value).digest()[:16] for value in told_plainly]
    everything = stored_bytes(journal)
    # The indexes are found in the same way, so the search sees what is there.
    assert all(BLIND.of(clue).bytes in everything for clue in clues)
    assert not [value for value in (*told_plainly, *hashed) if value in everything]


def stored_bytes(journal: Journal) -> bytes:
    """The files of a SQLite database, its write-ahead log among them, or every cell of every table on PostgreSQL."""
    if journal.database.path is not None:
        folder, name = journal.database.path.parent, journal.database.path.name
        return b"".join(file.read_bytes() for file in folder.glob(f"{name}*"))
    with psycopg.connect(journal.database.url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        found = b""
        for [name] in names:
            with connection.cursor() as cursor, cursor.copy(f"COPY {name} TO STDOUT (FORMAT BINARY)") as copy:
                found += b"".join(copy)
        return found
