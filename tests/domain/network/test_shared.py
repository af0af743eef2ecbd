"""Ties between two tracked people: both see them while both consent, and nobody sees more."""

from datetime import datetime
from random import Random
from uuid import UUID

import pytest
from hypothesis import given as supposing
from hypothesis import strategies as st

from domain.codes import TieKind
from domain.network import SeenKind, Teller, network_at, ties_of
from domain.touchpoint import Touchpoint
from tests.domain.network.stories import end, history, moments, report, surveyed
from tests.domain.network.stories import survey as survey_of
from tests.domain.network.two_people import BOTH, A, B, agrees, by, named, seen, shared, shown, withdraws
from tests.examples import (
    identities_linked,
    identities_unlinked,
    peer_talk_held,
    processing_restricted,
    processing_resumed,
    touchpoint_corrected,
    touchpoint_voided,
)
from tests.given import on, recorded

C = UUID(int=7)
"""A third pseudonym, smaller than both."""
HIDDEN_FROM_A: list[tuple[str, UUID | None, str]] = [("self", None, "t")]
HIDDEN_FROM_B: list[tuple[str, UUID | None, str]] = []
SEEN_BY_A, SEEN_BY_B = [("self", B, "t")], [("other", A, "t")]


def test_a_tie_is_in_both_networks_while_both_consent() -> None:
    told = named("t", B, closeness=4)
    story = (*BOTH, told)
    [own] = seen(A, *story, at="2025-06-10")
    [other] = seen(B, *story, at="2025-06-10")
    assert (own.teller, own.alter, other.teller, other.alter) == (Teller.SELF, B, Teller.OTHER, A)
    assert (own.since, own.until) == (other.since, other.until) == (told.occurred_at, None)
    assert own.opened_by == other.opened_by == told.event_id
    assert own.ended_by is other.ended_by is None


@pytest.mark.parametrize("consenting", [(), (A,), (B,)])
def test_without_both_consents_the_teller_sees_nobody_and_the_other_nothing(consenting: tuple[UUID, ...]) -> None:
    story = (named("t", B), by(B, report("own")), *[agrees(person) for person in consenting])
    assert shown(seen(A, *story, at="2025-06-10")) == HIDDEN_FROM_A
    assert shown(seen(B, *story, at="2025-06-10")) == [("self", None, "own")]


@pytest.mark.parametrize("scope", ["service", "health", "callback", "research"])
def test_only_consent_to_share_is_asked(scope: str) -> None:
    story = (named("t", B), agrees(A), agrees(B, scope=scope))
    assert shown(seen(A, *story, at="2025-06-10")) == HIDDEN_FROM_A
    kept = (named("t", B), *BOTH, withdraws(B, "2025-06-05", scope))
    assert shown(seen(B, *kept, at="2025-06-10")) == SEEN_BY_B


@pytest.mark.parametrize("who", [A, B])
def test_who_withdraws_hides_both_sides_from_then_on_and_not_before(who: UUID) -> None:
    story = (*BOTH, named("t", B), withdraws(who, "2025-06-05T10:00:00+09:00"))
    assert shown(seen(A, *story, at="2025-06-05T09:59:59+09:00")) == SEEN_BY_A
    assert shown(seen(B, *story, at="2025-06-05T09:59:59+09:00")) == SEEN_BY_B
    assert shown(seen(A, *story, at="2025-06-05T10:00:00+09:00")) == HIDDEN_FROM_A
    assert shown(seen(B, *story, at="2025-06-05T10:00:00+09:00")) == HIDDEN_FROM_B
    again = (*story, agrees(who, "2025-06-08T10:00:00+09:00"))
    assert shown(seen(A, *again, at="2025-06-08")) == SEEN_BY_A
    assert shown(seen(B, *again, at="2025-06-08")) == SEEN_BY_B


@pytest.mark.parametrize("who", [A, B])
def test_consent_lapses_at_the_midnight_after_its_last_day_in_seoul(who: UUID) -> None:
    other = B if who == A else A
    story = (agrees(other), agrees(who, valid_until="2025-06-05"), named("t", B))
    assert shown(seen(B, *story, at="2025-06-05T23:59:59.999999+09:00")) == SEEN_BY_B
    assert shown(seen(B, *story, at="2025-06-06T00:00:00+09:00")) == HIDDEN_FROM_B
    assert shown(seen(A, *story, at="2025-06-05")) == SEEN_BY_A
    assert shown(seen(A, *story, at="2025-06-06")) == HIDDEN_FROM_A


def test_a_restriction_hides_until_it_is_lifted() -> None:
    restricted = on(by(B, processing_restricted.replaced(scope="share")), "2025-06-05")
    story = (*BOTH, named("t", B), restricted, on(by(B, processing_resumed.replaced(scope="share")), "2025-06-08"))
    assert [bool(seen(B, *story, at=day)) for day in ("2025-06-04", "2025-06-06", "2025-06-09")] == [True, False, True]
    assert shown(seen(A, *story, at="2025-06-06")) == HIDDEN_FROM_A


def test_what_the_journal_did_not_know_of_consent_does_not_count() -> None:
    late = recorded(agrees(B), "2025-07-01T00:00:00+09:00")
    story = (agrees(A), named("t", B), late)
    assert shown(seen(B, *story, at="2025-06-10")) == SEEN_BY_B
    for known_at in ("2025-06-30", "2025-06-15"):
        assert shown(seen(B, *story, at="2025-06-10", known_at=known_at)) == HIDDEN_FROM_B
        assert shown(seen(A, *story, at="2025-06-10", known_at=known_at)) == HIDDEN_FROM_A


def test_a_tie_that_ended_shows_to_both_with_its_end() -> None:
    ended = end("t", "2025-06-05")
    story = (*BOTH, named("t", B), ended)
    for [tie] in (seen(A, *story, at="2025-06-10"), seen(B, *story, at="2025-06-10")):
        assert (tie.until, tie.ended_by) == (ended.occurred_at, ended.event_id)
        assert tie.alter is not None
    [before] = seen(B, *story, at="2025-06-04")
    assert before.until is None


@pytest.mark.parametrize("kind", list(TieKind))
def test_a_kind_is_the_same_from_both_sides_but_for_who_helps(kind: TieKind) -> None:
    story = (*BOTH, named("t", B, kind=kind.value))
    [own], [other] = (seen(who, *story, at="2025-06-10") for who in (A, B))
    helps = kind in (TieKind.WORKER, TieKind.ACTIVIST)
    assert own.periods[0].kind == SeenKind(kind.value)
    assert other.periods[0].kind == (SeenKind.HELPED if helps else SeenKind(kind.value))


def test_closeness_and_frequency_stay_with_the_one_who_told_of_them() -> None:
    story = (
        *BOTH,
        named("t", B, closeness=2),
        named("t", B, "2025-06-03", closeness=5),
        named("t", B, "2025-06-05", "family", closeness=5),
    )
    [own], [other] = (seen(who, *story, at="2025-06-10") for who in (A, B))
    assert [period.closeness for period in own.periods] == [2, 5, 5]
    assert [(period.kind, period.closeness, period.contacts_per_month) for period in other.periods] == [
        (SeenKind.FRIEND, None, None),
        (SeenKind.FAMILY, None, None),
    ]
    assert [period.since for period in other.periods] == [own.periods[0].since, own.periods[2].since]
    assert other.periods[0].until == other.periods[1].since


def test_two_who_name_each_other_see_both_tellings_and_count_their_own() -> None:
    theirs = by(B, named("mine", A))
    story = (*BOTH, named("t", B), theirs)
    assert shown(seen(A, *story, at="2025-06-10")) == [("self", B, "t"), ("other", B, "mine")]
    assert shown(seen(B, *story, at="2025-06-10")) == [("self", A, "mine"), ("other", A, "t")]
    own = ties_of(history([event for event in story if event.participant_id == A]))
    assert network_at(own, theirs.occurred_at).size == 1


def test_a_voided_report_is_in_nobodys_network() -> None:
    told = named("t", B)
    void = touchpoint_voided.replaced(target_event_id=told.event_id)
    story = (*BOTH, told, recorded(void, "2025-07-01T00:00:00+09:00"))
    assert seen(A, *story, at="2025-06-10") == seen(B, *story, at="2025-06-10") == []
    assert shown(seen(B, *story, at="2025-06-10", known_at="2025-06-15")) == SEEN_BY_B


def test_a_corrected_report_leaves_the_network_of_the_one_and_joins_the_others() -> None:
    told = named("t", B)
    replacement = {"tie_id": "t", "kind": "friend", "alter_id": str(C)}
    correction = touchpoint_corrected.replaced(
        target_event_id=told.event_id, replacement_type="tie-reported.v1", replacement=replacement
    )
    story = (*BOTH, agrees(C), told, recorded(correction, "2025-07-01T00:00:00+09:00"))
    assert shown(seen(B, *story, at="2025-06-10")) == HIDDEN_FROM_B
    assert shown(seen(C, *story, at="2025-06-10")) == SEEN_BY_B
    assert shown(seen(A, *story, at="2025-06-10")) == [("self", C, "t")]
    assert shown(seen(B, *story, at="2025-06-10", known_at="2025-06-15")) == SEEN_BY_B


def test_the_last_report_says_whether_the_other_may_be_named() -> None:
    story = (*BOTH, named("t", B), named("t", None, "2025-06-05"))
    assert shown(seen(B, *story, at="2025-06-04")) == SEEN_BY_B
    assert shown(seen(B, *story, at="2025-06-05")) == HIDDEN_FROM_B
    assert shown(seen(A, *story, at="2025-06-05")) == HIDDEN_FROM_A
    listed = (*BOTH, named("t", B), survey_of(surveyed("t"), day="2025-06-05"))
    assert shown(seen(B, *listed, at="2025-06-05")) == SEEN_BY_B


LINKED = recorded(by(B, identities_linked.replaced(other_id=C)), "2025-07-01T00:00:00+09:00")
LINKED_BACK = recorded(
    by(C, identities_linked.replaced(source_id="linked-back", other_id=B)), "2025-07-01T00:00:00+09:00"
)


def test_any_pseudonym_of_the_other_will_do_from_when_it_is_linked() -> None:
    story = (*BOTH, named("t", C), by(C, report("z")), LINKED, LINKED_BACK)
    assert shown(seen(A, *story, at="2025-06-10")) == [("self", C, "t")], "the root is the smallest pseudonym"
    for pseudonym in (B, C):
        assert shown(seen(pseudonym, *story, at="2025-06-10")) == [("self", None, "z"), ("other", A, "t")]
    assert shown(seen(A, *story, at="2025-06-10", known_at="2025-06-30")) == HIDDEN_FROM_A, "C consented to nothing"
    assert shown(seen(B, *story, at="2025-06-10", known_at="2025-06-30")) == HIDDEN_FROM_B


def test_consent_given_under_one_pseudonym_is_withdrawn_under_another() -> None:
    story = (*BOTH, named("t", B), withdraws(C, "2025-06-05"), LINKED, LINKED_BACK)
    assert shown(seen(A, *story, at="2025-06-10")) == HIDDEN_FROM_A
    assert shown(seen(A, *story, at="2025-06-10", known_at="2025-06-30")) == SEEN_BY_A


def test_a_tie_to_oneself_under_another_pseudonym_is_none_while_they_are_linked() -> None:
    link = recorded(identities_linked, "2025-07-01T00:00:00+09:00")
    back = recorded(by(B, identities_linked.replaced(source_id="linked-back", other_id=A)), "2025-07-01T00:00:00+09:00")
    unlink = recorded(identities_unlinked, "2025-08-01T00:00:00+09:00")
    story = (*BOTH, named("t", B), report("friend"), link, back, unlink)
    assert shown(seen(A, *story, at="2025-06-10", known_at="2025-07-15")) == [("self", None, "friend")]
    assert shown(seen(A, *story, at="2025-06-10", known_at="2025-06-15"))[1:] == SEEN_BY_A
    assert shown(seen(A, *story, at="2025-06-10"))[1:] == SEEN_BY_A
    assert ties_of(history([named("self", A)])) == []


def test_a_pseudonym_of_which_nothing_is_known_is_nobody() -> None:
    assert shown(seen(A, *BOTH, named("t", UUID(int=99)), at="2025-06-10")) == HIDDEN_FROM_A


def test_a_peer_talk_makes_no_tie() -> None:
    talk = on(peer_talk_held.replaced(activist_id=str(B)), "2025-06-01")
    assert seen(A, *BOTH, talk, at="2025-06-10") == seen(B, *BOTH, talk, at="2025-06-10") == []


_TOLD = st.one_of(
    st.builds(
        lambda who, tie, alter, kind: by(who, named(tie, alter, kind=kind)),
        st.sampled_from([A, B, C]),
        st.sampled_from(["t", "u"]),
        st.sampled_from([A, B, C, None]),
        st.sampled_from(["friend", "activist"]),
    ),
    st.builds(lambda who, tie: by(who, end(tie)), st.sampled_from([A, B, C]), st.sampled_from(["t", "u"])),
    st.builds(
        lambda who, until: agrees(who, valid_until=until),
        st.sampled_from([A, B, C]),
        st.sampled_from([None, None, "2025-06-10"]),
    ),
    st.builds(lambda who: withdraws(who, "2025-06-01"), st.sampled_from([A, B, C])),
)


@st.composite
def told_by_three(draw: st.DrawFn) -> list[Touchpoint]:
    """Everybody consents at first; then up to fifteen things within two weeks; B and C may be one person."""
    days = draw(st.lists(st.tuples(_TOLD, st.integers(1, 14)), max_size=15))
    events = [*BOTH, agrees(C)]
    for number, (event, day) in enumerate(days):
        events.append(on(event.replaced(source_id=f"{event.source_id}-{number}"), f"2025-06-{day:02}"))
    if draw(st.booleans()):
        events += [LINKED.event, LINKED_BACK.event]
    return events


@supposing(told_by_three(), moments())
def test_both_sides_see_the_same_ties_at_every_moment(events: list[Touchpoint], moment: datetime) -> None:
    networks = {who: seen(who, *events, at=moment) for who in (A, B, C)}
    root = {B: C, C: C, A: A} if LINKED.event in events else {A: A, B: B, C: C}
    for who, ties in networks.items():
        of = {tie for tie in shared(root[who], ties) if tie[0] != tie[1]}
        for one in (A, B, C):
            if root[one] == root[who]:
                continue
            theirs = shared(root[one], networks[one])
            both = {root[one], root[who]}
            assert {tie for tie in of if set(tie[:2]) == both} == {tie for tie in theirs if set(tie[:2]) == both}
        assert not [tie for tie in ties if tie.alter == root[who]]


@supposing(told_by_three(), moments(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nobodys_network(
    events: list[Touchpoint], moment: datetime, chance: Random
) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    for who in (A, B, C):
        assert seen(who, *shuffled, at=moment) == seen(who, *events, at=moment)
