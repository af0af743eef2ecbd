"""M1 and M2: from RETURN to RE_ISOLATION_PREVENTION."""

import pytest

from domain.codes import About, CallLevel, CallOutcome, Stage
from domain.touchpoint import Touchpoint
from tests.domain.journey.stories import journey, last_move, moves, returned, selected, sessions, well
from tests.examples import (
    activist_selected,
    activity_performed,
    call_received,
    journey_ended,
    measure_taken,
    prescription_issued,
    store_visited,
    training_completed,
)
from tests.given import on


@pytest.mark.parametrize(("day", "moved"), [("2025-09-28", False), ("2025-09-29", True)])
def test_m1_the_first_contact_from_90_days_after_return_shows_that_it_lasts(day: str, moved: bool) -> None:
    assert (last_move(*returned, on(store_visited, day)) == "M1") is moved


def test_m1_has_the_entry_and_the_contact_as_evidence_and_is_dated_by_the_contact() -> None:
    visit = on(store_visited, "2025-11-15")
    spell = journey(*returned, visit).spells[-1]
    assert (spell.stage, spell.entered_at) == (Stage.RE_ISOLATION_PREVENTION, visit.occurred_at)
    assert spell.evidence == (returned[-1].event_id, visit.event_id)


@pytest.mark.parametrize(
    ("moment", "moved"), [("2025-09-28T23:59:00+09:00", False), ("2025-09-29T00:01:00+09:00", True)]
)
def test_m1_days_are_those_of_seoul(moment: str, moved: bool) -> None:
    assert (last_move(*returned, on(store_visited, moment)) == "M1") is moved


def test_m1_contacts_before_leave_somebody_in_return() -> None:
    assert moves(*returned, *(on(store_visited, f"2025-09-{day:02}") for day in range(1, 29))) == ["H2", "T1"]


NO_CONTACT = {
    "an abandoned call": call_received.replaced(outcome=CallOutcome.ABANDONED),
    "a call about a neighbour": call_received.replaced(about=About.OTHER),
    "a call about a household": call_received.replaced(about=About.HOUSEHOLD),
    "a measure": measure_taken.replaced(items=None, score=4),
}


@pytest.mark.parametrize("event", NO_CONTACT.values(), ids=NO_CONTACT.keys())
def test_m1_what_is_no_contact_of_ones_own_shows_nothing(event: Touchpoint) -> None:
    assert last_move(*returned, on(event, "2025-10-15")) == "T1"


def test_m1_a_call_for_information_is_contact_enough() -> None:
    assert last_move(*returned, on(call_received.replaced(level=CallLevel.INFORMATION), "2025-10-15")) == "M1"


@pytest.mark.parametrize("event", [training_completed, activity_performed], ids=["training", "activity"])
def test_m2_training_or_an_activity_after_selection_prevents_re_isolation(event: Touchpoint) -> None:
    done = on(event, "2025-07-05")
    spell = journey(*selected, done).spells[-1]
    assert (spell.rule, spell.stage) == ("M2", Stage.RE_ISOLATION_PREVENTION)
    assert spell.evidence == (done.event_id,)


@pytest.mark.parametrize("event", [training_completed, activity_performed], ids=["training", "activity"])
def test_m2_without_a_selection_neither_counts(event: Touchpoint) -> None:
    assert last_move(*returned, on(event, "2025-07-05")) == "T1"


def test_m2_counts_a_selection_during_return() -> None:
    chosen, trained = on(activist_selected, "2025-07-03"), on(training_completed, "2025-07-05")
    assert last_move(*returned, chosen, trained) == "M2"
    assert last_move(*returned, on(training_completed, "2025-07-02"), chosen) == "T1"


def test_m2_stands_below_m1_so_that_an_activity_90_days_later_is_a_contact_first() -> None:
    assert last_move(*selected, on(activity_performed, "2025-09-28")) == "M2"
    assert last_move(*selected, on(activity_performed, "2025-09-29")) == "M1"


def test_m2_a_selection_of_an_earlier_episode_does_not_count() -> None:
    first_episode = (*selected, on(journey_ended, "2025-07-15"))
    second = (on(call_received, "2025-08-01"), on(prescription_issued, "2025-08-10"))
    back_in_return = (*first_episode, *second, *sessions(4, "2025-08-11"), *well("2025-08-12"))
    trained = on(training_completed, "2025-09-20")
    assert last_move(*back_in_return, trained) == "T1"
    assert last_move(*back_in_return, on(activist_selected, "2025-09-19"), trained) == "M2"
