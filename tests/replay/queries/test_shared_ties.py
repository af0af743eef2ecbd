"""Ties between two tracked people from the journal: found with and without the worker, at both clocks, of any link."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.clock import END_OF_TIME, parse_moment
from domain.network import SeenTie
from domain.touchpoint import Touchpoint
from replay.commands.linking import link
from replay.journal import Journal
from replay.live.worker import Worker
from replay.queries.as_of import person
from replay.queries.shared_ties import ties_seen_by
from replay.rebuild import rebuild
from tests.conftest import MODELS
from tests.domain.network.stories import end, moments, report
from tests.domain.network.two_people import BOTH, A, B, agrees, by, named, seen, shown, withdraws
from tests.examples import store_visited, touchpoint_corrected, touchpoint_voided
from tests.replay.linking import journal_of

C = UUID(int=7)
DAY = parse_moment("2025-06-10")
FIRST, LATER = parse_moment("2025-06-20"), parse_moment("2025-07-20")
SEEN_BY_B = [("other", A, "t")]


def network(journal: Journal, ego: UUID, known_at: datetime = END_OF_TIME, as_of: datetime = DAY) -> list[SeenTie]:
    found = person(journal, ego, as_of=as_of, known_at=known_at)
    return ties_seen_by(journal, found, as_of=as_of, known_at=known_at)


def corrected(target: Touchpoint, **changes: Any) -> Touchpoint:
    return touchpoint_corrected.replaced(
        source_id=f"correction-of-{target.source_id}",
        target_event_id=target.event_id,
        replacement_type="tie-reported.v1",
        replacement={"tie_id": "t", "kind": "friend", "occurred_at": "2025-06-01T10:00:00+09:00", **changes},
    )


@pytest.mark.parametrize("seen_by_worker", [0, 1, 2], ids=["no worker", "a worker that is behind", "a worker"])
def test_a_tie_is_found_from_the_other_side_however_far_the_worker_is(tracked: Journal, seen_by_worker: int) -> None:
    worker = Worker(tracked, MODELS)
    tracked.record(BOTH)
    if seen_by_worker:
        worker.catch_up()
    tracked.record([named("t", B)])
    if seen_by_worker == 2:
        worker.catch_up()
    assert shown(network(tracked, A)) == [("self", B, "t")]
    assert shown(network(tracked, B)) == SEEN_BY_B
    tracked.record([withdraws(A, "2025-06-05")])
    assert shown(network(tracked, A)) == [("self", None, "t")]
    assert network(tracked, B) == []
    assert shown(network(tracked, B, as_of=parse_moment("2025-06-04"))) == SEEN_BY_B


def test_it_is_found_after_a_replay(tracked: Journal) -> None:
    tracked.record([*BOTH, named("t", B)])
    rebuild(tracked, MODELS)
    assert shown(network(tracked, B)) == SEEN_BY_B


@pytest.mark.parametrize("working", [True, False])
def test_what_was_corrected_or_voided_since_is_found_where_it_was_known(tracked: Journal, working: bool) -> None:
    first, second = named("t", B), named("u", B)
    tracked.record([*BOTH, agrees(C), first, second], now=FIRST)
    amendments = [corrected(first, alter_id=str(C)), touchpoint_voided.replaced(target_event_id=second.event_id)]
    tracked.record(amendments, now=LATER)
    if working:
        Worker(tracked, MODELS).catch_up()
    assert network(tracked, B) == []
    assert shown(network(tracked, C)) == SEEN_BY_B
    before = LATER - timedelta(days=1)
    assert shown(network(tracked, B, before)) == [("other", A, "t"), ("other", A, "u")]
    assert network(tracked, C, before) == []


def test_a_correction_that_came_before_what_it_corrects_is_found_too(tracked: Journal) -> None:
    tracked.record([*BOTH, corrected(store_visited, alter_id=str(B).upper())])
    worker = Worker(tracked, MODELS)
    worker.catch_up()
    tracked.record([store_visited])
    assert shown(network(tracked, B)) == SEEN_BY_B
    worker.catch_up()
    assert shown(network(tracked, B)) == SEEN_BY_B


def test_consent_counts_from_when_it_was_recorded(tracked: Journal) -> None:
    tracked.record([agrees(A), named("t", B), by(B, report("own"))], now=FIRST)
    tracked.record([agrees(B)], now=LATER)
    assert shown(network(tracked, B)) == [("self", None, "own"), *SEEN_BY_B]
    before = LATER - timedelta(seconds=1)
    assert shown(network(tracked, B, before)) == [("self", None, "own")]
    assert shown(network(tracked, A, before)) == [("self", None, "t")]


def test_a_pseudonym_of_which_nothing_was_recorded_is_nobody(tracked: Journal) -> None:
    tracked.record([*BOTH, named("t", UUID(int=99))])
    assert shown(network(tracked, A)) == [("self", None, "t")]


@pytest.mark.parametrize("shards", [1, 4])
def test_links_of_either_side_are_followed_at_the_journal_time(tmp_path: Path, shards: int) -> None:
    with journal_of(f"sqlite:///{tmp_path / 'majung.db'}", tmp_path, shards) as journal:
        other_a = UUID(int=9)
        journal.record([*BOTH, by(other_a, named("t", C)), by(C, report("z"))], now=FIRST)
        for one, other in ((A, other_a), (B, C)):
            link(journal, one, other, reason="one caller", now=LATER)
        for _ in range(2):
            assert shown(network(journal, A)) == [("self", C, "t")]
            for pseudonym in (B, C):
                assert shown(network(journal, pseudonym)) == [("self", None, "z"), ("other", other_a, "t")]
            known_at = FIRST + timedelta(days=1)
            assert network(journal, A, known_at) == network(journal, B, known_at) == []
            Worker(journal, MODELS).catch_up()
        link(journal, A, B, reason="one caller after all", now=LATER)
        assert shown(network(journal, A)) == [("self", None, "z")], "a tie to oneself is none"


_STEPS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                named("t", B),
                named("t", None, "2025-06-04"),
                named("u", C, "2025-06-02", "activist"),
                by(B, named("v", A, "2025-06-03")),
                by(C, named("w", B, "2025-06-03")),
                end("t", "2025-06-08"),
                agrees(A),
                agrees(B, valid_until="2025-06-12"),
                agrees(C, "2025-06-04"),
                withdraws(A, "2025-06-14"),
                corrected(named("t", B), alter_id=str(C)),
                touchpoint_voided.replaced(target_event_id=named("u", C, "2025-06-02", "activist").event_id),
            ]
        ),
        st.sampled_from(["worker", "replay"]),
    ),
    max_size=14,
    unique_by=lambda step: step if isinstance(step, str) else step.event_id,
)


@given(steps=_STEPS, moment=moments(), shards=st.sampled_from([1, 4]))
@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_from_the_journal_comes_what_the_stories_of_all_people_say(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Touchpoint | str], moment: datetime, shards: int
) -> None:
    folder = tmp_path_factory.mktemp("shared")
    told: list[Touchpoint] = []
    with journal_of(f"sqlite:///{folder / 'majung.db'}", folder, shards) as journal:
        for step in steps:
            if isinstance(step, Touchpoint):
                journal.record([step])
                told.append(step)
            elif step == "worker":
                Worker(journal, MODELS, batch=2).step(0)
            else:
                rebuild(journal, MODELS)
        for who in {event.participant_id for event in told}:
            assert network(journal, who, as_of=moment) == seen(who, *told, at=moment)
