"""Replay: all read models anew from the log, one decode for all of them, beside the rows that serve meanwhile.

1 a new generation of each model, at the heads of now   2 ranges of participants are read, folded and written, each once
3 what was recorded meanwhile is caught up the live way  4 one transaction switches the pointers
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
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
from replay.reading import Needs, bounds
from replay.tables import heads, members
from replay.worker import Worker

EVENTS_AT_ONCE = 10_000
"""Events read, and events whose rows are written, at once: what bounds the memory of a replay, however long the log."""
_CAUGHT_UP_AT_ONCE = EVENTS_AT_ONCE // 10

_Streams = Iterator[tuple[UUID, list[Recorded]]]
Progress = Callable[[int, int], None]
"""Called with the events done and the events in all."""


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
        self._progress = progress
        self._links: dict[UUID, list[Link]] = {}
        self._people = 0
        self._done = 0
        self._rows = {model.name: 0 for model in models}
        self._needs = Needs.of(models)

    def run(self) -> Rebuilt:
        start, targets = self._begin()
        total = sum(start.values())
        self._progress(0, total)
        with not_collecting():
            self._fold(targets, self._components(start, total))
        self._finish(targets, start)
        return Rebuilt(self._done, self._people, self._rows)

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

    def _linked(self) -> dict[UUID, UUID]:
        with self._database.read() as connection:
            return dict(connection.execute(select(members.c.participant_id, members.c.root)).tuples().all())

    def _ranges(self, shards: Iterable[int]) -> Iterator[tuple[int, bytes | None, bytes]]:
        for shard in shards:
            with self._database.read() as connection:
                uppers = list(bounds(self._database, connection, shard, EVENTS_AT_ONCE))
            for after, until in zip([None, *uppers], uppers, strict=False):
                yield shard, after, until

    def _components(self, shards: Iterable[int], total: int) -> _Streams:
        """The roots of all components, each with its events.

        Members of one component may lie in other ranges or shards: they are kept until the end.
        """
        linked = self._linked()
        apart: dict[UUID, list[Recorded]] = {}
        for shard, after, until in self._ranges(shards):
            with self._database.read() as connection:
                streams = self._reader.range(connection, shard, after, until, self._needs)
            for person, stream in streams:
                self._done += len(stream)
                if person in linked:
                    apart.setdefault(linked[person], []).extend(stream)
                else:
                    yield person, stream
            self._progress(min(self._done, total), total)
        yield from apart.items()

    def _fold(self, targets: Sequence[Generation], components: _Streams) -> None:
        rows = [FoldedRows(self._database, target) for target in targets]
        folds = [(target.model.fold, found.add) for target, found in zip(targets, rows, strict=True)]
        begun = self._done
        for root, recorded in components:
            history = history_of(root, recorded, links=self._links.get(root, ()))
            self._people += 1
            for fold, add in folds:
                add(fold(history))
            if self._done - begun >= EVENTS_AT_ONCE:
                self._write(targets, rows)
                begun = self._done
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
