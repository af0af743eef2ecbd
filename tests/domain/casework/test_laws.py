"""Laws that hold for all casework, however its events come in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given as supposing
from hypothesis import strategies as st

from domain.casework import CLOSED, Concern, concerns_of
from domain.clock import END_OF_TIME
from domain.codes import About
from domain.touchpoint import Touchpoint
from projections.caseload import caseload
from projections.concerns import concerns
from projections.households import households
from projections.read_model import ReadModel
from tests.domain.casework.stories import history, moments, stories

MODELS = pytest.mark.parametrize("model", [caseload, concerns, households], ids=lambda model: model.name)


@MODELS
@supposing(stories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_row(model: ReadModel, events: list[Touchpoint], chance: Random) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert model.fold(history(shuffled)) == model.fold(history(events))


@MODELS
@supposing(stories(), st.lists(moments(), min_size=4, max_size=4))
def test_whole_rows_filtered_at_a_moment_are_those_of_the_history_as_of_then(
    model: ReadModel, events: list[Touchpoint], asked: list[datetime]
) -> None:
    rows = model.fold(history(events))
    edges = [row.since for row in rows] + [row.until for row in rows if row.until != END_OF_TIME]
    for moment in [*asked, *edges, *(edge - timedelta(microseconds=1) for edge in edges)]:
        assert in_force(model, rows, moment) == in_force(model, model.fold(history(events, moment)), moment)


def in_force(model: ReadModel, rows: Sequence[Any], moment: datetime) -> list[Any]:
    """All that a row of a moment says, but when and by what it will end."""
    ended_by = {name: None for name in ("ended_by", "left_by") if name in model.field_names}
    return [row._replace(until=END_OF_TIME, **ended_by) for row in rows if row.since <= moment < row.until]


@MODELS
@supposing(stories())
def test_every_row_lasts_and_no_two_of_a_key_overlap(model: ReadModel, events: list[Touchpoint]) -> None:
    rows = model.ordered(model.fold(history(events)))
    assert len({tuple(getattr(row, name) for name in model.key) for row in rows}) == len(rows)
    assert all(row.since < row.until for row in rows)
    of = [name for name in model.key if name != "since"]
    for one, following in pairwise(rows):
        if all(getattr(one, name) == getattr(following, name) for name in of):
            assert one.until <= following.since


@supposing(stories())
def test_a_concern_goes_on_without_a_gap_counts_every_attempt_and_stays_closed(events: list[Touchpoint]) -> None:
    for concern in concerns_of(history(events)):
        assert concern.periods[0].since == concern.opened_at
        assert concern.periods[-1].until == END_OF_TIME
        for one, following in pairwise(concern.periods):
            assert one.until == following.since
            assert one.state not in CLOSED
            assert one.attempts <= following.attempts
            assert one.reports <= following.reports
        assert all((period.attempts == 0) == (period.last_outcome is None) for period in concern.periods)


@supposing(stories())
def test_no_two_concerns_about_the_same_are_open_at_once_and_every_event_adds_one_period_at_most(
    events: list[Touchpoint],
) -> None:
    found = concerns_of(history(events))
    for about in About:
        times = [(one.opened_at, closed_at(one)) for one in found if one.about == about]
        assert all(one[1] <= following[0] for one, following in pairwise(times))
    assert sum(len(concern.periods) for concern in found) <= len(events)


def closed_at(concern: Concern) -> datetime:
    last = concern.periods[-1]
    return last.since if last.state in CLOSED else END_OF_TIME
