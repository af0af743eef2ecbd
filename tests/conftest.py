"""Real parts for every test that needs them: a journal on SQLite and on PostgreSQL, each fresh, and a Kafka."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from api import wiring
from projections.directory import BlindIndex, directory
from projections.read_model import ReadModel
from replay.database import Database
from replay.journal import Journal
from replay.live import generations
from replay.schema import check, upgrade
from replay.vault import Vault, index_key
from tests import servers
from tests.brokers import Broker, NoBroker, broker
from tests.compiling import compile_once
from tests.servers import fresh_database, postgres

_MEMORY, _ROOM = Path("/dev/shm"), 4 * 2**30
_KAFKA = pytest.StashKey[set[str]]()
MASTER_KEY = bytes(range(32))
BLIND = BlindIndex(index_key(MASTER_KEY))
MODELS = (*wiring.MODELS, directory(BLIND))
"""All read models that serve, those included that need a key."""


def pytest_configure() -> None:
    """Lets the files of tests lie in memory where there is room for them, and statements be compiled once: a thousand
    databases are written and gone."""
    if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
        tempfile.tempdir = str(_MEMORY)
    compile_once("sqlite://")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One PostgreSQL for the whole run."""
    with postgres() as server:
        compile_once(servers.database_url(server, "postgres"))
        yield server


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """One Kafka for the whole run. A test that ends it starts it again."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(broker())
        except NoBroker as reason:
            _note(request.config, f"none ({reason})")
            pytest.skip(str(reason))
        _note(request.config, running.name)
        yield running


def _note(config: pytest.Config, kafka: str) -> None:
    config.stash.setdefault(_KAFKA, set()).add(kafka)
    # A process of several that share a run tells the one that reports.
    if (told := getattr(config, "workeroutput", None)) is not None:
        told["kafka"] = kafka


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes what such a process told when it ends."""
    if (kafka := getattr(node, "workeroutput", {}).get("kafka")) is not None:
        node.config.stash.setdefault(_KAFKA, set()).add(kafka)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says which Kafka the run used."""
    if used := terminalreporter.config.stash.get(_KAFKA, None):
        terminalreporter.write_line(f"Kafka of this run: {', '.join(sorted(used))}")


@pytest.fixture(scope="session")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an upgraded database and its vault: to copy them takes a tenth of the time to make them."""
    folder = tmp_path_factory.mktemp("laid_out")
    lay_out(f"sqlite:///{folder / 'majung.db'}", folder)
    return folder


@pytest.fixture(scope="session")
def laid_out_and_tracked(laid_out: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, and its read models have their first, empty generation."""
    folder = shutil.copytree(laid_out, tmp_path_factory.mktemp("tracked"), dirs_exist_ok=True)
    lay_out(f"sqlite:///{folder / 'majung.db'}", folder, models=MODELS)
    return folder


@pytest.fixture(scope="session")
def laid_out_on_postgres(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of an upgraded database."""
    with fresh_database(postgres_server) as url:
        lay_out(url, tmp_path_factory.mktemp("vault"))
        yield urlsplit(url).path.lstrip("/")


@pytest.fixture(scope="session")
def tracked_on_postgres(
    postgres_server: str, laid_out_on_postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The name of one whose read models have their first, empty generation."""
    with fresh_database(postgres_server, laid_out_on_postgres) as url:
        lay_out(url, tmp_path_factory.mktemp("vault"), models=MODELS)
        yield urlsplit(url).path.lstrip("/")


def lay_out(url: str, folder: Path, *, shards: int | None = None, models: Sequence[ReadModel] = ()) -> None:
    """Upgrade a database and a vault in this folder, and give these read models their first generation."""
    database, vault = Database(url), Database(f"sqlite:///{folder / 'vault.db'}")
    upgrade(database, vault, shards=shards)
    with database.write() as connection:
        generations.establish(connection, models)
    vault.close()
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind: upgraded where the test asks for `database`, with tables of the read models where it
    asks for `tracked`, else empty."""
    is_laid_out, is_tracked = (name in request.fixturenames for name in ("database", "tracked"))
    if is_laid_out:
        shutil.copy(request.getfixturevalue("laid_out") / "vault.db", tmp_path)
    if request.param == "sqlite":
        if is_laid_out:
            folder = request.getfixturevalue("laid_out_and_tracked" if is_tracked else "laid_out")
            shutil.copy(folder / "majung.db", tmp_path)
        yield f"sqlite:///{tmp_path / 'majung.db'}"
        return
    template = "template1"
    if is_laid_out:
        template = request.getfixturevalue("tracked_on_postgres" if is_tracked else "laid_out_on_postgres")
    with fresh_database(request.getfixturevalue("postgres_server"), template) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An upgraded database of each kind."""
    database = Database(database_url)
    yield database
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


@pytest.fixture
def tracked(journal: Journal) -> Journal:
    """A journal whose read models have their first, empty generation: made here where the test has a journal of its
    own."""
    with journal.database.write() as connection:
        generations.establish(connection, MODELS)
    return journal
