"""Journals on either database that share a vault, and a population told to them."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import pytest
from sqlalchemy import select

from consumers.simulation import population
from replay.database import Database
from replay.journal import Journal
from replay.live import generations
from replay.schema import upgrade
from replay.tables import heads
from replay.tables import journal as stored
from replay.vault import Vault
from tests.conftest import MASTER_KEY, MODELS
from tests.examples import EXAMPLES
from tests.servers import fresh_database

SHARDS = 3


class Open(Protocol):
    """Opens an empty journal; all of a test share one vault, unless another is named."""

    def __call__(self, kind: str = "sqlite", *, shards: int = SHARDS, vault: str = "vault") -> Journal: ...


@pytest.fixture
def open_journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as closing:

        def database(url: str) -> Database:
            found = Database(url)
            closing.callback(found.close)
            return found

        def open_one(kind: str = "sqlite", *, shards: int = SHARDS, vault: str = "vault") -> Journal:
            url = f"sqlite:///{tmp_path / uuid4().hex}.db"
            if kind == "postgresql":
                url = closing.enter_context(fresh_database(request.getfixturevalue("postgres_server")))
            journal, keys = database(url), database(f"sqlite:///{tmp_path / vault}.db")
            upgrade(journal, keys, shards=shards)
            with journal.write() as connection:
                generations.establish(connection, MODELS)
            return Journal(journal, Vault(keys, MASTER_KEY), shards=shards)

        yield open_one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an archive goes."""
    return tmp_path / "archive"


def tell(journal: Journal, events: int = 300, seed: int = 1) -> int:
    """Record a population over some months, and one example of every event; returns how many that were."""
    told, batches = 0, list(population(events, seed))
    for several in (batches[start : start + 60] for start in range(0, len(batches), 60)):
        outcomes = journal.record([event for batch in several for event in batch.events], now=several[-1].now)
        told += sum(outcome.status == "recorded" for outcome in outcomes)
    examples = [event.replaced(source_id=f"{event.source_id}/{seed}") for event in EXAMPLES.values()]
    return told + sum(outcome.status == "recorded" for outcome in journal.record(examples))


def stands(journal: Journal) -> tuple[Sequence[Any], Sequence[Any]]:
    """All columns of all rows, and all heads, in one order, as the same values on either database."""
    with journal.database.read() as connection:
        rows = connection.execute(select(stored).order_by(stored.c.shard, stored.c.position)).all()
        return rows, connection.execute(select(heads).order_by(heads.c.shard)).all()


def digests(journal: Journal) -> dict[str, str]:
    """The digest of every read model's rows that serve."""
    with journal.database.read() as connection:
        return {
            live.model.name: live.model.digest(generations.read(connection, live))
            for live in generations.live(connection, MODELS)
        }


def files_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """What every file of an archive holds, and which file it is: a rewritten one is another."""
    paths = sorted(path for path in folder.rglob("*.parquet"))
    return {path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_ino) for path in paths}
