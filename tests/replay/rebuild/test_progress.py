"""How far replays have come, for who watches: what goes on, and each end told once, also to who was away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from domain.clock import END_OF_TIME
from projections.journey import journey
from projections.timeline import timeline
from replay.journal import Journal
from replay.rebuild import progress, rebuild
from replay.rebuild.choosing import drop, switch
from replay.rebuild.following import Follower, Mark, News
from replay.rebuild.ledger import Clocks
from replay.rebuild.progress import Ended, Look, Replay
from replay.rebuild.snapshots import take
from replay.tables import rebuild_parts
from tests.conftest import MODELS
from tests.replay.rebuild.test_resuming import Killed, after


def look(journal: Journal) -> Look:
    with journal.database.read() as connection:
        return progress.look(connection, journal.clock())


def begun(journal: Journal) -> Replay:
    """A replay of two read models that was interrupted."""
    with pytest.raises(Killed):
        rebuild(journal, [timeline, journey], told=after(3))
    return look(journal).replays[-1]


def ends(found: Look) -> list[tuple[int, str]]:
    return [(each.number, each.state) for each in found.ended]


def test_a_replay_is_told_by_process_while_it_folds(populated: Journal) -> None:
    seen: list[Look] = []
    rebuild(populated, MODELS, told=lambda _: seen.append(look(populated)))
    for [one], newest, ended in ((each.replays, each.newest, each.ended) for each in seen):
        assert (one.number, one.state, one.at_work, one.events, newest, ended) == (1, "folding", True, 300, 1, ())
        assert one.folded == sum(process.folded for process in one.processes)
        assert one.made == (tuple(sorted(model.name for model in MODELS)), None)
    folded = [each.replays[0].folded for each in seen]
    assert folded == sorted(folded)
    assert folded[-1] == 300
    assert (look(populated).replays, ends(look(populated))) == ((), [(1, "switched")])


def test_where_a_worker_of_a_cluster_runs_is_not_told(populated: Journal) -> None:
    begun(populated)
    with populated.database.write() as connection:
        done = rebuild_parts.c.worker.is_not(None)
        connection.execute(update(rebuild_parts).where(done).values(worker="tcp://10.1.2.3:4567"))
    [process] = look(populated).replays[0].processes
    assert process.process.startswith("cluster-")
    assert "10.1.2.3" not in process.process


def test_a_replay_that_was_interrupted_goes_on_until_another_discards_it(populated: Journal) -> None:
    assert begun(populated)[2:4] == ("folding", False)
    # Of one of its two read models, which leaves it to whoever goes on; then of more.
    rebuild(populated, [timeline], serve=False)
    assert [(one.number, one.state) for one in look(populated).replays] == [(1, "folding"), (2, "ready")]
    rebuild(populated, MODELS)
    assert look(populated).replays == ()
    assert ends(look(populated)) == [(1, "discarded"), (2, "discarded"), (3, "switched")]
    with populated.database.read() as connection:
        assert progress.outcomes(connection) == {"switched": 1, "taken": 0, "discarded": 2}


def told(follower: Follower, number: int, journal: Journal) -> News:
    found = follower.news(number, look(journal))
    assert found is not None
    return found


def states(news: News) -> list[str]:
    return [each.state for each in news.ended]


def test_a_follower_is_told_each_change_and_each_end_once(populated: Journal) -> None:
    follower = Follower()
    assert told(follower, 1, populated) == News(Mark(0), [], ())
    assert follower.news(2, look(populated)) is None
    begun(populated)
    assert [one.number for one in told(follower, 3, populated).replays] == [1]
    assert follower.news(4, look(populated)) is None
    rebuild(populated, [timeline, journey], serve=False)
    ready = told(follower, 5, populated)
    assert (states(ready), [one.state for one in ready.replays], ready.mark.write()) == (["ready"], ["ready"], "1.1w")
    assert follower.news(6, look(populated)) is None
    switch(populated, [timeline, journey])
    assert states(told(follower, 7, populated)) == ["switched"]
    assert follower.news(8, look(populated)) is None


def test_a_look_from_before_the_last_one_is_passed_over(populated: Journal) -> None:
    follower, before = Follower(), look(populated)
    begun(populated)
    assert follower.news(2, look(populated)) is not None
    assert follower.news(1, before) is None


def test_who_was_away_is_told_first_what_ended_meanwhile_and_nothing_twice(populated: Journal) -> None:
    begun(populated)
    follower = Follower()
    mark = Mark.read(told(follower, 1, populated).mark.write())
    rebuild(populated, [timeline, journey])
    rebuild(populated, [timeline], serve=False)
    back = told(Follower(mark), 1, populated)
    assert [(each.number, each.state) for each in back.ended] == [(1, "switched"), (2, "ready")]
    assert states(told(Follower(back.mark), 1, populated)) == []
    drop(populated, timeline, look(populated).replays[0].number + 1)
    assert states(told(Follower(Mark.read(back.mark.write())), 1, populated)) == ["discarded"]
    # Who begins has waited for none of them.
    assert states(told(Follower(), 1, populated)) == []


def test_a_snapshot_is_told_by_its_name_and_clocks(populated: Journal) -> None:
    now = populated.clock()
    with pytest.raises(Killed):
        take(populated, [timeline], Clocks("report", now, now), told=after(1))
    [one] = look(populated).replays
    assert (one.made, one.made.kind, one.as_of, one.known_at) == ((("timeline",), "report"), "snapshot", now, now)
    take(populated, [timeline], Clocks("report", now, now))
    assert ends(look(populated)) == [(1, "taken")]


def test_a_mark_of_another_journal_begins_anew(populated: Journal) -> None:
    rebuild(populated, [timeline])
    found = told(Follower(Mark(9, frozenset({1}))), 1, populated)
    assert (states(found), found.mark) == ([], Mark(1))


NUMBERS = st.frozensets(st.integers(0, 999_999_999), max_size=50)


@given(st.integers(0, 999_999_999), NUMBERS, NUMBERS)
def test_a_mark_is_read_as_it_was_written(newest: int, going_on: frozenset[int], ready: frozenset[int]) -> None:
    mark = Mark(newest, going_on - ready, ready)
    assert Mark.read(mark.write()) == mark


@given(st.text("0123456789.w-x\u0661", max_size=12))
def test_anything_else_is_no_mark(text: str) -> None:
    mark = Mark.read(text)
    assert mark is None or Mark.read(mark.write()) == mark


def test_an_end_is_missed_by_who_was_told_less() -> None:
    switched = Ended(3, progress.Made((), None), "switched", END_OF_TIME, 0)
    waiting = switched._replace(state="ready")
    known, going_on, ready = Mark(3), Mark(3, frozenset({3})), Mark(3, frozenset(), frozenset({3}))
    assert [mark.misses(switched) for mark in (Mark(2), known, going_on, ready)] == [True, False, True, True]
    assert [mark.misses(waiting) for mark in (Mark(2), known, going_on, ready)] == [True, False, True, False]
