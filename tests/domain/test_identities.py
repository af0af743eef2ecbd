"""Linking and unlinking: given what is recorded, when a command comes, then these events or this refusal."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.codes import Origin
from domain.events import IdentitiesLinked, IdentitiesUnlinked
from domain.history import Recorded, history_of
from domain.identities import (
    AlreadyOnePerson,
    HouseholdAndPerson,
    LinkingError,
    NoLongerLinked,
    NotLinked,
    Pair,
    PairIdUsed,
    ParticipantUnknown,
    SamePseudonym,
    link,
    pairs_of,
    unlink,
)
from domain.touchpoint import Touchpoint
from tests.examples import call_received, participant_registered
from tests.given import FIRST_RECORDED_AT

A, B, C, D = (UUID(int=number, version=4) for number in range(1, 5))
NOW = FIRST_RECORDED_AT + timedelta(days=30)
WHY: dict[str, Any] = {"reason": "the same voice", "actor": "worker-07", "now": NOW}


class Told:
    """What is recorded so far, by pseudonym, each event a second after the one before."""

    def __init__(self, *people: UUID) -> None:
        self.streams: dict[UUID, list[Recorded]] = {}
        self.add([call_received.replaced(participant_id=person) for person in people])

    def add(self, events: Sequence[Touchpoint]) -> Sequence[Touchpoint]:
        """Events recorded in one transaction."""
        count = sum(map(len, self.streams.values()))
        for event in events:
            told = Recorded(event, FIRST_RECORDED_AT + timedelta(seconds=count))
            self.streams.setdefault(event.participant_id, []).append(told)
        return events

    def link(self, one: UUID, other: UUID, pair_id: str = "pair-1", **changes: Any) -> Sequence[Touchpoint]:
        return self.add(link(self.streams, one, other, pair_id=pair_id, **WHY | changes))

    def unlink(self, one: UUID, other: UUID | None = None, **changes: Any) -> Sequence[Touchpoint]:
        return self.add(unlink(self.streams, one, other, **WHY | changes))


def ends(events: Sequence[Touchpoint]) -> list[tuple[Any, ...]]:
    return [(type(e), e.participant_id, e.other_id, e.pair_id) for e in events]  # type: ignore[attr-defined]


def test_a_link_is_one_event_in_each_stream_that_names_the_other() -> None:
    events = Told(A, B).link(B, A)
    assert ends(events) == [(IdentitiesLinked, B, A, "pair-1"), (IdentitiesLinked, A, B, "pair-1")]
    for event in events:
        assert (event.occurred_at, event.actor, event.origin) == (NOW, "worker-07", Origin.LIVE)
        assert event.reason == "the same voice"  # type: ignore[attr-defined]


def registered(one: UUID, kind: str) -> Touchpoint:
    return participant_registered.replaced(participant_id=one, kind=kind)


def test_a_household_and_a_person_are_not_linked_whatever_else_they_are_linked_to() -> None:
    told = Told(A, B, C)
    told.add([registered(A, "household"), registered(B, "person")])
    told.link(B, C)
    for one, other in ((A, B), (B, A), (C, A)):
        with pytest.raises(HouseholdAndPerson, match="joined"):
            told.link(one, other, "pair-2")


def test_two_of_a_kind_or_of_no_known_kind_may_be_linked() -> None:
    told = Told(A, B, C)
    told.add([registered(A, "household"), registered(B, "household")])
    assert len(told.link(A, B)) == len(told.link(A, C, "pair-2")) == 2


def test_an_unlink_is_one_event_in_each_stream_too() -> None:
    told = Told(A, B)
    told.link(A, B)
    assert ends(told.unlink(B, A)) == [(IdentitiesUnlinked, A, B, "pair-1"), (IdentitiesUnlinked, B, A, "pair-1")]


def test_no_reason_is_among_the_open_fields_of_what_is_appended() -> None:
    told = Told(A, B)
    for event in [*told.link(A, B), *told.unlink(A, B)]:
        opened, sealed = event.parts()
        assert "reason" in sealed
        assert "the same voice" not in str(opened)


def test_a_pseudonym_is_not_linked_to_itself() -> None:
    with pytest.raises(SamePseudonym, match="name the other one"):
        Told(A).link(A, A)
    with pytest.raises(SamePseudonym):
        Told(A).unlink(A, A)


@pytest.mark.parametrize("pair", [(A, C), (C, A)])
def test_a_participant_that_the_journal_does_not_know_is_neither_linked_nor_unlinked(pair: tuple[UUID, UUID]) -> None:
    with pytest.raises(ParticipantUnknown, match=str(C)) as refused:
        Told(A, B).link(*pair)
    assert refused.value.participant_id == C
    with pytest.raises(ParticipantUnknown, match=str(C)):
        Told(A, B).unlink(*pair)


def test_who_is_one_person_already_is_not_linked_again() -> None:
    told = Told(A, B)
    told.link(A, B)
    with pytest.raises(AlreadyOnePerson, match="directly") as refused:
        told.link(B, A, "pair-2")
    assert (refused.value.pairs, refused.value.through) == (("pair-1",), ())


def test_who_is_one_person_through_others_is_not_linked_and_told_through_whom() -> None:
    told = Told(A, B, C, D)
    told.link(A, C, "pair-1")
    told.link(C, D, "pair-2")
    told.link(D, B, "pair-3")
    with pytest.raises(AlreadyOnePerson, match=f"through {C}, {D}") as refused:
        told.link(A, B, "pair-4")
    assert (refused.value.pairs, refused.value.through) == (("pair-1", "pair-2", "pair-3"), (C, D))


def test_the_same_link_told_again_gives_the_same_events() -> None:
    told = Told(A, B)
    first = told.link(A, B)
    again = told.link(B, A, now=NOW + timedelta(hours=1))
    assert sorted(event.event_id for event in again) == sorted(event.event_id for event in first)
    assert {event.occurred_at for event in again} == {NOW}


@pytest.mark.parametrize("changes", [{"reason": "another"}, {"actor": "worker-08"}, {"actor": None}])
def test_a_pair_id_told_again_in_other_words_is_refused(changes: dict[str, Any]) -> None:
    told = Told(A, B)
    told.link(A, B)
    with pytest.raises(PairIdUsed, match="take a new one"):
        told.link(A, B, **changes)


def test_a_pair_id_that_names_a_link_of_others_is_refused() -> None:
    told = Told(A, B, C)
    told.link(A, B)
    with pytest.raises(PairIdUsed):
        told.link(B, C)


def test_linking_again_after_an_unlink_takes_a_new_pair_id() -> None:
    told = Told(A, B)
    told.link(A, B)
    told.unlink(A, B)
    with pytest.raises(PairIdUsed):
        told.link(A, B)
    assert ends(told.link(A, B, "pair-2"))[0] == (IdentitiesLinked, A, B, "pair-2")
    assert ends(told.unlink(A, B))[0] == (IdentitiesUnlinked, A, B, "pair-2")


def test_who_is_not_linked_is_not_unlinked() -> None:
    with pytest.raises(NotLinked, match="identities show"):
        Told(A, B).unlink(A, B)
    with pytest.raises(NotLinked):
        Told(A, B).unlink(A, pair_id="pair-1")


def test_who_is_one_person_through_others_is_told_which_link_to_take_back() -> None:
    told = Told(A, B, C)
    told.link(A, C, "pair-1")
    told.link(C, B, "pair-2")
    with pytest.raises(NotLinked, match=f"through {C}: take back one of pairs pair-1, pair-2"):
        told.unlink(A, B)


def test_the_same_unlink_told_again_gives_the_same_events() -> None:
    told = Told(A, B)
    told.link(A, B)
    first = told.unlink(A, B)
    for again in (told.unlink(A, B), told.unlink(B, pair_id="pair-1"), told.unlink(A, B, pair_id="pair-1")):
        assert {event.event_id for event in again} == {event.event_id for event in first}


def test_an_unlink_in_other_words_of_what_was_unlinked_is_refused() -> None:
    told = Told(A, B)
    told.link(A, B)
    told.unlink(A, B)
    with pytest.raises(NoLongerLinked):
        told.unlink(A, B, reason="another")
    with pytest.raises(NoLongerLinked):
        told.unlink(A, pair_id="pair-1", actor=None)


def test_only_the_last_unlink_of_two_is_told_again() -> None:
    told = Told(A, B)
    told.link(A, B, "pair-1")
    told.unlink(A, B)
    told.link(A, B, "pair-2")
    told.unlink(A, B, reason="another")
    with pytest.raises(NoLongerLinked):
        told.unlink(A, B)


def test_a_pair_is_unlinked_from_any_identity_of_the_person_and_from_no_other() -> None:
    told = Told(A, B, C, D)
    told.link(A, B, "pair-1")
    told.link(B, C, "pair-2")
    told.link(C, D, "pair-3")
    assert ends(told.unlink(A, pair_id="pair-2"))[0] == (IdentitiesUnlinked, B, C, "pair-2")
    with pytest.raises(NotLinked):
        told.unlink(A, pair_id="pair-3")


def test_an_unlink_among_people_one_was_linked_to_once_is_not_told_as_ones_own() -> None:
    told = Told(A, B, C)
    told.link(A, B, "pair-1")
    told.link(B, C, "pair-2")
    told.unlink(A, B)
    told.unlink(B, C)
    with pytest.raises(NotLinked) as refused:
        told.unlink(A, pair_id="pair-2")
    assert type(refused.value) is NotLinked


def test_a_pair_with_both_ends_named_must_be_of_these_two() -> None:
    told = Told(A, B, C)
    told.link(A, B, "pair-1")
    told.link(B, C, "pair-2")
    with pytest.raises(NotLinked):
        told.unlink(A, B, pair_id="pair-2")
    assert ends(told.unlink(A, B, pair_id="pair-1"))[0] == (IdentitiesUnlinked, A, B, "pair-1")


def test_a_link_of_simulated_people_is_simulated_and_one_with_somebody_real_is_not() -> None:
    told = Told(C)
    simulated = [call_received.replaced(participant_id=person, origin="synthetic") for person in (A, B)]
    told.add(simulated)
    assert {event.origin for event in told.link(A, B)} == {Origin.SYNTHETIC}
    assert {event.origin for event in told.link(B, C, "pair-2")} == {Origin.LIVE}


def test_the_pairs_of_a_person_tell_when_and_by_whom_and_what_became_of_them() -> None:
    told = Told(A, B, C)
    told.link(B, A)
    told.unlink(A, B, actor="manager-01")
    told.link(A, C, "pair-2", actor=None)

    def at(second: int) -> Any:
        return FIRST_RECORDED_AT + timedelta(seconds=second)

    everything = [item for stream in told.streams.values() for item in stream]
    assert pairs_of(history_of(A, everything)) == [
        Pair("pair-1", A, B, at(3), "worker-07", at(5), "manager-01"),
        Pair("pair-2", A, C, at(7), None),
    ]
    assert pairs_of(history_of(A, everything, known_at=at(4))) == [Pair("pair-1", A, B, at(3), "worker-07")]
    assert pairs_of(history_of(C, told.streams[C])) == [Pair("pair-2", A, C, at(7), None)]


def test_every_refusal_has_a_code_of_its_own() -> None:
    kinds: list[type[LinkingError]] = [LinkingError, SamePseudonym, ParticipantUnknown, AlreadyOnePerson]
    kinds += [PairIdUsed, NotLinked, NoLongerLinked]
    assert len({kind.code for kind in kinds}) == len(kinds)
