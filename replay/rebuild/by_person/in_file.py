"""The copy of a journal in SQLite: a file beside it."""

import re
import shutil
import sqlite3
from collections.abc import Container, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import event

from replay.database import Database
from replay.journal import Journal
from replay.reading import Reader
from replay.rebuild.engine import Copy

_ROOM = 2
"""How many times the size of the journal's file has to be free for the sort and the copy."""
_CACHED_KIBIBYTES = 32 * 1024
"""As much is sorted at once, and kept of the copy: no more than folding takes afterwards."""

_MOMENT_SECONDS = 0.5

_COLUMNS = "shard, participant_id, version, event_id, topic, occurred_at, actor, source, state, sealed, recorded_at"
_TABLE = f"CREATE TABLE journal ({_COLUMNS}, PRIMARY KEY (shard, participant_id, version)) WITHOUT ROWID"
# By an index the rows would be visited in the order that is so dear.
_COPY = f"INSERT INTO journal SELECT {_COLUMNS} FROM source.journal NOT INDEXED ORDER BY shard, participant_id, version"


@contextmanager
def opened(place: str, journal: Journal) -> Iterator[Copy]:
    """The copy at a URL, for who reads it."""
    with closing(Database(place)) as database:
        event.listen(database.engine, "connect", _pass_by)
        yield Copy(place, database, Reader(database, journal.vault, journal.shards))


def _pass_by(connection: sqlite3.Connection, _: object) -> None:
    """Keep nothing in memory of what is read once, in order."""
    connection.execute("PRAGMA mmap_size=0")
    connection.execute("PRAGMA cache_size=-2048")


def clear(database: Database, kept: Container[int]) -> None:
    """Remove what replays left that were killed; not what these replays, by number, still read."""
    path = _path(database)
    # As they are named here and by `tempfile`, and nothing that only begins like that.
    named = re.compile(re.escape(path.name) + r"-replay-([0-9]+)-[a-z0-9_]{8}")
    for left in path.parent.iterdir():
        if (match := named.fullmatch(left.name)) and int(match[1]) not in kept:
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def made(database: Database, number: int) -> Iterator[str]:
    """The URL of a copy for the replay of this number, which is there for the length of the block.

    Raises OSError where there is no room for it, and what the driver raises.
    """
    path = _path(database)
    needed, free = _ROOM * path.stat().st_size, shutil.disk_usage(path.parent).free
    if free < needed:
        raise OSError(f"{free / 2**30:,.1f} GiB are free, and {needed / 2**30:,.1f} would do")
    # Only this user reads it. What is sealed stays sealed in it; the rest is as open as in the journal.
    beside = f"{path.name}-replay-{number}-"
    with TemporaryDirectory(prefix=beside, dir=path.parent, ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "journal.db"
        _copy(path, copy)
        yield f"sqlite:///{copy}"


def _copy(path: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(target, isolation_level=None, check_same_thread=False)) as connection,
        ThreadPoolExecutor(1) as apart,
    ):
        # Nothing of it has to outlive this process.
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(f"PRAGMA cache_size=-{_CACHED_KIBIBYTES}")
        connection.execute(_TABLE)
        connection.execute("ATTACH ? AS source", (str(path),))
        try:
            # In a thread, and waited for: one long statement would keep whoever wants to end the process waiting. And
            # for a moment at a time: a signal that comes just before a wait is seen when that is over.
            copying = apart.submit(connection.execute, _COPY)
            while not wait([copying], _MOMENT_SECONDS).done:
                pass
            copying.result()
        except BaseException:
            connection.interrupt()
            raise


def _path(database: Database) -> Path:
    assert database.path is not None
    return database.path
