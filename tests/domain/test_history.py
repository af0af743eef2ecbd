"""The effective history: amendments, both clocks, and the law that the order of arrival decides nothing."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.clock import END_OF_TIME, parse_moment
from domain.events import CallReceived, SessionAttended, StoreVisited
from domain.history import History, Recorded, history_of
from domain.touchpoint import Touchpoint
from tests.examples import (
    OTHER_PARTICIPANT,
    PARTICIPANT,
    call_received,
    identities_linked,
    identities_unlinked,
    session_attended,
    store_visited,
    touchpoint_corrected,
    touchpoint_voided,
)
from tests.given import FIRST_RECORDED_AT, given, on, recorded

CALL, VISIT, SESSION = call_received.event_id, store_visited.event_id, session_attended.event_id


def corrected(target: Touchpoint, decided_at: str, **replacement: Any) -> Touchpoint:
    """A correction of a call or of another example, decided at a Seoul time such as "2025-05-05T09:30"."""
    stated = target.model_dump(mode="json", exclude={"participant_id", "source", "source_id"})
    return touchpoint_corrected.replaced(
        source_id=f"correction-of-{target.source_id}-{decided_at}",
        target_event_id=target.event_id,
        decided_at=f"{decided_at}:00+09:00",
        replacement_type=target.stored_as,
        replacement=stated | replacement,
    )


def voided(target: Touchpoint, decided_at: str) -> Touchpoint:
    """A void of an example, decided at a Seoul time such as "2025-05-05T09:30"."""
    return touchpoint_voided.replaced(
        source_id=f"void-of-{target.source_id}-{decided_at}",
        target_event_id=target.event_id,
        decided_at=f"{decided_at}:00+09:00",
    )


def told(history: History) -> list[tuple[object, Touchpoint, object]]:
    """What the facts say, without when the journal heard of them."""
    return [(fact.event_id, fact.event, fact.amended_by) for fact in history.facts]


def levels(history: History) -> list[str]:
    return [fact.event.level for fact in history.facts if fact.event.stored_as == "call-received.v1"]  # type: ignore[attr-defined]


def test_facts_stand_in_the_order_in_which_they_happened() -> None:
    history = given(session_attended, call_received, store_visited).history()
    assert [fact.event_id for fact in history.facts] == [CALL, VISIT, SESSION]


def test_facts_of_the_same_instant_stand_in_the_order_of_their_ids() -> None:
    twins = [call_received.replaced(source_id=f"call-{number}") for number in range(9)]
    history = given(*twins).history()
    assert [fact.event_id for fact in history.facts] == sorted(twin.event_id for twin in twins)


def test_a_corrected_touchpoint_says_what_the_correction_says_under_its_own_id() -> None:
    [fact] = given(call_received, touchpoint_corrected).history().facts
    assert fact.event_id == fact.event.event_id == CALL
    assert fact.event == call_received.replaced(
        level="information",
        note="Asked where the store is.",
        **dict.fromkeys(("actor", "organisation", "site", "district", "basis", "duration_seconds")),
        repeat="unknown",
        age_band="unknown",
    )
    assert fact.amended_by == touchpoint_corrected.event_id
    assert fact.recorded_at == FIRST_RECORDED_AT


def test_a_correction_that_states_no_time_leaves_the_time_as_it_was() -> None:
    dated = call_received.replaced(precision="day")
    untimed = touchpoint_corrected.replaced(replacement={"channel": "chatbot", "outcome": "answered"})
    [fact] = given(dated, untimed).history().facts
    assert (fact.occurred_at, fact.event.precision) == (dated.occurred_at, "day")


def test_a_correction_of_a_synthetic_touchpoint_stays_synthetic() -> None:
    synthetic = touchpoint_corrected.replaced(origin="synthetic")
    [fact] = given(call_received.replaced(origin="synthetic"), synthetic).history().facts
    assert fact.event.origin == "synthetic"


def test_a_correction_may_move_a_touchpoint_to_another_time() -> None:
    history = given(
        call_received,
        store_visited,
        corrected(call_received, "2025-05-09T09:00", occurred_at="2025-05-08T09:00:00+09:00"),
    ).history()
    assert [fact.event_id for fact in history.facts] == [VISIT, CALL]


def test_a_correction_may_turn_a_call_into_a_visit() -> None:
    turned = touchpoint_corrected.replaced(
        replacement_type="store-visited.v1", replacement={"occurred_at": "2025-05-02T10:15:00+09:00"}
    )
    [fact] = given(call_received, turned).history().facts
    assert (fact.event.stored_as, fact.event_id) == ("store-visited.v1", CALL)


def test_a_voided_touchpoint_is_no_fact() -> None:
    assert told(given(store_visited, touchpoint_voided).history()) == []


def test_an_amendment_that_arrives_before_its_target_counts() -> None:
    assert told(given(touchpoint_voided, store_visited).history()) == []
    assert levels(given(touchpoint_corrected, call_received).history()) == ["information"]


def test_the_amendment_decided_last_wins_however_it_arrives() -> None:
    first = corrected(call_received, "2025-05-05T09:30", level="emergency")
    last = corrected(call_received, "2025-05-06T09:30", level="household_discovery")
    assert levels(given(call_received, first, last).history()) == ["household_discovery"]
    assert levels(given(call_received, last, first).history()) == ["household_discovery"]


def test_of_amendments_decided_at_the_same_time_the_greatest_id_wins() -> None:
    one = corrected(call_received, "2025-05-05T09:30", level="emergency")
    other = one.replaced(source_id="correction-b", replacement=one.replacement | {"level": "information"})  # type: ignore[attr-defined]
    winner = max(one, other, key=lambda event: event.event_id)
    for arrival in ([one, other], [other, one]):
        [fact] = given(call_received, *arrival).history().facts
        assert fact.amended_by == winner.event_id


def test_a_void_that_was_decided_before_a_correction_is_undone_by_it() -> None:
    void = voided(call_received, "2025-05-05T09:30")
    correction = corrected(call_received, "2025-05-06T09:30", level="emergency")
    assert levels(given(call_received, void, correction).history()) == ["emergency"]
    assert levels(given(call_received, correction, void).history()) == ["emergency"]


def test_a_void_that_was_decided_after_a_correction_stands() -> None:
    void = voided(call_received, "2025-05-07T09:30")
    correction = corrected(call_received, "2025-05-06T09:30", level="emergency")
    assert told(given(call_received, void, correction).history()) == []


def test_an_amendment_told_in_another_persons_stream_has_no_effect_and_is_kept_as_that() -> None:
    foreign = voided(call_received, "2025-05-05T09:30").replaced(participant_id=OTHER_PARTICIPANT)
    history = given(call_received, identities_linked, foreign).history()
    assert [told.event_id for told in history.without_effect] == [foreign.event_id]
    assert levels(given(call_received, identities_linked, foreign).history()) == ["loneliness_talk"]
    assert all(
        part.fact.amended_by is None for part in given(call_received, identities_linked, foreign).history().slices()
    )


def test_a_touchpoint_without_an_amendment_that_counts_has_no_list_of_them() -> None:
    assert given(store_visited, touchpoint_corrected).history().amendments == {}


def test_an_amendment_of_an_amendment_is_ignored() -> None:
    void_of_the_void = voided(touchpoint_voided, "2025-05-10T09:30")
    assert told(given(store_visited, touchpoint_voided, void_of_the_void).history()) == []


def test_a_link_cannot_be_voided_away() -> None:
    """A link counts until an unlink; were its event gone and the link not, nobody could say why two are one."""
    history = given(call_received, identities_linked, voided(identities_linked, "2025-05-16T09:30")).history()
    assert [fact.event_id for fact in history.facts] == [CALL, identities_linked.event_id]


def test_as_of_a_day_means_to_its_end_in_seoul() -> None:
    late = call_received.replaced(occurred_at="2025-05-02T23:59:59+09:00", source_id="late")
    story = given(late, on(late, "2025-05-03T00:00:00+09:00"))
    assert [fact.event_id for fact in story.history(as_of="2025-05-02").facts] == [late.event_id]


def test_as_of_looks_at_the_corrected_time() -> None:
    moved = corrected(call_received, "2025-05-09T09:00", occurred_at="2025-05-08T09:00:00+09:00")
    assert told(given(call_received, moved).history(as_of="2025-05-07")) == []


def test_an_amendment_has_no_world_time() -> None:
    """Asked as of a day before the correction was decided, the corrected value shows: we know better now."""
    assert levels(given(call_received, touchpoint_corrected).history(as_of="2025-05-03")) == ["information"]


def test_what_was_recorded_later_was_not_known() -> None:
    story = given(
        recorded(call_received, "2025-06-01T09:00:00+09:00"),
        recorded(touchpoint_corrected, "2025-06-03T09:00:00+09:00"),
    )
    assert told(story.history(known_at="2025-05-31")) == []
    assert levels(story.history(known_at="2025-06-02")) == ["loneliness_talk"]
    assert levels(story.history(known_at="2025-06-03")) == ["information"]


def test_what_was_recorded_at_the_very_instant_was_known() -> None:
    story = given(recorded(call_received, "2025-06-01T09:00:00+09:00"))
    assert levels(story.history(known_at="2025-06-01T09:00:00+09:00")) == ["loneliness_talk"]


def test_a_linked_pseudonym_brings_its_touchpoints_from_the_link_on_and_until_the_unlink() -> None:
    others = session_attended.replaced(participant_id=OTHER_PARTICIPANT)
    story = given(call_received, others, identities_linked, identities_unlinked)
    counts = [len(story.history(known_at=FIRST_RECORDED_AT + timedelta(seconds=second)).facts) for second in range(4)]
    # The call; the call and somebody else's session; both and the link; the call, the link and the unlink.
    assert counts == [1, 1, 3, 3]


def test_a_slice_ends_where_a_correction_was_recorded_and_the_next_begins() -> None:
    story = given(
        recorded(call_received, "2025-06-01T09:00:00+09:00"),
        recorded(touchpoint_corrected, "2025-06-03T09:00:00+09:00"),
    )
    first, second = story.history().slices()
    assert (first.fact.amended_by, second.fact.amended_by) == (None, touchpoint_corrected.event_id)
    assert (first.known_from, first.known_to) == tuple(
        map(parse_moment, ("2025-06-01T09:00:00+09:00", "2025-06-03T09:00:00+09:00"))
    )
    assert (second.known_from, second.known_to) == (first.known_to, END_OF_TIME)


def test_an_amendment_that_came_first_leaves_one_slice_from_the_target_on() -> None:
    [part] = given(touchpoint_corrected, call_received).history().slices()
    assert (part.known_from, part.known_to) == (FIRST_RECORDED_AT + timedelta(seconds=1), END_OF_TIME)


def test_a_slice_knows_the_root_of_its_time() -> None:
    others = session_attended.replaced(participant_id=OTHER_PARTICIPANT)
    history = given(
        identities_linked.replaced(participant_id=PARTICIPANT), recorded(others, "2025-05-31T09:00:00+09:00")
    ).history()
    parts = [(part.root, part.linked) for part in history.slices() if part.fact.event_id == others.event_id]
    assert parts == [(OTHER_PARTICIPANT, False), (PARTICIPANT, True)]


DAYS = st.integers(1, 28).map(lambda day: f"2025-05-{day:02d}T09:30")
TARGETS = st.sampled_from((call_received, store_visited, session_attended))
AMENDMENTS = st.one_of(
    st.builds(voided, TARGETS, DAYS),
    st.builds(corrected, TARGETS, DAYS),
    st.builds(
        lambda target, decided_at, day: corrected(target, decided_at, occurred_at=f"2025-05-{day:02d}T10:00:00+09:00"),
        TARGETS,
        DAYS,
        st.integers(1, 28),
    ),
    st.builds(lambda target, day: voided(target, day).replaced(participant_id=OTHER_PARTICIPANT), TARGETS, DAYS),
)
EVENTS = st.lists(
    st.one_of(TARGETS, AMENDMENTS, st.sampled_from((identities_linked, identities_unlinked))),
    min_size=1,
    max_size=8,
    unique_by=lambda event: event.event_id,
)


@for_all(EVENTS.flatmap(lambda events: st.tuples(st.just(events), st.permutations(events))))
def test_no_order_of_arrival_changes_what_the_facts_say(orders: tuple[list[Touchpoint], list[Touchpoint]]) -> None:
    arrived, otherwise = (
        history_of(
            PARTICIPANT, [Recorded(event, FIRST_RECORDED_AT + timedelta(seconds=i)) for i, event in enumerate(order)]
        )
        for order in orders
    )
    assert told(arrived) == told(otherwise)


@for_all(EVENTS, st.data())
def test_the_slices_at_any_journal_time_are_the_facts_known_at_that_time(
    events: list[Touchpoint], data: st.DataObject
) -> None:
    """So the slices partition the known time: at every moment a touchpoint has one version, or none when it is void."""
    seconds = data.draw(st.lists(st.integers(0, 5), min_size=len(events), max_size=len(events)))
    journal = [
        Recorded(event, FIRST_RECORDED_AT + timedelta(seconds=s)) for event, s in zip(events, seconds, strict=True)
    ]
    slices = list(history_of(PARTICIPANT, journal).slices())
    for moment in moments_around(journal):
        known = history_of(PARTICIPANT, journal, known_at=moment)
        holding = [part.fact for part in slices if part.known_from <= moment < part.known_to]
        assert sorted(holding, key=lambda fact: (fact.occurred_at, fact.event_id)) == list(known.facts)


@for_all(EVENTS)
def test_slices_of_one_touchpoint_that_meet_differ(events: list[Touchpoint]) -> None:
    journal = [Recorded(event, FIRST_RECORDED_AT + timedelta(seconds=i)) for i, event in enumerate(events)]
    slices = list(history_of(PARTICIPANT, journal).slices())
    for earlier, later in pairwise(slices):
        if earlier.fact.event_id == later.fact.event_id and earlier.known_to == later.known_from:
            assert (earlier.fact, earlier.root, earlier.linked) != (later.fact, later.root, later.linked)


def moments_around(journal: list[Recorded]) -> list[datetime]:
    """Every journal time, and the microsecond before it."""
    times = {item.recorded_at for item in journal}
    return sorted(times | {moment - timedelta(microseconds=1) for moment in times})


def test_the_facts_of_some_types_are_those_in_force_in_their_order() -> None:
    history = given(session_attended, store_visited, call_received, voided(call_received, "2025-05-05T09:30")).history()

    assert [fact.event_id for fact in history.facts_of(frozenset({StoreVisited, SessionAttended}))] == [
        fact.event_id for fact in history.facts
    ]
    assert history.facts_of(frozenset({CallReceived})) == []
