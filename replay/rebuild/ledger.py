"""The replays: one begins, goes on where an interrupted one stood, or is refused because another is at work.

Whoever carries a replay out holds it under a name of their own, for a while at a time (holding.py). A process that was
killed is told from one that works: on the same machine by looking at it, elsewhere when its time is over. Nothing but
politeness rests on it: every write makes sure that the replay is still its writer's.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, Update, delete, func, insert, select, update

from domain.clock import END_OF_TIME
from projections.read_model import ReadModel
from replay.database import DatabaseUnusable
from replay.live import generations
from replay.live.fold_code import fold_code
from replay.live.generations import Generation, ReplaySuperseded, generation
from replay.rebuild import processes
from replay.tables import heads, read_models, rebuild_members, rebuild_parts, rebuilds

HELD = timedelta(minutes=2)
"""How long nobody else takes a replay over whose process cannot be looked at."""

FOLDING, CATCHING_UP, READY, SWITCHED, DISCARDED = "folding", "catching up", "ready", "switched", "discarded"
TAKEN = "taken"
"""What a replay does, or how it ended. One that is ready waits for somebody to switch to its rows, or for the next."""
_AT_WORK = (FOLDING, CATCHING_UP)
_OF_REPLAYS = read_models.c.state == "building", read_models.c.rebuild.is_not(None)


class ReplayRunning(DatabaseUnusable):
    """Another process replays one of the same read models now."""


class Rebuild(NamedTuple):
    """One replay: what it makes, and from where."""

    id: int
    begun_at: datetime
    state: str
    holder: str
    held_until: datetime
    code: str
    heads: Mapping[int, int]
    """The last position of each shard when it began: what came later is caught up."""
    made: Mapping[str, tuple[int, int]]
    """By read model the generation that is being made, and the version that folds it."""
    as_of: datetime = END_OF_TIME
    known_at: datetime = END_OF_TIME
    """The clocks of a snapshot; rows that are to serve hold whatever will be true by then."""

    @property
    def is_snapshot(self) -> bool:
        """Whether its rows are kept for one moment, and never serve."""
        return self.known_at != END_OF_TIME

    @property
    def events(self) -> int:
        """How many events it began with."""
        return sum(self.heads.values())

    def targets(self, models: Sequence[ReadModel]) -> list[Generation]:
        """The generations that are being made, in the order of their models."""
        return [generation(model, self.made[model.name][0]) for model in models]


class Standing(NamedTuple):
    """How far a replay has come."""

    rebuild: Rebuild
    at_work: bool
    """Whether somebody carries it out now."""
    folded: int
    """Events folded so far."""
    workers: Mapping[str, int]
    """Of them by process."""

    def __str__(self) -> str:
        of, begun = ", ".join(self.rebuild.made), self.rebuild.begun_at.isoformat(timespec="seconds")
        return f"the replay of {of} that began at {begun} ({self.folded:,} of {self.rebuild.events:,} events folded)"


class Clocks(NamedTuple):
    """Of which moments a snapshot tells, and under which name."""

    snapshot: str
    as_of: datetime
    known_at: datetime


def resume(
    connection: Connection, models: Sequence[ReadModel], now: datetime, clocks: Clocks | None = None
) -> Rebuild | None:
    """The replay of exactly these that was interrupted, if there is one: the caller holds it from now on.

    Others that were interrupted are discarded where they make nothing but these, and left to whoever goes on with them
    where they make more. What waits to be switched to, and what served before, stays as it is. Raises ReplayRunning
    while somebody replays one of these.
    """
    resumed = None
    snapshot = clocks.snapshot if clocks else None
    names = {model.name for model in models}
    for found in _unfinished(connection, list(names), snapshot):
        if _is_alive(found, now):
            raise ReplayRunning(f"{standing(connection, found, now)} is at work: wait until it has ended")
        if resumed is None and _can_go_on(found, models, clocks):
            resumed = found._replace(holder=processes.new_holder(), held_until=now + HELD)
            held = {"holder": resumed.holder, "held_until": resumed.held_until}
            connection.execute(update(rebuilds).where(rebuilds.c.id == found.id).values(**held))
        elif clocks or (found.state != READY and found.made.keys() <= names):
            discard(connection, found)
            for name, (number, _) in found.made.items():
                generations.drop_named(connection, name, number)
    kept = {target.name for target in resumed.targets(models)} if resumed else set()
    left = (
        generations.of_snapshot(connection, models, snapshot, "building")
        if snapshot
        else generations.unfinished(connection, models)
    )
    for stale in left:
        if stale.name not in kept:
            generations.drop(connection, stale)
    return resumed


def heads_now(connection: Connection) -> dict[int, int]:
    """The last position of each shard."""
    query = select(heads.c.shard, heads.c.position).order_by(heads.c.shard)
    return dict(connection.execute(query).tuples().all())


def begin(
    connection: Connection,
    models: Sequence[ReadModel],
    now: datetime,
    linked: Mapping[UUID, UUID],
    clocks: Clocks | None = None,
    *,
    start: Mapping[int, int] | None = None,
) -> Rebuild:
    """Begin a replay; `linked` tells the root of everybody who is linked at the time it is of.

    It begins at the heads of `start`, read before the links were: what comes later is caught up. Unless told, at those
    of now.
    """
    start = heads_now(connection) if start is None else start
    number = 1 + (connection.scalar(select(func.max(rebuilds.c.id))) or 0)
    name = clocks.snapshot if clocks else None
    made = {model.name: (generations.create(connection, model, number, name).number, model.version) for model in models}
    begun = Rebuild(number, now, FOLDING, processes.new_holder(), now + HELD, fold_code(), start, made)
    if clocks:
        begun = begun._replace(as_of=clocks.as_of, known_at=clocks.known_at)
    connection.execute(
        insert(rebuilds).values(
            id=number,
            begun_at=now,
            state=FOLDING,
            holder=begun.holder,
            held_until=begun.held_until,
            code=begun.code,
            heads=orjson.dumps(start, option=orjson.OPT_NON_STR_KEYS).decode(),
            events=begun.events,
            as_of=clocks.as_of if clocks else None,
            known_at=clocks.known_at if clocks else None,
        )
    )
    if linked:
        rows = [{"rebuild": number, "participant_id": person, "root": root} for person, root in linked.items()]
        connection.execute(insert(rebuild_members), rows)
    return begun


def ensure_held(connection: Connection, rebuild: Rebuild) -> None:
    """Make sure that nobody took this replay over: for its writers, who hold the generations meanwhile.

    Raises ReplaySuperseded.
    """
    query = select(rebuilds.c.holder).where(rebuilds.c.id == rebuild.id, rebuilds.c.state.in_(_AT_WORK))
    if connection.scalar(query) != rebuild.holder:
        raise ReplaySuperseded(f"another replay of {', '.join(rebuild.made)} took over: wait for that one")


def hold_on(connection: Connection, rebuild: Rebuild, now: datetime) -> None:
    """Stay the holder for a while longer."""
    connection.execute(_of(rebuild).where(rebuilds.c.holder == rebuild.holder).values(held_until=now + HELD))


def enter(connection: Connection, rebuild: Rebuild, state: str) -> None:
    """Put down what a replay does now, or how it ended. Its parts go with the end."""
    connection.execute(_of(rebuild).values(state=state))
    if state not in _AT_WORK:
        connection.execute(delete(rebuild_parts).where(rebuild_parts.c.rebuild == rebuild.id))
        connection.execute(delete(rebuild_members).where(rebuild_members.c.rebuild == rebuild.id))
        processes.let_go(rebuild.holder)


def discard(connection: Connection, rebuild: Rebuild) -> None:
    """Put down that nobody goes on with a replay; whoever calls this drops its generations."""
    enter(connection, rebuild, DISCARDED)


def in_state(connection: Connection, state: str) -> list[Rebuild]:
    """The replays that do this now."""
    return [found for found in _unfinished(connection) if found.state == state]


def is_of_this_code(connection: Connection, of: Generation) -> bool:
    """Whether this code folded the rows, as far as is known: those that no replay made were made by a worker."""
    own = read_models.c.name == of.model.name, read_models.c.generation == of.number
    query = select(rebuilds.c.code).join(read_models, read_models.c.rebuild == rebuilds.c.id).where(*own)
    return connection.scalar(query) in (None, fold_code())


def left_behind(connection: Connection, *states: str) -> list[Rebuild]:
    """Replays (in one of these states, if told) none of whose rows are waiting or being made any more."""
    building = select(read_models.c.rebuild).where(
        read_models.c.state == "building", read_models.c.rebuild.is_not(None)
    )
    among = states or (*_AT_WORK, READY)
    query = select(rebuilds).where(rebuilds.c.state.in_(among), rebuilds.c.id.not_in(building))
    return [_read(row, {}) for row in connection.execute(query).all()]


def unfinished(connection: Connection, now: datetime) -> list[Standing]:
    """Every replay whose rows are neither serving nor dropped."""
    return [standing(connection, found, now) for found in _unfinished(connection)]


def standing(connection: Connection, rebuild: Rebuild, now: datetime) -> Standing:
    """How far a replay has come."""
    done = func.sum(rebuild_parts.c.events)
    query = select(rebuild_parts.c.worker, done).where(
        rebuild_parts.c.rebuild == rebuild.id, rebuild_parts.c.events.is_not(None)
    )
    workers = {
        worker: int(events) for worker, events in connection.execute(query.group_by(rebuild_parts.c.worker)).tuples()
    }
    # A part is read as it is when its turn comes, with what was recorded meanwhile.
    folded = min(sum(workers.values()), rebuild.events) if rebuild.state == FOLDING else rebuild.events
    return Standing(rebuild, _is_alive(rebuild, now), folded, workers)


def totals(connection: Connection, rebuild: Rebuild) -> tuple[int, int]:
    """The events and the people that are folded so far."""
    sums = func.coalesce(func.sum(rebuild_parts.c.events), 0), func.coalesce(func.sum(rebuild_parts.c.people), 0)
    events, people = connection.execute(select(*sums).where(rebuild_parts.c.rebuild == rebuild.id)).one()
    return int(events), int(people)


def _unfinished(
    connection: Connection, names: Sequence[str] | None = None, snapshot: str | None = None
) -> list[Rebuild]:
    """The replays that build a generation of one of these, to serve or for a snapshot; of any unless told."""
    building = select(read_models).where(*_OF_REPLAYS)
    if names is not None:
        building = building.where(read_models.c.snapshot.is_not_distinct_from(snapshot))
    made: dict[int, dict[str, tuple[int, int]]] = {}
    for row in connection.execute(building).all():
        made.setdefault(row.rebuild, {})[row.name] = (row.generation, row.version)
    query = select(rebuilds).where(rebuilds.c.id.in_(made)).order_by(rebuilds.c.id)
    return [
        _read(row, made[row.id])
        for row in connection.execute(query).all()
        if names is None or not made[row.id].keys().isdisjoint(names)
    ]


def _read(row: Row[Any], made: Mapping[str, tuple[int, int]]) -> Rebuild:
    start = {int(shard): position for shard, position in orjson.loads(row.heads).items()}
    clocks = row.as_of or END_OF_TIME, row.known_at or END_OF_TIME
    return Rebuild(row.id, row.begun_at, row.state, row.holder, row.held_until, row.code, start, made, *clocks)


def _can_go_on(found: Rebuild, models: Sequence[ReadModel], clocks: Clocks | None) -> bool:
    """Whether its rows are what this code would fold."""
    if clocks and (found.as_of, found.known_at) != clocks[1:]:
        return False
    versions = {name: version for name, (_, version) in found.made.items()}
    same = versions == {model.name: model.version for model in models}
    return same and found.code == fold_code() and found.state in _AT_WORK


def _of(rebuild: Rebuild) -> Update:
    return update(rebuilds).where(rebuilds.c.id == rebuild.id)


def let_go(rebuild: Rebuild) -> None:
    """Tell that this process carries a replay out no longer: another may go on with it at once."""
    processes.let_go(rebuild.holder)


def _is_alive(found: Rebuild, now: datetime) -> bool:
    if found.state not in _AT_WORK:
        return False
    lives = processes.lives(found.holder)
    return found.held_until >= now if lives is None else lives
