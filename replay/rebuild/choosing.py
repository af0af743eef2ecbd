"""Which rows serve is chosen: back to those of before, on to those that wait, and what nobody needs is dropped."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from projections.read_model import ReadModel
from replay.database import DatabaseUnusable
from replay.journal import Journal
from replay.live import generations, held
from replay.live.generations import Generation, generation
from replay.rebuild import ledger
from replay.rebuild.clearing import clear
from replay.rebuild.ledger import READY, SWITCHED, ReplayRunning, Standing
from replay.rebuild.levelling import Levelling, are_folded_here, are_ours
from replay.tables import heads, positions, read_models


class NothingToChoose(DatabaseUnusable):
    """The read model has no such generation, or not one that may be chosen."""


class StillServes(NothingToChoose):
    """The rows are those that serve."""


class Stale(DatabaseUnusable):
    """The rows are of another version, and nobody has kept them up to date."""


class Line(NamedTuple):
    """One generation of a read model."""

    read_model: str
    generation: int
    version: int
    state: str
    """live; building (somebody is at work), interrupted, ready (it waits to be switched to), retired, stale (of another
    version than the live one, and nobody who folds that has kept it up to date); snapshot."""
    behind: int | None
    """Events of the log that it has not seen; None for a snapshot."""
    replay: int | None
    folded: int | None
    """Events that the replay at work has folded, and how many it began with."""
    events: int | None
    workers: int | None
    """Processes that have folded some of them; None once the rows are ready."""


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
    rows = connection.execute(query.order_by(*order)).all()
    serving = [row for row in rows if row.state == "live"]
    live = {row.name: (row.version, seen.get(f"{row.name}_g{row.generation}", 0)) for row in serving}
    for row in rows:
        found = standing.get(row.rebuild) if row.state == "building" else None
        reached = seen.get(f"{row.name}_g{row.generation}", 0)
        behind = int(recorded) - reached if row.snapshot is None else None
        lines.append(
            Line(
                row.name,
                row.generation,
                row.version,
                _state(row.state, found, is_stale=_is_stale(row.version, reached, live.get(row.name))),
                behind,
                row.rebuild,
                found.folded if found else None,
                found.rebuild.events if found else None,
                len(found.workers) if found and found.rebuild.state != READY else None,
            )
        )
    return lines


def _is_stale(version: int, reached: int, live: tuple[int, int] | None) -> bool:
    return live is not None and version != live[0] and reached < live[1]


def _state(state: str, found: Standing | None, *, is_stale: bool) -> str:
    if state == "retired" and is_stale:
        return "stale"
    if state != "building" or found is None:
        return state
    if found.rebuild.state == READY:
        return "ready"
    return "building" if found.at_work else "interrupted"


def switch(
    journal: Journal, models: Sequence[ReadModel], number: int | None = None, *, named: bool = True
) -> list[Generation]:
    """Let other rows of these read models serve: those of a replay that wait; where none of them do, those that served
    before; of a given number where one is told. All of them in one transaction; returns what serves now.

    They are brought up to the log first. Where nobody `named` the read models, none goes back. Raises NothingToChoose,
    and Stale for rows of another version that have not seen all that the rows have which serve.
    """
    levelling = Levelling(journal, models)
    with journal.database.read() as connection:
        chosen = _chosen(connection, models, number, named=named)
        folded = [each for each in chosen if are_folded_here(connection, each)]
    levelling.bring_up(folded)
    with journal.database.write() as connection:
        generations.change(connection)
        again = _chosen(connection, models, number, named=named)
        if [each.name for each in again] != [each.name for each in chosen]:
            raise NothingToChoose("the generations changed meanwhile: look at `majung projections list`")
        levelling.level(connection, folded)
        for each in chosen:
            if each not in folded:
                _ensure_up_to_date(connection, each)
        held.carry_over(connection, chosen)
        forward = [each for each in chosen if generations.state_of(connection, each) == "building"]
        replaced = {each.model.name: generations.switch(connection, each) for each in chosen}
        for replay in ledger.left_behind(connection, READY):
            ledger.enter(connection, replay, SWITCHED)
    if forward:
        clear(journal, forward, {name: [each.number for each in before] for name, before in replaced.items()})
    return chosen


def _ensure_up_to_date(connection: Connection, other: Generation) -> None:
    """No reader goes back in time: rows of another version have seen what those have that serve. Raises Stale."""
    serving = generations.serving(connection, other.model)
    if serving and (missed := generations.missed(connection, other, serving)):
        raise Stale(
            f"{other.name} is of a version that this release does not fold, and {missed:,} event(s) behind the rows"
            " that serve: let the release that folds it work until it has caught up, or run `majung replay`"
        )


def drop(journal: Journal, model: ReadModel, number: int) -> None:
    """Remove rows that serve nobody.

    Raises NothingToChoose for those that do and for those of a snapshot, and ReplayRunning for those that are being
    made, and RowsBeingRead.
    """
    with generations.removing(journal.database.write()) as connection:
        query = select(read_models.c.state, read_models.c.rebuild, read_models.c.snapshot).where(
            read_models.c.name == model.name, read_models.c.generation == number, read_models.c.state != "dropped"
        )
        found = connection.execute(query).one_or_none()
        if found is None:
            raise NothingToChoose(f"{model.name} has no generation {number}: look at `majung projections list`")
        if found.state == "live":
            raise StillServes(f"generation {number} of {model.name} serves: switch to another one first")
        if found.snapshot is not None:
            raise NothingToChoose(
                f"generation {number} of {model.name} is of snapshot {found.snapshot}: `majung snapshots drop"
                f" {found.snapshot}` removes it whole"
            )
        for standing in ledger.unfinished(connection, journal.clock()):
            if standing.at_work and standing.rebuild.id == found.rebuild and found.state == "building":
                raise ReplayRunning(f"{standing} is at work: wait until it has ended")
        generations.drop(connection, generation(model, number))
        for replay in ledger.left_behind(connection):
            ledger.discard(connection, replay)


def _chosen(
    connection: Connection, models: Sequence[ReadModel], number: int | None, *, named: bool
) -> list[Generation]:
    """What is to serve: what waits, or what served last; or what is told."""
    if number is not None:
        return [_numbered(connection, model, number) for model in models]
    found = [waiting for model in models for waiting in _waiting(connection, model)[:1]]
    of_this_code = [each for each in found if are_ours(connection, each)]
    if found and not of_this_code:
        raise _of_other_code(found)
    if not found and not named:
        raise NothingToChoose(
            "no rows wait to serve: name the read models that are to go back to the rows that served before"
        )
    return of_this_code or [_retired(connection, model) for model in models]


def _waiting(connection: Connection, model: ReadModel) -> list[Generation]:
    """The rows of replays that wait, those of this code first, and of these the newest."""
    ready = [replay.id for replay in ledger.in_state(connection, READY)]
    waits = read_models.c.state == "building", read_models.c.rebuild.in_(ready), read_models.c.snapshot.is_(None)
    query = select(read_models.c.generation).where(read_models.c.name == model.name, *waits)
    found = [generations.stored(connection, model, number) for number in connection.scalars(query).all()]
    return sorted(found, key=lambda each: (are_ours(connection, each), each.number), reverse=True)


def _retired(connection: Connection, model: ReadModel) -> Generation:
    query = select(func.max(read_models.c.generation))
    number = connection.scalar(query.where(read_models.c.name == model.name, read_models.c.state == "retired"))
    if number is None:
        raise NothingToChoose(f"{model.name} has no rows to switch to: look at `majung projections list`")
    return generations.stored(connection, model, number)


def _numbered(connection: Connection, model: ReadModel, number: int) -> Generation:
    for waiting in _waiting(connection, model):
        if waiting.number == number:
            if not are_ours(connection, waiting):
                raise _of_other_code([waiting])
            return waiting
    own = read_models.c.name == model.name, read_models.c.generation == number, read_models.c.state == "retired"
    if connection.scalar(select(read_models.c.generation).where(*own)) is None:
        raise NothingToChoose(
            f"{model.name} has no generation {number} to switch to: look at `majung projections list`"
        )
    return generations.stored(connection, model, number)


def _of_other_code(waiting: Sequence[Generation]) -> NothingToChoose:
    names = ", ".join(each.name for each in waiting)
    return NothingToChoose(
        f"{names} wait to serve, and other code folded them: replay anew with `majung replay`, or name the generation"
        " of before with --to"
    )
