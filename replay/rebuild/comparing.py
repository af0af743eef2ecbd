"""The two looks of the gate: at everybody who is at rest, while others go on; at the rest, when nobody writes any more.

Everybody is told of once. Whoever had news between the looks was told of by the first one: its snapshot stays open, and
what it told of them is taken back.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, and_, select

from projections.read_model import ReadModel
from replay.database import portions
from replay.live import generations
from replay.live.generations import Generation
from replay.rebuild.gate import (
    Compared,
    Scope,
    among,
    apart_from,
    compare,
    moved_since,
    only_new,
    people_of,
    together,
    unsettled,
    without,
)
from replay.rebuild.ledger import heads_now
from replay.rebuild.levelling import are_folded_here, are_ours
from replay.tables import held

LEVELLED = 5_000
"""How far the rows that serve may be behind to be brought up before they are compared: further, and that would take
longer than the replay."""


class Served(NamedTuple):
    """New rows, and those that serve while they are made, if any do."""

    new: Generation
    old: Generation | None
    left: str
    """Why the old ones are left as they are; empty where they are brought up to the log to be compared."""

    @property
    def brought_up(self) -> Sequence[Generation]:
        """The old rows, if they are to be brought up."""
        return [self.old] if self.old and not self.left else []


def served(connection: Connection, new: Generation) -> Served:
    """What serves now beside new rows."""
    old = generations.serving(connection, new.model)
    return Served(new, old, _why_left(connection, old) if old else "")


def names_serving(connection: Connection, models: Sequence[ReadModel]) -> list[str | None]:
    """Which generation of each read model serves now."""
    return [old.name if (old := generations.serving(connection, model)) else None for model in models]


def _why_left(connection: Connection, old: Generation) -> str:
    if not are_folded_here(connection, old):
        return "the rows that serve are of another version, which this release does not bring up to the journal"
    if not are_ours(connection, old):
        # Brought up by this code they would be its own, and it would be compared with itself.
        return "other code made the rows that serve: this release does not bring them up to the journal"
    if generations.behind(connection, old) > LEVELLED:
        return f"the rows that serve are more than {LEVELLED:,} events behind: let a worker catch up, then replay"
    return ""


class FirstLook(NamedTuple):
    """What was found of everybody who was at rest, in a snapshot that is still open."""

    snapshot: Connection
    served: Sequence[Served]
    found: Sequence[Compared]
    seen: Mapping[int, int]
    """By shard, up to where all of these rows had seen the log."""
    heads: Mapping[int, int]
    held: frozenset[UUID]


def first_look(snapshot: Connection, served: Sequence[Served]) -> FirstLook:
    """Compare everybody of whom all of these rows have seen the same."""
    reading = [rows for each in served for rows in (each.new, each.old) if rows]
    heads = heads_now(snapshot)
    seen = {shard: min(generations.position_of(snapshot, rows, shard) for rows in reading) for shard in heads}
    at_rest = apart_from(unsettled(seen))
    found = [
        compare(snapshot, each.old, each.new, at_rest) if each.old else only_new(snapshot, each.new) for each in served
    ]
    return FirstLook(snapshot, served, found, seen, heads, _held(snapshot))


def second_look(connection: Connection, first: FirstLook) -> list[Compared]:
    """Compare everybody else, now that nobody writes any more and what may be brought up is."""
    now_held = _held(connection)
    late = now_held - first.held | set(connection.scalars(moved_since(first.heads)))
    moved = unsettled(first.seen)
    # Who was held then, and is not any more, is among nobody's news.
    rest = [among(moved), *(_some(some, apart_from(moved)) for some in portions(sorted(first.held - now_held)))]
    found = []
    for each, before in zip(first.served, first.found, strict=True):
        if each.old is None:
            found.append(before)
            continue
        told = _but_of(first, each.old, each.new, before, late)
        if each.left:
            left = told.left_out + sum(people_of(connection, each.old, each.new, scope) for scope in rest)
            told = told._replace(left_out=left, why=told.why or (each.left if left else ""))
        else:
            for scope in rest:
                told = together(told, compare(connection, each.old, each.new, scope))
        found.append(told)
    return found


def _but_of(first: FirstLook, old: Generation, new: Generation, told: Compared, late: Collection[UUID]) -> Compared:
    """What the first look told, but of these people."""
    at_rest = apart_from(unsettled(first.seen))
    for some in portions(sorted(late)):
        told = without(told, compare(first.snapshot, old, new, _some(some, at_rest)), some)
    return told


def _some(people: Sequence[UUID], scope: Scope) -> Scope:
    return lambda component: and_(component.in_(people), scope(component))


def _held(connection: Connection) -> frozenset[UUID]:
    marks = connection.execute(select(held.c.participant_id, held.c.root)).tuples()
    return frozenset(person for mark in marks for person in mark)
