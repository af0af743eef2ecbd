"""Snapshots: everybody's rows as of one moment, as known at another, kept under a name that reports can pin to.

Nothing that is recorded later changes them; they go when somebody drops them.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from domain.components import in_force, roots
from projections.read_model import ReadModel
from replay import generations
from replay.database import DatabaseUnusable
from replay.generations import Generation
from replay.identities import links_by_person
from replay.journal import Journal
from replay.rebuild import ledger
from replay.rebuild.crew import Crew
from replay.rebuild.engine import Engine, Opened
from replay.rebuild.folding import Told, fold
from replay.rebuild.ledger import TAKEN, Clocks, Rebuild
from replay.tables import read_models, rebuilds
from replay.whole_log import Progress

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class SnapshotRefused(ValueError):
    """There is no snapshot of this name, or no room for another; the message says which."""


class Snapshot(NamedTuple):
    """Rows of some read models, of one moment."""

    name: str
    as_of: datetime
    known_at: datetime
    taken_at: datetime
    events: int
    """How many events the journal held then."""
    read_models: tuple[str, ...]


def take(
    journal: Journal,
    models: Sequence[ReadModel],
    clocks: Clocks,
    engine: Engine = Crew(),  # noqa: B008 (frozen)
    progress: Progress = lambda done, total: None,
    told: Told = lambda done: None,
) -> Snapshot:
    """Fold everybody's history as of and as known at these moments; goes on where an interrupted one stood.

    Raises SnapshotRefused for a name that is taken or none, ReplayRunning while it is being taken elsewhere, and
    CannotBeFolded where somebody cannot: a report must not be without them unseen.
    """
    if not _NAME.fullmatch(clocks.snapshot):
        raise SnapshotRefused("a snapshot is named by 1 to 40 small letters, digits and hyphens")
    if clocks.known_at > journal.clock():
        raise SnapshotRefused("--known-at is in the future: what will be known by then may still change")
    begun = _begin(journal, models, clocks)
    try:
        with journal.database.read() as connection:
            links = links_by_person(connection, journal.reader)
        fold(Opened(journal, models), begun, links, engine, progress, told)
        _keep(journal, models, begun)
    finally:
        ledger.let_go(begun)
    with journal.database.read() as connection:
        return find(connection, clocks.snapshot)


def _begin(journal: Journal, models: Sequence[ReadModel], clocks: Clocks) -> Rebuild:
    with journal.database.write() as connection:
        generations.change(connection)
        if any(found.name == clocks.snapshot for found in listed(connection)):
            raise SnapshotRefused(f"there is a snapshot {clocks.snapshot} already: drop it, or take another name")
        now = journal.clock()
        if interrupted := ledger.resume(connection, models, now, clocks):
            return interrupted
        links = links_by_person(connection, journal.reader)
        linked = roots((link.one, link.other) for some in links.values() for link in in_force(some, clocks.known_at))
        return ledger.begin(connection, models, now, linked, clocks)


def _keep(journal: Journal, models: Sequence[ReadModel], begun: Rebuild) -> None:
    with journal.database.write() as connection:
        generations.change(connection)
        ledger.ensure_held(connection, begun)
        for target in begun.targets(models):
            generations.index(connection, target)
            generations.keep(connection, target)
        ledger.enter(connection, begun, TAKEN)


def listed(connection: Connection) -> list[Snapshot]:
    """Every snapshot that is taken, the last one first."""
    query = (
        select(read_models.c.snapshot, read_models.c.name, rebuilds)
        .join(rebuilds, rebuilds.c.id == read_models.c.rebuild)
        .where(read_models.c.state == "snapshot")
        .order_by(rebuilds.c.id.desc(), read_models.c.name)
    )
    found: dict[str, Snapshot] = {}
    for row in connection.execute(query):
        known = found.get(row.snapshot)
        of = (*known.read_models, row.name) if known else (row.name,)
        found[row.snapshot] = Snapshot(row.snapshot, row.as_of, row.known_at, row.begun_at, row.events, of)
    return list(found.values())


def find(connection: Connection, name: str) -> Snapshot:
    """A snapshot by name. Raises SnapshotRefused."""
    for found in listed(connection):
        if found.name == name:
            return found
    raise SnapshotRefused(f"there is no snapshot {name}: look at `majung snapshots list`")


def pinned(connection: Connection, models: Sequence[ReadModel], name: str) -> list[Generation]:
    """The rows of these read models in a snapshot, for queries over them.

    Raises SnapshotRefused where it does not hold one of them, and SnapshotOutdated where another version folded it.
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


def drop(journal: Journal, models: Sequence[ReadModel], name: str) -> None:
    """Remove a snapshot. Raises SnapshotRefused where there is none."""
    with journal.database.write() as connection:
        generations.change(connection)
        find(connection, name)
        for each in generations.of_snapshot(connection, models, name):
            generations.drop(connection, each)
