"""Casework commands over a journal whose clocks do not agree, and told again after something else has changed."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.casework import assignments_of
from domain.casework.refusals import CommandIdReused
from domain.clock import END_OF_TIME, MICROSECOND
from replay.commands.casework import assign, hand_over, unassign
from replay.commands.linking import link
from replay.journal import Journal
from replay.live.worker import Worker
from replay.queries.as_of import person
from tests.conftest import MODELS
from tests.examples import (
    PARTICIPANT,
    concern_reported,
    shift_handed_over,
    store_visited,
    touchpoint_corrected,
    worker_assigned,
    worker_unassigned,
)


def test_an_assignment_of_a_clock_that_is_fast_can_be_taken_back_at_once(journal: Journal) -> None:
    now = worker_assigned.occurred_at - timedelta(minutes=5)
    journal.record([store_visited, worker_assigned])
    who = {"worker": worker_assigned.worker, "role": worker_assigned.role, "actor": "worker-01"}
    assert not unassign(journal, PARTICIPANT, **who, now=now).duplicate
    assert assignments_of(person(journal, PARTICIPANT).history) == []


def test_who_is_assigned_again_at_the_instant_of_an_end_is_assigned(journal: Journal) -> None:
    journal.record([store_visited])
    now = store_visited.occurred_at
    who: dict[str, Any] = {"worker": "w-2", "role": "nurse", "actor": "w-1", "now": now}

    def held() -> list[bool]:
        return [one.until == END_OF_TIME for one in assignments_of(person(journal, PARTICIPANT).history)]

    for _ in range(3):
        assert not assign(journal, PARTICIPANT, **who).duplicate
        assert held() == [True]
        assert assign(journal, PARTICIPANT, **who).duplicate
        assert not unassign(journal, PARTICIPANT, **who).duplicate
        assert held() == []


def test_who_is_assigned_again_is_so_also_where_a_clock_that_is_fast_told_of_the_end(journal: Journal) -> None:
    now = worker_unassigned.occurred_at - timedelta(minutes=5)
    journal.record([worker_assigned, worker_unassigned])
    who = {"worker": worker_assigned.worker, "role": worker_assigned.role, "actor": "worker-01"}
    assert not assign(journal, PARTICIPANT, **who, now=now).duplicate
    [_, found] = assignments_of(person(journal, PARTICIPANT).history)
    assert (found.since, found.until) == (worker_unassigned.occurred_at + MICROSECOND, END_OF_TIME)


def test_a_handover_told_again_is_known_by_its_id_also_where_a_link_gave_the_person_another_root(
    tracked: Journal,
) -> None:
    smaller, now, worker = UUID(int=1), shift_handed_over.occurred_at + timedelta(hours=1), Worker(tracked, MODELS)
    tracked.record([concern_reported, shift_handed_over, store_visited.replaced(participant_id=smaller)])
    worker.catch_up()
    said: dict[str, Any] = {
        "giver": shift_handed_over.to_actor,
        "receiver": "w-2",
        "actor": "w-1",
        "command_id": "once",
        "now": now,
    }
    assert hand_over(tracked, **said).status == "recorded"
    link(tracked, PARTICIPANT, smaller, reason="one caller", now=now, actor="w-1")
    worker.catch_up()
    assert hand_over(tracked, **said).status == "duplicate"


def test_a_command_whose_event_was_corrected_into_something_else_needs_a_new_id(journal: Journal) -> None:
    now = store_visited.occurred_at
    journal.record([store_visited])
    who: dict[str, Any] = {"worker": "w-2", "role": "nurse", "actor": "w-1", "now": now, "command_id": "once"}
    told = assign(journal, PARTICIPANT, **who)
    journal.record([touchpoint_corrected.replaced(target_event_id=told.event_id)])
    with pytest.raises(CommandIdReused):
        assign(journal, PARTICIPANT, **who)
