"""Consent over time: in force, lapsed, withdrawn; and what is restricted whatever the consent."""

from datetime import datetime
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given as supposing
from hypothesis import strategies as st

from domain.clock import END_OF_TIME, parse_moment
from domain.codes import ConsentScope
from domain.consents import Consents, ConsentState, allows, consents_at, consents_of, restrictions_of, times_in
from domain.touchpoint import Touchpoint
from tests.examples import call_received, consent_given, consent_withdrawn, processing_restricted, processing_resumed
from tests.given import given, on

SHARE = ConsentScope.SHARE


def gives(day: str, valid_until: str | None = None) -> Touchpoint:
    return on(consent_given.replaced(scopes=("share",), valid_until=valid_until), day)


def withdraws(day: str) -> Touchpoint:
    return on(consent_withdrawn.replaced(scopes=("share",)), day)


def spells(*events: Touchpoint) -> list[tuple[str, str]]:
    found = consents_of(given(*events).history()).get(SHARE, ())
    return [(consent.state.value, consent.since.isoformat()) for consent in found]


def allowed(moment: str, *events: Touchpoint) -> bool:
    return allows(given(*events).history(), SHARE, parse_moment(moment))


def test_consent_holds_until_it_is_withdrawn_and_again_when_it_is_given_again() -> None:
    story = (gives("2025-06-01"), withdraws("2025-06-05T10:00:00+09:00"), gives("2025-06-08"))
    found = consents_of(given(*story).history())[SHARE]
    assert [consent.state for consent in found] == ["in_force", "withdrawn", "in_force"]
    assert [consent.told_by for consent in found] == [event.event_id for event in story]
    assert found[-1].until == END_OF_TIME
    asked = ["2025-05-31", "2025-06-01", "2025-06-05T09:59:59+09:00", "2025-06-05T10:00:00+09:00", "2025-06-08"]
    assert [allowed(moment, *story) for moment in asked] == [False, True, True, False, True]


def test_consent_lapses_when_its_last_day_is_over_in_seoul_unless_given_again() -> None:
    story = (gives("2025-06-01", "2025-06-05"),)
    assert spells(*story)[1] == ("lapsed", "2025-06-05T15:00:00+00:00")
    assert allowed("2025-06-05T23:59:59.999999+09:00", *story)
    assert not allowed("2025-06-06T00:00:00+09:00", *story)
    assert [state for state, _ in spells(*story, gives("2025-06-04", "2025-07-01"))] == ["in_force"] * 2 + ["lapsed"]
    assert not allowed("2025-06-04", gives("2025-06-01"), gives("2025-06-02", "2025-06-03")), "the latest counts"


def test_consent_told_when_it_was_over_was_never_in_force() -> None:
    assert spells(gives("2025-06-10T10:00:00+09:00", "2025-06-05")) == [("lapsed", "2025-06-10T01:00:00+00:00")]


def test_in_doubt_the_withdrawal_stands() -> None:
    withdrawn = withdraws("2025-06-05T10:00:00+09:00")
    assert not allowed("2025-06-09", withdrawn, gives("2025-06-05T10:00:00+09:00"))
    assert not allowed("2025-06-09", withdrawn, gives("2025-06-05T12:00:00+09:00").replaced(precision="day"))
    assert allowed("2025-06-09", withdrawn, gives("2025-06-05T12:00:00+09:00"))


def test_a_restriction_holds_whatever_the_consent() -> None:
    restricted = on(processing_restricted.replaced(scope="share"), "2025-06-05")
    resumed = on(processing_resumed.replaced(scope="share"), "2025-06-08")
    story = (gives("2025-06-01"), restricted, gives("2025-06-06"), resumed)
    assert [allowed(f"2025-06-0{day}", *story) for day in (4, 5, 7, 8)] == [True, False, False, True]
    times = restrictions_of(given(*story).history())
    assert times == {SHARE: [(restricted.occurred_at, resumed.occurred_at)]}
    assert not allowed("2025-06-04", restricted)


def test_who_was_never_asked_has_given_no_consent() -> None:
    assert consents_of(given(call_received).history()) == {}
    assert not allowed("2025-06-04", call_received)


@pytest.mark.parametrize("moment", ["9999-12-31", "9999-12-30"])
def test_what_nothing_ends_is_there_at_the_last_day_that_can_be_asked_for(moment: str) -> None:
    assert allowed(moment, gives("2025-06-01"))


_STORIES = st.lists(
    st.builds(
        lambda event, day: on(event, f"2025-06-{day:02}"),
        st.sampled_from([gives("2025-06-01", until) for until in (None, "2025-06-05", "2025-06-20")])
        | st.just(withdraws("2025-06-01")),
        st.integers(1, 28),
    ),
    max_size=8,
    unique_by=lambda event: event.event_id,
)


@supposing(_STORIES, st.integers(1, 28))
def test_spells_follow_each_other_and_those_of_a_moment_are_the_same_whatever_came_later(
    events: list[Touchpoint], day: int
) -> None:
    moment = parse_moment(f"2025-06-{day:02}")
    if not events:
        return
    story = given(*events)
    whole, then = consents_of(story.history()), consents_of(story.history(as_of=moment))
    for one, other in pairwise(whole.get(SHARE, ())):
        assert one.since < one.until == other.since
    assert _at(whole, moment) == _at(then, moment)
    times = {state: times_in(whole, SHARE, [state]) for state in ConsentState}
    in_it = {state for state, found in times.items() if any(since <= moment < until for since, until in found)}
    assert in_it == {consent.state for consent in consents_at(whole, moment).values()}


def _at(consents: Consents, moment: datetime) -> tuple[ConsentState, datetime, UUID] | None:
    found = consents_at(consents, moment).get(SHARE)
    return found and (found.state, found.since, found.told_by)
