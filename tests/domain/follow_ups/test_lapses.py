"""Consent that has lapsed without being withdrawn is to be asked for again: nobody leaves the list unnoticed."""

from datetime import datetime

import pytest
from hypothesis import given as supposing
from hypothesis import strategies as st

from domain.codes import ConsentScope
from domain.consents import ConsentState, consents_at, consents_of, restrictions_of
from domain.follow_ups import Kind, follow_ups_of
from domain.journey import journey_of
from domain.touchpoint import Touchpoint
from tests.domain.follow_ups.stories import at, consents, due, history, kinds, moments, promise, stories, withdraws
from tests.domain.journey.stories import healing
from tests.examples import OTHER_PARTICIPANT, identities_linked, journey_ended, processing_restricted
from tests.given import on

LAPSING = consents("2025-06-01", "callback", valid_until="2025-06-11")


def test_lapsed_consent_is_to_be_asked_for_from_the_day_on_which_it_no_longer_holds() -> None:
    assert kinds("2025-06-11", LAPSING) == []
    [found] = due("2025-06-12T00:00:00+09:00", LAPSING)
    assert (found.kind, found.subject, found.overdue_from) == (Kind.CONSENT_LAPSED, "callback", None)
    assert found.reason == "consent to callback lapsed on 2025-06-12: ask for it again at the next contact"
    assert found.evidence == (LAPSING.event_id,)
    assert kinds("2029-01-01", LAPSING) == [Kind.CONSENT_LAPSED]


def test_it_takes_the_place_of_everything_for_which_the_person_would_have_been_called() -> None:
    story = (*healing, promise("2025-06-01", "2025-06-05"), LAPSING)
    assert kinds("2025-07-10", *story) == [Kind.CONSENT_LAPSED]


def test_consent_given_again_or_withdrawn_ends_it() -> None:
    assert kinds("2025-06-20", LAPSING, consents("2025-06-20", "callback")) == []
    assert kinds("2025-06-20", LAPSING, withdraws("2025-06-20", "callback")) == []


@pytest.mark.parametrize("scope", ["service", "callback"])
def test_who_withdrew_either_scope_is_asked_for_neither(scope: str) -> None:
    both = consents("2025-06-01", "service", "callback", valid_until="2025-06-11")
    assert [found.subject for found in due("2025-06-20", both)] == ["callback", "service"]
    assert kinds("2025-06-20", both, withdraws("2025-06-05", scope)) == []


def test_nobody_is_asked_after_the_end_or_while_processing_is_restricted() -> None:
    assert kinds("2025-06-20", *healing, LAPSING, on(journey_ended, "2025-06-15")) == []
    assert kinds("2025-06-20", LAPSING, on(processing_restricted.replaced(scope="callback"), "2025-06-15")) == []


@pytest.mark.parametrize("scope", ["health", "share", "research"])
def test_other_scopes_take_nobody_off_the_list_and_are_not_asked_for(scope: str) -> None:
    assert kinds("2025-06-20", consents("2025-06-01", scope, valid_until="2025-06-11")) == []


def test_consent_told_when_it_had_lapsed_is_asked_for_from_then_on_and_says_since_when() -> None:
    [found] = due("2025-07-01", consents("2025-06-20", "callback", valid_until="2025-06-11"))
    assert found.due_at < found.due_from
    assert "lapsed on 2025-06-12" in found.reason


def test_consent_given_under_another_identity_counts_for_the_person() -> None:
    elsewhere = consents("2025-06-20", "callback").replaced(participant_id=OTHER_PARTICIPANT)
    assert kinds("2025-06-25", LAPSING, elsewhere, identities_linked) == []


@supposing(stories(), st.lists(moments(), min_size=5, max_size=5))
def test_it_is_on_the_list_exactly_while_lapsed_and_nothing_else_speaks_against_asking(
    events: list[Touchpoint], asked: list[datetime]
) -> None:
    whole = history(events)
    found, said, journey = follow_ups_of(whole), consents_of(whole), journey_of(whole)
    for moment in [*asked, *(one.due_from for one in found)]:
        states = {scope: consent.state for scope, consent in consents_at(said, moment).items()}
        call = (ConsentScope.CALLBACK, ConsentScope.SERVICE)
        restricted = [
            time for scope in call for time in restrictions_of(whole).get(scope, ()) if time[0] <= moment < time[1]
        ]
        withdrawn = ConsentState.WITHDRAWN in [states.get(scope) for scope in call]
        left = journey.at(moment).stage == "ended"
        expected = [scope.value for scope in call if states.get(scope) == ConsentState.LAPSED]
        listed = [one.subject for one in at(moment, found) if one.kind == Kind.CONSENT_LAPSED]
        assert listed == ([] if restricted or withdrawn or left else expected)
