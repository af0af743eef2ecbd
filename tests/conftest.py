"""Real parts for every test that needs them: a journal on SQLite and on PostgreSQL, each fresh."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api import wiring
from projections.directory import BlindIndex, directory
from replay.database import Database
from replay.journal import Journal
from replay.schema import check, upgrade
from replay.vault import Vault, index_key
from tests.servers import fresh_database, postgres

MASTER_KEY = bytes(range(32))
BLIND = BlindIndex(index_key(MASTER_KEY))
MODELS = (*wiring.MODELS, directory(BLIND))
"""All read models that serve, those included that need a key."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One PostgreSQL for the whole run."""
    with postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'majung.db'}"
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        yield url


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """An upgraded database of each kind."""
    database = Database(database_url)
    vault = Database(f"sqlite:///{tmp_path / 'vault.db'}")
    upgrade(database, vault)
    yield database
    vault.close()
    database.close()


@pytest.fixture
def vault(tmp_path: Path, database: Database) -> Iterator[Vault]:
    """The vault beside the database."""
    keys = Database(f"sqlite:///{tmp_path / 'vault.db'}")
    yield Vault(keys, MASTER_KEY)
    keys.close()


@pytest.fixture
def journal(database: Database, vault: Vault) -> Journal:
    """An empty journal on each kind of database."""
    return Journal(database, vault, shards=check(database))
