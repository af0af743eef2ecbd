"""Snapshots: everybody's rows of one moment, as known at another, whatever is recorded later."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.events import IdentitiesUnlinked, TouchpointVoided
from domain.touchpoint import Touchpoint
from projections.contributions import contributions
from projections.read_model import ReadModel
from projections.timeline import timeline
from replay import generations
from replay.as_of import person
from replay.journal import Journal
from replay.rebuild import rebuild
from replay.rebuild.ledger import Clocks
from replay.rebuild.snapshots import SnapshotRefused, drop, find, listed, pinned, take
from tests.conftest import MODELS
from tests.examples import call_received, measure_taken, store_visited
from tests.given import on
from tests.replay.rebuild.conftest import PEOPLE
from tests.replay.rebuild.test_resuming import Killed, after
from tests.replay.test_worker import linked

FIRST, SECOND, THIRD = (datetime(2025, month, 1, tzinfo=UTC) for month in (8, 9, 10))
ONE, OTHER, ALONE = PEOPLE[:3]


@pytest.fixture
def told(tracked: Journal) -> Journal:
    """Two people who were one from August to October, and a third; a call that was voided in September."""
    tracked.record(
        [on(call_received, "2025-05-01").replaced(participant_id=one) for one in (ONE, OTHER, ALONE)], now=FIRST
    )
    tracked.record([*linked(ONE, OTHER, "pair"), *_late(OTHER)], now=FIRST)
    voided = on(call_received, "2025-05-01").replaced(participant_id=ALONE)
    tracked.record(
        [
            TouchpointVoided.model_validate(
                {
                    "participant_id": ALONE,
                    "occurred_at": SECOND,
                    "source": "urn:majung:command",
                    "source_id": "void",
                    "target_event_id": voided.event_id,
                    "decided_at": SECOND,
                    "reason": "told twice",
                }
            )
        ],
        now=SECOND,
    )
    tracked.record(linked(ONE, OTHER, "pair", IdentitiesUnlinked), now=THIRD)
    return tracked


def _late(of: UUID) -> list[Touchpoint]:
    return [
        on(store_visited, "2025-07-15").replaced(participant_id=of),
        on(measure_taken, "2025-06-01").replaced(participant_id=of),
    ]


def rows(journal: Journal, model: ReadModel, name: str) -> list[object]:
    with journal.database.read() as connection:
        [found] = pinned(connection, [model], name)
        return model.ordered(generations.read(connection, found))


@pytest.mark.parametrize("known_at", [FIRST, SECOND, THIRD])
@pytest.mark.parametrize("as_of", [datetime(2025, 6, 15, tzinfo=UTC), THIRD])
def test_a_snapshot_holds_what_each_person_is_on_demand(told: Journal, as_of: datetime, known_at: datetime) -> None:
    found = take(told, MODELS, Clocks("report", as_of, known_at))
    assert (found.as_of, found.known_at) == (as_of, known_at)
    people = {
        id(one.history): one.history
        for one in (person(told, each, as_of=as_of, known_at=known_at) for each in (ONE, OTHER, ALONE))
    }
    by_root = {history.root: history for history in people.values()}
    for model in MODELS:
        folded = [row for history in by_root.values() for row in model.fold(history)]
        assert rows(told, model, "report") == model.ordered(folded), model.name


def test_what_is_recorded_later_does_not_change_a_snapshot(told: Journal) -> None:
    take(told, [timeline, contributions], Clocks("report", THIRD, THIRD))
    before = rows(told, timeline, "report"), rows(told, contributions, "report")
    told.record([on(store_visited, "2025-07-20").replaced(participant_id=ALONE, source_id="late")])
    rebuild(told, MODELS)
    rebuild(told, MODELS)
    assert (rows(told, timeline, "report"), rows(told, contributions, "report")) == before


def test_a_snapshot_that_was_interrupted_goes_on_and_is_no_ones_until_it_is_whole(populated: Journal) -> None:
    now = populated.clock()
    with pytest.raises(Killed):
        take(populated, MODELS, Clocks("report", now, now), told=after(3))
    with populated.database.read() as connection:
        assert listed(connection) == []
    rebuild(populated, MODELS)
    take(populated, MODELS, Clocks("report", now, now))
    assert len(rows(populated, timeline, "report")) == len(PEOPLE)


def test_a_name_is_used_once_until_it_is_dropped(populated: Journal) -> None:
    now = populated.clock()
    take(populated, [timeline], Clocks("report", now, now))
    with pytest.raises(SnapshotRefused, match="already"):
        take(populated, [timeline], Clocks("report", now, now))
    drop(populated, MODELS, "report")
    with populated.database.read() as connection, pytest.raises(SnapshotRefused, match="no snapshot report"):
        find(connection, "report")
    take(populated, [timeline], Clocks("report", now, now))


def test_a_name_that_is_none_and_a_future_that_may_change_are_refused(populated: Journal) -> None:
    now = populated.clock()
    with pytest.raises(SnapshotRefused, match="small letters"):
        take(populated, [timeline], Clocks("Report 2025", now, now))
    with pytest.raises(SnapshotRefused, match="future"):
        take(populated, [timeline], Clocks("report", now, now + timedelta(days=1)))


def test_a_read_model_that_a_snapshot_does_not_hold_is_named(populated: Journal) -> None:
    now = populated.clock()
    take(populated, [timeline], Clocks("report", now, now))
    with (
        populated.database.read() as connection,
        pytest.raises(SnapshotRefused, match="holds timeline, not contributions"),
    ):
        pinned(connection, [contributions], "report")
