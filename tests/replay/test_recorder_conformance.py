"""The recorder keeps the contract of the `eventsourcing` library: its own conformance cases, on both databases."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)

from replay.database import Database
from replay.recorder import Recorder
from replay.schema import upgrade
from tests.servers import fresh_database


class _OnEachDatabase:
    """Gives the library's cases a fresh recorder; subclasses of both kinds run on both databases."""

    kind: str
    _database: Database

    @pytest.fixture(autouse=True)
    def _fresh(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
        threads = set(threading.enumerate())
        with ExitStack() as parts:
            url = f"sqlite:///{tmp_path / 'majung.db'}"
            if self.kind == "postgresql":
                url = parts.enter_context(fresh_database(request.getfixturevalue("postgres_server")))
            self._database = parts.enter_context(closing(Database(url, pool_size=20)))
            vault = parts.enter_context(closing(Database(f"sqlite:///{tmp_path / 'vault.db'}")))
            upgrade(self._database, vault)
            yield
            # The library's cases leave readers running for a moment; each holds a connection.
            for thread in set(threading.enumerate()) - threads:
                thread.join()

    def create_recorder(self) -> Recorder:
        return Recorder(self._database)


class TestApplicationRecorderOnSQLite(_OnEachDatabase, ApplicationRecorderTestCase[Recorder]):
    kind = "sqlite"


class TestProcessRecorderOnSQLite(_OnEachDatabase, ProcessRecorderTestCase):
    kind = "sqlite"


class TestTrackingRecorderOnSQLite(_OnEachDatabase, TrackingRecorderTestCase):
    kind = "sqlite"


class TestNonInterleavingNotificationIDsOnSQLite(_OnEachDatabase, NonInterleavingNotificationIDsBaseCase):
    kind = "sqlite"


class TestApplicationRecorderOnPostgreSQL(_OnEachDatabase, ApplicationRecorderTestCase[Recorder]):
    kind = "postgresql"


class TestProcessRecorderOnPostgreSQL(_OnEachDatabase, ProcessRecorderTestCase):
    kind = "postgresql"


class TestTrackingRecorderOnPostgreSQL(_OnEachDatabase, TrackingRecorderTestCase):
    kind = "postgresql"


class TestNonInterleavingNotificationIDsOnPostgreSQL(_OnEachDatabase, NonInterleavingNotificationIDsBaseCase):
    kind = "postgresql"
