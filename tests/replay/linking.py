"""Journals of one shard and of four, people who lie on different shards, and the rows of all read models."""

import atexit
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

from domain.touchpoint import Touchpoint
from replay.append import shard_of
from replay.database import Database
from replay.journal import Journal
from replay.live import generations
from replay.live.worker import Worker
from replay.queries.as_of import person
from replay.rebuild import rebuild
from replay.schema import upgrade
from replay.vault import Vault
from tests.conftest import MASTER_KEY, MODELS, lay_out
from tests.given import FIRST_RECORDED_AT

PEOPLE = [UUID(int=number << 64, version=4) for number in (1, 2, 3, 4, 5, 6)]
"""In ascending order."""
A, B, C, D, *_ = PEOPLE


class Hand:
    """A clock that a test sets by days."""

    def __init__(self) -> None:
        self.now = FIRST_RECORDED_AT

    def __call__(self) -> datetime:
        return self.now

    def at(self, day: int) -> datetime:
        self.now = FIRST_RECORDED_AT + timedelta(days=day)
        return self.now


@cache
def _made_once(shards: int) -> Path:
    """A folder with such a journal on SQLite: the laws need it anew for each of their examples."""
    room = TemporaryDirectory(prefix="majung-journal")
    atexit.register(room.cleanup)
    lay_out(f"sqlite:///{room.name}/majung.db", Path(room.name), shards=shards, models=MODELS)
    return Path(room.name)


@contextmanager
def journal_of(database_url: str, folder: Path, shards: int, **options: Any) -> Iterator[Journal]:
    """An empty journal of so many shards, its read models established."""
    database, keys = Database(database_url), Database(f"sqlite:///{folder / uuid4().hex}-keys.db")
    if database.path is not None and not database.path.exists():
        made = _made_once(shards)
        shutil.copy(made / "majung.db", database.path)
    upgrade(database, keys, shards=shards)
    with database.write() as connection:
        generations.establish(connection, MODELS)
    yield Journal(database, Vault(keys, MASTER_KEY), shards=shards, **options)
    keys.close()
    database.close()


def about(participant_id: UUID, *events: Touchpoint) -> list[Touchpoint]:
    return [event.replaced(participant_id=participant_id) for event in events]


def rows(journal: Journal) -> dict[str, list[Any]]:
    """The rows that serve, by read model, in the order of their key."""
    with journal.database.read() as connection:
        return {
            live.model.name: live.model.ordered(generations.read(connection, live))
            for live in generations.live(connection, MODELS)
        }


def on_demand(journal: Journal, people: Sequence[UUID]) -> dict[str, list[Any]]:
    """The same, folded from the journal of these people, of each person once."""
    histories = {history.root: history for one in people for history in [person(journal, one).history]}
    return {
        model.name: model.ordered(row for history in histories.values() for row in model.fold(history))
        for model in MODELS
    }


def settled(journal: Journal, people: Sequence[UUID]) -> dict[str, list[Any]]:
    """The rows, once live rows, rebuilt rows and the folds on demand are found to be the same."""
    Worker(journal, MODELS).catch_up()
    live = rows(journal)
    assert on_demand(journal, people) == live
    rebuild(journal, MODELS)
    assert rows(journal) == live
    return live


def shards_of(journal: Journal, *people: UUID) -> list[int]:
    return [shard_of(one.bytes, journal.shards) for one in people]
