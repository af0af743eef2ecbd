"""Casework commands over a journal whose clocks do not agree."""

from datetime import timedelta

from domain.casework import assignments_of
from replay.as_of import person
from replay.casework import unassign
from replay.journal import Journal
from tests.examples import PARTICIPANT, store_visited, worker_assigned


def test_an_assignment_of_a_clock_that_is_fast_can_be_taken_back_at_once(journal: Journal) -> None:
    now = worker_assigned.occurred_at - timedelta(minutes=5)
    journal.record([store_visited, worker_assigned])
    who = {"worker": worker_assigned.worker, "role": worker_assigned.role, "actor": "worker-01"}
    assert not unassign(journal, PARTICIPANT, **who, now=now).duplicate
    assert assignments_of(person(journal, PARTICIPANT).history) == []
