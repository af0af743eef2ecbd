"""Fresh databases on a real disk, of the kind that is measured; all gone at the end of a case."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from replay.database import Database
from replay.journal import Journal
from replay.live import generations
from replay.schema import check, upgrade
from replay.vault import Vault
from tests.conftest import MASTER_KEY, MODELS
from tests.servers import fresh_database


@dataclass(frozen=True)
class Ground:
    """Where one case is measured: on SQLite, or on the PostgreSQL server given, which must keep fsync on."""

    server: str | None
    folder: Path
    closing: ExitStack
    numbers: Iterator[int]

    @property
    def database(self) -> str:
        return "postgresql" if self.server else "sqlite"

    def url(self) -> str:
        """The URL of a new, empty database."""
        if self.server:
            return self.closing.enter_context(fresh_database(self.server))
        return f"sqlite:///{self.folder / f'{next(self.numbers)}.db'}"

    def journal(self, shards: int = 1) -> Journal:
        """An empty journal with a vault and read models, each as in service."""
        journal = open_journal(self.url(), self.url(), self.closing, shards)
        with journal.database.write() as connection:
            generations.establish(connection, MODELS)
        return journal


def open_journal(url: str, vault_url: str, closing: ExitStack, shards: int | None = None) -> Journal:
    """The journal in a database, laid out if need be: in one shard unless told."""
    database, keys = Database(url), Database(vault_url)
    closing.callback(database.close)
    closing.callback(keys.close)
    upgrade(database, keys, shards=shards)
    return Journal(database, Vault(keys, MASTER_KEY), shards=check(database))


@contextmanager
def ground(server: str | None, folder: Path) -> Iterator[Ground]:
    """Room for one case. `folder` must lie on a disk: a sync to memory costs nothing and would flatter us."""
    with TemporaryDirectory(prefix="majung-bench", dir=folder) as room, ExitStack() as closing:
        yield Ground(server, Path(room), closing, count(1))
