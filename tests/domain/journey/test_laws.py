"""Laws that hold for every journey, however its events come in."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

from hypothesis import given as supposing
from hypothesis import strategies as st

from domain.clock import days_between
from domain.codes import TieKind
from domain.history import History, Recorded, history_of
from domain.journey import TABLE, Spell, journey_of, why
from domain.touchpoint import Touchpoint
from projections.journey import journey as journeys
from tests.domain.journey.stories import healing, journey, selected, tie, ucla
from tests.examples import (
    PARTICIPANT,
    activist_selected,
    activist_stepped_down,
    activity_performed,
    call_received,
    counselling_held,
    journey_ended,
    measure_taken,
    participant_registered,
    participant_updated,
    prescription_issued,
    risk_assessed,
    session_attended,
    session_missed,
    store_visited,
    tie_reported,
    training_completed,
)

BEGIN = datetime(2025, 6, 1, tzinfo=UTC)
KINDS: tuple[Touchpoint, ...] = (
    call_received.replaced(anonymous=True),
    call_received.replaced(level="information"),
    store_visited,
    participant_registered,
    counselling_held,
    *[risk_assessed.replaced(level=level) for level in ("low", "medium")],
    *[measure_taken.replaced(items=None, score=score) for score in (3, 5, 6, 9)],
    prescription_issued,
    session_attended,
    session_attended,
    session_missed,
    tie_reported,
    activist_selected,
    training_completed,
    activity_performed,
    activist_stepped_down.replaced(reason="relapse"),
    journey_ended,
    journey_ended.replaced(reason="died"),
)
KINDS_OF_ID = (*KINDS, participant_registered.replaced(kind="household"), participant_updated.replaced(kind="person"))
"""Also what says that it is a household, and that it is none."""


@st.composite
def stories(draw: st.DrawFn, kinds: tuple[Touchpoint, ...] = KINDS) -> list[Touchpoint]:
    """Up to 40 events within some months, several of them often at the same instant."""
    steps = draw(st.lists(st.tuples(st.sampled_from(kinds), st.sampled_from([0, 1, 6, 7, 14, 28, 90])), max_size=40))
    moment, events = BEGIN, []
    for number, (event, days) in enumerate(steps):
        moment += timedelta(days)
        events.append(event.replaced(occurred_at=moment, source_id=f"{event.source_id}-{number}"))
    return events


def history(events: list[Touchpoint], as_of: datetime | None = None) -> History:
    recorded = [Recorded(event, BEGIN + timedelta(seconds=place)) for place, event in enumerate(events)]
    return history_of(PARTICIPANT, recorded) if as_of is None else history_of(PARTICIPANT, recorded, as_of=as_of)


@supposing(stories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_row(events: list[Touchpoint], chance: Random) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert journeys.digest(journeys.fold(history(shuffled))) == journeys.digest(journeys.fold(history(events)))


@supposing(stories() | stories(KINDS_OF_ID), st.integers(0, 2000))
def test_the_journey_as_of_a_day_is_the_beginning_of_the_whole_one(events: list[Touchpoint], days: int) -> None:
    as_of = BEGIN + timedelta(days)
    assert journey_of(history(events, as_of)) == journey_of(history(events)).at(as_of)


@supposing(stories())
def test_spells_join_and_each_has_evidence_that_ends_with_its_entry(events: list[Touchpoint]) -> None:
    found = journey_of(history(events))
    occurred = {event.event_id: event.occurred_at for event in events}
    for spell, following in pairwise(found.spells):
        assert spell.left_at == following.entered_at
    assert all(spell.left_at is None for spell in found.spells[-1:])
    for spell in found.spells:
        assert max(occurred[event_id] for event_id in spell.evidence) == spell.entered_at


@supposing(stories())
def test_no_event_moves_somebody_twice(events: list[Touchpoint]) -> None:
    found = journey_of(history(events))
    order = [fact.event_id for fact in history(events).facts]
    completed = [max(spell.evidence, key=order.index) for spell in found.spells]
    assert len(set(completed)) == len(completed)


@supposing(stories())
def test_every_move_is_one_that_the_table_has(events: list[Touchpoint]) -> None:
    stages = [spell.stage for spell in journey_of(history(events)).spells]
    rules = [spell.rule for spell in journey_of(history(events)).spells]
    rows = {(rule.id, left, rule.to) for rule in TABLE for left in rule.leaves}
    assert set(zip(rules, [None, *stages], stages, strict=False)) <= rows


@supposing(stories())
def test_every_journey_can_be_explained(events: list[Touchpoint]) -> None:
    explanation, found = why(history(events)), journey_of(history(events))
    assert (explanation.stage, tuple(step.spell for step in explanation.steps)) == (found.stage, found.spells)
    for step in explanation.steps:
        assert tuple(fact.event_id for fact in step.evidence) == step.spell.evidence


scores = st.lists(st.tuples(st.integers(3, 9), st.integers(1, 40)), max_size=8)


def measured(found: list[tuple[int, int]], since: str) -> list[Touchpoint]:
    """UCLA-3 scores, each so many days after the one before."""
    first = ucla(3, since).occurred_at
    days = [sum(gap for _, gap in found[: place + 1]) for place in range(len(found))]
    return [ucla(score, str((first + timedelta(day)).date())) for (score, _), day in zip(found, days, strict=True)]


def completed_by(rule: str, spells: tuple[Spell, ...]) -> UUID | None:
    """The measure that first completed a rule."""
    return next((spell.evidence[1] for spell in spells if spell.rule == rule), None)


@supposing(scores)
def test_t1_finds_the_two_low_scores_that_a_look_at_all_pairs_finds(found: list[tuple[int, int]]) -> None:
    measures = measured(found, "2025-06-02")
    pairs = (
        second.event_id
        for place, second in enumerate(measures)
        for other, first in enumerate(measures[:place])
        if all(score <= 5 for score, _ in found[other : place + 1])
        and days_between(first.occurred_at, second.occurred_at) >= 28
    )
    friend = tie(TieKind.FRIEND, "2025-06-02")
    assert completed_by("T1", journey(*healing, friend, *measures).spells) == next(pairs, None)


@supposing(scores, st.none() | st.integers(3, 9))
def test_x2_finds_the_relapse_that_a_look_at_all_neighbours_finds(
    found: list[tuple[int, int]], before: int | None
) -> None:
    measures = measured(found, "2025-07-05")
    relapses = (
        measure.event_id
        for place, ((score, gap), measure) in enumerate(zip(found, measures, strict=True))
        if score >= 6
        and (
            (place > 0 and found[place - 1][0] >= 6 and 7 <= gap <= 90) or (before is not None and score - before >= 3)
        )
    )
    earlier = [] if before is None else [ucla(before, "2025-06-15")]
    assert completed_by("X2", journey(*earlier, *selected, *measures).spells) == next(relapses, None)
