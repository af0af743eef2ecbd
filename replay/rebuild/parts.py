"""The parts of a replay: ranges of people, each folded by all read models at once and written in one transaction with
the mark that says so."""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, update

from domain.components import Link
from domain.history import History, Recorded, history_of
from projections.read_model import ReadModel
from replay import whole_log
from replay.database import Database, portions
from replay.garbage import not_collecting
from replay.journal import Journal
from replay.lens import Lens
from replay.live import folded_rows, generations, held
from replay.live.folded_rows import FoldedRows
from replay.live.held import CannotBeFolded, Cause, cause_of
from replay.reading import Reader, bounds, together
from replay.rebuild import ledger
from replay.rebuild.ledger import Rebuild
from replay.tables import rebuild_members, rebuild_parts

EVENTS_AT_ONCE, TEACHING = whole_log.EVENTS_AT_ONCE, whole_log.TEACHING
"""Events of a part, and of the first one."""
_TWICE = 100
"""One in so many people is folded again, from the other end of what is recorded."""


class NotDeterministic(Exception):
    """A read model folded the same events to other rows: it must not depend on order, on a clock or on chance."""


class Part(NamedTuple):
    """Everybody of a shard with after < id <= until who was linked to nobody; without a shard, every component of
    linked people whose root lies there."""

    rebuild: int
    part: int
    shard: int | None
    after: bytes | None
    until: bytes


class Done(NamedTuple):
    """What became of a part."""

    part: int
    worker: str
    events: int
    people: int


def planned(journal: Journal, rebuild: Rebuild) -> list[Part]:
    """The parts that are still to be done; cut when nobody did that before."""
    with journal.database.write() as connection:
        generations.hold(connection)
        ledger.ensure_held(connection, rebuild)
        own = rebuild_parts.c.rebuild == rebuild.id
        if not connection.scalar(select(func.count()).select_from(rebuild_parts).where(own)):
            cut = [*_of_shards(journal, connection, rebuild), *_of_linked(connection, rebuild)]
            rows = [part._asdict() | {"part": number} for number, part in enumerate(cut)]
            _ = rows and connection.execute(insert(rebuild_parts), rows)
        columns = (rebuild_parts.c[name] for name in Part._fields)
        query = select(*columns).where(own, rebuild_parts.c.events.is_(None)).order_by(rebuild_parts.c.part)
        return [Part(*row) for row in connection.execute(query).tuples()]


def _of_shards(journal: Journal, connection: Connection, rebuild: Rebuild) -> Iterator[Part]:
    first = TEACHING
    for shard, head in rebuild.heads.items():
        after: bytes | None = None
        for until in bounds(journal.database, connection, shard, EVENTS_AT_ONCE, first=first) if head else ():
            yield Part(rebuild.id, 0, shard, after, until)
            first, after = EVENTS_AT_ONCE, until


def _of_linked(connection: Connection, rebuild: Rebuild) -> Iterator[Part]:
    query = select(rebuild_members.c.root).where(rebuild_members.c.rebuild == rebuild.id).distinct()
    roots = [root.bytes for root in connection.scalars(query.order_by(rebuild_members.c.root))]
    after: bytes | None = None
    for some in portions(roots):
        yield Part(rebuild.id, 0, None, after, some[-1])
        after = some[-1]


class PartFolder:
    """Folds parts of one replay in one process: what it learned of one part serves the next."""

    def __init__(
        self,
        journal: Journal,
        models: Sequence[ReadModel],
        rebuild: Rebuild,
        links: Mapping[UUID, Sequence[Link]],
        worker: str | None = None,
        *,
        source: tuple[Database, Reader] | None = None,
    ) -> None:
        """`worker` is the name by which this process is told from the others; its number unless told. Events are read
        from the journal unless from another `source` that goes as far as the replay."""
        self._journal = journal
        self._database = journal.database
        self._source, self._reader = source or (journal.database, journal.reader)
        self._rebuild = rebuild
        self._links = links
        self._lens = Lens(journal.vault)
        self._worker = worker or str(os.getpid())
        self._targets = rebuild.targets(models)
        self._rows = [FoldedRows(self._database, target) for target in self._targets]
        with self._database.read() as connection:
            own = rebuild_members.c.rebuild == rebuild.id
            query = select(rebuild_members.c.participant_id, rebuild_members.c.root).where(own)
            self._roots = dict(connection.execute(query).tuples().all())

    def fold(self, part: Part) -> Done:
        """Fold a part and write its rows; nothing is written where somebody did that already.

        Who cannot be folded is marked as held. Raises ReplaySuperseded, and NotDeterministic.
        """
        events = people = 0
        clocks = self._rebuild
        unreadable: dict[UUID, Exception] = {}
        failed: dict[frozenset[UUID], Cause] = {}
        for found in self._rows:
            # Of a part before it that did not come to its end.
            found.let_go()
        with not_collecting():
            for root, members, recorded in self._components(part, unreadable):
                links = self._links.get(root, ())
                history = partial(history_of, root, links=links, as_of=clocks.as_of, known_at=clocks.known_at)
                cause = held.unreadable(members, unreadable) or held.fold_into(
                    self._targets, self._rows, partial(history, recorded)
                )
                if cause is not None:
                    failed[members] = cause
                elif people % _TWICE == 0:
                    self._fold_again(history(recorded), history(recorded[::-1]))
                events, people = events + len(recorded), people + 1
            for person in unreadable.keys() - self._roots.keys():
                failed[frozenset({person})] = cause_of(unreadable[person])
                people += 1
            done = Done(part.part, self._worker, events, people)
            self._write(done, failed)
        return done

    def _components(
        self, part: Part, unreadable: dict[UUID, Exception]
    ) -> Iterator[tuple[UUID, frozenset[UUID], list[Recorded]]]:
        if part.shard is not None:
            with self._source.read() as connection:
                alone = self._reader.range(connection, part.shard, part.after, part.until, self._lens, unreadable)
            for person, stream in alone:
                if person not in self._roots:
                    yield person, frozenset((person,)), stream
            return
        components: dict[UUID, frozenset[UUID]] = {}
        for person, root in self._roots.items():
            if _lies(root.bytes, part):
                components[root] = components.get(root, frozenset()) | {person}
        with self._source.read() as connection:
            people = frozenset[UUID]().union(*components.values())
            streams = self._reader.streams(connection, people, self._lens, unreadable)
        for root, recorded in together(components, streams):
            yield root, components[root], recorded

    def _members(self, root: UUID) -> frozenset[UUID]:
        if root not in self._roots:
            return frozenset((root,))
        return frozenset(person for person, own in self._roots.items() if own == root)

    def _fold_again(self, one: History, other: History) -> None:
        for target in self._targets:
            model = target.model
            if model.ordered(model.fold(one)) != model.ordered(model.fold(other)):
                raise NotDeterministic(f"{model.name} folded the same events to two sets of rows: mend its fold")

    def _write(self, done: Done, failed: Mapping[frozenset[UUID], Cause]) -> None:
        with self._database.write_behind() as connection:
            generations.hold(connection)
            ledger.ensure_held(connection, self._rebuild)
            open_part = rebuild_parts.c.rebuild == self._rebuild.id, rebuild_parts.c.part == done.part
            mark = update(rebuild_parts).where(*open_part, rebuild_parts.c.events.is_(None))
            values = {"events": done.events, "people": done.people, "worker": done.worker}
            if connection.execute(mark.values(**values)).rowcount:
                refused = folded_rows.write(connection, self._rows)
                failed = {**failed, **{self._members(root): cause_of(error) for root, error in refused.items()}}
                code, now = self._rebuild.code, self._journal.clock()
                if failed and self._rebuild.is_snapshot:
                    raise CannotBeFolded(next(iter(failed.values())))
                for people, cause in failed.items():
                    held.mark(connection, people, cause, self._targets, code=code, now=now, arrived=False)
            else:
                for found in self._rows:
                    found.let_go()


def _lies(key: bytes, part: Part) -> bool:
    return (part.after is None or key > part.after) and key <= part.until
