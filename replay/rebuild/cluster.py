"""Folding on a Dask cluster: each part of a replay is a task. The only module that knows Dask, which is an extra:
import it where it is used.

What travels: ids of people as the bounds of parts, links by pseudonym, and which generations are being made. No event,
no key and no password: a worker opens journal and vault by its own settings, and shows first that they are the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import islice
from threading import Lock
from typing import NamedTuple
from uuid import UUID
from weakref import finalize

import psycopg
from distributed import Client, Future, get_worker, wait
from distributed.comm.addressing import parse_address, parse_host_port
from distributed.scheduler import KilledWorker
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from domain.components import Link
from replay.database import is_away
from replay.journal import Journal
from replay.live.fold_code import fold_code
from replay.rebuild.cut_off import go_on_with
from replay.rebuild.engine import (
    NotForFiles,
    Opened,
    Opening,
    SchedulerSilent,
    WorkerFailed,
    WorkersLost,
    WorkerUnfit,
    part_folder,
)
from replay.rebuild.ledger import Rebuild
from replay.rebuild.parts import Done, Part, PartFolder
from replay.tables import journal as journal_table
from replay.tables import rebuilds
from replay.vault import Vault, VaultError

PATIENCE_SECONDS = 10
"""How long an answer of the scheduler is waited for, and a worker where there is none."""
_LOST_AT_MOST = 5
_SAME_RELEASE = "install this release of majung with its extra `dask` where the scheduler and every worker run"
_AHEAD = 3
"""Tasks that are handed over for each thread of the cluster: one is at work, and the next ones wait beside it."""


@contextmanager
def cluster(journal: Journal, address: str, opening: Opening) -> Iterator["Cluster"]:
    """The cluster of the scheduler at this address, with a connection to it for the length of the block.

    `opening` opens the same journal by the settings of the worker that calls it: nothing of ours must be bound in it.
    Raises NotForFiles for a journal in SQLite, and SchedulerSilent.
    """
    if not journal.database.is_postgres:
        raise NotForFiles(
            "a cluster needs the journal in PostgreSQL: workers on other machines do not reach a file. For SQLite,"
            " `majung replay --workers N` folds in several processes of this machine"
        )
    try:
        # Of what is no address the client itself says so, and then takes half a minute to give up.
        parse_host_port(parse_address(address)[1])
        client = Client(address, timeout=PATIENCE_SECONDS, set_as_default=False, direct_to_workers=False)
    except (OSError, ValueError):
        raise SchedulerSilent(
            f"no Dask scheduler answers at {address}: start one with `dask scheduler`, or name it as tcp://HOST:PORT"
        ) from None
    with client:
        yield Cluster(client, opening)


class Cluster:
    """The workers that a scheduler knows, now or later: a part whose worker is lost is folded by another one.

    A worker that died when its rows were in and before it said so is followed by one that finds the mark of the part,
    and writes nothing.
    """

    def __init__(self, client: Client, opening: Opening) -> None:
        self._client = client
        self._opening = opening

    def fold(
        self,
        here: Opened,
        rebuild: Rebuild,
        links: Mapping[UUID, Sequence[Link]],
        left: Callable[[], Sequence[Part]],
    ) -> Iterator[Done]:
        """Fold the parts that are `left`, in no particular order. As `Engine.fold` says."""
        replay = ReplayOnWorker(self._opening, rebuild, links, proof_of(here.journal))
        lost = 0
        while parts := left():
            self._wait_for_somebody()
            try:
                yield from self._together(parts, self._told_to_all(replay))
            except (CancelledError, OSError):
                # No task raises an OSError: that is the scheduler, who may be started again.
                lost += 1
                if lost > _LOST_AT_MOST:
                    raise WorkersLost(
                        f"all workers of the cluster, or its scheduler, were lost {lost} times. What is done is kept:"
                        " `majung replay` goes on from there"
                    ) from None
            except KilledWorker as error:
                raise WorkersLost(
                    f"{error.allowed_failures + 1} workers ended, one after the other, while they folded the same part:"
                    " do they have enough memory? What is done is kept: `majung replay` goes on from there"
                ) from None

    def _told_to_all(self, replay: "ReplayOnWorker") -> Future:
        """To every worker once, and from them to those that come later; with the last of them it is gone."""
        try:
            [shared] = self._client.scatter([replay], broadcast=True, hash=False)
        except Exception as error:
            # In these words Dask tells what a worker could not import.
            if "ModuleNotFoundError" not in str(error):
                raise
            raise WorkerUnfit(f"{_SAME_RELEASE} ({error})") from None
        return shared

    def _together(self, parts: Sequence[Part], shared: Future) -> Iterator[Done]:
        rest = iter(parts)
        waiting: set[Future] = set()
        while True:
            room = self._room() - len(waiting)
            waiting |= {self._client.submit(fold_part, shared, part, pure=False) for part in islice(rest, max(0, room))}
            if not waiting:
                return
            try:
                with self._client.as_current():
                    done, waiting = wait(waiting, timeout=PATIENCE_SECONDS, return_when="FIRST_COMPLETED")
            except TimeoutError:
                # A part may take long. Without anybody to fold it, it would be waited for in vain.
                self._wait_for_somebody()
                continue
            yield from map(_result, done)

    def _room(self) -> int:
        threads: Mapping[str, int] = self._client.nthreads()
        return max(1, sum(threads.values())) * _AHEAD

    def _wait_for_somebody(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
        except (TimeoutError, OSError):
            raise WorkersLost(
                "the cluster has no worker (any more), or its scheduler has ended: start some with `dask worker`. What"
                " is done is kept: `majung replay` goes on from there"
            ) from None


def _result(of: Future) -> Done:
    try:
        done: Done = of.result()
    except RuntimeError as error:
        # So Dask says it where the scheduler itself cannot import the task.
        if "deserialization" not in str(error):
            raise
        raise WorkerUnfit(f"the scheduler does not know what to do: {_SAME_RELEASE}") from None
    return done


class Proof(NamedTuple):
    """By what a worker shows that its vault is the one of this replay: with another, everybody would be held."""

    keys: int
    """It holds at least so many."""
    of: frozenset[bytes]
    """Among them one for each of these people."""


def proof_of(journal: Journal) -> Proof:
    """Whose sealed event was recorded first and last in each shard, and how many people have a key."""
    people: set[bytes] = set()
    with journal.database.read() as connection:
        for shard in range(journal.shards):
            sealed = journal_table.c.shard == shard, journal_table.c.sealed.is_not(None)
            query = select(journal_table.c.participant_id).where(*sealed).limit(1)
            for order in (journal_table.c.position, journal_table.c.position.desc()):
                people.update(person.bytes for person in connection.scalars(query.order_by(order)))
    return Proof(journal.vault.count(), frozenset(filter(partial(_opens, journal.vault), people)))


def _opens(vault: Vault, person: bytes) -> bool:
    # A key that is damaged proves nothing.
    return bool(vault.for_opening([person], damaged={}))


class ReplayOnWorker:
    """One replay as a worker knows it: with a journal of its own, and what it learned of one part for the next.

    Dask keeps one on each worker for as long as the replay goes on, and lets go of it with the last of its tasks, or
    when whoever carries the replay out is gone. Its connections are closed with it.
    """

    def __init__(self, opening: Opening, rebuild: Rebuild, links: Mapping[UUID, Sequence[Link]], proof: Proof) -> None:
        self._told = opening, rebuild, links, proof
        self._lock = Lock()
        self._folder: PartFolder | None = None

    def __reduce__(self) -> tuple[type["ReplayOnWorker"], tuple[object, ...]]:
        """What is open stays here: another worker opens its own."""
        return type(self), self._told

    def fold(self, part: Part, worker: str) -> Done:
        """Fold a part, one at a time: a worker with several threads is no quicker."""
        with self._lock:
            if self._folder is None:
                self._folder = self._open(worker)
            return self._folder.fold(part)

    def _open(self, worker: str) -> PartFolder:
        opening, rebuild, links, proof = self._told
        if fold_code() != rebuild.code:
            raise WorkerUnfit(f"worker {worker} folds by other code: {_SAME_RELEASE}")
        with ExitStack() as closing:
            opened = closing.enter_context(opening())
            _ensure_same(opened.journal, rebuild, proof, worker)
            folder = part_folder(opened, rebuild, links, worker)
            finalize(self, closing.pop_all().close)
        return folder


def _ensure_same(journal: Journal, rebuild: Rebuild, proof: Proof, worker: str) -> None:
    own = rebuilds.c.id == rebuild.id, rebuilds.c.begun_at == rebuild.begun_at, rebuilds.c.code == rebuild.code
    with journal.database.read() as connection:
        if connection.scalar(select(rebuilds.c.id).where(*own)) is None:
            raise WorkerUnfit(
                f"worker {worker} has another journal: start it with the MAJUNG_DATABASE_URL of this replay"
            )
    vault = journal.vault
    if vault.count() < proof.keys or not all(map(partial(_opens, vault), proof.of)):
        raise WorkerUnfit(
            f"worker {worker} has another vault, or an older copy: start it with the MAJUNG_VAULT_URL of this replay"
        )


def fold_part(replay: ReplayOnWorker, part: Part) -> Done:
    """The task. What it raises is logged by the worker, and so says no more than our own messages."""
    worker = str(get_worker().name)
    try:
        return replay.fold(part, worker)
    except VaultError as error:
        raise WorkerFailed(f"worker {worker}: {error}") from None
    except OSError as error:
        raise WorkerFailed(f"worker {worker}: {error.strerror}") from None
    except (SQLAlchemyError, psycopg.Error) as error:
        # Only the first line: those after it may repeat the values of a row.
        said = str(getattr(error, "orig", None) or error).partition("\n")[0]
        then = f". {go_on_with('majung replay')}" if is_away(error) else ""
        raise WorkerFailed(f"worker {worker}: the database refused: {said}{then}") from None
