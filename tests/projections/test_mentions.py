"""Mentions: everybody who was ever named in a tie, under the pseudonyms as told."""

from random import Random
from uuid import UUID

from hypothesis import given as supposing
from hypothesis import strategies as st
from sqlalchemy import MetaData, create_engine

from domain.touchpoint import Touchpoint
from projections.mentions import MentionRow, mentions, tellers_of
from tests.domain.network.stories import end, report, survey
from tests.domain.network.two_people import A, B, by, named
from tests.examples import call_received, identities_linked, store_visited, touchpoint_corrected, touchpoint_voided
from tests.given import given

C = UUID(int=7)


def pairs(*events: Touchpoint) -> list[tuple[UUID, UUID]]:
    return [(row.teller, row.alter_id) for row in given(*events).project(mentions).rows]


def correction_of(event: Touchpoint, **replacement: str) -> Touchpoint:
    return touchpoint_corrected.replaced(
        source_id=f"correction-of-{event.source_id}",
        target_event_id=event.event_id,
        replacement_type="tie-reported.v1",
        replacement={"tie_id": "t", "kind": "friend", **replacement},
    )


def test_whoever_was_named_is_there_once() -> None:
    rows = given(named("t", B), named("t", B, "2025-06-05"), named("u", C), end("t")).project(mentions).rows
    assert rows == [MentionRow(A, A, C), MentionRow(A, A, B)]


def test_who_named_nobody_has_no_rows() -> None:
    assert pairs(call_received, report("t"), survey("t"), end("t")) == []


def test_what_was_voided_or_corrected_is_still_found() -> None:
    told = named("t", B)
    assert pairs(told, touchpoint_voided.replaced(target_event_id=told.event_id)) == [(A, B)]
    assert pairs(told, correction_of(told, alter_id=str(C))) == [(A, C), (A, B)]
    assert pairs(store_visited, correction_of(store_visited, alter_id=str(C).upper())) == [(A, C)]
    assert pairs(store_visited, correction_of(store_visited)) == []


def test_linked_identities_keep_the_pseudonyms_under_which_they_told() -> None:
    rows = given(named("t", C), identities_linked, by(B, named("u", C))).project(mentions).rows
    assert rows == [MentionRow(A, A, C), MentionRow(A, B, C)]


@supposing(st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_row(chance: Random) -> None:
    first, second = named("t", B), named("u", None)
    story = [
        first,
        correction_of(first, alter_id=str(C)),
        touchpoint_voided.replaced(source_id="void", target_event_id=first.event_id),
        second,
        correction_of(second, alter_id=str(B)),
    ]
    rows = pairs(*story)
    chance.shuffle(story)
    assert pairs(*story) == rows


def test_tellers_are_found_by_any_of_somebodys_pseudonyms() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        metadata = MetaData()
        table = mentions.table(1, metadata)
        metadata.create_all(connection)
        rows = [MentionRow(A, A, B), MentionRow(A, A, C), MentionRow(C, C, A)]
        connection.execute(table.insert(), [row._asdict() for row in rows])
        assert tellers_of(connection, table, {B, C}) == {A}
        assert tellers_of(connection, table, {A}) == {C}
        assert tellers_of(connection, table, {UUID(int=1)}) == set()
    engine.dispose()
