"""From what was told to when a tie was there: reports, ends, surveys, and every corner between them."""

from uuid import UUID

import pytest

from domain.network import Tie, ties_of
from domain.touchpoint import Touchpoint
from tests.domain.network.stories import end, report, survey, surveyed
from tests.examples import (
    OTHER_PARTICIPANT,
    call_received,
    identities_linked,
    touchpoint_corrected,
    touchpoint_voided,
)
from tests.given import given, on


def told(*events: Touchpoint) -> list[Tie]:
    return ties_of(given(*events).history())


def days(tie: Tie) -> tuple[str, str | None]:
    return f"{tie.since:%m-%d}", f"{tie.until:%m-%d}" if tie.until else None


def intervals(*events: Touchpoint) -> dict[str, list[tuple[str, str | None]]]:
    """The intervals of each tie as month-day."""
    found: dict[str, list[tuple[str, str | None]]] = {}
    for tie in told(*events):
        found.setdefault(tie.tie_id, []).append(days(tie))
    return found


def test_a_report_opens_a_tie_that_is_there_until_it_is_told_to_have_ended() -> None:
    opened, ended = report("a", "2025-06-01", formed=True), end("a", "2025-06-20")
    [still] = told(opened)
    assert (days(still), still.opened_by, still.ended_by) == (("06-01", None), opened.event_id, None)
    [over] = told(opened, ended)
    assert (days(over), over.opened_by, over.ended_by) == (("06-01", "06-20"), opened.event_id, ended.event_id)
    assert over.periods[0].formed


def test_a_tie_is_there_from_its_first_instant_to_just_before_its_last() -> None:
    opened, ended = report("a", "2025-06-01T09:00:00+09:00"), end("a", "2025-06-20T09:00:00+09:00")
    [tie] = told(opened, ended)
    assert tie.at(opened.occurred_at) == tie.periods[0]
    assert tie.at(ended.occurred_at) is None


def test_later_reports_change_what_is_known_and_leave_what_they_do_not_say() -> None:
    first = report("a", "2025-06-01", closeness=2, contacts_per_month=1.0)
    closer, worker = report("a", "2025-06-05", closeness=4), report("a", "2025-06-09", kind="worker")
    [tie] = told(first, closer, worker)
    known = [(p.told_by, p.kind.value, p.closeness, p.contacts_per_month) for p in tie.periods]
    assert known == [
        (first.event_id, "friend", 2, 1.0),
        (closer.event_id, "friend", 4, 1.0),
        (worker.event_id, "worker", 4, 1.0),
    ]
    assert [p.until for p in tie.periods] == [closer.occurred_at, worker.occurred_at, None]
    assert (tie.opened_by, days(tie)) == (first.event_id, ("06-01", None))


def test_a_report_that_says_nothing_new_changes_nothing() -> None:
    first = report("a", "2025-06-01", closeness=2)
    assert told(first, report("a", "2025-06-05"), report("a", "2025-06-06", closeness=2)) == told(first)


def test_a_tie_counts_as_formed_from_the_report_that_says_so() -> None:
    [tie] = told(report("a", "2025-06-01"), report("a", "2025-06-03", formed=True), report("a", "2025-06-05"))
    assert [(f"{p.since:%m-%d}", p.formed) for p in tie.periods] == [("06-01", False), ("06-03", True)]


def test_after_an_end_a_report_opens_a_new_interval_of_which_nothing_earlier_is_known() -> None:
    back = report("a", "2025-06-25")
    first, second = told(report("a", "2025-06-01", closeness=5), end("a", "2025-06-20"), back)
    assert (days(first), days(second)) == (("06-01", "06-20"), ("06-25", None))
    assert (second.periods[0].closeness, second.opened_by) == (None, back.event_id)


def test_an_end_of_a_tie_that_was_not_told_of_yet_says_nothing() -> None:
    assert told(end("a", "2025-05-20")) == []
    assert intervals(end("a", "2025-05-20"), report("a", "2025-06-01")) == {"a": [("06-01", None)]}
    assert intervals(report("a", "2025-06-01"), end("a", "2025-06-05"), end("a", "2025-06-09")) == {
        "a": [("06-01", "06-05")]
    }


def test_a_complete_survey_ends_what_it_omits_and_an_incomplete_one_nothing() -> None:
    known = report("a", "2025-06-01"), report("b", "2025-06-01")
    assert intervals(*known, survey("b", "c", complete=False)) == {
        "a": [("06-01", None)],
        "b": [("06-01", None)],
        "c": [("06-10", None)],
    }
    complete = survey("b", "c")
    assert intervals(*known, complete) == {"a": [("06-01", "06-10")], "b": [("06-01", None)], "c": [("06-10", None)]}
    assert told(*known, complete)[0].ended_by == complete.event_id
    nobody = survey()
    assert intervals(*known, nobody) == {"a": [("06-01", "06-10")], "b": [("06-01", "06-10")]}


def test_a_survey_updates_the_ties_it_lists() -> None:
    found = survey(surveyed("a", closeness=5))
    [tie] = told(report("a", "2025-06-01", closeness=2, contacts_per_month=3.0), found)
    assert [(p.closeness, p.contacts_per_month) for p in tie.periods] == [(2, 3.0), (5, 3.0)]
    assert tie.periods[1].told_by == found.event_id


def test_a_survey_counts_when_it_happened_however_late_it_comes() -> None:
    early, late = survey(day="2025-06-01"), report("a", "2025-06-05")
    assert intervals(late, early) == intervals(early, late) == {"a": [("06-05", None)]}


def test_at_one_instant_a_report_outweighs_an_omission_and_an_end_outweighs_both() -> None:
    """Whatever the event ids: several source ids are tried, since they decide the order at one instant."""
    for number in range(6):
        omits = survey(day="2025-06-10").replaced(source_id=f"survey-{number}")
        moment = omits.occurred_at
        there = report("a").replaced(occurred_at=moment, source_id=f"there-{number}")
        over = end("a").replaced(occurred_at=moment, source_id=f"over-{number}")
        before = report("a", "2025-06-01")
        assert intervals(there, omits) == {"a": [("06-10", None)]}
        assert intervals(before, there, omits) == {"a": [("06-01", None)]}
        assert intervals(before, there, omits, over) == {"a": [("06-01", "06-10")]}
        assert intervals(there, over) == {}, "it would have lasted no time"


def test_two_complete_surveys_of_one_instant_are_taken_together() -> None:
    one, two = survey("a"), survey("b").replaced(source_id="another")
    assert intervals(report("c", "2025-06-01"), one, two) == {
        "a": [("06-10", None)],
        "b": [("06-10", None)],
        "c": [("06-01", "06-10")],
    }


def test_the_same_tie_told_twice_at_one_instant_is_one_period_with_what_the_greater_event_id_says() -> None:
    two = [report("a", closeness=closeness).replaced(source_id=f"twice-{closeness}") for closeness in (2, 4)]
    lower, greater = sorted(two, key=lambda event: event.event_id)
    [tie] = told(*two)
    assert [(p.closeness, p.told_by) for p in tie.periods] == [(greater.closeness, greater.event_id)]
    assert tie.opened_by == lower.event_id


def test_a_change_and_an_end_at_one_instant_leave_no_period_without_a_length() -> None:
    ended = end("a")
    changed = report("a", closeness=5).replaced(occurred_at=ended.occurred_at, source_id="changed")
    [tie] = told(report("a", "2025-06-01", closeness=2), changed, ended)
    assert [(p.closeness, p.until) for p in tie.periods] == [(2, ended.occurred_at)]


def test_a_tie_known_to_the_day_is_there_from_noon() -> None:
    noon = report("a", "2025-06-01T12:00:00+09:00").replaced(precision="day")
    [tie] = told(noon)
    assert tie.since == noon.occurred_at


def test_linked_identities_share_their_ties_and_a_survey_of_one_ends_those_of_the_other() -> None:
    of_other = report("a", "2025-06-05").replaced(participant_id=OTHER_PARTICIPANT)
    mine = report("a", "2025-06-01")
    assert intervals(mine, of_other, identities_linked) == {"a": [("06-01", None)]}
    assert intervals(mine, of_other, identities_linked, survey()) == {"a": [("06-01", "06-10")]}


def test_corrections_and_voids_count() -> None:
    opened = report("a", "2025-06-01", closeness=2)
    corrected = touchpoint_corrected.replaced(
        target_event_id=opened.event_id,
        replacement_type="tie-reported.v1",
        replacement={"tie_id": "a", "kind": "friend", "closeness": 5},
    )
    [tie] = told(opened, corrected)
    assert (tie.periods[0].closeness, tie.opened_by) == (5, opened.event_id)
    assert told(opened, touchpoint_voided.replaced(target_event_id=opened.event_id)) == []


@pytest.mark.parametrize("later", [None, UUID(int=3)])
def test_the_other_persons_pseudonym_is_the_one_of_the_last_report(later: UUID | None) -> None:
    first = report("a", "2025-06-01").replaced(alter_id=OTHER_PARTICIPANT)
    [tie] = told(first, report("a", "2025-06-05").replaced(alter_id=later), survey("a"))
    assert tie.alter_id == later


def test_who_told_of_no_tie_has_none() -> None:
    assert told(call_received, on(call_received, "2025-06-01")) == []
