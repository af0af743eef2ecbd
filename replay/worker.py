"""The live worker: follows the log and keeps the rows of everybody touched equal to the fold of their history.

One transaction holds a batch's rows and the positions they bring the read models to, so a batch is applied once or not
at all, whatever is killed when. Positions are locked first: two workers on a shard take turns, and the second finds
nothing left to do.
"""

from collections.abc import Callable, Sequence
from threading import Event
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from domain.events import IdentitiesLinked, IdentitiesUnlinked
from domain.history import history_of
from projections.read_model import ReadModel
from replay import generations
from replay.database import rows_of
from replay.generations import FoldedRows, Generation
from replay.identities import links_around, relink
from replay.journal import Journal
from replay.lens import Lens
from replay.reading import together
from replay.tables import heads, positions
from replay.wake import Wake

BATCH = 200
"""Events a step: small enough that a writing transaction on SQLite stays short."""
_LINKS = (IdentitiesLinked.stored_as, IdentitiesUnlinked.stored_as)


Beside = Callable[[Connection], Sequence[ReadModel]]


def _none(_: Connection) -> Sequence[ReadModel]:
    return ()


class Worker:
    """Keeps the live generation of each read model up to date.

    `beside` tells which others have rows to be kept. It is asked anew at every step, so that a running worker takes up
    what another process has built.
    """

    def __init__(
        self, journal: Journal, models: Sequence[ReadModel], *, batch: int = BATCH, beside: Beside = _none
    ) -> None:
        self._journal = journal
        self._database = journal.database
        self._models = models
        self._beside = beside
        self._batch = batch
        self._reader = journal.reader
        self._lens = Lens(journal.vault)

    def run(self, stop: Event) -> None:
        """Follow the log until `stop` is set: asleep while there is nothing to do, woken by commits."""
        woken = Event()
        wake = Wake(self._database, woken.set)
        wake.start()
        try:
            while not stop.is_set():
                woken.clear()
                self.catch_up(stop)
                woken.wait()
        finally:
            wake.stop()

    def catch_up(self, stop: Event | None = None) -> int:
        """Apply everything recorded so far; returns how many events that were."""
        applied = 0
        for shard in range(self._journal.shards):
            while count := self.step(shard):
                applied += count
                if stop is not None and stop.is_set():
                    return applied
        return applied

    def step(self, shard: int) -> int:
        """Apply the next batch of a shard in one transaction; returns its size, 0 when there is none."""
        if not self._is_behind(shard):
            return 0
        with self._database.write() as connection:
            generations.hold(connection)
            targets = self._live(connection)
            return self.apply(connection, targets, shard, self._batch)

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
        start = min(generations.position_of(connection, target, shard, lock=True) for target in targets)
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
        for target in targets:
            generations.move_to(connection, target, shard, batch[-1][0])
        return len(batch)

    def refold(self, connection: Connection, targets: Sequence[Generation], participants: set[UUID]) -> None:
        """Replace the rows of every component that these participants belong to by the fold of its history."""
        components = self._reader.components(connection, participants, lock=True)
        people = {person for component in components.values() for person in component}
        # Histories are read after the lock, so the last to touch a component sees everything before it.
        streams = self._reader.streams(connection, people, self._lens)
        rows = [FoldedRows(self._database, target) for target in targets]
        for root, recorded in together(components, streams):
            history = history_of(root, recorded, links=links_around(connection, self._reader, recorded))
            for target, found in zip(targets, rows, strict=True):
                found.add(target.model.fold(history))
        for target, found in zip(targets, rows, strict=True):
            generations.erase(connection, target, sorted(people))
            found.write(connection)


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(bytes=value)
