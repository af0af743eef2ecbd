"""Snapshots: everybody's rows as of one moment, as known at another, kept under a name that reports can pin to.

Nothing that is recorded later changes them; they go when somebody drops them.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, select, update

from domain.clock import MICROSECOND
from domain.components import Link, in_force, roots
from projections.read_model import ReadModel
from replay.append import hold_heads
from replay.database import DatabaseUnusable
from replay.identities import links_by_person
from replay.journal import Journal
from replay.live import generations
from replay.live.generations import Generation
from replay.queries.lag import last_recorded_at
from replay.rebuild import ledger
from replay.rebuild.crew import Crew
from replay.rebuild.cut_off import told_how_to_go_on
from replay.rebuild.engine import Engine, Opened
from replay.rebuild.folding import Told, fold
from replay.rebuild.holding import staying_holder
from replay.rebuild.ledger import TAKEN, Clocks, Rebuild, ReplayRunning, Standing
from replay.tables import heads, read_models, rebuilds
from replay.whole_log import Progress

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


# SnapshotRefused
# ├── NoSnapshotName     what it is to be called is no name
# └── SnapshotUnknown    there is none of this name


class SnapshotRefused(ValueError):
    """It cannot be taken, or holds something else; the message says what to do."""


class NoSnapshotName(SnapshotRefused):
    """Names are made of small letters, digits and hyphens."""


class SnapshotUnknown(SnapshotRefused):
    """There is no snapshot of this name."""


class Snapshot(NamedTuple):
    """Rows of some read models, of one moment."""

    name: str
    state: str
    """taken; building (somebody is at work), interrupted."""
    as_of: datetime
    known_at: datetime
    taken_at: datetime
    events: int
    """How many events the journal held then."""
    read_models: tuple[str, ...]


def clocks(
    journal: Journal, models: Sequence[ReadModel], name: str, as_of: datetime | None, known_at: datetime | None
) -> Clocks:
    """The moments of a snapshot of this name: those that are told, and now where none is.

    Where one of the same read models was interrupted, and no other moments are told, its own: so that it goes on.
    """
    with journal.database.read() as connection:
        begun = _unfinished(connection, name, journal.clock())
        now = max(journal.clock(), last_recorded_at(connection))
    for rebuild in (found.rebuild for found in begun):
        same = as_of in (None, rebuild.as_of) and known_at in (None, rebuild.known_at)
        if same and rebuild.made.keys() == {model.name for model in models}:
            return Clocks(name, rebuild.as_of, rebuild.known_at)
    return Clocks(name, as_of or now, known_at or now)


def take(
    journal: Journal,
    models: Sequence[ReadModel],
    clocks: Clocks,
    engine: Engine = Crew(),  # noqa: B008 (frozen)
    progress: Progress = lambda done, total: None,
    told: Told = lambda done: None,
) -> Snapshot:
    """Fold everybody's history as of and as known at these moments; goes on where an interrupted one stood.

    Raises SnapshotRefused for a name that is taken or none, ReplayRunning while it is being taken elsewhere, CutOff
    where the database goes away, and CannotBeFolded where somebody cannot: a report must not be without them unseen.
    """
    if not _NAME.fullmatch(clocks.snapshot):
        raise NoSnapshotName("a snapshot is named by 1 to 40 small letters, digits and hyphens")
    _settle(journal, clocks.known_at)
    with journal.database.read() as connection:
        links = links_by_person(connection, journal.reader)
    begun = _begin(journal, models, clocks, links)
    command = f"majung snapshots take {clocks.snapshot}"
    with told_how_to_go_on(command), staying_holder(journal, begun):
        fold(Opened(journal, models), begun, links, engine, progress, told)
        _keep(journal, models, begun)
    with journal.database.read() as connection:
        return find(connection, clocks.snapshot)


def _settle(journal: Journal, known_at: datetime) -> None:
    """Make sure that what is known at a moment is all there, and stays all there is.

    Whoever records has the time from under the lock of a head, and commits later: they are waited for. And whatever
    the clock of who comes next says, nothing is recorded before the time of its head.
    """
    with journal.database.write() as connection:
        last = hold_heads(connection, range(journal.shards))
        if known_at > max(*last, journal.clock()):
            raise SnapshotRefused("--known-at is in the future: what will be known by then may still change")
        behind = update(heads).where(heads.c.recorded_at <= known_at)
        connection.execute(behind.values(recorded_at=known_at + MICROSECOND))


def _begin(
    journal: Journal, models: Sequence[ReadModel], clocks: Clocks, links: Mapping[UUID, Sequence[Link]]
) -> Rebuild:
    with journal.database.write() as connection:
        generations.change(connection)
        if any(found.name == clocks.snapshot for found in _found(connection, "snapshot")):
            raise SnapshotRefused(f"there is a snapshot {clocks.snapshot} already: drop it, or take another name")
        now = journal.clock()
        interrupted = ledger.resume(connection, models, now, clocks)
        _drop(connection, clocks.snapshot, now, but=interrupted)
        if interrupted:
            return interrupted
        linked = roots((link.one, link.other) for some in links.values() for link in in_force(some, clocks.known_at))
        return ledger.begin(connection, models, now, linked, clocks)


def _keep(journal: Journal, models: Sequence[ReadModel], begun: Rebuild) -> None:
    targets = begun.targets(models)
    for target in targets:
        # Beside workers, who go on meanwhile: an index of a large read model takes long.
        with journal.database.write() as connection:
            generations.hold(connection)
            generations.ensure_building(connection, targets)
            ledger.ensure_held(connection, begun)
            generations.index(connection, target)
    with journal.database.write() as connection:
        generations.change(connection)
        generations.ensure_building(connection, targets)
        ledger.ensure_held(connection, begun)
        for target in targets:
            generations.keep(connection, target)
        ledger.enter(connection, begun, TAKEN)


def listed(connection: Connection, now: datetime) -> list[Snapshot]:
    """Every snapshot, the last one first: taken, being taken, or interrupted; `now` is the journal's clock."""
    at_work = {found.rebuild.id for found in ledger.unfinished(connection, now) if found.at_work}
    return _found(connection, "snapshot", "building", at_work=at_work)


def _found(connection: Connection, *states: str, at_work: Collection[int] = ()) -> list[Snapshot]:
    query = (
        select(read_models.c.snapshot, read_models.c.name, read_models.c.state.label("stands"), rebuilds)
        .join(rebuilds, rebuilds.c.id == read_models.c.rebuild)
        .where(read_models.c.snapshot.is_not(None), read_models.c.state.in_(states))
        .order_by(rebuilds.c.id.desc(), read_models.c.name)
    )
    found: dict[int, Snapshot] = {}
    for row in connection.execute(query):
        known = found.get(row.id)
        of = (*known.read_models, row.name) if known else (row.name,)
        state = TAKEN if row.stands == "snapshot" else "building" if row.id in at_work else "interrupted"
        found[row.id] = Snapshot(row.snapshot, state, row.as_of, row.known_at, row.begun_at, row.events, of)
    return list(found.values())


def find(connection: Connection, name: str) -> Snapshot:
    """A snapshot that is taken, by name. Raises SnapshotUnknown."""
    for found in _found(connection, "snapshot"):
        if found.name == name:
            return found
    raise _unknown(name)


def _unknown(name: str) -> SnapshotUnknown:
    return SnapshotUnknown(f"there is no snapshot {name}: look at `majung snapshots list`")


def pinned(connection: Connection, models: Sequence[ReadModel], name: str) -> list[Generation]:
    """The rows of these read models in a snapshot, for queries over them.

    Raises SnapshotUnknown, SnapshotRefused where it does not hold one of them, and SnapshotOutdated where another
    version folded it.
    """
    snapshot = find(connection, name)
    found = {each.model.name: each for each in generations.of_snapshot(connection, models, name)}
    if missing := [model.name for model in models if model.name not in found]:
        raise SnapshotRefused(f"snapshot {name} holds {', '.join(snapshot.read_models)}, not {', '.join(missing)}")
    for model in models:
        if generations.version_of(connection, found[model.name]) != model.version:
            raise SnapshotOutdated(f"{model.name} of snapshot {name} was folded by another version: take it anew")
    return [found[model.name] for model in models]


class SnapshotOutdated(DatabaseUnusable):
    """The rows of a snapshot are of another version than this release reads."""


def drop(journal: Journal, name: str) -> None:
    """Remove a snapshot with all that it holds, also one that was interrupted.

    Raises SnapshotUnknown where there is none, ReplayRunning while it is being taken, and RowsBeingRead.
    """
    with generations.removing(journal.database.write()) as connection:
        if not _drop(connection, name, journal.clock()):
            raise _unknown(name)


def _drop(connection: Connection, name: str, now: datetime, but: Rebuild | None = None) -> bool:
    """Remove what bears a name, of read models of whichever release, except what one replay makes."""
    others = [found for found in _unfinished(connection, name, now) if but is None or found.rebuild.id != but.id]
    for found in others:
        if found.at_work:
            raise ReplayRunning(f"{found} is at work: wait until it has ended")
        ledger.discard(connection, found.rebuild)
    own = read_models.c.snapshot == name, read_models.c.state != "dropped"
    query = select(read_models.c.name, read_models.c.generation).where(*own)
    if but is not None:
        query = query.where(read_models.c.rebuild != but.id)
    rows = connection.execute(query).tuples().all()
    for model, number in rows:
        generations.drop_named(connection, model, number)
    return bool(rows)


def _unfinished(connection: Connection, name: str, now: datetime) -> list[Standing]:
    """What is being made under a name."""
    own = read_models.c.snapshot == name, read_models.c.state == "building"
    replays = set(connection.scalars(select(read_models.c.rebuild).where(*own)))
    return [found for found in ledger.unfinished(connection, now) if found.rebuild.id in replays]
