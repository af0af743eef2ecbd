"""Who may be one person: pairs of people who share a blind index, over a directory table.

A pair is *strong* when the two share a name with a date of birth, or a phone, and *weak* when they share nicknames at a
site and nothing else. First come those who share name and date of birth and phone, then name and date of birth, then a
phone (a family may share it); a nickname besides lifts a pair within each. Equals stand in order of their pseudonyms.

What more than MOST_PEOPLE share suggests nobody: it is the number of a helpline, or a nickname that everybody takes.
"""

from enum import StrEnum
from functools import reduce
from operator import add
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, case, func, select

from domain.clues import ClueKind

MOST_PEOPLE = 10
"""How many may share what still suggests that two of them are one. A convention of ours."""
WEIGHTS = {ClueKind.NAME_BIRTH: 4, ClueKind.PHONE: 2, ClueKind.NICKNAME: 1}
"""Powers of two, so that a sum tells which kinds are in it, and no number of lesser kinds outweighs a greater one."""
_STRONG = (ClueKind.NAME_BIRTH, ClueKind.PHONE)


class Strength(StrEnum):
    STRONG = "strong"
    WEAK = "weak"


class SuggestedLink(NamedTuple):
    """Two people who may be one, and why; never by which value."""

    one: UUID
    """The person asked about; of everybody the smaller pseudonym."""
    other: UUID
    strength: Strength
    reasons: tuple[ClueKind, ...]
    """The kinds of what they share, the weightiest first."""
    parted: bool
    """Staff linked the two before, and took it back."""


class TooCommon(NamedTuple):
    """What too many people share to suggest any two of them."""

    kind: ClueKind
    site: str | None
    people: int
    told_by: UUID
    """One of the events that tell it: who may open it sees what it is."""


def suggested_links(
    connection: Connection, table: Table, *, of: UUID | None, weak: bool, parted: bool, limit: int
) -> list[SuggestedLink]:
    """Pairs of everybody, or those of one component, the likeliest first.

    Weak ones, and those that staff parted before, only if asked for; the parted stand last.
    """
    pairs = _pairs(table, of, _kinds(weak)).subquery()
    one, other = table.alias(), table.alias()
    shared = select(pairs.c.one, pairs.c.other, *(_holds(one, kind).label(kind.value) for kind in ClueKind))
    shared = shared.join_from(pairs, one, one.c.component == pairs.c.one).join(
        other, and_(other.c.component == pairs.c.other, other.c.blind_index == one.c.blind_index)
    )
    shared = shared.where(one.c.blind_index.not_in(_too_common(table, of)))
    found = shared.group_by(pairs.c.one, pairs.c.other).subquery()
    weighed: list[ColumnElement[int]] = [found.c[kind.value] * weight for kind, weight in WEIGHTS.items()]
    query = select(found).order_by(found.c.parted, reduce(add, weighed).desc(), found.c.one, found.c.other).limit(limit)
    if not parted:
        query = query.where(found.c.parted == 0)
    return [_suggested(row) for row in connection.execute(query)]


def too_common(connection: Connection, table: Table, *, of: UUID | None, weak: bool, limit: int) -> list[TooCommon]:
    """What suggests nobody because too many share it, the commonest first; nicknames only with `weak`."""
    rows = table.c
    first = func.row_number().over(partition_by=rows.blind_index, order_by=rows.component).label("place")
    people = func.count().over(partition_by=rows.blind_index).label("people")
    shared = select(rows.blind_index, rows.kind, rows.site, rows.told_by, people, first)
    shared = shared.where(rows.blind_index.in_(_too_common(table, of)), rows.kind.in_(_kinds(weak)))
    found = shared.subquery().c
    query = select(found.kind, found.site, found.people, found.told_by).where(found.place == 1)
    query = query.order_by(found.people.desc(), found.blind_index).limit(limit)
    return [TooCommon(ClueKind(row.kind), row.site, row.people, row.told_by) for row in connection.execute(query)]


def people_with(connection: Connection, table: Table, blind_index: UUID, *, limit: int) -> list[UUID]:
    """The people of whom this was told, by their pseudonyms, in their order."""
    query = select(table.c.component).where(table.c.blind_index == blind_index)
    return list(connection.scalars(query.order_by(table.c.component).limit(limit)))


def _kinds(weak: bool) -> list[str]:
    return [kind.value for kind in (WEIGHTS if weak else _STRONG)]


def _pairs(table: Table, of: UUID | None, kinds: list[str]) -> Select[Any]:
    """Two people who share one of these kinds: few, where nicknames are not asked for."""
    one, other = table.alias(), table.alias()
    before = one.c.component < other.c.component
    query = select(one.c.component.label("one"), other.c.component.label("other")).distinct()
    query = query.join_from(one, other, one.c.blind_index == other.c.blind_index)
    query = query.where(before if of is None else and_(one.c.component == of, other.c.component != of))
    return query.where(one.c.kind.in_(kinds), one.c.blind_index.not_in(_too_common(table, of)))


def _too_common(table: Table, of: UUID | None) -> Select[Any]:
    query = select(table.c.blind_index).group_by(table.c.blind_index).having(func.count() > MOST_PEOPLE)
    if of is None:
        return query
    own = table.alias()
    return query.where(table.c.blind_index.in_(select(own.c.blind_index).where(own.c.component == of)))


def _holds(table: Any, kind: ClueKind) -> ColumnElement[int]:
    return func.max(case((table.c.kind == kind.value, 1), else_=0))


def _suggested(row: Any) -> SuggestedLink:
    reasons = tuple(kind for kind in WEIGHTS if getattr(row, kind.value))
    strength = Strength.STRONG if set(reasons) & set(_STRONG) else Strength.WEAK
    return SuggestedLink(row.one, row.other, strength, reasons, bool(row.parted))
