"""The live worker: follows the log and keeps the rows of everybody touched equal to the fold of their history.

One transaction holds a batch's rows and the positions they bring the read models to, so a batch is applied once or not
at all, whatever is killed when. Positions are locked first: of two workers one has the shard, and the other passes on
to shards that nobody is at. Whose events do not fold is held at their last good rows (replay.live.held); all others go
on.
"""

import logging
from collections import deque
from collections.abc import Callable, Collection, Sequence
from functools import partial
from random import sample
from threading import Event
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from domain.events import IdentitiesLinked, IdentitiesUnlinked
from domain.history import history_of
from projections.read_model import ReadModel
from replay.append import people_by_shard
from replay.database import rows_of
from replay.identities import links_around, relink
from replay.journal import Journal
from replay.lens import Lens
from replay.live import folded_rows, generations, held
from replay.live.fold_code import fold_code
from replay.live.folded_rows import FoldedRows
from replay.live.generations import Generation
from replay.live.held import Cause, cause_of
from replay.messages.published_journeys import look_again
from replay.metrics import PROJECTED, PROJECTION_SECONDS
from replay.reading import together
from replay.tables import heads, positions
from replay.wake import Wake

log = logging.getLogger("majung.worker")

BATCH = 200
"""Events a step: small enough that a writing transaction on SQLite stays short."""
_STEPS_AT_A_SHARD = 10
"""Then on to the next: no shard waits for one in which there is always something to do."""
_LINKS = (IdentitiesLinked.stored_as, IdentitiesUnlinked.stored_as)


Beside = Callable[[Connection], Sequence[ReadModel]]


def _none(_: Connection) -> Sequence[ReadModel]:
    return ()


class Worker:
    """Keeps the live generation of each read model up to date.

    `beside` tells which others have rows to be kept. It is asked anew at every step, so that a running worker takes up
    what another process has built. `code` names what folds: whom other code could not fold, this one tries once.
    """

    def __init__(
        self,
        journal: Journal,
        models: Sequence[ReadModel],
        *,
        batch: int = BATCH,
        beside: Beside = _none,
        code: str | None = None,
    ) -> None:
        self._journal = journal
        self._database = journal.database
        self._models = models
        self._beside = beside
        self._batch = batch
        self._code = code or fold_code()
        self._reader = journal.reader
        self._lens = Lens(journal.vault)
        shards = range(journal.shards)
        # Workers that begin at different shards seldom meet; where they do, the second passes by.
        self._shards = deque(sample(shards, len(shards)))

    def run(self, stop: Event) -> None:
        """Follow the log until `stop` is set: asleep while there is nothing to do, woken by commits."""
        woken = Event()
        wake = Wake(self._database, woken.set)
        wake.start()
        try:
            while not stop.is_set():
                woken.clear()
                self._share(stop)
                self.retry_held(untried=True)
                woken.wait()
        finally:
            wake.stop()

    def catch_up(self, stop: Event | None = None) -> int:
        """Apply everything recorded so far, and wait for what others are applying; returns how many events were its
        own to apply.
        """
        applied = self._share(stop)
        for shard in self._shards:
            while not (stop is not None and stop.is_set()) and (count := self.step(shard)):
                applied += count
        return applied

    def _share(self, stop: Event | None = None) -> int:
        """Apply what is recorded in shards that nobody else is at, until there is nothing left but theirs."""
        applied = passed = steps = 0
        while passed < len(self._shards) and not (stop is not None and stop.is_set()):
            count = self.step(self._shards[0], wait=False)
            applied, passed, steps = applied + count, 0 if count else passed + 1, steps + 1
            if not count or steps >= _STEPS_AT_A_SHARD:
                self._shards.rotate(-1)
                steps = 0
        return applied

    def step(self, shard: int, *, wait: bool = True) -> int:
        """Apply the next batch of a shard in one transaction; returns its size, 0 when there is none.

        Where another worker is at this shard, it waits for that one's transaction, or returns 0 unless it is to `wait`.
        """
        if not self._is_behind(shard):
            return 0
        begun_at = perf_counter()
        with self._database.write() as connection:
            generations.hold(connection)
            targets = self._live(connection)
            if not wait and not self._takes(connection, targets, shard):
                return 0
            applied = self.apply(connection, targets, shard, self._batch)
        if applied:
            PROJECTION_SECONDS.observe(perf_counter() - begun_at)
            PROJECTED.labels(shard).inc(applied)
        return applied

    def _takes(self, connection: Connection, targets: Sequence[Generation], shard: int) -> bool:
        """Lock a shard for this transaction, unless another worker has. SQLite has one writer at a time.

        One row stands for all: whoever has it waits for nobody but a replay. When a worker is killed its server lets go
        of the row, so the shard is free at once, and no time-out is involved.
        """
        if not self._database.is_postgres:
            return True
        first = min(target.name for target in targets)
        own = select(positions.c.shard).where(positions.c.name == first, positions.c.shard == shard)
        return connection.scalar(own.with_for_update(skip_locked=True)) is not None

    def retry_held(self, people: Collection[UUID] | None = None, *, untried: bool = False) -> list[UUID]:
        """Fold again who is held, all or these; `untried`: only whom this code has not tried since their last event.

        Returns who was tried, those included whose mark has gone.
        """
        with self._database.read() as connection:
            waiting = held.untried(connection, self._code if untried else None, people)
        self.fold_again(waiting)
        return waiting

    def fold_again(self, people: Collection[UUID], done: Callable[[int], None] = lambda people: None) -> None:
        """Replace the rows of these people, with all identities linked to them, by the fold of their histories now.

        `done` is called with how many were, batch by batch.
        """
        for shard, own in sorted(people_by_shard(people, self._journal.shards).items()):
            for start in range(0, len(own), self._batch):
                some = own[start : start + self._batch]
                self._fold_again(shard, some)
                done(len(some))

    def _fold_again(self, shard: int, people: Sequence[UUID]) -> None:
        with self._database.write() as connection:
            generations.hold(connection)
            targets = self._live(connection)
            # As in a step: whoever folds somebody who is not linked has their shard.
            self._lock(connection, targets, shard)
            self.refold(connection, targets, set(people), arrived=False)
            # Nothing was recorded of them: whoever follows the journal learns here that their rows may be others.
            look_again(connection, people)

    def _is_behind(self, shard: int) -> bool:
        """Look before taking the writer's lock: an idle worker never holds it."""
        with self._database.read() as connection:
            names = [target.name for target in self._live(connection)]
            head = connection.scalar(select(heads.c.position).where(heads.c.shard == shard)) or 0
            query = select(positions.c.position).where(positions.c.name.in_(names), positions.c.shard == shard)
            reached = connection.scalars(query).all()
        return bool(min(reached) < head)

    def _live(self, connection: Connection) -> list[Generation]:
        return generations.live(connection, [*self._models, *self._beside(connection)])

    def apply(self, connection: Connection, targets: Sequence[Generation], shard: int, limit: int) -> int:
        """Bring these generations up to `limit` events further, inside the caller's transaction."""
        start = self._lock(connection, targets, shard)
        mark = "%s" if self._database.is_postgres else "?"
        query = (
            f"SELECT position, participant_id, topic FROM journal WHERE shard = {mark} AND position > {mark}"
            f" ORDER BY position LIMIT {mark}"
        )
        batch = rows_of(connection, query, (shard, start, limit))
        if not batch:
            return 0
        touched = {_uuid(participant) for _, participant, _ in batch}
        if linked := {_uuid(participant) for _, participant, topic in batch if topic in _LINKS}:
            touched |= relink(connection, self._reader, linked)
        self.refold(connection, targets, touched)
        generations.move_to(connection, targets, shard, batch[-1][0])
        return len(batch)

    def _lock(self, connection: Connection, targets: Sequence[Generation], shard: int) -> int:
        """Lock these positions of a shard, in the order of their names; returns the least."""
        query = select(positions.c.name, positions.c.position).where(
            positions.c.shard == shard, positions.c.name.in_([target.name for target in targets])
        )
        reached = connection.execute(query.order_by(positions.c.name).with_for_update())
        return min((position for _, position in reached), default=0)

    def refold(
        self, connection: Connection, targets: Sequence[Generation], participants: set[UUID], *, arrived: bool = True
    ) -> None:
        """Replace the rows of every component that these participants belong to by the fold of its history.

        The rows of one that does not fold stay as they are in all of these generations, and it is marked as held;
        `arrived` tells that something of theirs was recorded.
        """
        components = self._reader.components(connection, participants, lock=True)
        people = {person for component in components.values() for person in component}
        # Histories are read after the lock, so the last to touch a component sees everything before it.
        unreadable: dict[UUID, Exception] = {}
        streams = self._reader.streams(connection, people, self._lens, unreadable)
        taken = [FoldedRows(self._database, target) for target in targets]
        failed: dict[UUID, Cause] = {}
        for root, recorded in together(components, streams):
            cause = held.unreadable(components[root], unreadable)
            if cause is None:
                links = links_around(connection, self._reader, recorded)
                cause = held.fold_into(targets, taken, partial(history_of, root, recorded, links=links))
            if cause is not None:
                failed[root] = cause
        folded = {root: own for root, own in components.items() if root not in failed}
        refused = folded_rows.replace(connection, taken, folded)
        failed |= {root: cause_of(error) for root, error in refused.items()}
        whole = people.difference(*(components[root] for root in failed))
        held.release(connection, whole, targets, code=self._code)
        now = self._journal.clock()
        for root, cause in failed.items():
            held.mark(connection, components[root], cause, targets, code=self._code, now=now, arrived=arrived)
            told = {"error": cause.error, "cause": cause.message, "read_model": cause.read_model}
            log.warning("somebody is held at their last good rows", extra=told)


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(bytes=value)
