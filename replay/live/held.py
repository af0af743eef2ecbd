"""People whose events do not fold: their rows stay as they were, marked, until they fold again. Everybody else goes on.

A mark stands for each pseudonym, so that it follows whoever is linked or unlinked. It goes with the first fold that
succeeds in every generation it names. What is open in it names nobody: the kind of the error, its place, the event.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from traceback import walk_tb
from typing import Any, NamedTuple, Self
from uuid import UUID

import orjson
import psycopg
from sqlalchemy import Connection, Select, column, delete, func, select, update
from sqlalchemy import table as table_of
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from domain.history import History
from projections.columns import Cells
from replay.append import shard_of
from replay.database import DatabaseUnusable, portions
from replay.live import generations
from replay.live.folded_rows import FoldedRows, RowsRefused, erase
from replay.live.generations import Generation
from replay.mapper import EventUnreadable, UndecodableEvent, UnknownStoredName
from replay.messages.published_journeys import look_again
from replay.tables import held, journal, positions, read_models
from replay.vault import KeyDamaged, KeyMissing, SealBroken

NOT_THEIRS = (SQLAlchemyError, psycopg.Error, sqlite3.Error, DatabaseUnusable, OSError, MemoryError)
"""What a fold, being pure, cannot raise, and a read of storage on its behalf can: nobody is held for these."""

_ADVICE: Mapping[type[BaseException], str] = {
    UnknownStoredName: "this release does not know the type: use the release that wrote it, or a newer one",
    KeyMissing: "there are sealed events and no key in this vault: restore the vault that belongs to this journal",
    SealBroken: "sealed fields do not open: the bytes were changed, or the vault is that of another journal",
    KeyDamaged: "the key of this person is damaged: take it from a backup of the vault",
}
OF_SOMEBODY = (EventUnreadable, UndecodableEvent, *_ADVICE)
"""What says that something recorded of one person does not read; `cause_of` tells it without naming them."""
_OURS = ("domain.", "projections.", "replay.")


class NotHeld(LookupError):
    """This person is not held."""


class Cause(NamedTuple):
    """Why a person does not fold, in words that hold nothing of theirs."""

    error: str
    """The name of the error."""
    message: str
    read_model: str | None = None
    """Whose fold failed; None: what is recorded does not read, so that none can be folded."""
    event_id: UUID | None = None
    event_type: str | None = None


class CannotBeFolded(Exception):
    """What is recorded of a person does not fold: no answer about them can be given. The message says why."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(f"what is recorded of this person {in_words(cause)}")
        self.cause = cause

    def __reduce__(self) -> tuple[type[Self], tuple[Cause]]:
        # By its message alone it could not be made again in the process that waits for it.
        return type(self), (self.cause,)


class Held(NamedTuple):
    """A mark: rows of this pseudonym are those of before, and why."""

    participant_id: UUID
    root: UUID
    """Of the person who did not fold: the smallest of the identities that were linked then."""
    since: datetime
    tried_at: datetime
    attempts: int
    read_model: str | None
    error: str
    message: str
    event_id: UUID | None
    event_type: str | None


class Behind(NamedTuple):
    """A mark, and how old the rows are."""

    mark: Held
    events: int
    """Events recorded of this pseudonym that the rows may be without."""
    rows: Mapping[str, int]
    """Rows that serve under this pseudonym, by read model; those of a linked person stand under the root of then."""


def cause_of(error: BaseException, read_model: str | None = None) -> Cause:
    """What may be said of an error: messages of our own; of any other only its kind and place."""
    event_id = event_type = None
    if isinstance(error, EventUnreadable):
        event_id, event_type, error = error.event_id, error.topic, error.__cause__ or error
        read_model = None
    if isinstance(error, RowsRefused):
        read_model = error.read_model
    if isinstance(error, UndecodableEvent | RowsRefused):
        message = str(error)
    else:
        message = _ADVICE.get(type(error)) or f"raised in {_place(error)}"
    return Cause(type(error).__qualname__, message, read_model, event_id, event_type)


def in_words(cause: Cause | Held) -> str:
    """Why a person does not fold, as it is said of them."""
    return f"does not fold ({cause.error}): {cause.message}"


def _place(error: BaseException) -> str:
    """The last place of ours: module and line."""
    places = [(str(frame.f_globals.get("__name__", "")), line) for frame, line in walk_tb(error.__traceback__)]
    ours = [place for place in places if place[0].startswith(_OURS)] or places or [("an unknown place", 0)]
    return f"{ours[-1][0]}, line {ours[-1][1]}"


def unreadable(people: Iterable[UUID], found: Mapping[UUID, Exception]) -> Cause | None:
    """Why a component does not read, of what a reader found unreadable by person; None where it does."""
    return next((cause_of(found[person]) for person in sorted(people) if person in found), None)


def fold_into(
    targets: Sequence[Generation], rows: Sequence[FoldedRows], history: Callable[[], History]
) -> Cause | None:
    """Fold a person into the rows of all of these generations, or into none: then why.

    Errors of databases are raised: they are nobody's fault, and a fold that reads on from storage may meet them.
    """
    folded: list[Cells] = []
    name = None
    try:
        told = history()
        for target, found in zip(targets, rows, strict=True):
            name = target.model.name
            folded.append(found.cells(target.model.fold(told)))
    except NOT_THEIRS:
        raise
    except Exception as error:
        return cause_of(error, name)
    for found, cells in zip(rows, folded, strict=True):
        found.take(cells)
    return None


@contextmanager
def folding(*others: type[Exception]) -> Iterator[None]:
    """What a fold on demand raises within this block is raised as CannotBeFolded, unless it is one of `others`."""
    passing: tuple[type[Exception], ...] = (*NOT_THEIRS, *others, CannotBeFolded)
    try:
        yield
    except passing:
        raise
    except Exception as error:
        raise CannotBeFolded(cause_of(error)) from error


def mark(
    connection: Connection,
    people: Collection[UUID],
    cause: Cause,
    targets: Sequence[Generation],
    *,
    code: str,
    now: datetime,
    arrived: bool = True,
) -> None:
    """Mark everybody of a component that did not fold, in the transaction that leaves their rows as they are.

    `arrived` says that something of theirs was recorded, so that every other code is to try again.
    """
    known = {row.participant_id: row for row in _rows(connection, people, lock=True)}
    names = {target.name for target in targets}
    said = {"root": min(people), "tried_at": now, **cause._asdict()}
    if new := sorted(person for person in people if person not in known):
        first = {"since": now, "attempts": 1, "generations": _list(names), "codes": _list({code})}
        first["good_at"] = orjson.dumps(_reached(connection, targets)).decode()
        _insert(connection, [{"participant_id": person, **said, **first} for person in new])
        # A replay and a worker may find the same person at once: then both of their generations hold old rows.
        at_once = _rows(connection, new, lock=True)
        known |= {row.participant_id: row for row in at_once if not names.issubset(orjson.loads(row.generations))}
    for person, row in known.items():
        others = set() if arrived else set(orjson.loads(row.codes))
        values = {
            **said,
            "attempts": row.attempts + 1,
            "generations": _list(names.union(orjson.loads(row.generations))),
            "codes": _list(others | {code}),
        }
        connection.execute(update(held).where(held.c.participant_id == person).values(values))


def release(connection: Connection, people: Collection[UUID], targets: Sequence[Generation], *, code: str) -> None:
    """These people were folded into these generations: a mark that names no other one goes."""
    names = {target.name for target in targets}
    undropped: set[str] | None = None
    marked = _rows(connection, people, lock=True)
    # Their rows change though nothing may have been recorded of them.
    look_again(connection, [row.participant_id for row in marked])
    for row in marked:
        undropped = _names(connection) if undropped is None else undropped
        own = held.c.participant_id == row.participant_id
        if left := undropped.intersection(orjson.loads(row.generations)) - names:
            tried = _list({code}.union(orjson.loads(row.codes)))
            connection.execute(update(held).where(own).values(generations=_list(left), codes=tried))
        else:
            connection.execute(delete(held).where(own))


def carry_over(connection: Connection, targets: Sequence[Generation]) -> None:
    """In the transaction of a switch, before it: whoever is held keeps the rows that serve, in the new generations too.

    So the rows of one person never mix two states of knowledge: neither those of read models that are replaced with
    those that are not, nor those that folded with those that did not. Whom all of the new generations have folded, and
    of whom no other holds old rows, is held no more. Of a read model whose version changed there is nothing to keep.
    """
    serving = {name: (number, version) for name, number, version in _states(connection, "live")}
    live = {f"{name}_g{number}" for name, (number, _) in serving.items()}
    replaced = {f"{name}_g{serving[name][0]}" for name in (target.model.name for target in targets) if name in serving}
    names = {target.name for target in targets}
    kept: list[UUID] = []
    for row in connection.execute(select(held.c.participant_id, held.c.generations)):
        own = set(orjson.loads(row.generations))
        if own & names or (own & live) - replaced:
            kept.append(row.participant_id)
            whole = update(held).where(held.c.participant_id == row.participant_id)
            connection.execute(whole.values(generations=_list(own | names)))
    for target in targets:
        number, version = serving.get(target.model.name, (0, 0))
        if version == generations.version_of(connection, target):
            _copy(connection, generations.stored(connection, target.model, number), target, sorted(kept))


def _copy(connection: Connection, old: Generation, new: Generation, people: Sequence[UUID]) -> None:
    erase(connection, new, people)
    for some in portions(people):
        rows = select(old.table).where(old.table.c.component.in_(some))
        connection.execute(new.table.insert().from_select([column.name for column in old.table.columns], rows))


def list_held(connection: Connection, limit: int | None = None) -> list[Held]:
    """Everybody of whom old rows serve, who was held first coming first."""
    found = _serving(connection, select(held).order_by(held.c.since, held.c.participant_id))
    return [_held(row) for row in found[:limit]]


def count_held(connection: Connection) -> int:
    """How many pseudonyms are held."""
    return len(_serving(connection, select(held.c.generations)))


def marks(connection: Connection) -> tuple[Any, ...]:
    """What is another whenever somebody came to be held, was tried again, or is held no more: only to be compared."""
    told = func.count(), func.max(held.c.tried_at), func.sum(func.length(held.c.generations))
    return tuple(connection.execute(select(*told).select_from(held)).one())


def held_among(connection: Connection, people: Collection[UUID]) -> Held | None:
    """The mark of a person, of whichever of their identities was marked first; None: their rows are whole."""
    found = _serving(connection, select(held).where(held.c.participant_id.in_(list(people))))
    return min(map(_held, found), key=lambda mark: (mark.since, mark.participant_id), default=None)


def marks_of(
    connection: Connection, people: Collection[UUID], targets: Sequence[Generation] | None = None
) -> dict[UUID, Held]:
    """The marks of those of these people who bear one; where `targets` are told, one that names any of these."""
    names = None if targets is None else {target.name for target in targets}
    found = _rows(connection, people, lock=False)
    named = [row for row in found if names is None or not names.isdisjoint(orjson.loads(row.generations))]
    return {row.participant_id: _held(row) for row in named}


def find_held(connection: Connection, participant_id: UUID) -> Held:
    """The mark of a pseudonym. Raises NotHeld."""
    found = held_among(connection, [participant_id])
    if found is None:
        raise NotHeld(f"{participant_id} is not held: `majung held list` has everybody who is")
    return found


def behind(connection: Connection, shards: int, mark: Held) -> Behind:
    """How old the rows of a marked pseudonym are."""
    query = select(held.c.good_at, held.c.generations).where(held.c.participant_id == mark.participant_id)
    row = connection.execute(query).one()
    shard = shard_of(mark.participant_id.bytes, shards)
    good_at = orjson.loads(row.good_at)[shard]
    own = journal.c.shard == shard, journal.c.participant_id == mark.participant_id, journal.c.position > good_at
    events = connection.scalar(select(func.count()).select_from(journal).where(*own)) or 0
    rows = {}
    for name, number, _ in _states(connection, "live"):
        if f"{name}_g{number}" in orjson.loads(row.generations):
            rows[name] = _count_rows(connection, f"{name}_g{number}", mark.participant_id)
    return Behind(mark, events, rows)


def told_since(connection: Connection, shards: int, topics: Collection[str]) -> dict[UUID, UUID]:
    """Of whoever is held, the events of these types that their rows are without, each with whose it is."""
    query = select(held.c.participant_id, held.c.good_at, held.c.generations)
    good: dict[int, dict[UUID, int]] = {}
    for person, good_at, _ in _serving(connection, query):
        shard = shard_of(person.bytes, shards)
        good.setdefault(shard, {})[person] = orjson.loads(good_at)[shard]
    found: dict[UUID, UUID] = {}
    for shard, own in good.items():
        for some in portions(sorted(own, key=own.__getitem__)):
            since = journal.c.shard == shard, journal.c.position > own[some[0]], journal.c.topic.in_(topics)
            columns = journal.c.event_id, journal.c.participant_id, journal.c.position
            recorded = select(*columns).where(*since, journal.c.participant_id.in_(some))
            found |= {event: person for event, person, at in connection.execute(recorded) if at > own[person]}
    return found


def untried(connection: Connection, code: str | None, people: Collection[UUID] | None = None) -> list[UUID]:
    """Who is held and was not tried by this code since their last event (None: whoever tried); all, or among these."""
    query = select(held.c.participant_id, held.c.codes).order_by(held.c.participant_id)
    if people is not None:
        query = query.where(held.c.participant_id.in_(list(people)))
    return [person for person, codes in connection.execute(query) if code is None or code not in orjson.loads(codes)]


def _rows(connection: Connection, people: Collection[UUID], *, lock: bool) -> list[Any]:
    found: list[Any] = []
    for some in portions(sorted(people)):
        query = select(held).where(held.c.participant_id.in_(some)).order_by(held.c.participant_id)
        found += connection.execute(query.with_for_update() if lock else query)
    return found


def _serving(connection: Connection, query: Select[Any]) -> list[Any]:
    """Marks of rows that serve; those of generations that are being built are nobody's to see."""
    found = list(connection.execute(query))
    if not found:
        return []
    live = {f"{name}_g{number}" for name, number, _ in _states(connection, "live")}
    return [row for row in found if not live.isdisjoint(orjson.loads(row.generations))]


def _states(connection: Connection, *states: str) -> list[tuple[str, int, int]]:
    query = select(read_models.c.name, read_models.c.generation, read_models.c.version)
    found = connection.execute(query.where(read_models.c.state.in_(states)).order_by(read_models.c.name))
    return [(name, number, version) for name, number, version in found]


def _names(connection: Connection) -> set[str]:
    """The generations that have a table."""
    query = select(read_models.c.name, read_models.c.generation).where(read_models.c.state != "dropped")
    return {f"{name}_g{number}" for name, number in connection.execute(query)}


def _reached(connection: Connection, targets: Sequence[Generation]) -> list[int]:
    """The positions by shard up to which these generations, or those that serve in their place, have come."""
    serving = {name: f"{name}_g{number}" for name, number, _ in _states(connection, "live")}
    names = {serving.get(target.model.name, target.name) for target in targets}
    least = select(func.min(positions.c.position)).where(positions.c.name.in_(names))
    return list(connection.scalars(least.group_by(positions.c.shard).order_by(positions.c.shard)))


def _insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Marks of people who bear none; one that somebody else made meanwhile stays as it is."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(held).on_conflict_do_nothing(), list(rows))


def _count_rows(connection: Connection, table: str, participant_id: UUID) -> int:
    found = table_of(table, column("component", held.c.participant_id.type))
    return connection.scalar(select(func.count()).select_from(found).where(found.c.component == participant_id)) or 0


def _held(row: Any) -> Held:
    return Held(*(row._mapping[name] for name in Held._fields))


def _list(values: Iterable[str]) -> str:
    return orjson.dumps(sorted(values)).decode()
