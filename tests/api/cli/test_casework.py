"""`majung caseload`, `handover`, `concerns` and `households`."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.touchpoint import Touchpoint
from projections.caseload import caseload as caseload_model
from projections.concerns import concerns
from projections.households import households
from projections.read_model import ReadModel
from tests.api.cli.conftest import Terminal, served
from tests.domain.follow_ups.stories import promise
from tests.domain.journey.stories import healing
from tests.examples import (
    HOUSEHOLD,
    OTHER_PARTICIPANT,
    PARTICIPANT,
    concern_reported,
    counselling_held,
    crisis_escalated,
    discovery_attempted,
    household_joined,
    household_left,
    journey_ended,
    shift_handed_over,
    store_visited,
    worker_assigned,
    worker_unassigned,
)
from tests.given import on

COMMAND, ANOTHER = "7b0e0c52-8a55-4bd2-9c0a-0a3f6a3e9d11", "0d9a2f43-0a11-4a5c-8d7e-6a3f55a9f0c2"
NURSE = ("--worker", "worker-08", "--role", "nurse", "--by", "worker-01")


def of_other(event: Touchpoint) -> Touchpoint:
    return event.replaced(participant_id=OTHER_PARTICIPANT)


@pytest.fixture
def caseload(terminal: Terminal) -> Terminal:
    """Worker-08 has two people, of whom the first has a promise and a crisis, and the second nothing open."""
    terminal.given(
        *healing,
        worker_assigned,
        on(worker_assigned, "2025-05-06").replaced(role="nurse"),
        promise("2025-06-01", "2025-06-10"),
        on(crisis_escalated, "2025-06-12T08:00:00+09:00"),
        of_other(worker_assigned),
        of_other(store_visited),
    )
    return terminal


def lately(event: Touchpoint) -> Touchpoint:
    return event.replaced(occurred_at=datetime.now(UTC) - timedelta(hours=1))


def people(rows: list[dict[str, Any]]) -> list[str]:
    return [row["participant_id"] for row in rows]


def test_a_caseload_says_who_is_on_it_in_which_stage_and_what_is_open(caseload: Terminal) -> None:
    first, second = caseload.rows("caseload", "show", "worker-08", "--as-of", "2025-06-12")
    assert first["participant_id"] == str(PARTICIPANT)
    assert first["roles"] == ["case manager", "nurse"]
    assert first["since"] == "2025-05-05T09:00:00+09:00"
    assert (first["stage"], first["open_follow_ups"], first["overdue"]) == ("healing", 1, 1)
    assert (second["participant_id"], second["open_follow_ups"]) == (str(OTHER_PARTICIPANT), 0)


def test_a_caseload_of_another_day_has_who_was_on_it_then(caseload: Terminal) -> None:
    caseload.given(of_other(worker_unassigned))
    assert len(caseload.rows("caseload", "show", "worker-08", "--as-of", "2025-05-20")) == 2
    assert people(caseload.rows("caseload", "show", "worker-08", "--as-of", "2025-06-12")) == [str(PARTICIPANT)]
    assert caseload.rows("caseload", "show", "worker-08", "--as-of", "2025-05-01") == []
    assert caseload.rows("caseload", "show", "nobody") == []


def test_a_worker_is_assigned_and_taken_back(terminal: Terminal) -> None:
    terminal.given(store_visited)
    assert terminal.rows("caseload", "assign", PARTICIPANT, *NURSE)["status"] == "recorded"
    terminal.given()
    [case] = terminal.rows("caseload", "show", "worker-08")
    assert case["roles"] == ["nurse"]
    assert terminal.rows("caseload", "unassign", PARTICIPANT, *NURSE)["status"] == "recorded"
    terminal.given()
    assert terminal.rows("caseload", "show", "worker-08") == []


def test_an_assignment_told_again_changes_nothing(terminal: Terminal) -> None:
    terminal.given(store_visited)
    first = terminal.rows("caseload", "assign", PARTICIPANT, *NURSE, "--command", COMMAND)
    again = terminal.rows("caseload", "assign", PARTICIPANT, *NURSE, "--command", COMMAND)
    without = terminal.rows("caseload", "assign", PARTICIPANT, *NURSE)
    assert again == without == first | {"status": "duplicate"}
    terminal.rows("caseload", "unassign", PARTICIPANT, *NURSE, "--command", ANOTHER)
    assert terminal.rows("caseload", "unassign", PARTICIPANT, *NURSE, "--command", ANOTHER)["status"] == "duplicate"


def test_what_cannot_be_assigned_says_why(terminal: Terminal) -> None:
    terminal.given(store_visited)
    terminal.fails("caseload", "assign", UUID(int=5), *NURSE, code=4)
    assert "is not nurse" in terminal.fails("caseload", "unassign", PARTICIPANT, *NURSE, code=4)
    terminal.rows("caseload", "assign", PARTICIPANT, *NURSE, "--command", COMMAND)
    other = ("--worker", "worker-09", *NURSE[2:], "--command", COMMAND)
    assert "take a new one" in terminal.fails("caseload", "assign", PARTICIPANT, *other, code=6)
    for blank in ("", "  "):
        terminal.fails("caseload", "assign", PARTICIPANT, *NURSE[:2], "--role", blank, "--by", "worker-01", code=2)


def test_nobody_who_is_tracked_here_has_a_caseload(terminal: Terminal) -> None:
    terminal.given(store_visited, of_other(store_visited))
    activist = ("--worker", OTHER_PARTICIPANT, *NURSE[2:])
    terminal.fails("caseload", "assign", PARTICIPANT, *activist, code=6)
    terminal.fails("caseload", "show", OTHER_PARTICIPANT, code=6)
    terminal.fails("handover", "show", OTHER_PARTICIPANT, code=6)


def test_a_handover_lists_what_is_open_the_most_urgent_first(caseload: Terminal) -> None:
    caseload.given(of_other(concern_reported.replaced(occurred_at="2025-06-12T07:00:00+09:00")))
    rows = caseload.rows("handover", "show", "worker-08", "--as-of", "2025-06-12T10:00:00+09:00")
    assert [(row["kind"], row["overdue"]) for row in rows] == [
        ("crisis", False),
        ("follow_up", True),
        ("concern", False),
    ]
    assert people(rows) == [str(PARTICIPANT), str(PARTICIPANT), str(OTHER_PARTICIPANT)]
    assert rows[1]["says"] == "promised for 2025-06-10: ask how the week went"
    later = caseload.rows("handover", "show", "worker-08", "--as-of", "2025-06-13T10:00:00+09:00")
    assert [row["kind"] for row in later] == ["follow_up", "concern"]


def test_who_was_handed_over_is_on_the_list_of_the_next_until_handed_over_again(caseload: Terminal) -> None:
    given = caseload.rows("handover", "give", "--from", "worker-08", "--to", "worker-09", "--by", "worker-08")
    assert (given["people"], given["status"]) == (1, "recorded")
    assert given["items"] == len(caseload.rows("handover", "show", "worker-08")) > 0
    caseload.given()
    assert set(people(caseload.rows("handover", "show", "worker-09"))) == {str(PARTICIPANT)}
    assert caseload.rows("caseload", "show", "worker-09") == []

    caseload.run("handover", "give", "--from", "worker-09", "--to", "worker-10", "--by", "worker-09")
    caseload.given()
    assert caseload.rows("handover", "show", "worker-09") == []
    assert set(people(caseload.rows("handover", "show", "worker-10"))) == {str(PARTICIPANT)}


def test_for_whom_nothing_is_open_is_not_handed_on(terminal: Terminal) -> None:
    terminal.given(store_visited, lately(shift_handed_over))
    given = terminal.rows("handover", "give", "--from", "worker-08", "--to", "worker-09", "--by", "worker-08")
    assert given == {"people": 0, "items": 0, "status": "nothing"}


def test_a_shift_is_over_after_24_hours(terminal: Terminal) -> None:
    terminal.given(shift_handed_over, promise("2025-05-01", "2025-05-04"))
    for moment, number in [("2025-05-06T07:59:59+09:00", 1), ("2025-05-06T08:00:00+09:00", 0)]:
        assert len(terminal.rows("handover", "show", "worker-08", "--as-of", moment)) == number


def test_a_handover_told_again_is_a_duplicate_also_for_whom_only_a_shift_had(caseload: Terminal) -> None:
    third = UUID(int=3)
    told = (concern_reported, lately(shift_handed_over))
    caseload.given(*(event.replaced(participant_id=third) for event in told))
    said = ("handover", "give", "--from", "worker-08", "--to", "worker-09", "--by", "worker-08", "--command", COMMAND)
    first = caseload.rows(*said)
    assert (first["people"], first["status"]) == (2, "recorded")
    again = caseload.rows(*said)
    caseload.given()
    later = caseload.rows(*said)
    assert again == later == first | {"status": "duplicate"}
    other = (*said[:4], "--to", "worker-10", *said[6:])
    assert "take a new one" in caseload.fails(*other, code=6)


def test_nobody_hands_over_to_themselves(terminal: Terminal) -> None:
    said = terminal.fails("handover", "give", "--from", "w", "--to", "w", "--by", "w", code=2)
    assert "name another worker" in said


def test_a_handover_of_nothing_says_so(terminal: Terminal) -> None:
    given = terminal.rows("handover", "give", "--from", "a", "--to", "b", "--by", "a")
    assert given == {"people": 0, "items": 0, "status": "nothing"}


def test_concerns_are_listed_the_oldest_first_and_closed_ones_left_out_on_request(terminal: Terminal) -> None:
    terminal.given(concern_reported, discovery_attempted, of_other(on(concern_reported, "2025-05-20")))
    rows = terminal.rows("concerns", "list")
    assert [(row["participant_id"], row["state"], row["attempts"]) for row in rows] == [
        (str(PARTICIPANT), "found", 1),
        (str(OTHER_PARTICIPANT), "open", 0),
    ]
    assert people(terminal.rows("concerns", "list", "--open")) == [str(OTHER_PARTICIPANT)]
    assert people(terminal.rows("concerns", "list", "--open", "--as-of", "2025-05-03")) == [str(PARTICIPANT)]
    assert people(terminal.rows("concerns", "list", "--limit", "1")) == [str(PARTICIPANT)]
    assert terminal.rows("concerns", "list", "--as-of", "2025-05-01") == []


def test_where_somebody_lives_is_in_no_format(terminal: Terminal) -> None:
    terminal.given(concern_reported)
    for output in ("table", "json", "jsonl", "csv"):
        shown = terminal.run("concerns", "list", "-o", output).stdout
        assert str(PARTICIPANT) in shown
        assert "market" not in shown


def test_a_household_has_its_members_with_since_and_until(terminal: Terminal) -> None:
    terminal.given(household_joined, household_left, of_other(on(household_joined, "2025-05-10")))
    first, second = terminal.rows("households", "show", HOUSEHOLD)
    assert (first["participant_id"], first["left_by"]) == (str(PARTICIPANT), str(household_left.event_id))
    assert (second["participant_id"], second["until"]) == (str(OTHER_PARTICIPANT), None)
    [then] = terminal.rows("households", "show", HOUSEHOLD, "--as-of", "2025-05-05")
    assert (then["participant_id"], then["until"], then["left_by"]) == (str(PARTICIPANT), None, None)


def test_a_person_is_no_household(terminal: Terminal) -> None:
    terminal.given(household_joined)
    assert "nothing says it is a household" in terminal.fails("households", "show", PARTICIPANT, code=4)


def test_a_household_of_which_nothing_is_recorded_is_not_found(terminal: Terminal) -> None:
    assert "check the id" in terminal.fails("households", "show", UUID(int=9), code=4)


def test_a_person_shows_who_is_assigned_to_them(caseload: Terminal) -> None:
    found = caseload.rows("person", "show", PARTICIPANT, "--as-of", "2025-06-12")["workers"]
    assert [(row["worker"], row["role"]) for row in found] == [("worker-08", "case manager"), ("worker-08", "nurse")]
    assert caseload.rows("person", "show", PARTICIPANT, "--as-of", "2025-05-02")["workers"] == []


@pytest.mark.parametrize("model", [caseload_model, concerns, households], ids=lambda model: model.name)
def test_replayed_alone_the_rows_are_those_of_the_worker(terminal: Terminal, model: ReadModel) -> None:
    same_day = on(counselling_held, "2025-05-03T18:00:00+09:00").replaced(precision="day")
    later = of_other(on(counselling_held, "2025-05-09").replaced(precision="day"))
    terminal.given(concern_reported, same_day, of_other(concern_reported), later, of_other(journey_ended))
    terminal.given(worker_assigned, worker_unassigned, shift_handed_over, household_joined, household_left)
    before = served(model)
    terminal.run("replay", model.name)
    assert served(model) == before != []
    states = {row.component: row.state for row in served(concerns)}
    assert states == {PARTICIPANT: "open", OTHER_PARTICIPANT: "found"}
