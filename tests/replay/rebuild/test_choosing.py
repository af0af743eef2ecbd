"""Which rows serve is chosen: back and forth, and never rows that have missed something."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import update

from projections.timeline import timeline
from replay import generations
from replay.generations import ReadModelOutdated
from replay.journal import Journal
from replay.rebuild import ledger, rebuild
from replay.rebuild.choosing import Line, NothingToChoose, Stale, drop, listed, switch
from replay.tables import read_models
from replay.worker import Worker
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
    with pytest.raises(Stale, match="1 event"):
        switch(populated, [timeline], 1)


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
