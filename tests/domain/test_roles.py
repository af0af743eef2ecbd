"""Roles over one identity: what somebody is to the programme, beside the stage."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given as supposing
from hypothesis import strategies as st

from domain.codes import Stage
from domain.history import Recorded, history_of
from domain.journey import journey_of
from domain.roles import Role, RoleEnd, RoleInterval, roles_at, roles_of
from domain.touchpoint import Touchpoint
from tests.domain.journey.stories import healing, ucla
from tests.domain.journey.test_laws import history, stories
from tests.examples import (
    OTHER_PARTICIPANT,
    PARTICIPANT,
    activist_selected,
    activist_stepped_down,
    activity_performed,
    call_received,
    identities_linked,
    journey_ended,
    participant_registered,
    risk_assessed,
    store_visited,
    training_completed,
)
from tests.given import given, on, recorded

P, T, A = Role.PARTICIPANT, Role.TRAINEE, Role.HEALING_ACTIVIST
selected = on(activist_selected, "2025-07-01")
trained = on(training_completed, "2025-08-01")
relapsed = on(activist_stepped_down.replaced(reason="relapse"), "2025-09-01")


def days(*events: Touchpoint | Recorded) -> list[tuple[Role, str, str | None]]:
    """Each role with the Seoul days of its two ends."""
    return [
        (held.role, f"{held.since:%m-%d}", f"{held.until:%m-%d}" if held.until else None)
        for held in roles_of(given(*events).history())
    ]


def test_a_participant_becomes_a_trainee_and_an_activist_and_stays_a_participant() -> None:
    held = roles_of(given(*healing, selected, trained).history())
    assert [(one.role, one.until and one.until.date().isoformat()) for one in held] == [
        (P, None),
        (T, "2025-08-01"),
        (A, None),
    ]
    participant, trainee, activist = held
    assert participant.evidence == (healing[0].event_id,)
    assert (trainee.evidence, trainee.end) == ((selected.event_id,), RoleEnd.BECAME_ACTIVIST)
    assert trainee.ended_by == trained.event_id
    assert activist.evidence == (selected.event_id, trained.event_id)


def test_an_activist_who_relapses_is_helped_under_the_same_identity() -> None:
    history = given(*healing, selected, trained, relapsed).history()
    held = roles_of(history)
    assert roles_at(held, relapsed.occurred_at - timedelta(microseconds=1)) == [P, A]
    assert roles_at(held, relapsed.occurred_at) == [P]
    assert (held[-1].end, held[-1].ended_by, held[-1].relapse) == (RoleEnd.STEPPED_DOWN, relapsed.event_id, True)
    assert journey_of(history).stage == Stage.HEALING


def test_who_steps_down_for_another_reason_has_not_relapsed() -> None:
    moved = on(activist_stepped_down.replaced(reason="moved"), "2025-09-01")
    [*_, activist] = roles_of(given(*healing, selected, trained, moved).history())
    assert (activist.end, activist.relapse) == (RoleEnd.STEPPED_DOWN, False)


def test_a_re_isolated_activist_stays_one_until_stepping_down() -> None:
    again = on(risk_assessed.replaced(level="high"), "2025-09-01")
    history = given(*healing, selected, trained, again).history()
    assert journey_of(history).stage == Stage.HEALING
    assert roles_at(roles_of(history), again.occurred_at) == [P, A]


def test_the_first_activity_makes_an_activist_where_no_training_is_known() -> None:
    assert days(*healing, selected, on(activity_performed, "2025-08-05"))[1:] == [
        (T, "07-01", "08-05"),
        (A, "08-05", None),
    ]


def test_training_recorded_before_its_selection_arrives_still_counts() -> None:
    late = recorded(selected, "2025-12-01")
    assert days(*healing, trained, late) == days(*healing, selected, trained)


def test_training_before_the_selection_or_without_one_makes_no_activist() -> None:
    assert days(*healing, trained) == [(P, "06-01", None)]
    assert days(*healing, on(training_completed, "2025-06-20"), selected)[1:] == [(T, "07-01", None)]


def test_who_is_selected_again_later_is_a_trainee_anew() -> None:
    again = on(activist_selected, "2026-01-05")
    assert days(*healing, selected, trained, relapsed, again)[1:] == [
        (T, "07-01", "08-01"),
        (A, "08-01", "09-01"),
        (T, "01-05", None),
    ]


def test_a_selection_told_twice_begins_nothing_new() -> None:
    assert days(*healing, selected, on(activist_selected, "2025-07-09"))[1:] == [(T, "07-01", None)]
    assert days(*healing, selected, trained, on(activist_selected, "2025-08-09"))[1:] == [
        (T, "07-01", "08-01"),
        (A, "08-01", None),
    ]


def test_the_end_of_the_journey_ends_all_roles_and_a_contact_brings_back_the_participant_only() -> None:
    left = on(journey_ended.replaced(reason="moved_out"), "2025-09-01")
    back = on(activity_performed, "2025-12-01")
    assert days(*healing, selected, trained, left, back) == [
        (P, "06-01", "09-01"),
        (T, "07-01", "08-01"),
        (A, "08-01", "09-01"),
        (P, "12-01", None),
    ]


def test_who_completed_the_programme_may_be_selected_afterwards() -> None:
    done = on(journey_ended.replaced(reason="completed"), "2025-07-01")
    assert days(*healing, done, on(activist_selected, "2025-07-20")) == [(P, "06-01", "07-01"), (T, "07-20", None)]


def test_a_selection_on_the_day_of_the_end_is_no_coming_back() -> None:
    done = on(journey_ended.replaced(precision="day"), "2025-07-01T12:00:00+09:00")
    same_day = on(activist_selected, "2025-07-01T15:00:00+09:00")
    assert days(*healing, done, same_day) == [(P, "06-01", "07-01")]


def test_after_a_death_no_role_begins() -> None:
    died = on(journey_ended.replaced(reason="died"), "2025-09-01")
    after = on(activist_selected, "2025-10-01"), on(call_received, "2025-10-02")
    assert days(*healing, died, *after) == [(P, "06-01", "09-01")]


def test_a_registration_makes_a_participant_before_any_contact() -> None:
    assert days(on(participant_registered, "2025-05-01"), on(call_received, "2025-05-20")) == [(P, "05-01", None)]


def test_one_anonymous_visit_makes_nobody_a_participant_until_it_is_known_whose() -> None:
    visit, other = on(store_visited, "2025-05-01"), on(store_visited, "2025-05-09")
    assert days(visit) == []
    assert days(visit, other) == [(P, "05-09", None)]


def test_a_household_has_no_role() -> None:
    assert days(on(participant_registered.replaced(kind="household"), "2025-05-01"), *healing, selected) == []


def test_one_role_is_held_across_linked_identities() -> None:
    elsewhere = trained.replaced(participant_id=OTHER_PARTICIPANT)
    both = identities_linked.replaced(participant_id=OTHER_PARTICIPANT, other_id=PARTICIPANT)
    assert days(*healing, selected, elsewhere)[1:] == [(T, "07-01", None)]
    assert days(*healing, selected, elsewhere, identities_linked, both)[1:] == [
        (T, "07-01", "08-01"),
        (A, "08-01", None),
    ]


def test_two_bare_dates_of_one_day_count_in_the_order_in_which_they_must_have_happened() -> None:
    noon = "2025-07-01T12:00:00+09:00"
    same = [on(event.replaced(precision="day"), noon) for event in (activist_selected, training_completed)]
    for number in range(8):  # ids decide nothing
        numbered = [event.replaced(source_id=f"{number}-{event.source_id}") for event in same]
        assert days(*healing, *numbered)[1:] == [(A, "07-01", None)]


def test_a_measure_alone_gives_no_role() -> None:
    assert days(ucla(9, "2025-06-01")) == []


LAST = datetime(2035, 1, 1, tzinfo=UTC)
moments = st.datetimes(datetime(2025, 5, 1), datetime(2034, 1, 1), timezones=st.just(UTC))


@supposing(stories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_role(events: list[Touchpoint], chance: Random) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert roles_of(history(shuffled)) == roles_of(history(events))


def until(moment: datetime, held: list[RoleInterval]) -> list[RoleInterval]:
    """What of these intervals had happened by then."""
    begun = [one for one in held if one.since <= moment]
    return [
        one if one.until and one.until <= moment else RoleInterval(one.role, one.since, one.evidence) for one in begun
    ]


@supposing(stories(), st.lists(moments, max_size=5))
def test_the_roles_as_of_a_moment_are_those_of_the_whole_history_filtered(
    events: list[Touchpoint], asked: list[datetime]
) -> None:
    whole = roles_of(history(events))
    edges = [event.occurred_at for event in events]
    for moment in [*asked, *edges, *(edge - timedelta(microseconds=1) for edge in edges)]:
        assert roles_of(history(events, moment)) == until(moment, whole)


@supposing(stories())
def test_an_interval_lasts_and_no_role_is_held_twice_at_once(events: list[Touchpoint]) -> None:
    happened = {event.event_id: event.occurred_at for event in events}
    held = roles_of(history(events))
    for role in Role:
        own = [one for one in held if one.role == role]
        for one, following in pairwise(own):
            assert one.until is not None
            assert one.until <= following.since
    for one in held:
        assert one.until is None or one.since < one.until
        assert (one.until is None) == (one.end is None) == (one.ended_by is None)
        assert max(happened[event_id] for event_id in one.evidence) == one.since
    for moment in happened.values():
        assert len({T, A} & set(roles_at(held, moment))) <= 1


def test_what_was_known_then_is_answered_as_it_was_known() -> None:
    facts = [Recorded(event, LAST + timedelta(days=place)) for place, event in enumerate((*healing, selected))]
    known = history_of(PARTICIPANT, facts, known_at=LAST)
    assert [one.role for one in roles_of(known)] == [P]
