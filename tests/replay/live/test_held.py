"""Whoever does not fold is held at their last good rows, marked, and folded again; nobody else is held up by them."""

import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import psycopg
import pytest
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import OperationalError

from domain.events import IdentitiesUnlinked
from domain.history import History
from domain.touchpoint import Touchpoint
from projections.read_model import ReadModel
from projections.timeline import timeline
from replay.journal import Journal
from replay.live import generations, held
from replay.live.held import CannotBeFolded, Held
from replay.live.worker import Worker
from replay.queries.as_of import person
from replay.rebuild import rebuild
from replay.rebuild.choosing import switch
from replay.tables import held as marked
from replay.vault import Vault, keys
from tests.conftest import MODELS
from tests.examples import call_received, measure_taken, store_visited
from tests.replay.linking import PEOPLE, A, B, C, about, journal_of, on_demand, rows
from tests.replay.live.test_at_once import begun
from tests.replay.live.test_worker import linked
from tests.replay.rebuild.test_resuming import Killed, after

POISON = "poison"
"""An actor whose events the models of `poisoned` cannot fold."""


def poisoned(name: str = "wellbeing") -> list[ReadModel]:
    """The read models of a release in which one has a defect."""

    def fold(model: ReadModel, history: History) -> Sequence[Any]:
        if any(fact.event.actor == POISON for fact in history.facts):
            raise ValueError("010-1234-5678 is no number")
        return model.fold(history)

    return folded_by(fold, name)


def folded_by(fold: Callable[[ReadModel, History], Sequence[Any]], name: str) -> list[ReadModel]:
    """The read models, one of them with this fold."""
    return [replace(model, fold=partial(fold, model)) if model.name == name else model for model in MODELS]


@pytest.fixture
def journal(database_url: str, tmp_path: Path) -> Iterator[Journal]:
    """An empty journal of four shards."""
    with journal_of(database_url, tmp_path, 4) as journal:
        yield journal


def defective(journal: Journal) -> Worker:
    return Worker(journal, poisoned(), code="defective")


def mended(journal: Journal) -> Worker:
    return Worker(journal, MODELS, code="mended")


def marks(journal: Journal) -> dict[UUID, Held]:
    with journal.database.read() as connection:
        return {mark.participant_id: mark for mark in held.list_held(connection)}


def of(found: dict[str, list[Any]], *people: UUID) -> dict[str, list[Any]]:
    return {name: [row for row in own if row.component in people] for name, own in found.items()}


def without(found: dict[str, list[Any]], one: UUID) -> dict[str, list[Any]]:
    return {name: [row for row in own if row.component != one] for name, own in found.items()}


def poison(participant_id: UUID) -> list[Touchpoint]:
    return [measure_taken.replaced(participant_id=participant_id, actor=POISON, source_id="the poison")]


def ensure_one_is_held_and_all_others_go_on(journal: Journal, worker: Worker) -> None:
    """Of several people A gets what this worker cannot fold or write; everybody gets something else."""
    journal.record([event for one in PEOPLE for event in about(one, call_received)])
    worker.catch_up()
    before = rows(journal)
    journal.record([*poison(A), *(event for one in PEOPLE for event in about(one, store_visited))])
    assert worker.catch_up() == len(PEOPLE) + 1
    after = rows(journal)
    assert of(after, A) == of(before, A)
    assert of(after, *PEOPLE[1:]) == on_demand(journal, PEOPLE[1:])
    assert marks(journal).keys() == {A}


def test_one_who_does_not_fold_keeps_their_rows_in_every_read_model_and_all_others_go_on(journal: Journal) -> None:
    ensure_one_is_held_and_all_others_go_on(journal, defective(journal))


def test_a_mark_says_what_failed_and_nothing_of_the_person(journal: Journal) -> None:
    journal.record([*about(A, call_received), *about(B, call_received)])
    defective(journal).catch_up()
    journal.record(poison(A))
    defective(journal).catch_up()
    mark = marks(journal)[A]
    assert (mark.error, mark.read_model, mark.attempts, mark.root) == ("ValueError", "wellbeing", 1, A)
    assert "010" not in mark.message
    assert mark.since == mark.tried_at
    with journal.database.read() as connection:
        found = held.behind(connection, journal.shards, mark)
    assert found.events == 1
    assert found.rows["timeline"] == 1


def test_they_are_tried_again_with_every_new_event_and_the_mark_goes_when_they_fold(journal: Journal) -> None:
    journal.record([*about(A, call_received), *poison(A)])
    defective(journal).catch_up()
    since = marks(journal)[A].since
    journal.record(about(A, store_visited))
    defective(journal).catch_up()
    assert (marks(journal)[A].attempts, marks(journal)[A].since) == (2, since)
    journal.record(about(A, measure_taken))
    mended(journal).catch_up()
    assert marks(journal) == {}
    assert rows(journal) == on_demand(journal, [A])


def test_other_code_tries_everybody_once_and_the_same_code_nobody(journal: Journal) -> None:
    journal.record([*about(A, call_received), *poison(A), *poison(B)])
    defective(journal).catch_up()
    assert defective(journal).retry_held(untried=True) == []
    still = Worker(journal, poisoned(), code="still defective")
    assert still.retry_held(untried=True) == [A, B]
    assert still.retry_held(untried=True) == []
    assert defective(journal).retry_held(untried=True) == []
    assert marks(journal)[A].attempts == 2
    assert mended(journal).retry_held(untried=True) == [A, B]
    assert marks(journal) == {}
    assert rows(journal) == on_demand(journal, [A, B])


def test_a_replay_is_not_stopped_and_keeps_their_rows_and_their_mark(journal: Journal) -> None:
    journal.record([event for one in PEOPLE for event in about(one, call_received)])
    defective(journal).catch_up()
    journal.record([*poison(A), *about(B, store_visited)])
    defective(journal).catch_up()
    before = rows(journal)
    rebuild(journal, poisoned())
    assert rows(journal) == before
    assert marks(journal).keys() == {A}
    mended(journal).retry_held()
    assert marks(journal) == {}
    live = rows(journal)
    assert live == on_demand(journal, PEOPLE)
    rebuild(journal, MODELS)
    assert rows(journal) == live


def test_a_replay_marks_whom_it_is_the_first_to_fail_on(journal: Journal) -> None:
    journal.record([*about(A, call_received), *poison(A), *about(B, call_received)])
    mended(journal).catch_up()
    before = rows(journal)
    rebuild(journal, poisoned())
    assert rows(journal) == before
    assert marks(journal).keys() == {A}


def test_a_replay_by_mended_code_of_all_read_models_ends_the_hold(journal: Journal) -> None:
    journal.record([*about(A, call_received), *poison(A)])
    defective(journal).catch_up()
    rebuild(journal, MODELS)
    assert marks(journal) == {}
    assert rows(journal) == on_demand(journal, [A])


Broken = Callable[[Sequence[Any]], Sequence[Any]]
REFUSED: dict[str, tuple[str, str, Broken]] = {
    "two rows of one key": ("RowsRefused", "wellbeing", lambda rows: [*rows, *rows]),
    "a number that its column does not hold": (
        "OverflowError",
        "timeline",
        lambda rows: [row._replace(touchpoints=2**40) for row in rows],
    ),
    "a text that is none": ("RowsRefused", "timeline", lambda rows: [row._replace(happened="\ud800") for row in rows]),
    "a value of another type": ("RowsRefused", "timeline", lambda rows: [row._replace(happened=[1]) for row in rows]),
}
"""What a fold may give that a database does not take: how it is told, the read model, and what becomes of its rows."""


def refused(name: str, broken: Broken) -> list[ReadModel]:
    """The read models of a release in which one gives rows of the poisoned that no database takes."""

    def fold(model: ReadModel, history: History) -> Sequence[Any]:
        rows = model.fold(history)
        return broken(rows) if any(fact.event.actor == POISON for fact in history.facts) else rows

    return folded_by(fold, name)


@pytest.mark.parametrize(("error", "name", "broken"), REFUSED.values(), ids=REFUSED)
def test_whose_rows_the_database_refuses_keeps_those_of_before_and_all_others_go_on(
    journal: Journal, error: str, name: str, broken: Broken
) -> None:
    ensure_one_is_held_and_all_others_go_on(journal, Worker(journal, refused(name, broken), code="defective"))
    [mark] = marks(journal).values()
    assert (mark.participant_id, mark.error, mark.read_model) == (A, error, name)
    mended(journal).retry_held()
    assert marks(journal) == {}
    assert rows(journal) == on_demand(journal, PEOPLE)


@pytest.mark.parametrize(("error", "name", "broken"), REFUSED.values(), ids=REFUSED)
def test_a_replay_is_not_stopped_by_rows_that_the_database_refuses(
    journal: Journal, error: str, name: str, broken: Broken
) -> None:
    told = [event for one in PEOPLE for event in about(one, call_received)]
    journal.record([*told, *poison(A), *poison(C), *linked(B, C, "pair-1")])
    mended(journal).catch_up()
    before = rows(journal)
    rebuild(journal, refused(name, broken))
    assert rows(journal) == before
    assert {one: mark.root for one, mark in marks(journal).items()} == {A: A, B: B, C: B}
    rebuild(journal, MODELS)
    assert marks(journal) == {}
    assert rows(journal) == on_demand(journal, PEOPLE)


def test_a_replay_of_one_read_model_never_mixes_what_is_known_of_a_held_person(journal: Journal) -> None:
    journal.record(about(A, call_received))
    defective(journal).catch_up()
    journal.record([*poison(A), *about(B, call_received)])
    defective(journal).catch_up()
    before = rows(journal)
    rebuild(journal, [model for model in MODELS if model.name == "timeline"])
    assert rows(journal) == before
    assert marks(journal).keys() == {A}
    mended(journal).retry_held()
    assert marks(journal) == {}
    assert rows(journal) == on_demand(journal, [A, B])


def live_timeline(journal: Journal) -> dict[UUID, int]:
    """How many touchpoints the rows that serve tell of each person, whichever version they are of."""
    with journal.database.read() as connection:
        serving = generations.serving(connection, timeline)
        assert serving is not None
        columns = serving.table.c.component, serving.table.c.touchpoints
        return dict(connection.execute(select(*columns)).tuples().all())


class ShorterRow(NamedTuple):
    """A row of a timeline that tells only how much there is."""

    component: UUID
    touchpoints: int


def shorter_timeline() -> ReadModel:
    """The timeline of a newer release, which has other columns."""
    return replace(
        timeline,
        version=timeline.version + 1,
        row=ShorterRow,
        columns=lambda: timeline.columns()[:2],
        fold=lambda history: [ShorterRow(*row[:2]) for row in timeline.fold(history)],
    )


def test_rows_of_another_version_that_serve_again_keep_their_own_of_whoever_is_held(journal: Journal) -> None:
    journal.record([*about(A, call_received), *about(B, call_received)])
    worker, newer = defective(journal), shorter_timeline()
    worker.catch_up()
    rebuild(journal, [newer])
    assert live_timeline(journal) == {A: 1, B: 1}
    journal.record([*poison(A), *about(B, store_visited)])
    worker.catch_up()
    Worker(journal, [newer if model is timeline else model for model in poisoned()], code="newer").catch_up()
    assert marks(journal).keys() == {A}
    [back] = switch(journal, [newer], 1)
    assert back.number == 1
    assert live_timeline(journal) == {A: 1, B: 2}
    assert rows(journal)["timeline"][0].last_at == call_received.occurred_at
    [forth] = switch(journal, [newer])
    assert forth.number == 2
    assert live_timeline(journal) == {A: 1, B: 2}


def test_whom_a_worker_and_a_replay_find_at_once_both_of_their_rows_are_held(journal: Journal) -> None:
    if not journal.database.is_postgres:
        pytest.skip("SQLite has one writer at a time: nobody is ever in between")
    journal.record([*about(A, call_received), *about(B, call_received)])
    mended(journal).catch_up()
    with pytest.raises(Killed):
        rebuild(journal, [timeline], told=after(1))

    def mark(connection: Connection, number: int) -> None:
        cause = held.Cause("ValueError", "raised in a fold", "timeline")
        found = generations.generation(timeline, number)
        held.mark(connection, {A, B}, cause, [found], code=f"code {number}", now=journal.clock())

    def mark_by_itself() -> None:
        with journal.database.write() as connection:
            mark(connection, 2)

    with ThreadPoolExecutor(1) as others:
        with journal.database.write() as connection:
            mark(connection, 1)
            [second] = begun(others, journal.database, [mark_by_itself])
        second.result()
    with journal.database.read() as connection:
        found = [orjson.loads(each) for each in connection.scalars(select(marked.c.generations))]
    assert found == [["timeline_g1", "timeline_g2"]] * 2


def test_whoever_is_linked_to_a_held_person_is_held_with_them_and_keeps_their_own_rows(journal: Journal) -> None:
    journal.record([*about(A, store_visited), *about(B, call_received)])
    defective(journal).catch_up()
    journal.record(poison(A))
    defective(journal).catch_up()
    before = rows(journal)
    journal.record(linked(A, B, "pair-1"))
    defective(journal).catch_up()
    assert rows(journal) == before
    assert {one: mark.root for one, mark in marks(journal).items()} == {A: A, B: A}
    mended(journal).retry_held([B])
    assert marks(journal) == {}
    assert rows(journal) == on_demand(journal, [A, B])


@pytest.mark.parametrize("guilty", [A, B], ids=["the root", "another identity"])
def test_whoever_is_unlinked_from_a_held_person_is_held_no_more(journal: Journal, guilty: UUID) -> None:
    innocent = B if guilty == A else A
    journal.record([*about(A, store_visited), *about(B, call_received), *linked(A, B, "pair-1")])
    defective(journal).catch_up()
    journal.record(poison(guilty))
    defective(journal).catch_up()
    assert marks(journal).keys() == {A, B}
    journal.record(linked(A, B, "pair-1", IdentitiesUnlinked))
    defective(journal).catch_up()
    assert marks(journal).keys() == {guilty}
    assert of(rows(journal), innocent) == on_demand(journal, [innocent])
    mended(journal).retry_held()
    assert rows(journal) == on_demand(journal, [A, B])
    live = rows(journal)
    rebuild(journal, MODELS)
    assert rows(journal) == live


@contextmanager
def unknown_type(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """As if a newer release had recorded what it knows and this one does not."""
    journal.record(about(A, measure_taken))
    with monkeypatch.context() as older:
        older.delitem(Touchpoint.registry, measure_taken.stored_as)
        yield "UnknownStoredName"


@contextmanager
def missing_key(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    journal.record(about(A, measure_taken))
    with journal.vault.database.write() as connection:
        kept = connection.execute(select(keys).where(keys.c.participant_id == A)).one()
        connection.execute(delete(keys).where(keys.c.participant_id == A))
    _forget(journal.vault)
    yield "KeyMissing"
    with journal.vault.database.write() as connection:
        connection.execute(insert(keys).values(kept._mapping))


@contextmanager
def damaged_key(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    journal.record(about(A, measure_taken))
    with journal.vault.database.write() as connection:
        kept = connection.execute(select(keys).where(keys.c.participant_id == A)).one()
        other = bytes(len(kept.wrapped))
        connection.execute(update(keys).where(keys.c.participant_id == A).values(wrapped=other))
    _forget(journal.vault)
    yield "KeyDamaged"
    with journal.vault.database.write() as connection:
        connection.execute(update(keys).where(keys.c.participant_id == A).values(wrapped=kept.wrapped))


@contextmanager
def broken_seal(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The key in the vault is that of another person, though this master key wrapped it."""
    journal.record(about(A, measure_taken))
    with journal.vault.database.write() as connection:
        kept = connection.execute(select(keys).where(keys.c.participant_id == A)).one()
        other = journal.vault._wrap(A.bytes, bytes(64))
        connection.execute(update(keys).where(keys.c.participant_id == A).values(wrapped=other))
    _forget(journal.vault)
    yield "SealBroken"
    with journal.vault.database.write() as connection:
        connection.execute(update(keys).where(keys.c.participant_id == A).values(wrapped=kept.wrapped))


def _forget(vault: Vault) -> None:
    vault._known.clear()


FAULTS = [unknown_type, missing_key, broken_seal, damaged_key]


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.__name__.replace("_", " ") for fault in FAULTS])
def test_one_whose_events_do_not_read_is_held_and_nobody_else(
    journal: Journal, fault: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = mended(journal)
    journal.record([*about(A, call_received), *about(B, call_received), *about(C, measure_taken)])
    journal.record(linked(B, C, "pair-1"))
    worker.catch_up()
    before = rows(journal)
    with fault(journal, monkeypatch) as error:
        journal.record(about(B, store_visited))
        mended(journal).catch_up()
        assert of(rows(journal), A) == of(before, A)
        mark = marks(journal)[A]
        assert (mark.error, mark.read_model) == (error, None)
        assert mark.event_id is not None or fault is damaged_key
        with pytest.raises(CannotBeFolded):
            person(journal, A)
        if fault is not unknown_type:
            assert marks(journal).keys() == {A}
            assert of(rows(journal), B) == on_demand(journal, [B])
    _forget(journal.vault)
    mended(journal).retry_held()
    assert marks(journal) == {}
    live = rows(journal)
    assert live == on_demand(journal, [A, B, C])
    rebuild(journal, MODELS)
    assert rows(journal) == live


def test_links_of_one_whose_events_do_not_read_are_still_seen(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.record([*about(A, call_received), *about(B, call_received), *about(C, call_received)])
    journal.record(linked(A, B, "pair-1"))
    mended(journal).catch_up()
    journal.record([*linked(A, B, "pair-1", IdentitiesUnlinked), *linked(B, C, "pair-2")])
    with missing_key(journal, monkeypatch):
        mended(journal).catch_up()
        assert marks(journal).keys() == {A}
        assert of(rows(journal), B, C) == on_demand(journal, [B])
        _forget(journal.vault)
        assert person(journal, C).identities == {B, C}


@pytest.mark.parametrize(
    "error",
    [OperationalError("select", {}, Exception()), psycopg.OperationalError("away"), OSError("no disk")],
    ids=lambda error: type(error).__qualname__,
)
def test_nobody_is_held_for_what_a_database_raises(journal: Journal, error: Exception) -> None:
    def fold(_: History) -> Sequence[Any]:
        raise error

    models = [replace(model, fold=fold) if model.name == "journey" else model for model in MODELS]
    journal.record(about(A, call_received))
    with pytest.raises(type(error)):
        Worker(journal, models).catch_up()
    assert marks(journal) == {}
    assert mended(journal).catch_up() == 1
    assert rows(journal) == on_demand(journal, [A])


@pytest.mark.parametrize("people", [200, pytest.param(10_000, marks=pytest.mark.soak)])
def test_a_poison_person_among_many_stops_nobody(journal: Journal, people: int) -> None:
    everybody = [UUID(int=number << 64, version=4) for number in range(1, people + 1)]
    guilty = everybody[people // 2]
    journal.record([event for one in everybody for event in about(one, call_received)])
    defective(journal).catch_up()
    journal.record([*poison(guilty), *(event for one in everybody for event in about(one, store_visited))])
    defective(journal).catch_up()
    assert marks(journal).keys() == {guilty}
    meanwhile = without(rows(journal), guilty)
    mended(journal).retry_held()
    assert marks(journal) == {}
    live = rows(journal)
    rebuild(journal, MODELS)
    assert rows(journal) == live
    assert without(live, guilty) == meanwhile
    assert of(live, guilty) == on_demand(journal, [guilty])


def test_why_somebody_does_not_fold_can_be_told_by_another_process() -> None:
    cause = held.Cause("ValueError", "raised in a fold", "wellbeing")
    told = pickle.loads(pickle.dumps(CannotBeFolded(cause)))
    assert isinstance(told, CannotBeFolded)
    assert (told.cause, str(told)) == (cause, str(CannotBeFolded(cause)))
