"""Which rows serve is chosen: back to those of before, on to those that wait, and what nobody needs is dropped."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from projections.read_model import ReadModel
from replay import generations, held
from replay.database import DatabaseUnusable
from replay.generations import Generation, generation
from replay.journal import Journal
from replay.rebuild import ledger
from replay.rebuild.ledger import READY, SWITCHED, ReplayRunning, Standing
from replay.tables import heads, positions, read_models
from replay.worker import Worker

_AT_ONCE = 1_000


class NothingToChoose(DatabaseUnusable):
    """The read model has no such generation, or not one that may be chosen."""


class Stale(DatabaseUnusable):
    """The rows are of another version, and nobody has kept them up to date."""


class Line(NamedTuple):
    """One generation of a read model."""

    read_model: str
    generation: int
    version: int
    state: str
    """live; building (somebody is at work), interrupted, ready (it waits to be switched to), retired; snapshot."""
    behind: int | None
    """Events of the log that it has not seen; None for a snapshot."""
    replay: int | None
    folded: int | None
    """Events that the replay at work has folded, and how many it began with."""
    events: int | None
    workers: int | None


def listed(connection: Connection, standing: Mapping[int, Standing]) -> list[Line]:
    """Every generation that has rows, by read model, the newest first; `standing` are the replays that go on."""
    recorded = connection.scalar(select(func.sum(heads.c.position))) or 0
    seen: dict[str, int] = {}
    for name, position in connection.execute(
        select(positions.c.name, func.sum(positions.c.position)).group_by(positions.c.name)
    ).tuples():
        seen[name] = int(position)
    query = select(read_models).where(read_models.c.state != "dropped")
    order = read_models.c.name, read_models.c.generation.desc()
    lines = []
    for row in connection.execute(query.order_by(*order)).all():
        found = standing.get(row.rebuild) if row.state == "building" else None
        reached = seen.get(f"{row.name}_g{row.generation}", 0)
        behind = int(recorded) - reached if row.snapshot is None else None
        lines.append(
            Line(
                row.name,
                row.generation,
                row.version,
                _state(row.state, found),
                behind,
                row.rebuild,
                found.folded if found else None,
                found.rebuild.events if found else None,
                len(found.workers) if found else None,
            )
        )
    return lines


def _state(state: str, found: Standing | None) -> str:
    if state != "building" or found is None:
        return state
    if found.rebuild.state == READY:
        return "ready"
    return "building" if found.at_work else "interrupted"


def switch(journal: Journal, models: Sequence[ReadModel], number: int | None = None) -> list[Generation]:
    """Let other rows of these read models serve: those of a replay that wait, or those that served before; of a given
    number where one is told. All of them in one transaction; returns what serves now.

    They are brought up to the log first. Raises NothingToChoose, and Stale for rows of another version that are behind.
    """
    worker = Worker(journal, models)
    with journal.database.read() as connection:
        chosen = [_chosen(connection, model, number) for model in models]
        ours = [each for each in chosen if generations.version_of(connection, each) == each.model.version]
    for shard in range(journal.shards) if ours else ():
        while _step(journal, worker, ours, shard):
            pass
    with journal.database.write() as connection:
        generations.change(connection)
        again = [_chosen(connection, model, number) for model in models]
        if [each.name for each in again] != [each.name for each in chosen]:
            raise NothingToChoose("the generations changed meanwhile: look at `majung projections list`")
        for shard in range(journal.shards) if ours else ():
            while worker.apply(connection, ours, shard, _AT_ONCE):
                pass
        for other in chosen:
            if behind := generations.behind(connection, other):
                raise Stale(
                    f"{other.name} is of a version that this release does not fold, and {behind:,} event(s) behind: let"
                    " the release that folds it work until it has caught up, or run `majung replay`"
                )
        held.carry_over(connection, chosen)
        for each in chosen:
            generations.switch(connection, each)
        for replay in ledger.left_behind(connection, READY):
            ledger.enter(connection, replay, SWITCHED)
    return chosen


def drop(journal: Journal, model: ReadModel, number: int) -> None:
    """Remove rows that serve nobody.

    Raises NothingToChoose for those that do, and ReplayRunning for those that are being made.
    """
    with journal.database.write() as connection:
        generations.change(connection)
        query = select(read_models.c.state, read_models.c.rebuild).where(
            read_models.c.name == model.name, read_models.c.generation == number, read_models.c.state != "dropped"
        )
        found = connection.execute(query).one_or_none()
        if found is None:
            raise NothingToChoose(f"{model.name} has no generation {number}: look at `majung projections list`")
        if found.state == "live":
            raise NothingToChoose(f"generation {number} of {model.name} serves: switch to another one first")
        for standing in ledger.unfinished(connection, journal.clock()):
            if standing.at_work and standing.rebuild.id == found.rebuild and found.state == "building":
                raise ReplayRunning(f"{standing} is at work: wait until it has ended")
        generations.drop(connection, generation(model, number))
        for replay in ledger.left_behind(connection):
            ledger.discard(connection, replay)


def _chosen(connection: Connection, model: ReadModel, number: int | None) -> Generation:
    """What waits to be switched to, or what served last; or the one that is named."""
    waiting = {replay.id for replay in ledger.in_state(connection, READY)}
    query = select(read_models.c.generation, read_models.c.state, read_models.c.rebuild).where(
        read_models.c.name == model.name,
        read_models.c.state.in_(("building", "retired")),
        read_models.c.snapshot.is_(None),
    )
    may = {
        row.generation: row.state
        for row in connection.execute(query)
        if row.state == "retired" or row.rebuild in waiting
    }
    if number is not None:
        may = {known: state for known, state in may.items() if known == number}
    if not may:
        raise NothingToChoose(f"{model.name} has no rows to switch to: look at `majung projections list`")
    return generations.stored(connection, model, max(may, key=lambda known: (may[known] == "building", known)))


def _step(journal: Journal, worker: Worker, targets: Sequence[Generation], shard: int) -> int:
    with journal.database.write() as connection:
        generations.hold(connection)
        return worker.apply(connection, targets, shard, _AT_ONCE)
