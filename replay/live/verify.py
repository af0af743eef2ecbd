"""Whether the rows that serve are what the log says: a fresh fold of everybody, or of some, against the rows as read.

Everything is read, also what no read model asks for: whose events do not open or read is a finding.

People of whom something was recorded that the rows have not seen yet are left out, and so is who is held: their rows
are known to be older. So it may run beside a worker at any time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from heapq import nsmallest
from itertools import islice
from random import random
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Connection, func, select

from domain.history import History, Recorded, history_of
from projections.read_model import ReadModel
from replay.database import portions
from replay.garbage import not_collecting
from replay.identities import links_around
from replay.journal import Journal
from replay.live import generations, held
from replay.live.generations import Generation
from replay.live.held import NOT_THEIRS, Cause, Held, cause_of
from replay.reading import Unreadable, together
from replay.rebuild.gate import unsettled
from replay.tables import heads, journal
from replay.whole_log import Progress

T = TypeVar("T")

_AT_ONCE = 400
"""People of one snapshot."""
UNSEEN = "the rows have not seen all that is recorded"
"""Why somebody who is not held was not compared."""


class Finding(NamedTuple):
    """A person whose rows of a read model are not the fold of their history."""

    read_model: str
    component: UUID
    stored: int
    folded: int
    """How many rows there are, and how many there must be."""
    stored_digest: str
    folded_digest: str
    why: str


class LeftOut(NamedTuple):
    """A person who was named, and whose rows were not compared."""

    component: UUID
    mark: Held | None
    """Why they are held; None: the rows have not seen all that is recorded of them."""

    @property
    def why(self) -> str:
        """Why they were not compared, in words."""
        return held.in_words(self.mark) if self.mark else UNSEEN


class Verified(NamedTuple):
    """What was found."""

    people: int
    """How many were folded and compared; linked identities are one."""
    left_out: int
    """How many were not: those who are held, and those of whom the rows have not seen all that is recorded."""
    held: int
    """How many of these are held."""
    findings: Sequence[Finding]
    named: Sequence[LeftOut] = ()
    """Who was left out of those who were named: of everybody they are only counted."""
    unfolded: Mapping[UUID, Cause] = MappingProxyType({})
    """Why somebody's events do not read or fold; there are findings of them too."""


def verify(
    journal: Journal,
    models: Sequence[ReadModel],
    people: Sequence[UUID] | None = None,
    progress: Progress = lambda done, total: None,
) -> Verified:
    """Compare the rows of these people, everybody's unless told, with what their histories fold to now."""
    check = _Check(journal, models)
    total = _count(journal) if people is None else len(people)
    asked = _everybody(journal) if people is None else iter(people)
    done = 0
    progress(0, total)
    with not_collecting():
        while some := list(islice(asked, _AT_ONCE)):
            check.these(some, alone=people is not None)
            done += len(some)
            progress(min(done, total), total)
    if people is None:
        check.nobodys()
    return Verified(check.people, check.left_out, check.held, check.findings, check.named, check.unfolded)


def sampled(journal: Journal, people: int) -> list[UUID]:
    """So many people by chance, each as likely as any other; everybody where there are not so many."""
    # Each draws a lot, and the smallest are kept while the ids are read once.
    return sorted(nsmallest(people, _everybody(journal), key=lambda _: random()))


class _Check:
    def __init__(self, journal: Journal, models: Sequence[ReadModel]) -> None:
        self._journal = journal
        self._models = models
        self._seen: set[UUID] = set()
        self.people = 0
        self.left_out = 0
        self.held = 0
        self.findings: list[Finding] = []
        self.named: list[LeftOut] = []
        self.unfolded: dict[UUID, Cause] = {}

    def these(self, people: Sequence[UUID], *, alone: bool) -> None:
        """Compare these in one snapshot: every component of theirs, or (not `alone`) those whose root is among them."""
        with self._journal.database.read() as connection:
            live = generations.live(connection, self._models)
            components = self._journal.reader.components(connection, people)
            if alone:
                components = {root: of for root, of in components.items() if root not in self._seen}
                self._seen.update(components)
            else:
                asked = set(people)
                components = {root: of for root, of in components.items() if root in asked}
            moved = self._unsettled(connection, live, {one for of in components.values() for one in of})
            settled = {root: of for root, of in components.items() if moved.isdisjoint(of)}
            left_out = _left_out(connection, {root: components[root] for root in components.keys() - settled})
            self.left_out += len(left_out)
            self.held += sum(one.mark is not None for one in left_out)
            if alone:
                self.named += left_out
            self.people += len(settled)
            self._compare(connection, live, settled)

    def _unsettled(self, connection: Connection, live: Sequence[Generation], people: set[UUID]) -> set[UUID]:
        seen = {
            shard: min(generations.position_of(connection, each, shard) for each in live)
            for shard in connection.scalars(select(heads.c.shard))
        }
        moved = unsettled(seen).subquery()
        found: set[UUID] = set()
        for some in portions(sorted(people)):
            found.update(connection.scalars(select(moved.c.component).where(moved.c.component.in_(some))))
        return found

    def _compare(
        self, connection: Connection, live: Sequence[Generation], components: Mapping[UUID, frozenset[UUID]]
    ) -> None:
        reader = self._journal.reader
        everybody = sorted(one for of in components.values() for one in of)
        unreadable: Unreadable = {}
        # Read whole, and not as far as folds ask: a broken seal or a missing key is found whatever it hides.
        streams = reader.streams(connection, everybody, unreadable=unreadable)
        stored = [_stored(connection, each, everybody) for each in live]
        for root, recorded in together(components, streams):
            own = components[root]
            cause = held.unreadable(own, unreadable)
            folded = self._folded(connection, root, recorded, cause)
            for generation, rows in zip(live, stored, strict=True):
                theirs = [row for one in own for row in rows.get(one, ())]
                ought = folded[generation.model.name]
                if isinstance(ought, Cause):
                    self.unfolded.setdefault(root, ought)
                    self._find(generation.model, root, theirs, (), held.in_words(ought))
                elif why := _unlike(generation.model, theirs, ought):
                    self._find(generation.model, root, theirs, ought, why)

    def _folded(
        self, connection: Connection, root: UUID, recorded: Sequence[Recorded], cause: Cause | None
    ) -> Mapping[str, Sequence[Any] | Cause]:
        """The rows of each read model, or why there are none."""
        history = _or_why(partial(self._history, connection, root, recorded)) if cause is None else cause
        if isinstance(history, Cause):
            return dict.fromkeys((model.name for model in self._models), history)
        return {model.name: _or_why(partial(model.fold, history), model.name) for model in self._models}

    def _history(self, connection: Connection, root: UUID, recorded: Sequence[Recorded]) -> History:
        return history_of(root, recorded, links=links_around(connection, self._journal.reader, recorded))

    def _find(self, model: ReadModel, root: UUID, stored: Sequence[Any], folded: Sequence[Any], why: str) -> None:
        digests = model.digest(stored), model.digest(folded)
        self.findings.append(Finding(model.name, root, len(stored), len(folded), *digests, why))

    def nobodys(self) -> None:
        """Rows of people of whom nothing is recorded."""
        shards = list(range(self._journal.shards))
        with self._journal.database.read() as connection:
            for generation in generations.live(connection, self._models):
                component = generation.table.c.component
                known = select(1).where(journal.c.shard.in_(shards), journal.c.participant_id == component)
                query = select(generation.table).where(~known.exists())
                rows: dict[UUID, list[Any]] = {}
                for row in connection.execute(query):
                    rows.setdefault(row.component, []).append(generation.model.row(*row))
                for root, stray in rows.items():
                    self._find(generation.model, root, stray, (), "rows of somebody of whom nothing is recorded")


def _left_out(connection: Connection, components: Mapping[UUID, frozenset[UUID]]) -> list[LeftOut]:
    marks = held.marks_of(connection, {person for own in components.values() for person in own})
    theirs = {root: [marks[person] for person in sorted(own) if person in marks] for root, own in components.items()}
    return [LeftOut(root, next(iter(theirs[root]), None)) for root in sorted(components)]


def _or_why(made: Callable[[], T], read_model: str | None = None) -> T | Cause:
    """What is made, or why it cannot be; errors of databases are raised, and are nobody's finding."""
    try:
        return made()
    except NOT_THEIRS:
        raise
    except Exception as error:
        return cause_of(error, read_model)


def _stored(connection: Connection, generation: Generation, people: Sequence[UUID]) -> dict[UUID, list[Any]]:
    rows: dict[UUID, list[Any]] = {}
    for some in portions(people):
        query = select(generation.table).where(generation.table.c.component.in_(some))
        for row in connection.execute(query):
            rows.setdefault(row.component, []).append(generation.model.row(*row))
    return rows


def _unlike(model: ReadModel, stored: Sequence[Any], folded: Sequence[Any]) -> str:
    """In what rows as read differ from rows as folded; empty where they do not."""
    before, after = (
        {tuple(getattr(row, name) for name in model.key): row for row in rows} for rows in (stored, folded)
    )
    if before == after and len(stored) == len(folded):
        return ""
    told = []
    if missing := len(after.keys() - before.keys()):
        told.append(f"{missing} row(s) missing")
    if extra := len(before.keys() - after.keys()):
        told.append(f"{extra} row(s) too many")
    columns = {
        name
        for key in before.keys() & after.keys()
        for name in model.field_names
        if getattr(before[key], name) != getattr(after[key], name)
    }
    if columns:
        told.append(f"other values in {', '.join(sorted(columns))}")
    return "; ".join(told)


def _everybody(journal: Journal) -> Iterator[UUID]:
    for shard in range(journal.shards):
        last: UUID | None = None
        while True:
            with journal.database.read() as connection:
                some = _following(connection, shard, last, _AT_ONCE)
            if not some:
                break
            yield from some
            last = some[-1]


def _following(connection: Connection, shard: int, after: UUID | None, count: int) -> list[UUID]:
    """So many people of a shard in the order of their ids, from the first one on unless told after whom."""
    query = select(journal.c.participant_id).where(journal.c.shard == shard, journal.c.event_id.is_not(None)).distinct()
    if after is not None:
        query = query.where(journal.c.participant_id > after)
    return list(connection.scalars(query.order_by(journal.c.participant_id).limit(count)))


def _count(of: Journal) -> int:
    with of.database.read() as connection:
        return connection.scalar(select(func.count(journal.c.participant_id.distinct()))) or 0
