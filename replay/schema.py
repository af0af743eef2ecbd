"""Creating, upgrading and checking the database: `majung db upgrade` and `majung db check`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, insert, inspect, select

from domain.clock import EPOCH
from replay import vault
from replay.database import Database, DatabaseUnusable
from replay.tables import heads

_MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaMissing(DatabaseUnusable):
    """The database has no journal yet."""


class SchemaTooOld(DatabaseUnusable):
    """The database is of an older release."""


class SchemaTooNew(DatabaseUnusable):
    """The database is of a newer release."""


class ShardsFixed(DatabaseUnusable):
    """The number of shards is chosen once, with the first upgrade."""


def upgrade(database: Database, vault_database: Database, *, shards: int | None = None) -> None:
    """Bring both databases to this release's schema; the first time, lay out the shards (one unless told)."""
    _make_folder(database)
    _make_folder(vault_database)
    with database.write() as connection:
        found = revision_of(connection)
        if found is not None and found not in _known_revisions():
            raise _too_new(found)
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _lay_out_shards(connection, shards)
    with vault_database.write() as connection:
        vault.metadata.create_all(connection)


def check(database: Database) -> int:
    """Make sure that the database is of this release; returns the number of shards."""
    if database.path is not None and not database.path.exists():
        raise SchemaMissing(f"there is no database at {database.path}: run `majung db upgrade`")
    with database.read() as connection:
        found = revision_of(connection)
        if found is None:
            raise SchemaMissing("the database holds no journal: run `majung db upgrade`")
        if found not in _known_revisions():
            raise _too_new(found)
        if found != _head():
            raise SchemaTooOld(
                f"the database is at revision {found}, this release needs {_head()}: run `majung db upgrade`"
            )
        return connection.scalar(select(func.count()).select_from(heads)) or 1


def revision_of(connection: Connection) -> str | None:
    """The schema revision of a database, None before the first upgrade."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return MigrationContext.configure(connection).get_current_revision()


def _lay_out_shards(connection: Connection, shards: int | None) -> None:
    laid_out = connection.scalar(select(func.count()).select_from(heads))
    if not laid_out:
        rows = [{"shard": shard, "position": 0, "recorded_at": EPOCH} for shard in range(shards or 1)]
        connection.execute(insert(heads), rows)
    elif shards is not None and shards != laid_out:
        raise ShardsFixed(f"this journal has {laid_out} shard(s), fixed when it was created: leave --shards out")


def _too_new(found: str) -> SchemaTooNew:
    return SchemaTooNew(
        f"the database is at revision {found}, which is newer than this release ({_head()}): use a newer majung"
    )


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_MIGRATIONS))


def _head() -> str:
    return _scripts().get_current_head() or ""


def _known_revisions() -> set[str]:
    return {script.revision for script in _scripts().walk_revisions()}


def _make_folder(database: Database) -> None:
    if database.path is not None:
        database.path.parent.mkdir(parents=True, exist_ok=True)
