"""`majung follow-ups`: whom to call, by whoever sits at the telephone."""

from datetime import timedelta
from uuid import UUID

import pytest

from consumers.simulation import population
from domain.clock import day_of
from domain.events import ParticipantRegistered
from tests.api.cli.conftest import Terminal
from tests.domain.follow_ups.stories import promise, sent, withdraws
from tests.domain.journey.stories import healing
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, participant_registered
from tests.given import on
from tests.servers import fresh_database


@pytest.fixture
def two_people(terminal: Terminal) -> Terminal:
    other = [promise("2025-06-01", "2025-06-12"), sent("2025-06-08")]
    terminal.given(
        on(participant_registered, "2025-05-30"),
        *healing,
        promise("2025-06-01", "2025-06-10"),
        *(event.replaced(participant_id=OTHER_PARTICIPANT) for event in other),
    )
    return terminal


def test_the_list_of_a_day_says_whom_to_call_and_why(two_people: Terminal) -> None:
    first, second = two_people.rows("follow-ups", "today", "--as-of", "2025-06-12")
    assert first == {
        "rank": 1,
        "participant_id": str(PARTICIPANT),
        "urgency": "overdue",
        "kind": "promise",
        "reason": "promised for 2025-06-10: ask how the week went",
        "due_on": "2025-06-10",
        "days_overdue": 2,
        "stage": None,
        "subject": "fu-1",
        "evidence": [str(promise("2025-06-01", "2025-06-10").event_id)],
    }
    assert (second["rank"], second["participant_id"], second["urgency"]) == (2, str(OTHER_PARTICIPANT), "due")


def test_silence_comes_with_the_day_that_is_asked_about_and_no_event(two_people: Terminal) -> None:
    def silent(day: str) -> list[str]:
        rows = two_people.rows("follow-ups", "today", "--kind", "silent", "--as-of", day)
        return [row["participant_id"] for row in rows]

    assert silent("2025-06-30") == []
    assert silent("2025-07-01") == [str(PARTICIPANT)]


def test_overdue_lists_only_what_had_a_day_that_is_over(two_people: Terminal) -> None:
    rows = two_people.rows("follow-ups", "overdue", "--as-of", "2025-07-10")
    assert [(row["kind"], row["days_overdue"]) for row in rows] == [
        ("promise", 30),
        ("promise", 28),
        ("referral_unanswered", 25),
    ]


def test_a_limit_keeps_the_most_urgent(two_people: Terminal) -> None:
    [row] = two_people.rows("follow-ups", "today", "--as-of", "2025-06-12", "--limit", "1")
    assert row["participant_id"] == str(PARTICIPANT)
    assert len(two_people.rows("follow-ups", "overdue", "--as-of", "2025-07-10", "--limit", "2")) == 2
    two_people.fails("follow-ups", "today", "--limit", "1" + "0" * 20, code=2)


def test_who_withdrew_consent_is_called_no_more(two_people: Terminal) -> None:
    two_people.given(withdraws("2025-06-11", "callback"))
    [row] = two_people.rows("follow-ups", "today", "--as-of", "2025-06-12")
    assert row["participant_id"] == str(OTHER_PARTICIPANT)


def test_no_format_shows_who_somebody_is(two_people: Terminal) -> None:
    assert isinstance(participant_registered, ParticipantRegistered)
    for output in ("table", "json", "jsonl", "csv"):
        shown = two_people.run("follow-ups", "today", "--as-of", "2025-12-31", "-o", output).stdout
        assert str(PARTICIPANT) in shown
        assert participant_registered.name is not None
        assert participant_registered.name not in shown


def test_the_list_is_the_same_on_postgresql(
    bare: Terminal, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [event for batch in population(300, 3) for event in batch.events]
    last = max(event.occurred_at for event in people)
    promised = [
        promise(str(day_of(last)), str(day_of(last) + timedelta(days)), f"fu-{days}").replaced(
            participant_id=UUID(int=1)
        )
        for days in range(1, 8)
    ]
    found = []
    with fresh_database(postgres_server) as url:
        for place in ("sqlite:///here.db", url):
            monkeypatch.setenv("MAJUNG_DATABASE_URL", place)
            bare.run("db", "upgrade")
            bare.given(*people, *promised)
            found.append(bare.rows("follow-ups", "today", "--as-of", day_of(last) + timedelta(4)))
    on_sqlite, on_postgres = found
    assert on_sqlite == on_postgres
    assert {row["urgency"] for row in on_sqlite} >= {"overdue", "due", "silent"}


def test_a_kind_that_is_none_is_a_wrong_command_line(terminal: Terminal) -> None:
    assert "promise" in terminal.fails("follow-ups", "today", "--kind", "birthday", code=2)
