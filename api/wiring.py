"""The composition root: the only place where settings, journal, vault, read models and worker are joined."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from api.settings import Settings
from projections.contributions import contributions
from projections.follow_ups import follow_ups
from projections.journey import journey
from projections.read_model import ReadModel
from projections.relationships import relationships
from projections.timeline import timeline
from projections.wellbeing import wellbeing
from replay import generations, schema
from replay.database import Database
from replay.journal import Journal
from replay.lag import Lag, lag, last_recorded_at
from replay.vault import Vault, create_master_key, read_master_key
from replay.worker import Worker

MODELS: Sequence[ReadModel] = (timeline, journey, wellbeing, relationships, follow_ups, contributions)


@dataclass(frozen=True)
class Majung:
    """A running Majung: use it as a context manager, so that its connections are given back."""

    settings: Settings
    journal: Journal
    vault_database: Database

    @property
    def database(self) -> Database:
        return self.journal.database

    def worker(self) -> Worker:
        """A live worker over all read models."""
        return Worker(self.journal, MODELS)

    def lag(self) -> Lag:
        """How far the read models are behind the journal."""
        with self.database.read() as connection:
            return lag(connection, MODELS)

    def now(self) -> datetime:
        """The present of both clocks: never before the last recording, since a simulation may set the journal ahead."""
        with self.database.read() as connection:
            return max(self.journal.clock(), last_recorded_at(connection))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.journal.close()
        self.database.close()
        self.vault_database.close()


def upgrade(settings: Settings, *, shards: int | None = None) -> None:
    """Create or upgrade everything that `start` needs: both databases, the master key, the read models' tables."""
    with _databases(settings) as (database, keys):
        schema.upgrade(database, keys, shards=shards)
        create_master_key(settings.master_key_file, keys)
        with database.write() as connection:
            generations.establish(connection, MODELS)


def start(settings: Settings) -> Majung:
    """Open what `upgrade` made. Raises DatabaseUnusable or VaultError, whose message says what to do."""
    with _databases(settings) as (database, keys):
        shards = schema.check(database)
        vault = Vault(keys, read_master_key(settings.master_key_file))
        vault.check()
    return Majung(settings, Journal(database, vault, shards=shards), keys)


@contextmanager
def _databases(settings: Settings) -> Iterator[tuple[Database, Database]]:
    """The journal's and the vault's. Their connections are given back after the block; a later one opens new ones."""
    database, keys = Database(settings.database_url), Database(settings.vault_url)
    try:
        yield database, keys
    finally:
        database.close()
        keys.close()
