"""Alerts as the journal has them: exact whatever the worker has folded, told once, and never by a replay."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as supposing
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from domain.acknowledging import AlertTakenOn
from domain.clock import END_OF_TIME, parse_moment
from domain.history import History
from domain.touchpoint import Touchpoint
from projections.alert_list import AlertState, alert_list
from projections.alerts import alerts
from projections.wellbeing import wellbeing
from replay.commands.acknowledging import acknowledge
from replay.commands.linking import link, unlink
from replay.commands.workers import NotAWorker
from replay.journal import Journal
from replay.live import generations
from replay.live.worker import Worker
from replay.queries.alerts import Mark, Watcher, everything, look, looks, standing
from replay.rebuild import rebuild
from replay.tables import positions
from replay.vault import keys
from tests.conftest import MODELS
from tests.domain.test_alerts import acknowledged, emergency, phq9, stories
from tests.examples import (
    OTHER_PARTICIPANT,
    PARTICIPANT,
    measure_taken,
    touchpoint_voided,
    worker_assigned,
    worker_unassigned,
)
from tests.replay.test_laws import SAME, fresh_journal

START = emergency.occurred_at


class Clock:
    """The present, as a test sets it."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, minutes: float) -> None:
        self.moment += timedelta(minutes=minutes)


@pytest.fixture
def clock(tracked: Journal) -> Clock:
    tracked.clock = Clock()
    return tracked.clock


def record(journal: Journal, *events: Touchpoint) -> None:
    journal.record(events, now=journal.clock())


def watcher(journal: Journal, worker: str | None = None) -> Watcher:
    return Watcher(journal, journal.clock, manager="manager", worker=worker)


def told(news: Any) -> list[tuple[str, UUID]]:
    return [(line.state.value, line.event_id) for line in news.lines] if news else []


def test_an_alert_is_told_when_it_is_raised_escalates_and_is_acknowledged_and_never_twice(
    tracked: Journal, clock: Clock
) -> None:
    watching = watcher(tracked)
    assert told(watching.begin()) == []
    record(tracked, emergency)
    assert told(watching.after(look(tracked, clock))) == [("open", emergency.event_id)]
    assert told(watching.after(look(tracked, clock))) == []
    clock.forward(10)
    assert told(watching.after(look(tracked, clock))) == [("escalated", emergency.event_id)]
    acknowledge(tracked, PARTICIPANT, emergency.event_id, actor="worker-1", action="called back", now=clock())
    [line] = watching.after(look(tracked, clock)).lines  # type: ignore[union-attr]
    assert (line.state, line.acknowledged_by, line.recipients) == (AlertState.ACKNOWLEDGED, "worker-1", [])
    assert told(watching.after(look(tracked, clock))) == []


def test_what_is_voided_is_told_as_withdrawn(tracked: Journal, clock: Clock) -> None:
    watching = watcher(tracked)
    record(tracked, emergency)
    watching.begin()
    record(tracked, touchpoint_voided.replaced(target_event_id=emergency.event_id, decided_at=START))
    assert told(watching.after(look(tracked, clock))) == [("withdrawn", emergency.event_id)]


def test_an_emergency_of_a_clock_that_is_fast_is_told_at_once(tracked: Journal, clock: Clock) -> None:
    record(tracked, emergency.replaced(occurred_at=START + timedelta(minutes=7)))
    assert told(watcher(tracked).begin()) == [("open", emergency.event_id)]


def test_a_replay_and_rows_made_from_nothing_tell_nothing_again(tracked: Journal, clock: Clock) -> None:
    record(tracked, emergency, phq9.replaced(occurred_at=START), acknowledged(after_minutes=0))
    Worker(tracked, MODELS).catch_up()
    watching = watcher(tracked)
    begun = watching.begin()
    assert len(begun.lines) == 1

    rebuild(tracked, MODELS)
    assert told(watching.after(look(tracked, clock))) == []

    with tracked.database.write() as connection:
        [live] = generations.live(connection, [alerts])
        connection.execute(delete(live.table))
        connection.execute(update(positions).where(positions.c.name == live.name).values(position=0))
    assert told(watching.after(look(tracked, clock))) == []
    assert told(watcher(tracked).begin(begun.mark)) == []
    Worker(tracked, MODELS).catch_up()
    assert told(watching.after(look(tracked, clock))) == []


def test_a_worker_is_told_what_reaches_them_and_everybody_what_escalates(tracked: Journal, clock: Clock) -> None:
    mine, other, manager = (watcher(tracked, name) for name in ("mine", "other", "manager"))
    record(tracked, worker_assigned.replaced(worker="mine", occurred_at=START), emergency)
    begun = [told(one.begin()) for one in (mine, other, manager)]
    assert begun == [[("open", emergency.event_id)], [], [("open", emergency.event_id)]]
    clock.forward(2)
    gone = worker_unassigned.replaced(worker="mine", occurred_at=clock())
    record(tracked, gone, worker_assigned.replaced(worker="other", occurred_at=clock(), source_id="2"))
    assert [told(one.after(look(tracked, clock))) for one in (mine, other)] == [[], [("open", emergency.event_id)]]
    clock.forward(8)
    for one in (mine, other, manager):
        assert told(one.after(look(tracked, clock))) == [("escalated", emergency.event_id)]


def test_the_state_of_linked_people_is_that_of_one_person_at_every_mark(tracked: Journal, clock: Clock) -> None:
    record(tracked, emergency)
    watching = watcher(tracked)
    apart = watching.begin().mark
    record(tracked, acknowledged(after_minutes=1, participant_id=OTHER_PARTICIPANT))
    assert [row.acknowledgement for row in everything(tracked)] == [None]
    [pair] = link(tracked, PARTICIPANT, OTHER_PARTICIPANT, reason="one person", now=clock()).pair_ids
    Worker(tracked, MODELS).catch_up()
    together = watching.after(look(tracked, clock))
    assert told(together) == told(watcher(tracked).begin(apart)) == [("acknowledged", emergency.event_id)]
    unlink(tracked, PARTICIPANT, pair_id=pair, reason="two people", now=clock())
    Worker(tracked, MODELS).catch_up()
    assert together is not None
    parted = told(watching.after(look(tracked, clock)))
    assert parted == told(watcher(tracked).begin(together.mark)) == [("open", emergency.event_id)]


@pytest.mark.parametrize("text", ["", "1", "x.1", "1.2.3.4", "1.-2", "99999999999999999.1", "1.999999999", "1" * 5000])
def test_an_id_that_is_none_of_this_journal_begins_anew(tracked: Journal, clock: Clock, text: str) -> None:
    record(tracked, emergency)
    mark = Mark.read(text)
    assert told(watcher(tracked).begin(mark)) == [("open", emergency.event_id)]


def test_who_is_too_far_behind_begins_anew(tracked: Journal, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = watcher(tracked).begin().mark
    record(tracked, emergency, phq9.replaced(occurred_at=START), acknowledged(after_minutes=0))
    monkeypatch.setattr("replay.queries.alerts.FARTHEST_BEHIND", 3)
    assert watcher(tracked).begin(begun).goes_on
    monkeypatch.setattr("replay.queries.alerts.FARTHEST_BEHIND", 2)
    anew = watcher(tracked).begin(begun)
    assert (anew.goes_on, told(anew)) == (False, told(watcher(tracked).begin()))


@supposing(stories(), st.data())
@settings(max_examples=20, **SAME)  # type: ignore[arg-type]
def test_what_stands_at_a_moment_is_the_same_as_among_all_there_ever_were(
    folder: Path, events: list[Touchpoint], data: st.DataObject
) -> None:
    with fresh_journal(folder) as journal:
        journal.clock = Clock()
        record(journal, *events)
        if data.draw(st.booleans()):
            Worker(journal, MODELS).catch_up()
        for moment in {END_OF_TIME} | {event.occurred_at for event in events}:
            some, all_of_them = standing(journal, moment), everything(journal)
            at = min(moment, journal.clock())
            asked: dict[str, Any] = {"manager": "manager", "as_of": moment}
            assert alert_list(some, at, **asked) == alert_list(all_of_them, at, **asked)


def test_of_two_workers_one_takes_an_alert_on_and_telling_it_again_is_harmless(tracked: Journal, clock: Clock) -> None:
    record(tracked, emergency)
    said = {"actor": "worker-1", "action": "called back"}
    first = acknowledge(tracked, PARTICIPANT, emergency.event_id, **said, now=clock())
    clock.forward(1)
    again = acknowledge(tracked, PARTICIPANT, emergency.event_id, **said, now=clock())
    assert (again.event_id, first.duplicate, again.duplicate) == (first.event_id, False, True)
    with pytest.raises(AlertTakenOn):
        acknowledge(tracked, PARTICIPANT, emergency.event_id, actor="worker-2", action="x", now=clock())
    with pytest.raises(NotAWorker):
        acknowledge(tracked, PARTICIPANT, emergency.event_id, actor=str(PARTICIPANT), action="x", now=clock())


def test_what_was_taken_on_under_a_linked_identity_stays_so_when_the_link_is_taken_back(
    tracked: Journal, clock: Clock
) -> None:
    record(tracked, emergency, emergency.replaced(participant_id=OTHER_PARTICIPANT, level="information"))
    said: dict[str, Any] = {"reason": "one caller", "now": clock(), "actor": "worker-1"}
    link(tracked, PARTICIPANT, OTHER_PARTICIPANT, **said)
    done = acknowledge(tracked, OTHER_PARTICIPANT, emergency.event_id, actor="worker-1", action="x", now=clock())
    with pytest.raises(AlertTakenOn):
        acknowledge(tracked, PARTICIPANT, emergency.event_id, actor="worker-2", action="y", now=clock())
    unlink(tracked, PARTICIPANT, OTHER_PARTICIPANT, **said)
    assert [row.acknowledgement for row in everything(tracked)] == [done.event_id]


def test_looks_come_with_commits_and_with_escalations_and_end_when_told(tracked: Journal) -> None:
    stop = Event()
    came = looks(tracked, tracked.clock, stop)
    assert next(came).calling == {}
    now = tracked.clock()
    soon = emergency.replaced(occurred_at=now - timedelta(minutes=10) + timedelta(seconds=5))
    tracked.record([soon])
    watching = watcher(tracked)
    assert told(watching.after(next(came))) == [("open", soon.event_id)]
    assert told(watching.after(next(came))) == [("escalated", soon.event_id)]
    stop.set()
    assert list(came) == []


def bare(event: Touchpoint) -> Touchpoint:
    """With nothing sealed, so that it is recorded and reads without a key."""
    return event.replaced(**dict.fromkeys(event.sealed_fields))


BARE = bare(emergency)
OTHERS = emergency.replaced(participant_id=OTHER_PARTICIPANT)


def lose_the_key_of(journal: Journal, one: UUID) -> None:
    with journal.vault.database.write() as connection:
        connection.execute(delete(keys).where(keys.c.participant_id == one))
    journal.vault._known.clear()


def test_one_of_whom_an_event_does_not_read_keeps_the_alerts_of_before_and_hides_nobody_elses(
    tracked: Journal, clock: Clock
) -> None:
    record(tracked, emergency)
    Worker(tracked, MODELS).catch_up()
    record(tracked, phq9.replaced(occurred_at=START), OTHERS)
    lose_the_key_of(tracked, PARTICIPANT)
    both = {emergency.event_id, OTHERS.event_id}
    assert look(tracked, clock).calling.keys() == both
    assert {row.event_id for row in standing(tracked)} == {row.event_id for row in everything(tracked)} == both
    assert {event_id for _, event_id in told(watcher(tracked).begin())} == both


def test_one_whose_events_do_not_fold_hides_nobody_elses_alerts(
    tracked: Journal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fold(history: History) -> Any:
        if history.root == PARTICIPANT:
            raise ValueError("010-1234-5678 is no number")
        return alerts.fold(history)

    record(tracked, emergency, OTHERS)
    monkeypatch.setattr("replay.queries.alerts.alerts", replace(alerts, fold=fold))
    assert look(tracked, clock).calling.keys() == {OTHERS.event_id}


@pytest.mark.parametrize("why", ["an event does not read", "another read model fails", "the rows are refused"])
def test_a_new_emergency_of_somebody_held_is_told_at_once_and_its_acknowledgement_and_its_end_too(
    tracked: Journal, clock: Clock, why: str
) -> None:
    def fails(history: History) -> Any:
        raise ValueError("010-1234-5678 is no number")

    def twice(history: History) -> Any:
        return [*wellbeing.fold(history)] * 2

    folds = {"another read model fails": fails, "the rows are refused": twice}
    models = [replace(model, fold=folds.get(why, model.fold)) if model is wellbeing else model for model in MODELS]
    record(tracked, phq9.replaced(occurred_at=START))
    if why == "an event does not read":
        lose_the_key_of(tracked, PARTICIPANT)
    worker, at_work = Worker(tracked, models), watcher(tracked)
    worker.catch_up()
    at_work.begin()
    record(tracked, BARE)
    worker.catch_up()
    assert ("open", BARE.event_id) in told(at_work.after(look(tracked, clock)))
    clock.forward(11)
    assert ("escalated", BARE.event_id) in told(at_work.after(look(tracked, clock)))
    record(tracked, bare(acknowledged(BARE)))
    worker.catch_up()
    assert ("acknowledged", BARE.event_id) in told(at_work.after(look(tracked, clock)))
    Worker(tracked, MODELS).retry_held()
    assert BARE.event_id not in look(tracked, clock).calling


def test_an_alert_whose_event_reads_no_more_stays_as_it_was(tracked: Journal, clock: Clock) -> None:
    flag = phq9.replaced(occurred_at=START)
    record(tracked, flag)
    Worker(tracked, MODELS).catch_up()
    lose_the_key_of(tracked, PARTICIPANT)
    record(tracked, BARE)
    Worker(tracked, MODELS).catch_up()
    assert look(tracked, clock).calling.keys() == {flag.event_id, BARE.event_id}


def give_back(journal: Journal, key: Mapping[str, Any]) -> None:
    with journal.vault.database.write() as connection:
        connection.execute(insert(keys).values(**key))


def lose_and_keep_the_key_of(journal: Journal, one: UUID) -> Mapping[str, Any]:
    with journal.vault.database.read() as connection:
        [key] = connection.execute(select(keys).where(keys.c.participant_id == one)).mappings().all()
    lose_the_key_of(journal, one)
    return dict(key)


def test_an_alert_whose_event_reads_again_is_told_to_who_watches_and_to_who_comes_again(
    tracked: Journal, clock: Clock
) -> None:
    flag = phq9.replaced(occurred_at=START)
    record(tracked, flag)
    key = lose_and_keep_the_key_of(tracked, PARTICIPANT)
    Worker(tracked, MODELS).catch_up()
    stop, away = Event(), watcher(tracked)
    came = looks(tracked, clock, stop)
    watching = watcher(tracked)
    assert told(watching.after(next(came))) == told(away.begin()) == []
    assert away.mark is not None
    mark = Mark.read(away.mark.write())
    assert watcher(tracked).begin(mark).goes_on

    give_back(tracked, key)
    before_the_retry = watcher(tracked).begin(mark)
    Worker(tracked, MODELS).retry_held()
    after_it = watcher(tracked).begin(mark)
    for news in (before_the_retry, after_it):
        assert (news.goes_on, told(news)) == (False, [("open", flag.event_id)])
    assert told(watching.after(next(came))) == [("open", flag.event_id)]
    stop.set()
    assert list(came) == []


def test_of_two_linked_people_the_one_whose_events_read_again_is_told_while_both_are_held(
    tracked: Journal, clock: Clock
) -> None:
    flag = phq9.replaced(occurred_at=START)
    record(tracked, flag, phq9.replaced(participant_id=OTHER_PARTICIPANT, occurred_at=START - timedelta(days=30)))
    link(tracked, PARTICIPANT, OTHER_PARTICIPANT, reason="one person", now=clock())
    key = lose_and_keep_the_key_of(tracked, PARTICIPANT)
    lose_the_key_of(tracked, OTHER_PARTICIPANT)
    worker = Worker(tracked, MODELS)
    worker.catch_up()
    stop, watching = Event(), watcher(tracked)
    came = looks(tracked, clock, stop)
    assert told(watching.after(next(came))) == []
    give_back(tracked, key)
    clock.forward(1)
    worker.retry_held()
    assert told(watching.after(next(came))) == [("open", flag.event_id)]
    stop.set()


def test_a_look_that_was_taken_before_one_came_takes_nothing_back(tracked: Journal, clock: Clock) -> None:
    flag = phq9.replaced(occurred_at=START)
    record(tracked, flag)
    key = lose_and_keep_the_key_of(tracked, PARTICIPANT)
    Worker(tracked, MODELS).catch_up()
    earlier, came = look(tracked, clock), watcher(tracked)
    give_back(tracked, key)
    Worker(tracked, MODELS).retry_held()
    clock.forward(1)
    assert told(came.begin()) == [("open", flag.event_id)]
    assert told(came.after(earlier)) == []


def test_an_alert_that_something_unreadable_had_closed_stays_closed(tracked: Journal, clock: Clock) -> None:
    taken_on, withdrawn = BARE, BARE.replaced(source_id="withdrawn")
    record(tracked, taken_on, withdrawn)
    record(
        tracked,
        acknowledged(taken_on, note="sealed"),
        touchpoint_voided.replaced(
            target_event_id=withdrawn.event_id, participant_id=PARTICIPANT, occurred_at=START, source_id="void"
        ),
    )
    Worker(tracked, MODELS).catch_up()
    assert look(tracked, clock).calling == {}
    lose_the_key_of(tracked, PARTICIPANT)
    news = BARE.replaced(source_id="news")
    record(tracked, news)
    assert look(tracked, clock).calling.keys() == {news.event_id}
    Worker(tracked, MODELS).catch_up()
    assert look(tracked, clock).calling.keys() == {news.event_id}


def test_an_alert_whose_event_does_not_read_stays_when_a_link_is_taken_back(tracked: Journal, clock: Clock) -> None:
    lo, hi = sorted((PARTICIPANT, OTHER_PARTICIPANT))
    flag = phq9.replaced(participant_id=hi, occurred_at=START)
    record(tracked, flag, BARE.replaced(participant_id=lo))
    [pair] = link(tracked, lo, hi, reason="one person", now=clock()).pair_ids
    Worker(tracked, MODELS).catch_up()
    unlink(tracked, lo, pair_id=pair, reason="two people", now=clock())
    lose_the_key_of(tracked, hi)
    assert flag.event_id in look(tracked, clock).calling


def test_what_was_voided_calls_no_more_though_its_row_stands_under_somebody_held(
    tracked: Journal, clock: Clock
) -> None:
    lo, hi = sorted((PARTICIPANT, OTHER_PARTICIPANT))
    call = BARE.replaced(participant_id=hi)
    record(tracked, call, phq9.replaced(participant_id=lo, occurred_at=START))
    [pair] = link(tracked, lo, hi, reason="one person", now=clock()).pair_ids
    Worker(tracked, MODELS).catch_up()
    unlink(tracked, hi, pair_id=pair, reason="two people", now=clock())
    lose_the_key_of(tracked, lo)
    Worker(tracked, MODELS).catch_up()
    assert call.event_id in look(tracked, clock).calling
    void = touchpoint_voided.replaced(target_event_id=call.event_id, participant_id=hi, occurred_at=START)
    record(tracked, void)
    assert call.event_id not in look(tracked, clock).calling
    Worker(tracked, MODELS).catch_up()
    assert call.event_id not in look(tracked, clock).calling


def test_an_alert_of_somebody_of_whom_an_event_does_not_read_is_taken_on_by_the_command(
    tracked: Journal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tracked, emergency, measure_taken.replaced(participant_id=PARTICIPANT))
    with monkeypatch.context() as older:
        older.delitem(Touchpoint.registry, measure_taken.stored_as)
        Worker(tracked, MODELS, code="older").catch_up()
        assert look(tracked, clock).calling.keys() == {emergency.event_id}
        acknowledge(tracked, PARTICIPANT, emergency.event_id, actor="worker-1", action="calls", now=clock())
        assert look(tracked, clock).calling == {}


def test_an_alert_of_somebody_without_a_key_is_taken_on_by_the_command(tracked: Journal, clock: Clock) -> None:
    record(tracked, phq9.replaced(occurred_at=START))
    lose_the_key_of(tracked, PARTICIPANT)
    record(tracked, BARE)
    Worker(tracked, MODELS).catch_up()
    acknowledge(tracked, PARTICIPANT, BARE.event_id, actor="worker-1", action="calls", now=clock())
    assert look(tracked, clock).calling == {}


@pytest.mark.parametrize("parted", [False, True], ids=["linked", "linked and unlinked"])
def test_whoever_is_linked_to_one_of_whom_an_event_does_not_read_has_their_alerts_all_the_same(
    tracked: Journal, clock: Clock, parted: bool
) -> None:
    record(tracked, emergency, phq9.replaced(occurred_at=START), OTHERS)
    Worker(tracked, MODELS).catch_up()
    [pair] = link(tracked, PARTICIPANT, OTHER_PARTICIPANT, reason="one person", now=clock()).pair_ids
    if parted:
        unlink(tracked, PARTICIPANT, pair_id=pair, reason="two people", now=clock())
    lose_the_key_of(tracked, PARTICIPANT)
    again = OTHERS.replaced(source_id="again")
    record(tracked, again)
    assert look(tracked, clock).calling.keys() >= {emergency.event_id, OTHERS.event_id, again.event_id}


def test_who_was_away_while_events_of_somebody_stopped_reading_begins_anew_and_goes_on_from_there(
    tracked: Journal, clock: Clock
) -> None:
    """What was known of them then cannot be told any more: all that is open is told again, and nothing is lost."""
    before = watcher(tracked).begin().mark
    record(tracked, emergency)
    Worker(tracked, MODELS).catch_up()
    record(tracked, phq9.replaced(occurred_at=START))
    lose_the_key_of(tracked, PARTICIPANT)
    Worker(tracked, MODELS).catch_up()
    anew = watcher(tracked).begin(before)
    assert (anew.goes_on, told(anew)) == (False, [("open", emergency.event_id)])
    record(tracked, OTHERS)
    later = watcher(tracked).begin(anew.mark)
    assert (later.goes_on, told(later)) == (True, [("open", OTHERS.event_id)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("alerts")


@supposing(stories(), st.data())
@settings(max_examples=40, **SAME)  # type: ignore[arg-type]
def test_who_was_away_and_comes_again_is_told_what_who_stayed_is_told(
    folder: Path, events: list[Touchpoint], data: st.DataObject
) -> None:
    worker = data.draw(st.sampled_from([None, "a", "manager"]))
    with fresh_journal(folder) as journal:
        journal.clock = clock = Clock()
        clock.moment = parse_moment("2025-06-02T00:00:00+09:00")
        following = Worker(journal, MODELS, batch=3)
        stays, comes = watcher(journal, worker), watcher(journal, worker)
        mark = stays.begin().mark
        comes.begin()
        for event in events:
            clock.moment = event.occurred_at
            record(journal, event)
            if data.draw(st.booleans()):
                following.step(0)
            seen = told(stays.after(look(journal, clock)))
            if data.draw(st.booleans()):
                comes = watcher(journal, worker)
                news = comes.begin(mark)
            else:
                news = comes.after(look(journal, clock))  # type: ignore[assignment]
            assert told(news) == seen
            mark = news.mark
        following.catch_up()
        assert {row.event_id for row in look(journal, clock).calling.values()} == {
            row.event_id for row in everything(journal) if row.calls
        }
