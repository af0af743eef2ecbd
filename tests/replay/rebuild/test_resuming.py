"""A replay that ends before its time: whatever ended it, the next one goes on where it stood, or begins anew."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, update

from domain.components import Link
from domain.events import IdentitiesUnlinked
from projections.journey import journey
from projections.timeline import timeline
from replay import identities
from replay.journal import Journal
from replay.live import generations
from replay.live.generations import ReplaySuperseded
from replay.reading import Reader
from replay.rebuild import ReplayRunning, holding, ledger, processes, rebuild
from replay.rebuild.parts import Done, PartFolder, planned
from replay.rebuild.switching import Switching
from replay.tables import read_models, rebuild_members, rebuild_parts, rebuilds
from tests.conftest import MODELS
from tests.examples import call_received, store_visited
from tests.replay.live.test_worker import linked
from tests.replay.rebuild.conftest import PEOPLE

Digests = Callable[[], dict[str, str]]


class Killed(BaseException):
    """Ends a replay as a signal would."""


def after(parts: int) -> Callable[[Done], None]:
    """Ends a replay when so many parts are done."""
    done: list[Done] = []

    def count(part: Done) -> None:
        done.append(part)
        if len(done) == parts:
            raise Killed

    return count


def folded_again(journal: Journal, monkeypatch: pytest.MonkeyPatch, **options: object) -> tuple[int, int]:
    """How many parts the next replay folds, and how many events it tells."""
    parts: list[int] = []
    fold = PartFolder.fold

    def counting(self: PartFolder, part: object) -> Done:
        done = fold(self, part)  # type: ignore[arg-type]
        parts.append(done.part)
        return done

    monkeypatch.setattr(PartFolder, "fold", counting)
    told = rebuild(journal, MODELS, **options).events  # type: ignore[arg-type]
    return len(parts), told


def numbers(journal: Journal) -> set[int]:
    with journal.database.read() as connection:
        return set(connection.scalars(select(read_models.c.generation).where(read_models.c.state == "live")))


def test_a_replay_goes_on_where_an_interrupted_one_stood(
    populated: Journal, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = digests()
    with pytest.raises(Killed):
        rebuild(populated, MODELS, told=after(4))
    with populated.database.read() as connection:
        whole = len(connection.execute(select(rebuild_parts)).all())
    assert folded_again(populated, monkeypatch) == (whole - 4, 300)
    assert digests() == live
    assert numbers(populated) == {2}


def test_what_came_while_nobody_was_at_work_is_in_the_rows(populated: Journal, digests: Digests) -> None:
    with pytest.raises(Killed):
        rebuild(populated, MODELS, told=after(4))
    populated.record([store_visited.replaced(participant_id=PEOPLE[0], source_id="meanwhile")])
    populated.record(linked(PEOPLE[1], PEOPLE[99], "meanwhile"))
    assert rebuild(populated, MODELS, compare=True).switched
    resumed = digests()
    rebuild(populated, MODELS)
    assert digests() == resumed


def test_people_linked_before_and_parted_meanwhile_are_in_the_rows_once(populated: Journal, digests: Digests) -> None:
    populated.record(linked(PEOPLE[1], PEOPLE[99], "before"))
    with pytest.raises(Killed):
        rebuild(populated, MODELS, told=after(2))
    populated.record(linked(PEOPLE[1], PEOPLE[99], "before", IdentitiesUnlinked))
    rebuild(populated, MODELS)
    resumed = digests()
    rebuild(populated, MODELS)
    assert digests() == resumed


def test_a_replay_that_was_catching_up_is_taken_up_there(
    populated: Journal, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = digests()

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Switching, "switch", killed)
        with pytest.raises(Killed):
            rebuild(populated, MODELS)
    assert folded_again(populated, monkeypatch)[0] == 0
    assert digests() == live


def test_one_that_other_code_began_is_begun_anew(
    populated: Journal, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = digests()
    with pytest.raises(Killed):
        rebuild(populated, MODELS, told=after(4))
    with populated.database.write() as connection:
        connection.execute(update(rebuilds).values(code="another release"))
        whole = len(connection.execute(select(rebuild_parts)).all())
    assert folded_again(populated, monkeypatch)[0] == whole
    assert digests() == live
    assert numbers(populated) == {3}


def test_one_of_fewer_read_models_is_begun_anew_and_leaves_nothing_behind(populated: Journal) -> None:
    with pytest.raises(Killed):
        rebuild(populated, [timeline, journey], told=after(4))
    rebuild(populated, MODELS)
    with populated.database.read() as connection:
        states = connection.scalars(select(read_models.c.state).where(read_models.c.rebuild == 1)).all()
        assert set(states) == {"dropped"}
        assert ledger.unfinished(connection, populated.clock()) == []
        assert connection.execute(select(rebuild_parts)).all() == []
        assert connection.execute(select(rebuild_members)).all() == []


def test_one_of_more_read_models_is_left_to_whoever_goes_on_with_it(
    populated: Journal, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = digests()
    with pytest.raises(Killed):
        rebuild(populated, MODELS, told=after(4))
    with populated.database.read() as connection:
        whole = len(connection.execute(select(rebuild_parts)).all())
    rebuild(populated, [timeline])
    assert folded_again(populated, monkeypatch) == (whole - 4, 300)
    assert digests() == live
    with populated.database.read() as connection:
        assert ledger.unfinished(connection, populated.clock()) == []


def test_one_whose_process_is_gone_is_taken_over_at_once(populated: Journal) -> None:
    with pytest.raises(Killed):
        rebuild(populated, MODELS, told=after(4))
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    with populated.database.write() as connection:
        host = connection.scalars(select(rebuilds.c.holder)).one().split("/")[0]
        connection.execute(update(rebuilds).values(holder=f"{host}/{int(ended.stdout)}/whoever"))
    assert rebuild(populated, MODELS).switched


def test_one_on_another_machine_is_waited_for_until_its_time_is_over(populated: Journal) -> None:
    with pytest.raises(Killed):
        rebuild(populated, MODELS, told=after(4))
    with populated.database.write() as connection:
        connection.execute(update(rebuilds).values(holder=f"elsewhere/{os.getpid()}/whoever"))
    with pytest.raises(ReplayRunning, match=r"\d+ of 300 events folded"):
        rebuild(populated, MODELS)
    with populated.database.write() as connection:
        connection.execute(update(rebuilds).values(held_until=populated.clock() - timedelta(seconds=1)))
    assert rebuild(populated, MODELS).switched


def test_whoever_was_taken_over_writes_nothing_more(populated: Journal, digests: Digests) -> None:
    live = digests()

    def taken_over(_: Done) -> None:
        with populated.database.write() as connection:
            connection.execute(update(rebuilds).values(holder="elsewhere/1/whoever"))

    with pytest.raises(ReplaySuperseded, match="took over"):
        rebuild(populated, MODELS, told=taken_over)
    assert digests() == live


def test_whoever_was_taken_over_at_the_gate_leaves_the_replay_to_the_other(
    populated: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_wait = Switching._let_wait

    def taken_over(self: Switching) -> None:
        with populated.database.write() as connection:
            connection.execute(update(rebuilds).values(holder="elsewhere/1/whoever"))
        let_wait(self)

    monkeypatch.setattr(Switching, "_let_wait", taken_over)
    with pytest.raises(ReplaySuperseded, match="took over"):
        rebuild(populated, [timeline], serve=False)
    with populated.database.read() as connection:
        assert connection.scalars(select(rebuilds.c.state)).one() == "catching up"


@contextmanager
def another_process() -> Iterator[int]:
    """One that lives until the end of the block."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid


def held_by(journal: Journal, holder: str, until: timedelta) -> None:
    with journal.database.write() as connection:
        connection.execute(update(rebuilds).values(holder=holder, held_until=journal.clock() + until))


def test_one_whose_process_lives_is_not_taken_over_however_long_it_gave_no_sign(populated: Journal) -> None:
    with pytest.raises(Killed):
        rebuild(populated, MODELS, told=after(4))
    with another_process() as number:
        held_by(populated, processes.holder_of(number), -timedelta(hours=1))
        with pytest.raises(ReplayRunning):
            rebuild(populated, MODELS)
    assert rebuild(populated, MODELS).switched


def test_another_process_that_bears_the_number_of_one_that_was_killed_keeps_nobody_out(populated: Journal) -> None:
    with pytest.raises(Killed):
        rebuild(populated, MODELS, told=after(4))
    with another_process() as number:
        host, _, _ = processes.holder_of(number).split("/")
        held_by(populated, f"{host}/{number}/before the machine was restarted:whoever", timedelta(hours=1))
        assert rebuild(populated, MODELS).switched


@pytest.mark.parametrize("step", ["a part", "the gate"])
def test_a_replay_gives_signs_of_life_however_long_a_step_takes(
    populated: Journal, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(holding, "EVERY_SECONDS", 0.01)
    at_rest, waited = Switching._compare_at_rest, []

    def held_until() -> datetime:
        with populated.database.read() as connection:
            until: datetime = connection.scalars(select(rebuilds.c.held_until)).one()
            return until

    def takes_long(*_: object) -> None:
        with populated.database.write() as connection:
            connection.execute(update(rebuilds).values(held_until=populated.clock()))
        end = monotonic() + 5
        while held_until() <= populated.clock():
            assert monotonic() < end, "no sign of life"
        waited.append(step)

    def long_gate(self: Switching, *arguments: object) -> object:
        takes_long()
        return at_rest(self, *arguments)  # type: ignore[arg-type]

    if step == "the gate":
        monkeypatch.setattr(Switching, "_compare_at_rest", long_gate)
    assert rebuild(populated, [timeline], compare=True, told=after_one(takes_long) if step == "a part" else ignore)
    assert waited == [step]


def ignore(_: Done) -> None:
    pass


def after_one(then: Callable[[], None]) -> Callable[[Done], None]:
    """Does this once, when the first part is done."""
    done: list[Done] = []

    def once(part: Done) -> None:
        if not done:
            then()
        done.append(part)

    return once


def test_a_link_that_is_committed_while_a_replay_begins_is_in_its_rows(
    populated: Journal, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not populated.database.is_postgres:
        pytest.skip("SQLite has one writer at a time: nobody is ever in between")
    populated.record(linked(PEOPLE[3], PEOPLE[4], "before"))
    relink = identities.relink_all

    def and_then_others_are(connection: Connection, reader: Reader) -> dict[UUID, list[Link]]:
        found = relink(connection, reader)
        populated.record(linked(PEOPLE[1], PEOPLE[99], "meanwhile"))
        populated.record(linked(PEOPLE[3], PEOPLE[4], "before", IdentitiesUnlinked))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(sys.modules[rebuild.__module__], "relink_all", and_then_others_are)
        rebuild(populated, MODELS)
    begun_amid = digests()
    rebuild(populated, MODELS)
    assert digests() == begun_amid


def test_a_part_is_folded_once_however_often_it_is_asked_for(populated: Journal) -> None:
    with populated.database.write() as connection:
        generations.change(connection)
        begun = ledger.begin(connection, [timeline], populated.clock(), {})
    parts = planned(populated, begun)
    folder = PartFolder(populated, [timeline], begun, {})
    for part in (*parts, parts[0], parts[-1]):
        folder.fold(part)
    with populated.database.read() as connection:
        [target] = begun.targets([timeline])
        assert len(list(generations.read(connection, target))) == len(PEOPLE)
        assert ledger.totals(connection, begun) == (300, len(PEOPLE))
    ledger.let_go(begun)


def test_a_version_that_changed_is_not_mixed_with_the_rows_of_before(populated: Journal) -> None:
    with pytest.raises(Killed):
        rebuild(populated, [timeline], told=after(2))
    newer = replace(timeline, version=timeline.version + 1)
    assert rebuild(populated, [newer]).rows == {"timeline": len(PEOPLE)}
    populated.record([call_received])
