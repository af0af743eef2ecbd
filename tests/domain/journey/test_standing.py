"""In contact, silent or lost: a status of the day that is asked about."""

import pytest

from domain.clock import parse_moment
from domain.codes import About, CallOutcome, JourneyEnd, Stage
from domain.journey import Standing, Status, status
from domain.touchpoint import Touchpoint
from tests.domain.journey.stories import Story, after, healing, journey, maintained, prevention, returned
from tests.examples import call_placed, call_received, journey_ended, session_attended, session_missed, store_visited
from tests.given import on


def status_on(day: str, *events: Touchpoint) -> Status:
    return status(journey(*events), parse_moment(day))


@pytest.mark.parametrize(
    ("before", "last_contact", "days"),
    [
        (prevention, "2025-06-01", 90),
        (healing, "2025-06-10", 30),
        (returned, "2025-07-10", 60),
        (maintained, "2025-10-01", 90),
    ],
    ids=["prevention", "healing", "return", "re-isolation prevention"],
)
def test_each_stage_is_silent_after_its_own_days_without_contact(before: Story, last_contact: str, days: int) -> None:
    story = (*before, on(store_visited, last_contact))
    day_before, day = (status_on(after(last_contact, days - less), *story) for less in (1, 0))
    assert day.stage == journey(*before).stage
    assert (day_before.standing, day.standing) == (Standing.IN_CONTACT, Standing.SILENT)
    assert day.days_without_contact == days


@pytest.mark.parametrize(("days", "standing"), [(179, Standing.SILENT), (180, Standing.LOST)])
def test_everybody_is_lost_after_180_days(days: int, standing: Standing) -> None:
    assert status_on(after("2025-05-20", days), *prevention).standing == standing


def test_lost_ends_at_the_next_contact() -> None:
    story = (*prevention, on(call_placed, "2026-03-01"))
    assert status_on("2026-02-28", *story).standing == Standing.LOST
    assert status_on("2026-03-01", *story).standing == Standing.IN_CONTACT


@pytest.mark.parametrize(
    "event",
    [session_missed, call_placed.replaced(outcome="no_answer"), call_received.replaced(outcome=CallOutcome.ABANDONED)],
    ids=["missed session", "unreached call", "abandoned call"],
)
def test_nobody_was_in_contact_who_was_not_reached(event: Touchpoint) -> None:
    story = (*prevention, on(event, "2025-08-17"))
    found = status_on("2025-08-18", *story)
    assert (found.standing, found.last_contact_at) == (Standing.SILENT, prevention[0].occurred_at)


def test_a_call_about_somebody_else_shows_that_the_caller_is_not_silent() -> None:
    story = (*prevention, on(call_received.replaced(about=About.OTHER), "2025-08-17"))
    assert status_on("2025-08-18", *story).standing == Standing.IN_CONTACT


def test_without_any_contact_the_days_run_from_the_first_stage() -> None:
    found = status_on("2025-07-01", *healing)
    assert (found.last_contact_at, found.days_without_contact, found.standing) == (None, 30, Standing.SILENT)


def test_the_days_are_those_of_seoul() -> None:
    visit = on(session_attended, "2025-05-20T23:50:00+09:00")
    assert status_on("2025-08-17T23:59:00+09:00", visit).standing == Standing.IN_CONTACT
    assert status_on("2025-08-18T00:01:00+09:00", visit).standing == Standing.SILENT


@pytest.mark.parametrize("reason", [JourneyEnd.COMPLETED, JourneyEnd.DIED])
def test_nobody_waits_for_somebody_whose_journey_ended(reason: JourneyEnd) -> None:
    story = (*healing, on(journey_ended.replaced(reason=reason), "2025-06-05"))
    assert status_on("2026-06-05", *story).standing is None


def test_without_a_stage_there_is_no_standing() -> None:
    found = status_on("2025-06-05", on(session_missed, "2025-06-01"))
    assert (found.stage, found.standing, found.days_in_stage, found.days_without_contact) == (None, None, None, None)


def test_what_happens_after_the_day_plays_no_part_in_its_status() -> None:
    assert status_on("2025-06-15", *maintained) == status_on("2025-06-15", *healing)
    assert status_on("2025-06-15", *maintained).stage == Stage.HEALING
    assert status_on("2025-05-31", *maintained).stage is None


def test_the_days_in_a_stage_run_from_its_entry() -> None:
    assert status_on("2025-07-11", *returned).days_in_stage == 10
