"""The generations of each read model: their tables, which one is live, and how far each has come.

Readers follow the pointer (`state = 'live'`) inside their own snapshot, so a switch is one UPDATE and never a DDL.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import ColumnElement, Connection, MetaData, Table, Update, delete, func, insert, literal, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable, Index

from projections.read_model import ReadModel
from replay.database import DatabaseUnusable
from replay.tables import heads, positions, read_models


class ReadModelOutdated(DatabaseUnusable):
    """The rows of a read model were folded by another version of it."""


class ReplaySuperseded(DatabaseUnusable):
    """Another replay of the same read model began meanwhile: that one goes on, this one has ended."""


class RowsBeingRead(DatabaseUnusable):
    """Somebody reads rows that are to be removed, and goes on for longer than everybody else may wait for that."""


PATIENCE_SECONDS = 2.0
"""How long somebody who reads rows that are to be removed is waited for: workers wait meanwhile."""


class Generation(NamedTuple):
    """One set of rows of a read model."""

    model: ReadModel
    number: int
    table: Table

    @property
    def name(self) -> str:
        """Under which `positions` keeps how far it has come."""
        return f"{self.model.name}_g{self.number}"


@lru_cache(maxsize=1_000)
def generation(model: ReadModel, number: int) -> Generation:
    """A generation with its table, whether or not it exists.

    One object for each: to describe a table takes a millisecond, and statements about another are compiled anew.
    """
    return Generation(model, number, model.table(number, MetaData()))


def hold(connection: Connection) -> None:
    """Let no generation be created, switched or dropped until this transaction ends: for whoever writes rows.

    The order of locks is: read_models, positions, members. SQLite has one writer at a time and needs none.
    """
    _lock(connection, "SHARE")


def change(connection: Connection) -> None:
    """Wait for all who hold the generations and be alone with them: for whoever creates, switches or drops one."""
    _lock(connection, "SHARE ROW EXCLUSIVE")


@contextmanager
def removing(transaction: AbstractContextManager[Connection]) -> Iterator[Connection]:
    """In a transaction that begins here: alone with the generations, to drop some of them. SQLite's readers are in
    nobody's way; on PostgreSQL it raises RowsBeingRead, and removes nothing then.
    """
    try:
        with transaction as connection:
            change(connection)
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout TO '{PATIENCE_SECONDS * 1_000:.0f}ms'")
            yield connection
    except OperationalError as error:
        if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
            raise
        raise RowsBeingRead("somebody is reading these rows: try again when they have ended") from None


def _lock(connection: Connection, mode: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {read_models.name} IN {mode} MODE")


def live(connection: Connection, models: Sequence[ReadModel]) -> list[Generation]:
    """The generation of each model that serves this release: the live one; and where another release has switched to
    rows of its own version, the last ones of ours, until they are dropped.

    So processes of two releases work side by side while one takes over from the other. Raises ReadModelOutdated where
    there are no rows of this version.
    """
    query = select(read_models.c.name, read_models.c.generation, read_models.c.version, read_models.c.state)
    served = read_models.c.state.in_(("live", "retired"))
    found: dict[tuple[str, int], tuple[bool, int]] = {}
    serving: dict[str, int] = {}
    for name, number, version, state in connection.execute(query.where(served)):
        found[name, version] = max(found.get((name, version), (False, 0)), (state == "live", number))
        if state == "live":
            serving[name] = version
    generations = []
    for model in models:
        if (model.name, model.version) not in found:
            raise ReadModelOutdated(
                f"{model.name} is at version {serving.get(model.name, 0)}, this release folds version {model.version}:"
                " run `majung replay`"
            )
        generations.append(generation(model, found[model.name, model.version][1]))
    return generations


def serving(connection: Connection, model: ReadModel) -> Generation | None:
    """The live generation, whichever version folded it, with its columns as they are; None where there is none yet."""
    own = read_models.c.name == model.name
    query = select(read_models.c.generation).where(own, read_models.c.state == "live")
    number = connection.scalar(query)
    return None if number is None else stored(connection, model, number)


def stored(connection: Connection, model: ReadModel, number: int) -> Generation:
    """A generation that exists, with its columns as they are, whichever version folded it.

    Those that this version has too, and stores in the same way, hold the same values in Python.
    """
    found = generation(model, number)
    if version_of(connection, found) == model.version:
        return found
    table = Table(found.table.name, MetaData(), autoload_with=connection)
    for column in found.table.columns:
        if column.name in table.c and stored_alike(connection, column, table.c[column.name]):
            table.c[column.name].type = column.type
    return found._replace(table=table)


def stored_alike(connection: Connection, one: ColumnElement[Any], other: ColumnElement[Any]) -> bool:
    """Whether the database keeps two columns in the same way, so that their values can be compared."""
    one_kind, other_kind = (column.type.compile(connection.dialect).partition("(")[0] for column in (one, other))
    return _KINDS.get(one_kind, one_kind) == _KINDS.get(other_kind, other_kind)


_KINDS = {"FLOAT": "DOUBLE PRECISION"}
"""What PostgreSQL calls by another name than it was told."""


def version_of(connection: Connection, generation: Generation) -> int:
    """Which version of its read model folded a generation."""
    version: int = connection.scalars(select(read_models.c.version).where(*_own(generation))).one()
    return version


def state_of(connection: Connection, generation: Generation) -> str:
    """What becomes of a generation: live, building, retired, a snapshot, or dropped."""
    state: str = connection.scalars(select(read_models.c.state).where(*_own(generation))).one()
    return state


def establish(connection: Connection, models: Sequence[ReadModel]) -> None:
    """Give every model that has none its first generation, empty and at the start of the log."""
    change(connection)
    known = set(connection.scalars(select(read_models.c.name).where(read_models.c.state == "live")))
    for model in models:
        if model.name not in known:
            created = create(connection, model)
            index(connection, created)
            connection.execute(_row(created).values(state="live"))


def create(
    connection: Connection, model: ReadModel, rebuild: int | None = None, snapshot: str | None = None
) -> Generation:
    """A new empty generation, `building` by a replay, for a snapshot or to serve, its indexes still to come."""
    query = select(func.coalesce(func.max(read_models.c.generation), 0)).where(read_models.c.name == model.name)
    number = 1 + connection.scalars(query).one()
    created = generation(model, number)
    connection.execute(
        insert(read_models).values(
            name=model.name,
            generation=number,
            version=model.version,
            state="building",
            rebuild=rebuild,
            snapshot=snapshot,
        )
    )
    connection.execute(CreateTable(created.table))
    # Every shard has its row from the start, so that there is always one to lock.
    beginnings = select(literal(created.name), heads.c.shard, literal(0))
    connection.execute(insert(positions).from_select(["name", "shard", "position"], beginnings))
    return created


def index(connection: Connection, generation: Generation) -> None:
    """Build the secondary indexes of a generation: last, when its rows are in."""
    # An index stays with the table that it was described on.
    table = generation.table.to_metadata(MetaData())
    for columns in generation.model.indexes:
        made = Index(f"{table.name}_{'_'.join(columns)}", *(table.c[column] for column in columns))
        connection.execute(CreateIndex(made, if_not_exists=True))


def switch(connection: Connection, generation: Generation) -> list[Generation]:
    """Make a generation the live one; returns those that served before it."""
    model = generation.model
    served = read_models.c.name == model.name, read_models.c.state == "live"
    before = connection.scalars(select(read_models.c.generation).where(*served)).all()
    connection.execute(update(read_models).where(*served).values(state="retired"))
    connection.execute(_row(generation).values(state="live"))
    return [_named(model, number) for number in before]


def keep(connection: Connection, generation: Generation) -> None:
    """A snapshot is complete."""
    connection.execute(_row(generation).values(state="snapshot"))


def drop(connection: Connection, generation: Generation) -> None:
    """Remove a generation that serves nobody."""
    drop_named(connection, generation.model.name, generation.number)


def drop_named(connection: Connection, name: str, number: int) -> None:
    """Remove a generation that serves nobody, also of a read model that is not at hand."""
    own = f"{name}_g{number}"
    connection.execute(DropTable(Table(own, MetaData()), if_exists=True))
    row = read_models.c.name == name, read_models.c.generation == number
    connection.execute(update(read_models).where(*row).values(state="dropped"))
    connection.execute(delete(positions).where(positions.c.name == own))


def unfinished(connection: Connection, models: Sequence[ReadModel]) -> list[Generation]:
    """Generations that were being built and of which no replay is on record: nobody goes on with them."""
    by_name = {model.name: model for model in models}
    own = read_models.c.state == "building", read_models.c.rebuild.is_(None), read_models.c.snapshot.is_(None)
    query = select(read_models.c.name, read_models.c.generation).where(*own)
    return [_named(by_name[name], number) for name, number in connection.execute(query) if name in by_name]


def undropped(connection: Connection, model: ReadModel) -> list[Generation]:
    """Every generation that has a table, the live one too."""
    return _in_state(connection, [model], "building", "live", "retired", snapshot=None)


def of_snapshot(connection: Connection, models: Sequence[ReadModel], snapshot: str, *states: str) -> list[Generation]:
    """The generations of a snapshot that is taken, or in one of these states."""
    return _in_state(connection, models, *(states or ("snapshot",)), snapshot=snapshot)


def _in_state(
    connection: Connection, models: Sequence[ReadModel], *states: str, snapshot: str | None
) -> list[Generation]:
    by_name = {model.name: model for model in models}
    own = read_models.c.state.in_(states), read_models.c.snapshot.is_not_distinct_from(snapshot)
    query = select(read_models.c.name, read_models.c.generation).where(*own)
    return [_named(by_name[name], number) for name, number in connection.execute(query) if name in by_name]


def ensure_building(connection: Connection, targets: Iterable[Generation]) -> None:
    """Make sure that nobody took these away from the replay that builds them. Raises ReplaySuperseded."""
    query = select(read_models.c.name, read_models.c.generation).where(read_models.c.state == "building")
    building = set(connection.execute(query).tuples())
    if taken := [target.model.name for target in targets if (target.model.name, target.number) not in building]:
        raise ReplaySuperseded(f"another replay of {', '.join(taken)} began meanwhile: wait for that one")


def position_of(connection: Connection, generation: Generation, shard: int, *, lock: bool = False) -> int:
    """How far a generation has come in a shard."""
    query = select(positions.c.position).where(positions.c.name == generation.name, positions.c.shard == shard)
    return connection.scalar(query.with_for_update() if lock else query) or 0


def behind(connection: Connection, generation: Generation) -> int:
    """How many events of the log a generation has not seen."""
    query = select(heads.c.shard, heads.c.position)
    return sum(
        head - position_of(connection, generation, shard) for shard, head in connection.execute(query).tuples().all()
    )


def missed(connection: Connection, generation: Generation, serving: Generation) -> int:
    """How many events of the log another one has seen and this one has not."""
    return sum(
        max(0, position_of(connection, serving, shard) - position_of(connection, generation, shard))
        for shard in connection.scalars(select(heads.c.shard)).all()
    )


def move_to(connection: Connection, targets: Iterable[Generation], shard: int, position: int) -> None:
    """Set how far these generations have come; in the transaction of their rows."""
    own = positions.c.name.in_([target.name for target in targets]), positions.c.shard == shard
    connection.execute(update(positions).where(*own).values(position=position))


def read(connection: Connection, generation: Generation) -> Iterable[Any]:
    """All rows, read back as the model's own type."""
    for row in connection.execute(select(generation.table)):
        yield generation.model.row(*row)


def _row(generation: Generation) -> Update:
    return update(read_models).where(*_own(generation))


def _own(generation: Generation) -> tuple[ColumnElement[bool], ...]:
    return read_models.c.name == generation.model.name, read_models.c.generation == generation.number


def _named(model: ReadModel, number: int) -> Generation:
    return generation(model, number)
