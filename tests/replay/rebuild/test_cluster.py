"""The same folds on a Dask cluster: the rows that one process gives, whichever worker is killed."""

import pickle
import subprocess
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from distributed import Client
from sqlalchemy import text, update
from typer.testing import CliRunner

from api import wiring
from api.cli import app
from api.settings import Settings
from replay.archive.archived import Archived
from replay.archive.export import export_journal
from replay.database import Database
from replay.live import generations, held
from replay.rebuild import Expect, cluster, ledger, parts, rebuild
from replay.rebuild.cluster import Proof, ReplayOnWorker
from replay.rebuild.engine import NotForFiles, SchedulerSilent, WorkersLost, WorkerUnfit
from replay.rebuild.ledger import Rebuild
from replay.rebuild.parts import Done, Part
from replay.vault import keys, metadata
from tests.brokers import free_port
from tests.clusters import scheduler, worker
from tests.examples import call_received, measure_taken, store_visited
from tests.replay.live.test_worker import linked
from tests.replay.rebuild.conftest import PEOPLE
from tests.servers import fresh_database, waiting

HELD = PEOPLE[40]
LONG = 60
"""Seconds: a scheduler or a worker takes some to start."""


class Place(NamedTuple):
    """An installation on PostgreSQL, and the environment of a process that belongs to it."""

    majung: wiring.Majung
    environment: Mapping[str, str]


@contextmanager
def installed(database_url: str, folder: Path) -> Iterator[Place]:
    settings = Settings(folder=folder, database_url=database_url)
    wiring.upgrade(settings, shards=4)
    with wiring.start(settings) as majung:
        yield Place(majung, {"MAJUNG_FOLDER": str(folder), "MAJUNG_DATABASE_URL": database_url})


@pytest.fixture(scope="module")
def place(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A hundred people on four shards: two of them are one, on different shards, and one can be folded no more."""
    folder = tmp_path_factory.mktemp("place")
    with fresh_database(postgres_server) as url:
        with installed(url, folder) as place:
            majung = place.majung
            told = (call_received, store_visited, measure_taken)
            majung.journal.record([event.replaced(participant_id=person) for person in PEOPLE for event in told])
            majung.journal.record(linked(PEOPLE[3], PEOPLE[90], "far apart"))
            majung.worker().catch_up()
            with majung.vault_database.write() as connection:
                broken = update(keys).where(keys.c.participant_id == HELD)
                connection.execute(broken.values(wrapped=b"not a key at all"))
        # Opened anew: the first one knows the key.
        with installed(url, folder) as place:
            yield place


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with scheduler(tmp_path_factory.mktemp("scheduler")) as address:
        yield address


@pytest.fixture(scope="module", autouse=True)
def staying(place: Place, address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A worker that nobody kills."""
    with worker(tmp_path_factory.mktemp("staying"), address, "staying", place.environment):
        yield


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "EVENTS_AT_ONCE", 20)
    monkeypatch.setattr(parts, "TEACHING", 10)
    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", LONG)


def digests(of: wiring.Majung) -> dict[str, str]:
    with of.database.read() as connection:
        return {
            live.model.name: live.model.digest(generations.read(connection, live))
            for live in generations.live(connection, of.serving)
        }


def who_is_held(of: wiring.Majung) -> list[tuple[UUID, str]]:
    with of.database.read() as connection:
        return [(mark.participant_id, mark.error) for mark in held.list_held(connection)]


@contextmanager
def killed_amid(
    of: wiring.Majung, process: subprocess.Popen[bytes], name: str, then: Callable[[], object] = lambda: None
) -> Iterator[None]:
    """Within the block no part is folded before a worker was killed that had folded one, and waited to write it."""
    locked = Event()

    def kill() -> None:
        with of.database.write() as connection:
            connection.execute(text("LOCK TABLE read_models IN EXCLUSIVE MODE"))
            locked.set()
            begun_at = monotonic()
            while not waiting(of.database.url, name):
                assert process.poll() is None, "the worker ended by itself"
                assert monotonic() - begun_at < LONG, "the worker got nothing to fold"
            process.kill()
            process.wait()
        then()

    def together(self: cluster.Cluster, *arguments: Any) -> Iterator[Done]:
        if not killing:
            killing.append(others.submit(kill))
            assert locked.wait(LONG)
        yield from fold_together(self, *arguments)

    killing: list[Future[None]] = []
    fold_together = cluster.Cluster._together
    with ThreadPoolExecutor(1) as others, pytest.MonkeyPatch.context() as patched:
        patched.setattr(cluster.Cluster, "_together", together)
        yield
        [killed] = killing
        killed.result()


def test_a_cluster_gives_the_rows_of_one_process_though_a_worker_is_killed_amid_a_part(
    place: Place, address: str, tmp_path: Path
) -> None:
    majung = place.majung
    alone = rebuild(majung.journal, majung.serving)
    rows, marks = digests(majung), who_is_held(majung)
    assert marks == [(HELD, "KeyDamaged")]
    told: list[Done] = []
    with (
        worker(tmp_path, address, "doomed", place.environment) as doomed,
        cluster.cluster(majung.journal, address, wiring.opened_by_own_settings) as engine,
    ):
        wait_for_workers(address, 2)
        with killed_amid(majung, doomed, "doomed"):
            done = rebuild(majung.journal, majung.serving, engine=engine, expect=Expect.NONE, told=told.append)
    assert len(told) > 10
    assert done.switched
    assert (done.events, done.people) == (alone.events, alone.people) == (299, len(PEOPLE) - 1)
    assert digests(majung) == rows
    assert who_is_held(majung) == marks


def wait_for_workers(address: str, count: int) -> None:
    with Client(address, timeout=LONG, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=LONG)


def test_the_command_folds_on_the_cluster_of_a_scheduler(
    place: Place, address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    # Only a terminal is told of each process.
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    before = digests(place.majung)
    result = CliRunner().invoke(app, ["replay", "--engine", "dask", "--scheduler", address, "--expect", "none"])
    assert result.exit_code == 0, result.output
    assert "299 events of 99 people" in result.stderr
    assert "process staying" in result.stderr
    assert digests(place.majung) == before


def test_workers_read_what_is_archived_in_a_copy_of_their_own(
    place: Place, address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    before, archive = digests(place.majung), tmp_path / "archive"
    export_journal(place.majung.database, archive, clock=place.majung.journal.clock)
    command = ["replay", "--engine", "dask", "--scheduler", address, "--from-archive", str(archive)]

    result = CliRunner().invoke(app, [*command, "--expect", "none"])

    assert result.exit_code == 0, result.output
    assert "299 events of 99 people" in result.stderr
    assert digests(place.majung) == before
    listed = archive / "manifest.json"
    listed.rename(archive / "elsewhere.json")
    assert "holds no archive" in CliRunner().invoke(app, command).stderr


def test_a_worker_without_the_archive_is_told(place: Place, address: str, tmp_path: Path) -> None:
    majung = place.majung
    until = dict(enumerate(majung.journal.head()))
    opening = partial(wiring.opened_by_own_settings, tmp_path / "only here", until)
    with cluster.cluster(majung.journal, address, opening) as engine, pytest.raises(WorkerUnfit, match="holds no arch"):
        rebuild(majung.journal, majung.serving, engine=engine, archived=Archived(until))


def test_a_worker_of_another_journal_is_refused_before_it_writes(
    postgres_server: str, address: str, tmp_path: Path
) -> None:
    with fresh_database(postgres_server) as url, installed(url, tmp_path) as elsewhere:
        elsewhere.majung.journal.record([call_received])
        with (
            cluster.cluster(elsewhere.majung.journal, address, wiring.opened_by_own_settings) as engine,
            pytest.raises(WorkerUnfit, match=r"worker staying has another journal: .* MAJUNG_DATABASE_URL"),
        ):
            rebuild(elsewhere.majung.journal, elsewhere.majung.serving, engine=engine)
        assert rebuild(elsewhere.majung.journal, elsewhere.majung.serving).switched


@pytest.fixture
def begun(place: Place) -> Iterator[Rebuild]:
    """A replay that somebody carries out."""
    majung = place.majung
    with majung.database.write() as connection:
        generations.change(connection)
        begun = ledger.begin(connection, majung.serving, majung.journal.clock(), {})
    yield begun
    with majung.database.write() as connection:
        generations.change(connection)
        ledger.discard(connection, begun)
        for target in begun.targets(majung.serving):
            generations.drop(connection, target)


NOBODY = Part(0, 0, 0, None, bytes(16))


def test_a_worker_with_another_vault_or_an_older_copy_is_refused(place: Place, begun: Rebuild, tmp_path: Path) -> None:
    known = PEOPLE[0].bytes
    settings = place.majung.settings.model_copy(update={"vault_url": f"sqlite:///{tmp_path / 'empty.db'}"})
    empty = Database(settings.vault_url)
    metadata.create_all(empty.engine)
    empty.close()

    with_another = partial(wiring.opened, settings)
    with_the_same = partial(wiring.opened, place.majung.settings)
    with pytest.raises(WorkerUnfit, match="another vault"):
        ReplayOnWorker(with_another, begun, {}, Proof(0, frozenset({known}))).fold(NOBODY, "one")
    with pytest.raises(WorkerUnfit, match="an older copy"):
        ReplayOnWorker(with_the_same, begun, {}, Proof(len(PEOPLE) + 1, frozenset({known}))).fold(NOBODY, "one")


def test_a_worker_of_another_release_is_refused(place: Place, begun: Rebuild) -> None:
    opening = partial(wiring.opened, place.majung.settings)
    of_other_code = begun._replace(code="another release")
    with pytest.raises(WorkerUnfit, match="other code"):
        ReplayOnWorker(opening, of_other_code, {}, Proof(0, frozenset())).fold(NOBODY, "one")
    of_other_version = begun._replace(made={**begun.made, "timeline": (1, 99)})
    with pytest.raises(WorkerUnfit, match="folds no timeline of this version"):
        ReplayOnWorker(opening, of_other_version, {}, Proof(0, frozenset())).fold(NOBODY, "one")


def test_what_travels_holds_no_key_and_no_place(place: Place, begun: Rebuild) -> None:
    majung = place.majung
    told = ReplayOnWorker(wiring.opened_by_own_settings, begun, {}, cluster.proof_of(majung.journal))
    bytes_told = pickle.dumps(told)
    for secret in (majung.settings.database_url, majung.settings.vault_url, str(majung.settings.master_key_file)):
        assert secret.encode() not in bytes_told
    assert majung.settings.master_key_file.read_bytes().strip() not in bytes_told
    assert isinstance(pickle.loads(bytes_told), ReplayOnWorker)


def test_when_all_workers_are_lost_the_replay_waits_for_others_and_ends_with_a_word_if_none_come(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    majung = place.majung
    rows = digests(majung)
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(tmp_path))
        engine = stack.enter_context(cluster.cluster(majung.journal, address, wiring.opened_by_own_settings))
        with monkeypatch.context() as impatient:
            impatient.setattr(cluster, "PATIENCE_SECONDS", 0.1)
            with pytest.raises(WorkersLost, match="dask worker"):
                rebuild(majung.journal, majung.serving, engine=engine)
        only = stack.enter_context(worker(tmp_path, address, "only", place.environment))
        another = worker(tmp_path, address, "another", place.environment)
        with killed_amid(majung, only, "only", then=lambda: stack.enter_context(another)):
            assert rebuild(majung.journal, majung.serving, engine=engine, expect=Expect.NONE).switched
    assert digests(majung) == rows


def test_an_address_where_no_scheduler_answers_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", 0.1)
    for address in (f"tcp://127.0.0.1:{free_port()}", "no address"):
        with (
            pytest.raises(SchedulerSilent, match="no Dask scheduler answers"),
            cluster.cluster(place.majung.journal, address, wiring.opened_by_own_settings),
        ):
            pass


def test_a_journal_in_a_file_is_refused(tmp_path: Path, address: str) -> None:
    with (
        installed(f"sqlite:///{tmp_path / 'majung.db'}", tmp_path) as on_a_file,
        pytest.raises(NotForFiles, match="--workers"),
        cluster.cluster(on_a_file.majung.journal, address, wiring.opened_by_own_settings),
    ):
        pass
