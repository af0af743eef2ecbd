"""Creating, upgrading and checking the database: `majung db upgrade` and `majung db check`.

Releases are rolled out database first. A migration names the oldest schema whose releases it leaves at work
(`sufficient`), and `upgrade` keeps that in the database, where those releases find it: they do not know the migration.
Warning: such a migration only adds what they need not write. What they use is taken away by a later release, when no
process of theirs is left.
"""

import os
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, inspect, select, text

from domain.clock import EPOCH
from replay import vault
from replay.database import Database, DatabaseUnusable
from replay.tables import heads, journal, sufficient_schema

MIGRATIONS = Path(__file__).parent / "migrations"
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")
"""Every schema this release knows, oldest first; the last is its own. Named, so that a check needs no Alembic."""
_UPGRADING = int.from_bytes(b"majung")
"""The lock of who upgrades a database."""


class SchemaMissing(DatabaseUnusable):
    """The database has no journal yet."""


class SchemaTooOld(DatabaseUnusable):
    """The database is of an older release."""


class SchemaTooNew(DatabaseUnusable):
    """The database is of a newer release, and this one may not go on with it."""


class EncodingUnusable(DatabaseUnusable):
    """The database has no place for every character."""


class ShardsFixed(DatabaseUnusable):
    """The number of shards is chosen once, with the first upgrade."""


def upgrade(database: Database, vault_database: Database, *, shards: int | None = None) -> None:
    """Bring both databases to this release's schema; the first time, lay out the shards (one unless told).

    Those of a newer release are left as they are, where that lets this one go on; else SchemaTooNew is raised. Raises
    VaultMissing where the journal holds sealed events and there is no vault: in a new one people would get a second
    key, which cannot be told from the first.
    """
    _make_file(database)
    with database.write() as connection:
        _one_at_a_time(connection)
        found = revision_of(connection)
        if found is not None and found not in REVISIONS:
            _ensure_sufficient(connection, found)
            return
        if found is None:
            _ensure_utf8(connection)
        _migrate(connection)
        if not vault.exists(vault_database) and _holds_sealed_events(connection):
            raise vault.VaultMissing(
                "the journal holds sealed events and there is no vault where MAJUNG_VAULT_URL says: restore the vault"
                " of this journal"
            )
        _lay_out_shards(connection, shards)
    _make_file(vault_database)
    with vault_database.write() as connection:
        _one_at_a_time(connection)
        vault.metadata.create_all(connection)


def check(database: Database) -> int:
    """Make sure that the database is of this release, or of a newer one that lets it go on; returns the number of
    shards.
    """
    if database.path is not None and not database.path.exists():
        raise SchemaMissing(f"there is no database at {database.path}: run `majung db upgrade`")
    with database.read() as connection:
        found = revision_of(connection)
        if found is None:
            raise SchemaMissing("the database holds no journal: run `majung db upgrade`")
        if found not in REVISIONS:
            _ensure_sufficient(connection, found)
        elif found != REVISIONS[-1]:
            raise SchemaTooOld(
                f"the database is at revision {found}, this release needs {REVISIONS[-1]}: run `majung db upgrade`"
            )
        return connection.scalar(select(func.count()).select_from(heads)) or 1


def _one_at_a_time(connection: Connection) -> None:
    """Wait until nobody else upgrades this database: who comes second finds all done. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_UPGRADING)))


def _ensure_utf8(connection: Connection) -> None:
    """Raises EncodingUnusable where a touchpoint could hold a character that this database cannot."""
    if connection.dialect.name == "postgresql" and (told := connection.scalar(text("SHOW server_encoding"))) != "UTF8":
        raise EncodingUnusable(f"the database is encoded in {told}: create it with ENCODING 'UTF8'")


def revision_of(connection: Connection) -> str | None:
    """The schema revision of a database, None before the first upgrade."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _holds_sealed_events(connection: Connection) -> bool:
    sealed = select(journal.c.position).where(journal.c.sealed.is_not(None)).limit(1)
    return connection.execute(sealed).first() is not None


def _migrate(connection: Connection) -> None:
    # Imported here: every command checks the schema, few change it, and Alembic is a third of a second.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    head = ScriptDirectory.from_config(config).get_revision("head")
    connection.execute(delete(sufficient_schema))
    connection.execute(insert(sufficient_schema).values(revision=head.module.sufficient))


def _ensure_sufficient(connection: Connection, found: str) -> None:
    """Raises SchemaTooNew unless a database of a revision that this release does not know says that it may go on."""
    says = found > REVISIONS[-1] and inspect(connection).has_table(sufficient_schema.name)
    if says and connection.scalar(select(sufficient_schema.c.revision)) in REVISIONS:
        return
    raise SchemaTooNew(
        f"the database is at revision {found}, which is newer than this release ({REVISIONS[-1]}): use a newer majung"
    )


def _lay_out_shards(connection: Connection, shards: int | None) -> None:
    laid_out = connection.scalar(select(func.count()).select_from(heads))
    if not laid_out:
        rows = [{"shard": shard, "position": 0, "recorded_at": EPOCH} for shard in range(shards or 1)]
        connection.execute(insert(heads), rows)
    elif shards is not None and shards != laid_out:
        raise ShardsFixed(f"this journal has {laid_out} shard(s), fixed when it was created: leave --shards out")


def _make_file(database: Database) -> None:
    """A place for the file of a database, and the file itself, empty.

    What is made here is for its owner alone, in whatever folder it lies: the journal names people by pseudonym, and the
    vault holds keys. SQLite gives its other files (-wal, -shm) the rights of the database's.
    """
    if database.path is None:
        return
    database.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(database.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
