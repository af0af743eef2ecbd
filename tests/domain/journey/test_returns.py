"""The qualifying exit, the return to isolation after it, and how many came back."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given as supposing
from hypothesis import strategies as st

from domain.clock import parse_moment
from domain.journey import VERSION_1, QualifyingExit, Returns, journey_of, qualifying_exit, returns_within
from domain.touchpoint import Touchpoint
from tests.domain.journey.stories import after, healing, journey, prevention, returned, selected, sessions, well
from tests.domain.journey.test_laws import BEGIN, history
from tests.domain.journey.test_laws import stories as histories
from tests.examples import call_received, journey_ended, prescription_issued, risk_assessed
from tests.given import on


def exit_of(*events: Touchpoint) -> QualifyingExit:
    found = qualifying_exit(journey(*events))
    assert found is not None
    return found


def relapse(days: int) -> Touchpoint:
    """Reassessed medium so many days after the exit of 2025-07-01."""
    return on(risk_assessed, after("2025-07-01", days))


def test_without_return_there_is_no_exit() -> None:
    assert qualifying_exit(journey(*prevention, *healing)) is None


def test_the_first_entry_into_return_is_the_exit() -> None:
    found = exit_of(*returned)
    assert (found.entered.rule, found.returned, found.unstable) == ("T1", None, ())


def test_an_exit_by_selection_is_marked() -> None:
    assert exit_of(*selected).entered.by_selection


@pytest.mark.parametrize(("days", "counted"), [(13, False), (14, True)])
def test_a_way_back_counts_from_14_days_after_the_exit(days: int, counted: bool) -> None:
    found = exit_of(*returned, relapse(days))
    assert [spell.rule for spell in found.unstable] == ([] if counted else ["X1"])
    assert (found.returned is not None) is counted


def test_after_an_unstable_exit_the_next_way_back_counts_from_the_same_exit() -> None:
    again = (*sessions(4, "2025-07-12"), *well("2025-07-12"))
    found = exit_of(*returned, relapse(5), *again, on(risk_assessed, "2025-10-01"))
    assert found.returned is not None
    assert (found.entered.entered_at, len(found.unstable)) == (returned[-1].occurred_at, 1)
    assert found.returned.entered_at == on(risk_assessed, "2025-10-01").occurred_at


@pytest.mark.parametrize("event", [risk_assessed, prescription_issued], ids=["H1", "H2"])
def test_healing_in_a_later_episode_is_a_return_to_isolation(event: Touchpoint) -> None:
    second_episode = (on(journey_ended, "2025-08-01"), on(call_received, "2025-12-01"), on(event, "2025-12-05"))
    found = exit_of(*returned, *second_episode)
    assert found.returned is not None
    assert (found.returned.episode, found.returned.entered_at) == (2, second_episode[-1].occurred_at)


def test_healing_before_the_exit_is_no_way_back_and_neither_is_prevention_after_an_end() -> None:
    found = exit_of(*returned, on(journey_ended, "2025-08-01"), on(call_received, "2025-12-01"))
    assert (found.returned, found.unstable) == (None, ())


def test_the_14_days_are_the_rule_sets() -> None:
    story = (*returned, relapse(13))
    found = qualifying_exit(journey(*story, rules=VERSION_1.varied(unstable_days=13)))
    assert found is not None
    assert found.returned is not None


def figures(months: int, as_of: str, *stories: tuple[Touchpoint, ...]) -> Returns:
    moment = parse_moment(as_of)
    found = [qualifying_exit(journey(*story).at(moment)) for story in stories]
    return returns_within([one for one in found if one is not None], months, moment)


RELAPSED_LATE = (*returned, on(risk_assessed, "2025-12-31"))
RELAPSED_TOO_LATE = (*returned, on(risk_assessed, "2026-01-01"))
RELAPSED_SOON = (*returned, relapse(5))


def test_returns_within_six_months_are_those_before_the_same_day_six_months_later() -> None:
    found = figures(6, "2026-01-01", returned, RELAPSED_LATE, RELAPSED_TOO_LATE, RELAPSED_SOON, selected, healing)
    assert found._asdict() == {
        "months": 6,
        "exits": 5,
        "base": 5,
        "not_yet_observable": 0,
        "returned": 1,
        "share": 0.2,
        "unstable": 1,
        "by_selection": 1,
    }


def test_an_exit_that_is_not_old_enough_is_in_no_count_even_if_the_person_came_back() -> None:
    found = figures(6, "2025-12-31", returned, RELAPSED_LATE, RELAPSED_SOON)
    assert (found.exits, found.base, found.not_yet_observable) == (3, 0, 3)
    assert (found.returned, found.share, found.unstable) == (0, None, 0)


@pytest.mark.parametrize(
    ("left", "observable_from"),
    [("2025-08-31", "2026-02-28"), ("2027-08-31", "2028-02-29"), ("2025-12-15", "2026-06-15")],
)
def test_months_are_calendar_months_and_end_with_a_shorter_one(left: str, observable_from: str) -> None:
    story = (on(healing[0], "2025-01-01"), on(selected[-1], left))
    assert figures(6, observable_from, story).base == 1
    assert figures(6, after(observable_from, -1), story).base == 0


@supposing(histories(), st.integers(1, 36), st.integers(0, 2000))
def test_what_is_observable_never_changes_with_time(events: list[Touchpoint], months: int, days: int) -> None:
    whole = journey_of(history(events))
    moment = BEGIN + timedelta(days)

    def at(asked: datetime) -> Returns:
        found = qualifying_exit(whole.at(asked))
        return returns_within([found] if found else [], months, asked)

    then, later = at(moment), at(moment + timedelta(days=4000))
    assert then.exits == then.base + then.not_yet_observable
    if then.base:
        assert (then.returned, then.unstable) == (later.returned, later.unstable)
