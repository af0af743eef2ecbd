"""Replay: all read models anew from the log, one decode for all of them, beside the rows that serve meanwhile.

1 a new generation of each model, at the heads of now   2 ranges of participants are read, folded and written, each once
3 what was recorded meanwhile is caught up the live way  4 one transaction switches the pointers
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from domain.components import Link
from domain.history import Recorded, history_of
from projections.read_model import ReadModel
from replay import generations
from replay.garbage import not_collecting
from replay.generations import FoldedRows, Generation
from replay.identities import relink_all
from replay.journal import Journal
from replay.tables import heads, members
from replay.whole_log import EVENTS_AT_ONCE, Progress, WholeLog
from replay.worker import Worker

_CAUGHT_UP_AT_ONCE = EVENTS_AT_ONCE // 10


class Rebuilt(NamedTuple):
    """What a replay did."""

    events: int
    people: int
    rows: dict[str, int]


def rebuild(journal: Journal, models: Sequence[ReadModel], progress: Progress = lambda done, total: None) -> Rebuilt:
    """Fold the whole log into a new generation of each read model and let it serve.

    Of two replays of a read model at once the later one wins: the other raises ReplaySuperseded.
    """
    return _Rebuild(journal, models, progress).run()


class _Rebuild:
    def __init__(self, journal: Journal, models: Sequence[ReadModel], progress: Progress) -> None:
        self._journal = journal
        self._database = journal.database
        self._models = models
        self._reader = journal.reader
        self._log = WholeLog(journal, progress)
        self._links: dict[UUID, list[Link]] = {}
        self._people = 0
        self._rows = {model.name: 0 for model in models}

    def run(self) -> Rebuilt:
        start, targets = self._begin()
        with not_collecting():
            self._fold(targets, self._log.components(start, self._linked()))
        self._finish(targets, start)
        return Rebuilt(self._log.events, self._people, self._rows)

    def _linked(self) -> dict[UUID, UUID]:
        with self._database.read() as connection:
            return dict(connection.execute(select(members.c.participant_id, members.c.root)).tuples().all())

    def _begin(self) -> tuple[dict[int, int], list[Generation]]:
        with self._database.write_behind() as connection:
            generations.change(connection)
            for stale in generations.unfinished(connection, self._models):
                generations.drop(connection, stale)
            self._links = relink_all(connection, self._reader)
            start = dict(
                connection.execute(select(heads.c.shard, heads.c.position).order_by(heads.c.shard)).tuples().all()
            )
            return start, [generations.create(connection, model) for model in self._models]

    def _fold(self, targets: Sequence[Generation], components: Iterable[tuple[UUID, list[Recorded]]]) -> None:
        rows = [FoldedRows(self._database, target) for target in targets]
        folds = [(target.model.fold, found.add) for target, found in zip(targets, rows, strict=True)]
        written = 0
        for root, recorded in components:
            history = history_of(root, recorded, links=self._links.get(root, ()))
            self._people += 1
            for fold, add in folds:
                add(fold(history))
            if self._log.events - written >= EVENTS_AT_ONCE:
                self._write(targets, rows)
                written = self._log.events
        self._write(targets, rows)

    def _write(self, targets: Sequence[Generation], rows: Sequence[FoldedRows]) -> None:
        with self._database.write_behind() as connection:
            generations.hold(connection)
            generations.ensure_building(connection, targets)
            for target, found in zip(targets, rows, strict=True):
                self._rows[target.model.name] += found.write(connection)

    def _finish(self, targets: Sequence[Generation], start: dict[int, int]) -> None:
        worker = Worker(self._journal, self._models)
        with self._database.write() as connection:
            generations.hold(connection)
            generations.ensure_building(connection, targets)
            for target in targets:
                generations.index(connection, target)
                for shard, position in start.items():
                    generations.move_to(connection, target, shard, position)
        for shard in start:
            while self._catch_up(worker, targets, shard):
                pass
        with self._database.write() as connection:
            generations.change(connection)
            generations.ensure_building(connection, targets)
            # Whatever the rows that serve have seen by now, the new ones see too: no reader goes back in time.
            for shard in start:
                while worker.apply(connection, targets, shard, _CAUGHT_UP_AT_ONCE):
                    pass
            for target in targets:
                generations.switch(connection, target)

    def _catch_up(self, worker: Worker, targets: Sequence[Generation], shard: int) -> int:
        with self._database.write() as connection:
            generations.hold(connection)
            generations.ensure_building(connection, targets)
            return worker.apply(connection, targets, shard, _CAUGHT_UP_AT_ONCE)
