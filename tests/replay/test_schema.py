"""The database is made, upgraded and checked; one of another release is refused with what to do."""

from pathlib import Path

import pytest
from sqlalchemy import text

from replay.database import Database, UnknownDatabase
from replay.schema import (
    MIGRATIONS,
    REVISIONS,
    SchemaMissing,
    SchemaTooNew,
    SchemaTooOld,
    ShardsFixed,
    check,
    upgrade,
)
from replay.tables import metadata


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
    with empty.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    with pytest.raises(refusal, match="newer"):
        check(empty)
    with pytest.raises(refusal, match="newer"):
        upgrade(empty, keys)
    close(empty, keys)


def test_a_database_of_an_older_release_asks_for_the_upgrade(
    empty: Database, keys: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(empty, keys)
    monkeypatch.setattr("replay.schema.REVISIONS", (*REVISIONS, "9999"))
    with pytest.raises(SchemaTooOld, match="majung db upgrade"):
        check(empty)
    close(empty, keys)


@pytest.mark.parametrize("url", ["mysql://host/name", "nonsense", "oracle://x"])
def test_a_url_that_is_no_supported_database_says_which_are(url: str) -> None:
    with pytest.raises(UnknownDatabase, match=r"sqlite:///FILE or postgresql://"):
        Database(url)


def close(*databases: Database) -> None:
    for database in databases:
        database.close()
