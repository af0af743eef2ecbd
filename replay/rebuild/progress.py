"""How far every replay has come, and how the last ones ended: one look at the ledger, for whoever watches.

A snapshot that is being taken is told as a replay is. Who carries one out is told by the number of each process, and
never where it runs.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from threading import Event, Lock
from typing import Literal, NamedTuple

from sqlalchemy import Connection, func, select

from domain.clock import END_OF_TIME
from replay.journal import Journal
from replay.rebuild import ledger
from replay.rebuild.choosing import Line, listed
from replay.rebuild.ledger import CATCHING_UP, DISCARDED, FOLDING, READY, SWITCHED, TAKEN
from replay.tables import read_models, rebuilds

GOING_ON = (FOLDING, CATCHING_UP, READY)
OUTCOMES = (SWITCHED, TAKEN, DISCARDED)
"""How a replay ends for good."""
RECENT = 20
"""Of how many of the last replays the end is told to who was away meanwhile. A convention of ours."""
EVERY_SECONDS = 1.0
"""How often somebody looks who follows."""


class Process(NamedTuple):
    """One of those that fold."""

    process: str
    """Its number; of a worker of a cluster, whose name may be an address, a digest of that."""
    folded: int
    """Events."""


class Made(NamedTuple):
    """What a replay makes."""

    read_models: tuple[str, ...]
    snapshot: str | None
    """The name of the snapshot; None: rows that are to serve."""

    @property
    def kind(self) -> Literal["replay", "snapshot"]:
        """Which of the two makes it."""
        return "replay" if self.snapshot is None else "snapshot"


class Replay(NamedTuple):
    """A replay that goes on: folding, catching up, or ready (it waits for somebody to switch to its rows)."""

    number: int
    made: Made
    state: str
    at_work: bool
    """Whether somebody carries it out now. Where nobody does, and it is not ready, it was interrupted."""
    begun_at: datetime
    events: int
    """With how many it began."""
    folded: int
    processes: tuple[Process, ...]
    """Those that folded it so far. None once it is ready."""
    as_of: datetime | None
    known_at: datetime | None
    """The clocks of a snapshot."""


class Ended(NamedTuple):
    """A replay that has nothing more to do: switched, taken (a snapshot), discarded, or ready."""

    number: int
    made: Made
    state: str
    begun_at: datetime
    events: int


class Look(NamedTuple):
    """All of one moment."""

    newest: int
    """The number of the last replay that began; 0 where there was none."""
    replays: tuple[Replay, ...]
    """In the order in which they began."""
    ended: tuple[Ended, ...]
    """Those of the last that have nothing more to do, and all that are ready."""


class Overview(NamedTuple):
    """All rows that there are, and the replays that make others."""

    lines: list[Line]
    replays: tuple[Replay, ...]


def overview(connection: Connection, now: datetime) -> Overview:
    """Both in one snapshot; `now` is the journal's clock."""
    unfinished = ledger.unfinished(connection, now)
    lines = listed(connection, {found.rebuild.id: found for found in unfinished})
    return Overview(lines, _look(connection, unfinished).replays)


def look(connection: Connection, now: datetime) -> Look:
    """How far every replay has come, in one snapshot; `now` is the journal's clock."""
    return _look(connection, ledger.unfinished(connection, now))


def _look(connection: Connection, unfinished: Sequence[ledger.Standing]) -> Look:
    standing = [found for found in unfinished if found.rebuild.state in GOING_ON]
    columns = rebuilds.c.id, rebuilds.c.state, rebuilds.c.begun_at, rebuilds.c.events
    recent = connection.execute(select(*columns).order_by(rebuilds.c.id.desc()).limit(RECENT)).all()
    going_on = {found.rebuild.id: found for found in standing}
    made = _made(connection, [*going_on, *(row.id for row in recent)])
    replays = tuple(_replay(found, made[number]) for number, found in going_on.items())
    ready = [Ended(*each[:3], each.begun_at, each.events) for each in replays if each.state == READY]
    # None of whose rows wait or are being made any more, and which nobody has put down as discarded: nobody goes on.
    over = [
        Ended(row.id, made[row.id], row.state if row.state in OUTCOMES else DISCARDED, row.begun_at, row.events)
        for row in reversed(recent)
        if row.id not in going_on
    ]
    return Look(recent[0].id if recent else 0, replays, tuple(sorted([*over, *ready])))


def outcomes(connection: Connection) -> dict[str, int]:
    """How many replays and snapshots ever ended, by how."""
    query = select(rebuilds.c.state, func.count()).where(rebuilds.c.state.in_(OUTCOMES)).group_by(rebuilds.c.state)
    return dict.fromkeys(OUTCOMES, 0) | dict(connection.execute(query).tuples().all())


class Looking:
    """Takes looks, one at a time: of two the later one is of a later moment, whoever took them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = Lock()
        self._taken = 0

    def look(self) -> tuple[int, Look]:
        """How far every replay has come now, and the number of this look."""
        with self._lock, self._journal.database.read() as connection:
            self._taken += 1
            return self._taken, look(connection, self._journal.clock())

    def looks(self, stop: Event, wanted: Event) -> Iterator[tuple[int, Look]]:
        """A look every second until `stop` is set, and none while nobody wants one; who stops it sets `wanted`, too."""
        while wanted.wait() and not stop.is_set():
            yield self.look()
            stop.wait(EVERY_SECONDS)


def _replay(found: ledger.Standing, made: Made) -> Replay:
    rebuild = found.rebuild
    return Replay(
        rebuild.id,
        made,
        rebuild.state,
        found.at_work,
        rebuild.begun_at,
        rebuild.events,
        found.folded,
        tuple(sorted(Process(_unplaced(worker), folded) for worker, folded in found.workers.items())),
        rebuild.as_of if rebuild.is_snapshot and rebuild.as_of != END_OF_TIME else None,
        rebuild.known_at if rebuild.is_snapshot else None,
    )


def _unplaced(worker: str) -> str:
    return worker if worker.isdigit() else f"cluster-{hashlib.sha256(worker.encode()).hexdigest()[:8]}"


def _made(connection: Connection, numbers: Sequence[int]) -> dict[int, Made]:
    columns = read_models.c.rebuild, read_models.c.name, read_models.c.snapshot
    query = select(*columns).where(read_models.c.rebuild.in_(numbers)).order_by(read_models.c.name)
    made = {number: Made((), None) for number in numbers}
    for number, name, snapshot in connection.execute(query):
        made[number] = Made((*made[number].read_models, name), snapshot)
    return made
