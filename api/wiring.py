"""The composition root: the only place where settings, journal, vault, read models and worker are joined."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from sqlalchemy import Connection

from api.settings import Settings, load_settings
from domain.journey import VERSION_1, Rules
from projections.alerts import alerts
from projections.caseload import caseload
from projections.concerns import concerns
from projections.contributions import contributions
from projections.directory import DIRECTORY, BlindIndex, directory
from projections.follow_ups import follow_ups
from projections.households import households
from projections.journey import journey, under
from projections.mentions import mentions
from projections.read_model import ReadModel
from projections.relationships import relationships
from projections.timeline import timeline
from projections.wellbeing import wellbeing
from replay import schema
from replay.archive.refusals import ArchiveError
from replay.database import Database
from replay.journal import Journal
from replay.live import generations, rule_sets
from replay.live.worker import Worker
from replay.queries.lag import Lag, lag, last_recorded_at
from replay.rebuild import Opened
from replay.rebuild.engine import WorkerUnfit
from replay.vault import Vault, create_master_key, index_key, read_master_key

MODELS: Sequence[ReadModel] = (
    timeline,
    journey,
    wellbeing,
    relationships,
    mentions,
    follow_ups,
    alerts,
    caseload,
    concerns,
    households,
    contributions,
)
"""Those that need no key; `Majung.serving` has the directory besides."""
NAMES: Sequence[str] = (*(model.name for model in MODELS), DIRECTORY)
"""The names of all that serve, where no key is at hand."""


@dataclass(frozen=True)
class Majung:
    """A running Majung: use it as a context manager, so that its connections are given back."""

    settings: Settings
    journal: Journal
    vault_database: Database
    blind_index: BlindIndex
    directory: ReadModel
    """The read model that needs a key."""

    @property
    def serving(self) -> Sequence[ReadModel]:
        """The read models that serve: those that need no key, and the directory."""
        return (*MODELS, self.directory)

    @property
    def database(self) -> Database:
        return self.journal.database

    def models(self) -> Sequence[ReadModel]:
        """The read models that serve, and the journeys under other rules of which rows are kept beside them."""
        with self.database.read() as connection:
            return [*self.serving, *rule_sets.kept(connection)]

    def worker(self) -> Worker:
        """A live worker over all of them, those included that are built while it runs."""
        return Worker(self.journal, self.serving, beside=rule_sets.kept)

    def rule_sets(self) -> Mapping[str, Rules]:
        """Every rule set by version, shipped or registered."""
        with self.database.read() as connection:
            return rule_sets.known(connection)

    def lag(self) -> Lag:
        """How far the read models are behind the journal."""
        with self.database.read() as connection:
            return self.lag_in(connection)

    def lag_in(self, connection: Connection) -> Lag:
        """How far they are behind in the snapshot that rows are read from."""
        return lag(connection, [*self.serving, *rule_sets.kept(connection)])

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
            generations.establish(connection, (*MODELS, directory(_blind_index(settings))))


def start(settings: Settings) -> Majung:
    """Open what `upgrade` made. Raises DatabaseUnusable or VaultError, whose message says what to do."""
    with _databases(settings) as (database, keys):
        shards = schema.check(database)
        vault = Vault(keys, read_master_key(settings.master_key_file))
        vault.check()
        blind = _blind_index(settings)
    return Majung(settings, Journal(database, vault, shards=shards), keys, blind, directory(blind))


@contextmanager
def journal_database(settings: Settings) -> Iterator[Database]:
    """The journal's database alone, for what needs no key."""
    database = Database(settings.database_url)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def opened(settings: Settings, archived_url: str | None = None) -> Iterator[Opened]:
    """The journal and every read model, those under registered rules included: for the processes of a replay.

    `archived_url` is that of a copy of what is archived, where the replay is made from it.
    """
    with start(settings) as majung, ExitStack() as closing:
        beside = [under(rules) for rules in majung.rule_sets().values() if rules != VERSION_1]
        found = Opened(majung.journal, [*majung.serving, *beside])
        if archived_url is not None:
            database = Database(archived_url)
            closing.callback(database.close)
            found = found._replace(archived=Journal(database, majung.journal.vault, shards=majung.journal.shards))
        yield found


@contextmanager
def opened_by_own_settings(archive: Path | None = None, until: Mapping[int, int] | None = None) -> Iterator[Opened]:
    """As `opened`, by the settings of the process that calls it: for workers on other machines.

    With an `archive`, the worker copies it from that folder; it must go `until` these positions by shard. Raises
    WorkerUnfit where it cannot.
    """
    with opened(load_settings()) as found:
        if archive is None:
            yield found
            return
        try:
            from replay.archive.local_copy import local_copy
        except ModuleNotFoundError:
            raise WorkerUnfit(
                "a worker has no pyarrow: install majung there with its extra `archive`, or replay without"
                " --from-archive"
            ) from None
        with ExitStack() as closing:
            try:
                archived = closing.enter_context(local_copy(found.journal, archive, until=until or {}))
            except ArchiveError as error:
                raise WorkerUnfit(f"a worker cannot read the archive: {error}") from None
            yield found._replace(archived=archived.copy)


def _blind_index(settings: Settings) -> BlindIndex:
    return BlindIndex(index_key(read_master_key(settings.master_key_file)))


@contextmanager
def _databases(settings: Settings) -> Iterator[tuple[Database, Database]]:
    """The journal's and the vault's. Their connections are given back after the block; a later one opens new ones."""
    database, keys = Database(settings.database_url), Database(settings.vault_url)
    try:
        yield database, keys
    finally:
        database.close()
        keys.close()
