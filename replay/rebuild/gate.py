"""The gate before a switch: the rows that would serve against those that do, person by person.

Rows are compared where they lie, by the database, column by column. Whoever had news meanwhile is left out at first and
compared when both generations have seen the same.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    and_,
    case,
    false,
    func,
    or_,
    select,
    true,
    union,
)

from projections.read_model import ReadModel
from replay.live import generations
from replay.live.generations import Generation
from replay.tables import held, journal, members

EXAMPLES = 5
"""How many people of each read model are shown."""
SECRET = "(secret)"
"""What stands for a value that is shown to nobody."""


class Expect(StrEnum):
    """What a replay is expected to find; anything else, and it does not switch."""

    NONE = "none"
    CHANGED = "changed"


class Count(NamedTuple):
    """How many of the rows, or of the people, are the same, differ, are only in the new ones, only in the old ones."""

    equal: int = 0
    changed: int = 0
    new: int = 0
    gone: int = 0

    @property
    def differing(self) -> int:
        return self.changed + self.new + self.gone

    def plus(self, other: "Count") -> "Count":
        """Both together."""
        return Count(*(own + more for own, more in zip(self, other, strict=True)))

    def minus(self, part: "Count") -> "Count":
        """Without some that are among these."""
        return Count(*(own - less for own, less in zip(self, part, strict=True)))


class Cell(NamedTuple):
    """A column that differs, with both its values; None where there is no row."""

    column: str
    old: Any
    new: Any


class Difference(NamedTuple):
    """A row of a person that differs: which one, the columns that do, and the events that it rests on."""

    component: UUID
    key: Mapping[str, Any]
    """Which of the person's rows: the columns that identify it, but for the person and what is shown to nobody."""
    kind: str
    """changed, new or gone."""
    cells: tuple[Cell, ...]
    """None of a row that is new or gone where all columns belong to its key."""
    events: tuple[UUID, ...]
    """Before and after: what the columns of evidence name."""


class Compared(NamedTuple):
    """The rows of one read model, those that would serve against those that do."""

    model: str
    rows: Count
    people: Count
    left_out: int
    """People who could not be compared."""
    examples: tuple[Difference, ...]
    why: str = ""
    """Why people were left out, if any were."""
    columns_left_out: tuple[str, ...] = ()
    """Columns of rows that were compared, of which only one of the two versions has any, or each another type."""


Scope = Callable[[ColumnElement[Any]], ColumnElement[bool]]
"""Which people, by the column of either table that holds the component."""


def everybody(_: ColumnElement[Any]) -> ColumnElement[bool]:
    """No choice."""
    return true()


def among(people: CompoundSelect[Any]) -> Scope:
    """Whoever a query finds, in its column `component`."""
    found = people.subquery()
    return lambda component: select(1).where(found.c.component == component).exists()


def apart_from(people: CompoundSelect[Any]) -> Scope:
    """Everybody else: as an anti-join, since PostgreSQL runs a NOT IN that its memory does not hold row by row."""
    scope = among(people)
    return lambda component: ~scope(component)


def compare(connection: Connection, old: Generation, new: Generation, scope: Scope = everybody) -> Compared:
    """Compare two generations of a read model in the caller's snapshot; nobody where their rows have different keys."""
    if not _same_key(connection, old, new):
        people = people_of(connection, old, new, scope)
        return Compared(new.model.name, Count(), Count(), people, (), "the rows that serve have another key")
    return _Comparison(connection, old, new, scope).made()


def people_of(connection: Connection, old: Generation, new: Generation, scope: Scope = everybody) -> int:
    """How many people have rows in either generation."""
    components = old.table.c.component, new.table.c.component
    either = union(*(select(component).where(scope(component)) for component in components)).subquery()
    return connection.scalar(select(func.count()).select_from(either)) or 0


def _same_key(connection: Connection, old: Generation, new: Generation) -> bool:
    if {column.name for column in old.table.primary_key} != set(new.model.key):
        return False
    before, after = old.table.c, new.table.c
    return all(generations.stored_alike(connection, before[name], after[name]) for name in new.model.key)


def only_new(connection: Connection, new: Generation) -> Compared:
    """What is found where nothing serves yet."""
    query = select(func.count(), func.count(new.table.c.component.distinct())).select_from(new.table)
    rows, people = connection.execute(query).one()
    return Compared(new.model.name, Count(new=rows), Count(new=people), 0, ())


class _Comparison:
    def __init__(self, connection: Connection, old: Generation, new: Generation, scope: Scope) -> None:
        self._connection = connection
        self._model = new.model
        self._old, self._new = old.table.alias("old_rows"), new.table.alias("new_rows")
        self._scope = scope
        self._key = new.model.key
        same = and_(*(self._old.c[name] == self._new.c[name] for name in self._key))
        self._from_new = self._new.outerjoin(self._old, same)
        self._from_old = self._old.outerjoin(self._new, same)
        others = [name for name in new.model.field_names if name not in self._key]
        shared = [
            name
            for name in others
            if name in self._old.c and generations.stored_alike(connection, self._old.c[name], self._new.c[name])
        ]
        self._shared = shared
        lost = [column.name for column in self._old.c if column.name not in new.model.field_names]
        self._not_shared = tuple(name for name in (*others, *lost) if name not in shared)
        self._differs = or_(false(), *(self._new.c[name].is_distinct_from(self._old.c[name]) for name in shared))
        self._is_new, self._is_gone = self._old.c.component.is_(None), self._new.c.component.is_(None)

    def made(self) -> Compared:
        rows = self._rows()
        people = self._people(any_differs=rows.differing > 0)
        examples = tuple(self._examples()) if rows.differing else ()
        # Where no row is in both, there is nothing that a column could hold otherwise.
        not_compared = self._not_shared if rows.equal or rows.changed else ()
        return Compared(self._model.name, rows, people, 0, examples, columns_left_out=not_compared)

    def _rows(self) -> Count:
        kinds = [func.coalesce(func.sum(case((which, 1), else_=0)), 0) for which in (self._is_new, self._changed)]
        query = select(func.count(), *kinds).select_from(self._from_new).where(self._scope(self._new.c.component))
        total, new, changed = self._connection.execute(query).one()
        lost = select(func.count()).select_from(self._from_old)
        gone = self._connection.scalar(lost.where(self._is_gone, self._scope(self._old.c.component))) or 0
        return Count(total - new - changed, int(changed), int(new), gone)

    @property
    def _changed(self) -> ColumnElement[bool]:
        return and_(self._old.c.component.is_not(None), self._differs)

    def _people(self, *, any_differs: bool) -> Count:
        own = select(func.count(self._new.c.component.distinct())).where(self._scope(self._new.c.component))
        total = self._connection.scalar(own) or 0
        if not any_differs:
            return Count(total)
        differing = self._differing().subquery()
        in_old = select(1).where(self._old.c.component == differing.c.component).exists()
        in_new = select(1).where(self._new.c.component == differing.c.component).exists()
        kinds = (case((~in_old, 1), else_=0), case((~in_new, 1), else_=0))
        query = select(func.count(), *(func.sum(kind) for kind in kinds)).select_from(differing)
        some, new, gone = self._connection.execute(query).one()
        changed = some - int(new) - int(gone)
        return Count(total - changed - int(new), changed, int(new), int(gone))

    def _differing(self) -> CompoundSelect[Any]:
        """The components of which any row differs."""
        unlike = select(self._new.c.component.label("component")).select_from(self._from_new)
        gone = select(self._old.c.component.label("component")).select_from(self._from_old)
        return union(
            unlike.where(or_(self._is_new, self._differs), self._scope(self._new.c.component)),
            gone.where(self._is_gone, self._scope(self._old.c.component)),
        )

    def _examples(self) -> Iterator[Difference]:
        differing = self._differing().subquery()
        query = select(differing.c.component).order_by(differing.c.component).limit(EXAMPLES)
        for component in self._connection.scalars(query).all():
            before, after = self._by_key(self._old, component), self._by_key(self._new, component)
            for key in sorted(before.keys() | after.keys(), key=str):
                if difference := self._difference(component, key, before.get(key), after.get(key)):
                    yield difference
                    break

    def _by_key(self, table: FromClause, component: UUID) -> dict[tuple[Any, ...], Mapping[str, Any]]:
        rows = self._connection.execute(select(table).where(table.c.component == component)).mappings()
        return {tuple(row[name] for name in self._key): dict(row) for row in rows}

    def _difference(
        self, component: UUID, key: tuple[Any, ...], old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
    ) -> Difference | None:
        kind = "new" if old is None else "gone" if new is None else "changed"
        before, after = old or {}, new or {}
        cells = tuple(
            Cell(name, *(self._shown(name, row.get(name)) for row in (before, after)))
            for name in self._shared
            if kind != "changed" or before.get(name) != after.get(name)
        )
        if kind == "changed" and not cells:
            return None
        which = dict(zip(self._key, key, strict=True))
        told = {name: which[name] for name in self._key if name != "component" and name not in self._model.secret}
        return Difference(component, told, kind, cells, self._events(before, after))

    def _shown(self, column: str, value: Any) -> Any:
        return SECRET if column in self._model.secret and value is not None else value

    def _events(self, *rows: Mapping[str, Any]) -> tuple[UUID, ...]:
        comparable = {*self._key, *self._shared}
        columns = [name for name in self._model.evidence if name in comparable]
        cells = [row[name] for row in rows for name in columns if row.get(name) is not None]
        return tuple(dict.fromkeys(event for cell in cells for event in _named(self._model, cell)))


def _named(model: ReadModel, cell: Any) -> Sequence[UUID]:
    """The events that a cell names; none where another version kept something else in its column."""
    try:
        return list(model.events_in(cell))
    except (ValueError, TypeError, AttributeError):
        return ()


def moved_since(positions: Mapping[int, int]) -> CompoundSelect[Any]:
    """Everybody of whom anything was recorded after these positions, and the roots of their components."""
    later = or_(false(), *(and_(journal.c.shard == shard, journal.c.position > at) for shard, at in positions.items()))
    people = select(journal.c.participant_id.label("component")).where(later)
    roots = select(members.c.root.label("component")).where(members.c.participant_id.in_(people))
    return union(people, roots)


def unsettled(positions: Mapping[int, int]) -> CompoundSelect[Any]:
    """Everybody of whom anything was recorded after these positions, the roots of their components, and who is held."""
    moved = moved_since(positions).subquery()
    return union(select(moved.c.component), select(held.c.participant_id), select(held.c.root))


def together(one: Compared, other: Compared) -> Compared:
    """The same read model, compared of some people and of others."""
    return Compared(
        one.model,
        one.rows.plus(other.rows),
        one.people.plus(other.people),
        one.left_out + other.left_out,
        (*one.examples, *other.examples)[:EXAMPLES],
        one.why or other.why,
        one.columns_left_out or other.columns_left_out,
    )


def without(whole: Compared, part: Compared, people: Collection[UUID]) -> Compared:
    """The same read model without some people, of whom `part` tells."""
    return Compared(
        whole.model,
        whole.rows.minus(part.rows),
        whole.people.minus(part.people),
        whole.left_out - part.left_out,
        tuple(each for each in whole.examples if each.component not in people),
        whole.why,
        whole.columns_left_out,
    )


def holds(expect: Expect | None, found: Iterable[Compared]) -> bool:
    """Whether what was found is what was expected."""
    found = list(found)
    differing = sum(each.rows.differing for each in found)
    if expect is Expect.NONE:
        return not differing and not any(each.left_out or each.columns_left_out for each in found)
    return expect is None or differing > 0
