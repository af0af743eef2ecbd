"""The database is made, upgraded and checked; one of another release is refused with what to do."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from replay.database import Database, UnknownDatabase
from replay.schema import (
    MIGRATIONS,
    REVISIONS,
    EncodingUnusable,
    SchemaMissing,
    SchemaTooNew,
    SchemaTooOld,
    ShardsFixed,
    check,
    revision_of,
    upgrade,
)
from replay.tables import metadata, sufficient_schema
from tests.replay.migrating import Shape, migrate, sufficient_of, taken_away
from tests.servers import database_url as database_url_of

FIRST_TO_SAY = REVISIONS.index("0007")
"""The first migration that says which releases may go on."""


@pytest.fixture
def keys(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'keys.db'}")


@pytest.fixture
def empty(database_url: str) -> Database:
    return Database(database_url)


def test_an_upgraded_database_passes_the_check_and_tells_its_shards(empty: Database, keys: Database) -> None:
    upgrade(empty, keys, shards=4)
    assert check(empty) == 4
    close(empty, keys)


def test_what_is_made_is_for_its_owner_alone_in_whatever_folder_it_lies(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    journal, vault = (Database(f"sqlite:///{tmp_path / name}") for name in ("journal.db", "keys.db"))
    upgrade(journal, vault)
    with journal.write() as one, vault.write() as other:
        one.execute(text("UPDATE heads SET position = 0"))
        other.execute(text("DELETE FROM participant_keys"))
        made = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    close(journal, vault)
    assert {"journal.db", "journal.db-wal", "keys.db", "keys.db-wal"} <= made.keys()
    assert set(made.values()) == {0o600}


def test_a_file_that_is_there_keeps_the_rights_that_somebody_gave_it(tmp_path: Path) -> None:
    journal, vault = (Database(f"sqlite:///{tmp_path / name}") for name in ("journal.db", "keys.db"))
    (tmp_path / "journal.db").touch(mode=0o640)
    upgrade(journal, vault)
    close(journal, vault)
    assert (tmp_path / "journal.db").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_KR"])
def test_a_database_that_cannot_hold_every_character_is_refused(
    postgres_server: str, keys: Database, encoding: str
) -> None:
    name = f"in_{encoding.lower()}"
    with psycopg.connect(database_url_of(postgres_server, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
        database = Database(database_url_of(postgres_server, name))
        with pytest.raises(EncodingUnusable, match=f"{encoding}.*ENCODING 'UTF8'"):
            upgrade(database, keys)
        close(database, keys)
        connection.execute(f"DROP DATABASE {name}")


def test_upgrading_twice_changes_nothing(empty: Database, keys: Database) -> None:
    upgrade(empty, keys)
    upgrade(empty, keys)
    assert check(empty) == 1
    close(empty, keys)


def test_the_migrations_make_exactly_the_tables_the_code_uses(empty: Database, keys: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    upgrade(empty, keys)
    with empty.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
    close(empty, keys)


def test_the_revisions_named_in_the_code_are_the_migrations_there_are() -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    assert tuple(reversed([script.revision for script in scripts])) == REVISIONS


def test_the_number_of_shards_is_chosen_once(empty: Database, keys: Database) -> None:
    upgrade(empty, keys, shards=2)
    with pytest.raises(ShardsFixed, match="2 shard"):
        upgrade(empty, keys, shards=3)
    close(empty, keys)


def test_a_database_without_a_journal_is_refused(empty: Database, keys: Database) -> None:
    with pytest.raises(SchemaMissing, match="majung db upgrade"):
        check(empty)
    close(empty, keys)


@pytest.mark.parametrize(("revision", "refusal"), [("9999", SchemaTooNew), ("0000", SchemaTooNew)])
def test_a_database_of_an_unknown_revision_is_refused_and_left_alone(
    empty: Database, keys: Database, revision: str, refusal: type[Exception]
) -> None:
    upgrade(empty, keys)
    upgraded_by_a_newer_release(empty, revision, sufficient=revision)
    with pytest.raises(refusal, match="newer"):
        check(empty)
    with pytest.raises(refusal, match="newer"):
        upgrade(empty, keys)
    close(empty, keys)


def upgraded_by_a_newer_release(database: Database, revision: str, *, sufficient: str) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        connection.execute(text("UPDATE sufficient_schema SET revision = :revision"), {"revision": sufficient})


def test_an_upgrade_says_which_schema_is_sufficient(empty: Database, keys: Database) -> None:
    for _ in range(2):
        upgrade(empty, keys)
        with empty.read() as connection:
            assert connection.scalars(select(sufficient_schema.c.revision)).all() == [sufficient_of(REVISIONS[-1])]
    close(empty, keys)


@pytest.mark.parametrize("sufficient", REVISIONS[-2:])
def test_a_release_goes_on_in_a_newer_database_that_lets_it(empty: Database, keys: Database, sufficient: str) -> None:
    upgrade(empty, keys, shards=2)
    upgraded_by_a_newer_release(empty, "9999", sufficient=sufficient)
    assert check(empty) == 2
    upgrade(empty, keys)
    with empty.read() as connection:
        assert revision_of(connection) == "9999"
        assert connection.scalar(select(sufficient_schema.c.revision)) == sufficient
    close(empty, keys)


def test_a_newer_database_that_does_not_say_who_may_go_on_is_refused(empty: Database, keys: Database) -> None:
    upgrade(empty, keys)
    upgraded_by_a_newer_release(empty, "9999", sufficient="9998")
    with pytest.raises(SchemaTooNew, match="newer"):
        check(empty)
    with empty.write() as connection:
        connection.execute(text("DROP TABLE sufficient_schema"))
    with pytest.raises(SchemaTooNew, match="newer"):
        check(empty)
    close(empty, keys)


def test_what_is_sufficient_never_goes_back_to_an_older_schema() -> None:
    """A database is upgraded over several migrations at once, and only the last one is asked."""
    said = [sufficient_of(revision) for revision in REVISIONS[FIRST_TO_SAY:]]
    assert said == sorted(said)
    assert all(sufficient <= own for sufficient, own in zip(said, REVISIONS[FIRST_TO_SAY:], strict=True))


@pytest.mark.parametrize("revision", REVISIONS[FIRST_TO_SAY:])
def test_a_migration_takes_nothing_away_from_a_release_that_it_lets_go_on(empty: Database, revision: str) -> None:
    with empty.write() as connection:
        migrate(connection, sufficient_of(revision))
        before = Shape.of(connection)
        migrate(connection, revision)
        assert taken_away(before, Shape.of(connection)) == []
    close(empty)


def test_a_database_of_an_older_release_asks_for_the_upgrade(
    empty: Database, keys: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(empty, keys)
    monkeypatch.setattr("replay.schema.REVISIONS", (*REVISIONS, "9999"))
    with pytest.raises(SchemaTooOld, match="majung db upgrade"):
        check(empty)
    close(empty, keys)


def test_an_upgrade_closes_what_an_older_journal_left_open_on_sqlite(empty: Database, keys: Database) -> None:
    if empty.is_postgres:
        pytest.skip("PostgreSQL has no INSERT OR REPLACE: its upsert fires the UPDATE trigger")
    replacing = "INSERT OR REPLACE INTO journal (rowid, shard, position, participant_id, version, topic, state) VALUES"
    with empty.write() as connection:
        migrate(connection, "0007")
        connection.execute(text(f"{replacing} (1, 0, 1, zeroblob(16), 1, 'told', x'00')"))
    upgrade(empty, keys)
    in_its_stream, under_its_number = "(2, 0, 2, zeroblob(16), 1", "(1, 0, 2, randomblob(16), 1"
    for place in (in_its_stream, under_its_number):
        with pytest.raises(IntegrityError), empty.write() as connection:
            connection.execute(text(f"{replacing} {place}, 'forged', x'00')"))
    with empty.read() as connection:
        assert connection.scalars(text("SELECT topic FROM journal")).all() == ["told"]
    close(empty, keys)


@pytest.mark.parametrize("url", ["mysql://host/name", "nonsense", "oracle://x"])
def test_a_url_that_is_no_supported_database_says_which_are(url: str) -> None:
    with pytest.raises(UnknownDatabase, match=r"sqlite:///FILE or postgresql://"):
        Database(url)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///file::memory:?uri=true",
        "sqlite:///file:x?mode=memory&cache=shared&uri=true",
        "sqlite:///x.db?isolation_level=EXCLUSIVE",
        "sqlite:///x.db?timeout=soon",
        "sqlite+aiosqlite:///x.db",
    ],
)
def test_a_sqlite_database_is_named_by_its_file_and_nothing_else(url: str) -> None:
    with pytest.raises(UnknownDatabase, match="by its file and nothing else"):
        Database(url)


def close(*databases: Database) -> None:
    for database in databases:
        database.close()
