"""Which rows serve is chosen: back and forth, and never rows that have missed something."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from sqlalchemy import update

from domain.journey import AS_RECORDED
from projections.journey import under
from projections.timeline import timeline
from replay.journal import Journal
from replay.live import generations
from replay.live.generations import ReadModelOutdated, RowsBeingRead
from replay.live.worker import Worker
from replay.rebuild import ledger, rebuild
from replay.rebuild.choosing import Line, NothingToChoose, Stale, drop, listed, switch
from replay.rebuild.ledger import Clocks
from replay.rebuild.snapshots import take
from replay.tables import read_models, rebuilds
from tests.conftest import MODELS
from tests.examples import store_visited
from tests.replay.rebuild.conftest import PEOPLE, timeline_otherwise
from tests.replay.rebuild.test_gate import served_timeline
from tests.replay.rebuild.test_resuming import Killed, after


def lines(journal: Journal, name: str = "timeline") -> dict[int, Line]:
    with journal.database.read() as connection:
        standing = {found.rebuild.id: found for found in ledger.unfinished(connection, journal.clock())}
        return {line.generation: line for line in listed(connection, standing) if line.read_model == name}


def news(journal: Journal) -> None:
    journal.record([store_visited.replaced(participant_id=PEOPLE[5], source_id="news")])


def test_rows_that_were_not_expected_can_be_let_serve_with_what_came_since(populated: Journal) -> None:
    changed = timeline_otherwise(PEOPLE[7], touchpoints=99)
    rebuild(populated, changed, serve=False)
    assert lines(populated)[2].state == "ready"
    news(populated)
    switch(populated, changed)
    assert served_timeline(populated)[PEOPLE[7]] == 99
    assert served_timeline(populated)[PEOPLE[5]] == 4
    assert {number: line.state for number, line in lines(populated).items()} == {1: "retired", 2: "live"}


def test_rows_of_before_serve_again_with_what_came_since(
    populated: Journal, digests: Callable[[], dict[str, str]]
) -> None:
    rebuild(populated, timeline_otherwise(PEOPLE[7], touchpoints=99))
    news(populated)
    assert lines(populated)[1].behind == 1
    switch(populated, MODELS)
    assert served_timeline(populated)[PEOPLE[7]] == 3
    back = digests()
    rebuild(populated, MODELS)
    assert digests() == back


def test_one_read_model_is_switched_alone_and_to_the_one_that_is_named(populated: Journal) -> None:
    rebuild(populated, MODELS)
    [serving] = switch(populated, [timeline], 1)
    assert (serving.model.name, serving.number) == ("timeline", 1)
    assert lines(populated, "journey")[2].state == "live"
    with pytest.raises(NothingToChoose, match="projections list"):
        switch(populated, [timeline], 7)


def test_rows_that_another_release_left_behind_do_not_serve(populated: Journal) -> None:
    rebuild(populated, [timeline])
    with populated.database.write() as connection:
        older = read_models.c.name == "timeline", read_models.c.generation == 1
        connection.execute(update(read_models).where(*older).values(version=1))
    assert switch(populated, [timeline])[0].number == 1
    switch(populated, [timeline])
    news(populated)
    Worker(populated, [timeline]).catch_up()
    with pytest.raises(Stale, match="1 event"):
        switch(populated, [timeline], 1)


def test_rows_of_another_release_serve_again_while_they_have_seen_all_that_readers_have(populated: Journal) -> None:
    rebuild(populated, [replace(timeline, version=timeline.version + 1)])
    older = read_models.c.name == "timeline", read_models.c.generation == 1
    with populated.database.write() as connection:
        connection.execute(update(read_models).where(*older).values(version=1))
    news(populated)
    assert switch(populated, [timeline])[0].number == 1


def test_rows_are_switched_to_while_somebody_goes_on_recording(
    populated: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not populated.database.is_postgres:
        pytest.skip("SQLite has one writer at a time: nobody is ever in between")
    rebuild(populated, MODELS)
    apply, told = Worker.apply, count()

    def and_then_one_more(self: Worker, *arguments: Any) -> int:
        applied = apply(self, *arguments)
        if not applied:
            populated.record([store_visited.replaced(participant_id=PEOPLE[5], source_id=f"news {next(told)}")])
        return applied

    monkeypatch.setattr(Worker, "apply", and_then_one_more)
    assert {each.number for each in switch(populated, MODELS)} == {1}
    assert served_timeline(populated)[PEOPLE[5]] == 4


def test_where_some_rows_wait_only_those_are_switched_to(populated: Journal) -> None:
    rebuild(populated, MODELS)
    rebuild(populated, [timeline], serve=False)
    [switched] = switch(populated, MODELS, named=False)
    assert (switched.model.name, switched.number) == ("timeline", 3)
    assert lines(populated, "journey")[2].state == "live"
    rebuild(populated, [timeline], serve=False)
    assert [each.name for each in switch(populated, MODELS)] == ["timeline_g4"]
    assert lines(populated, "journey")[2].state == "live"


def test_nothing_goes_back_that_nobody_named(populated: Journal) -> None:
    rebuild(populated, MODELS)
    with pytest.raises(NothingToChoose, match="name the read models"):
        switch(populated, MODELS, named=False)
    assert {line.state for line in lines(populated).values()} == {"live", "retired"}
    assert lines(populated)[2].state == "live"


def test_a_kept_journey_under_other_rules_is_switched_by_its_name(populated: Journal) -> None:
    kept = under(AS_RECORDED)
    rebuild(populated, [kept])
    rebuild(populated, [kept])
    assert [(each.model.name, each.number) for each in switch(populated, [kept])] == [(kept.name, 1)]


def test_rows_of_other_code_that_wait_are_replayed_anew_and_not_switched_to(populated: Journal) -> None:
    rebuild(populated, MODELS)
    rebuild(populated, [timeline], serve=False)
    with populated.database.write() as connection:
        connection.execute(update(rebuilds).where(rebuilds.c.state == "ready").values(code="another release"))
    for number in (None, 3):
        with pytest.raises(NothingToChoose, match="replay anew"):
            switch(populated, [timeline], number)
    assert lines(populated)[2].state == "live"
    assert switch(populated, [timeline], 1)[0].number == 1
    rebuild(populated, [timeline], serve=False)
    assert switch(populated, [timeline])[0].number == 4
    # What waits by other code is the other release's to choose.
    assert lines(populated)[3].state == "ready"


def test_the_rows_of_a_snapshot_are_not_dropped_one_by_one(populated: Journal) -> None:
    now = populated.clock()
    take(populated, [timeline], Clocks("report", now, now))
    with pytest.raises(NothingToChoose, match="majung snapshots drop report"):
        drop(populated, timeline, 2)
    assert lines(populated)[2].state == "snapshot"


def test_a_dry_run_keeps_the_way_back_and_a_switch_keeps_one(populated: Journal) -> None:
    rebuild(populated, MODELS)
    rebuild(populated, MODELS, serve=False)
    assert {number: line.state for number, line in lines(populated).items()} == {1: "retired", 2: "live", 3: "ready"}
    switch(populated, MODELS)
    assert {number: line.state for number, line in lines(populated).items()} == {2: "retired", 3: "live"}
    rebuild(populated, MODELS)
    assert {number: line.state for number, line in lines(populated).items()} == {3: "retired", 4: "live"}
    switch(populated, MODELS)
    rebuild(populated, MODELS)
    assert {number: line.state for number, line in lines(populated).items()} == {3: "retired", 5: "live"}


def test_rows_that_somebody_still_reads_hold_nobody_up_and_go_the_next_time(
    populated: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not populated.database.is_postgres:
        pytest.skip("who reads a file holds nobody up who removes a table")
    monkeypatch.setattr(generations, "PATIENCE_SECONDS", 0.05)
    with populated.database.read() as reading:
        [old] = generations.live(reading, [timeline])
        assert list(generations.read(reading, old))
        rebuild(populated, [timeline])
        assert rebuild(populated, [timeline]).switched
        with pytest.raises(RowsBeingRead, match="try again"):
            drop(populated, timeline, 1)
        assert {number: line.state for number, line in lines(populated).items()} == {
            1: "retired",
            2: "retired",
            3: "live",
        }
    rebuild(populated, [timeline])
    assert {number: line.state for number, line in lines(populated).items()} == {3: "retired", 4: "live"}


def test_rows_of_another_version_are_stale_until_somebody_who_folds_it_has_kept_them_up_to_date(
    populated: Journal,
) -> None:
    newer = replace(timeline, version=timeline.version + 1)
    rebuild(populated, [newer])
    assert {line.state for line in lines(populated).values()} == {"retired", "live"}
    news(populated)
    Worker(populated, [newer]).catch_up()
    assert {line.state for line in lines(populated).values()} == {"stale", "live"}
    with pytest.raises(Stale, match="let the release that folds it work"):
        switch(populated, [newer], 1)
    Worker(populated, [timeline]).catch_up()
    assert {line.state for line in lines(populated).values()} == {"retired", "live"}


def test_rows_that_another_release_reads_stay_however_often_this_one_replays(populated: Journal) -> None:
    rebuild(populated, [timeline])
    newer = replace(timeline, version=timeline.version + 1)
    rebuild(populated, [newer])
    rebuild(populated, [newer])
    news(populated)
    Worker(populated, [timeline]).catch_up()
    rebuild(populated, [newer])
    found = {number: (line.state, line.version) for number, line in lines(populated).items()}
    assert found == {
        2: ("retired", timeline.version),
        4: ("retired", newer.version),
        5: ("live", newer.version),
    }
    with populated.database.read() as connection:
        [served] = generations.live(connection, [timeline])
        rows = {row.component: row.touchpoints for row in generations.read(connection, served)}
    assert rows[PEOPLE[5]] == 4


def test_rows_that_wait_stay_until_newer_ones_of_the_same_code_serve_or_wait(populated: Journal) -> None:
    rebuild(populated, MODELS, serve=False)
    with pytest.raises(Killed):
        rebuild(populated, MODELS, told=after(3))
    assert lines(populated)[2].state == "ready"
    rebuild(populated, [timeline])
    assert {number: line.state for number, line in lines(populated).items()} == {
        1: "retired",
        3: "interrupted",
        4: "live",
    }
    assert lines(populated, "journey")[2].state == "ready"
    rebuild(populated, MODELS)
    assert {number: line.state for number, line in lines(populated, "journey").items()} == {1: "retired", 3: "live"}
    with populated.database.read() as connection:
        assert ledger.unfinished(connection, populated.clock()) == []
        assert ledger.left_behind(connection) == []


def test_two_releases_serve_side_by_side_each_by_rows_of_its_version(populated: Journal) -> None:
    newer = replace(timeline, version=timeline.version + 1)
    rebuild(populated, [newer])
    news(populated)
    for model in (timeline, newer):
        Worker(populated, [model]).catch_up()
        with populated.database.read() as connection:
            [served] = generations.live(connection, [model])
            assert served.number == (1 if model is timeline else 2)
            rows = {row.component: row.touchpoints for row in generations.read(connection, served)}
            assert rows[PEOPLE[5]] == 4
    drop(populated, timeline, 1)
    with populated.database.read() as connection, pytest.raises(ReadModelOutdated, match="majung replay"):
        generations.live(connection, [timeline])


def test_rows_that_serve_or_are_being_made_are_not_dropped(populated: Journal) -> None:
    with pytest.raises(NothingToChoose, match="serves"):
        drop(populated, timeline, 1)
    with pytest.raises(NothingToChoose, match="no generation 9"):
        drop(populated, timeline, 9)
    with pytest.raises(Killed):
        rebuild(populated, MODELS, told=after(3))
    assert lines(populated)[2].state == "interrupted"
    assert lines(populated)[2].folded is not None
    drop(populated, timeline, 2)
    assert 2 not in lines(populated)
    assert rebuild(populated, MODELS).switched


def test_a_replay_at_work_is_listed_with_how_far_it_has_come(populated: Journal) -> None:
    seen: list[Line] = []
    rebuild(populated, MODELS, told=lambda _: seen.append(lines(populated)[2]))
    assert {line.state for line in seen} == {"building"}
    assert [line.folded for line in seen] == sorted(line.folded or 0 for line in seen)
    assert (seen[-1].folded, seen[-1].events, seen[-1].workers) == (300, 300, 1)
