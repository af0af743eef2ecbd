"""Who is responsible, who lives where, and who has whom on their shift, as intervals."""

from datetime import timedelta

from domain.casework import SHIFT_ENDS_AFTER, assignments_of, residences_of, shifts_of
from domain.clock import END_OF_TIME, parse_moment
from tests.examples import (
    HOUSEHOLD,
    OTHER_PARTICIPANT,
    household_joined,
    household_left,
    identities_linked,
    journey_ended,
    shift_handed_over,
    worker_assigned,
    worker_unassigned,
)
from tests.given import given, on

AT = "2025-06-01T09:00:00+09:00"


def test_a_worker_has_a_role_from_its_assignment_until_it_is_given_back() -> None:
    [found] = assignments_of(given(worker_assigned, worker_unassigned).history())
    assert found == (
        "worker-08",
        "case manager",
        worker_assigned.occurred_at,
        worker_unassigned.occurred_at,
        worker_assigned.event_id,
        worker_unassigned.event_id,
    )


def test_assigned_twice_is_one_interval_and_the_first_event_began_it() -> None:
    [found] = assignments_of(given(on(worker_assigned, "2025-06-02"), worker_assigned).history())
    assert (found.since, found.until) == (worker_assigned.occurred_at, END_OF_TIME)
    assert (found.assigned_by, found.ended_by) == (worker_assigned.event_id, None)


def test_a_role_given_back_that_nobody_had_is_nothing() -> None:
    assert assignments_of(given(worker_unassigned).history()) == []
    assert len(assignments_of(given(worker_assigned, worker_unassigned.replaced(role="night")).history())) == 1


def test_assigned_again_after_it_was_given_back_is_another_interval() -> None:
    found = assignments_of(given(worker_assigned, worker_unassigned, on(worker_assigned, "2025-07-01")).history())
    assert [one.until == END_OF_TIME for one in found] == [False, True]


def test_at_one_instant_an_end_outweighs_an_assignment_whatever_their_ids() -> None:
    for number in range(8):
        begun = on(worker_assigned, AT).replaced(source_id=f"a-{number}")
        assert assignments_of(given(begun, on(worker_unassigned, AT)).history()) == []


def test_the_end_of_a_journey_ends_no_assignment() -> None:
    [found] = assignments_of(given(worker_assigned, journey_ended).history())
    assert found.until == END_OF_TIME


def test_a_role_told_under_one_identity_may_be_given_back_under_another() -> None:
    other = worker_unassigned.replaced(participant_id=OTHER_PARTICIPANT)
    half = identities_linked.replaced(participant_id=OTHER_PARTICIPANT, other_id=worker_assigned.participant_id)
    [found] = assignments_of(given(worker_assigned, identities_linked, half, other).history())
    assert found.ended_by == other.event_id


def test_somebody_lives_in_a_household_from_joining_it_until_they_leave() -> None:
    [found] = residences_of(given(household_joined, household_left).history())
    assert found.household_id == HOUSEHOLD
    assert (found.since, found.until) == (household_joined.occurred_at, household_left.occurred_at)
    assert (found.joined_by, found.left_by) == (household_joined.event_id, household_left.event_id)


def test_whoever_was_handed_a_person_last_has_them_until_the_next_handover() -> None:
    handed = on(shift_handed_over, AT)
    back = on(shift_handed_over, "2025-06-01T17:00:00+09:00").replaced(to_actor="worker-09")
    night, day = shifts_of(given(handed, back).history())
    assert (night.worker, night.until, night.ended_by) == ("worker-08", back.occurred_at, back.event_id)
    assert (day.worker, day.since, day.ended_by) == ("worker-09", back.occurred_at, None)


def test_a_shift_that_nobody_hands_on_is_over_by_itself_after_24_hours() -> None:
    handed = on(shift_handed_over, AT)
    [alone] = shifts_of(given(handed).history())
    assert (alone.until, alone.ended_by) == (parse_moment("2025-06-02T09:00:00+09:00"), None)
    much_later = on(shift_handed_over, "2025-06-20").replaced(source_id="later")
    assert shifts_of(given(handed, much_later).history())[0] == alone


def test_a_shift_that_begins_at_the_end_of_time_ends_there() -> None:
    late = shift_handed_over.replaced(occurred_at=END_OF_TIME - timedelta(hours=1))
    [found] = shifts_of(given(late).history())
    assert found.until == END_OF_TIME


def test_of_several_handovers_at_one_instant_all_count() -> None:
    moment = parse_moment(AT)
    several = [on(shift_handed_over, AT).replaced(to_actor=worker, source_id=worker) for worker in ("b", "a")]
    found = shifts_of(given(*several).history())
    assert [(shift.worker, shift.since, shift.until) for shift in found] == [
        ("a", moment, moment + SHIFT_ENDS_AFTER),
        ("b", moment, moment + SHIFT_ENDS_AFTER),
    ]
