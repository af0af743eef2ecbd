"""A journal of a hundred people in several parts, and read models of which one can be made to change its mind."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from domain.history import History
from projections.read_model import ReadModel
from projections.timeline import timeline
from replay.journal import Journal
from replay.live.worker import Worker
from replay.rebuild import parts
from tests.conftest import MODELS
from tests.examples import call_received, measure_taken, store_visited

PEOPLE = [UUID(int=number << 96, version=4) for number in range(1, 101)]


@pytest.fixture
def populated(tracked: Journal, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """A hundred people of three events each, folded in parts of some thirty events; the rows that serve are at the
    head."""
    monkeypatch.setattr(parts, "EVENTS_AT_ONCE", 30)
    monkeypatch.setattr(parts, "TEACHING", 10)
    told = (call_received, store_visited, measure_taken)
    tracked.record([event.replaced(participant_id=person) for person in PEOPLE for event in told])
    Worker(tracked, MODELS, batch=1_000).catch_up()
    return tracked


Change = Callable[[Sequence[Any]], Sequence[Any]]


def otherwise(model: ReadModel, change: Change, of: UUID, *, version: int | None = None) -> ReadModel:
    """The read model as it would be if it folded one person otherwise."""

    def fold(history: History) -> Sequence[Any]:
        rows = model.fold(history)
        return change(rows) if history.root == of else rows

    return replace(model, fold=fold, version=version or model.version)


def timeline_otherwise(of: UUID, **changes: Any) -> list[ReadModel]:
    """All read models, with a timeline that tells one person's otherwise."""
    changed = otherwise(timeline, lambda rows: [row._replace(**changes) for row in rows], of)
    return [changed if model is timeline else model for model in MODELS]
