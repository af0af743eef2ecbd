"""A copy of a large journal in a file, in which the rows of a person lie together: what a replay reads instead of it.

In the journal each row lies where it came in, so that a range of people is as many pages as it has rows. That costs
little as long as the operating system keeps the whole file in memory, and a wait for the disk for each row where it
does not. The copy is made in one pass from end to end and a sort outside of memory, is read from end to end, and goes
with the replay. An interrupted replay makes it anew.
"""

import logging
import re
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import event

from replay.database import Database
from replay.journal import Journal
from replay.rebuild import ledger
from replay.rebuild.engine import Opened
from replay.rebuild.ledger import Rebuild

WORTH_IT = 2_000_000
"""Events that are still to be folded: fewer are read where they lie. Their file takes about a gigabyte, and they about
a minute."""
_ROOM = 2
"""How many times the size of the journal's file has to be free for the sort and the copy."""
_CACHED_KIBIBYTES = 32 * 1024
"""As much is sorted at once, and kept of the copy: no more than folding takes afterwards."""

_COLUMNS = "shard, participant_id, version, event_id, topic, occurred_at, actor, source, state, sealed, recorded_at"
_TABLE = f"CREATE TABLE journal ({_COLUMNS}, PRIMARY KEY (shard, participant_id, version)) WITHOUT ROWID"
# By an index the rows would be visited in the order that is so dear.
_COPY = f"INSERT INTO journal SELECT {_COLUMNS} FROM source.journal NOT INDEXED ORDER BY shard, participant_id, version"

log = logging.getLogger("majung.replay")


@contextmanager
def laid_out(here: Opened, rebuild: Rebuild) -> Iterator[Opened]:
    """What to fold from: the same, and where that is a large journal in a file, with a copy by person to read.

    Where there is no room for the copy the journal is read as it lies, and the log says so.
    """
    path = (here.archived or here.journal).database.path
    if path is None:
        yield here
        return
    _clear(path, here.journal, rebuild)
    with ExitStack() as at_end:
        if _left(here.journal, rebuild) >= WORTH_IT and (copy := _copied(path, rebuild, at_end)):
            here = here._replace(archived=at_end.enter_context(copy_at(f"sqlite:///{copy}", here.journal)))
        yield here


@contextmanager
def copy_at(url: str, journal: Journal) -> Iterator[Journal]:
    """A copy of a journal, for who reads it."""
    with closing(Database(url)) as database:
        event.listen(database.engine, "connect", _pass_by)
        yield Journal(database, journal.vault, shards=journal.shards)


def _pass_by(connection: sqlite3.Connection, _: object) -> None:
    """Keep nothing in memory of what is read once, in order."""
    connection.execute("PRAGMA mmap_size=0")
    connection.execute("PRAGMA cache_size=-2048")


def _clear(path: Path, journal: Journal, rebuild: Rebuild) -> None:
    """Remove what replays left that were killed."""
    with journal.database.read() as connection:
        found = ledger.unfinished(connection, journal.clock())
    kept = {each.rebuild.id for each in found if each.at_work and each.rebuild.id != rebuild.id}
    # As they are named here and by `tempfile`, and nothing that only begins like that.
    named = re.compile(re.escape(path.name) + r"-replay-([0-9]+)-[a-z0-9_]{8}")
    for left in path.parent.iterdir():
        if (match := named.fullmatch(left.name)) and int(match[1]) not in kept:
            shutil.rmtree(left, ignore_errors=True)


def _left(journal: Journal, rebuild: Rebuild) -> int:
    with journal.database.read() as connection:
        folded, _ = ledger.totals(connection, rebuild)
    return rebuild.events - folded


def _copied(path: Path, rebuild: Rebuild, at_end: ExitStack) -> Path | None:
    """The copy, which goes at the end; None where there is no room for it."""
    needed, free = _ROOM * path.stat().st_size, shutil.disk_usage(path.parent).free
    try:
        if free < needed:
            raise OSError(f"{free / 2**30:,.1f} GiB are free, and {needed / 2**30:,.1f} would do")
        # Only this user reads it. What is sealed stays sealed in it; the rest is as open as in the journal.
        beside = f"{path.name}-replay-{rebuild.id}-"
        folder = TemporaryDirectory(prefix=beside, dir=path.parent, ignore_cleanup_errors=True)
        copy = Path(at_end.enter_context(folder)) / "journal.db"
        _copy(path, copy)
    except (OSError, sqlite3.OperationalError) as error:
        at_end.close()
        log.warning("the journal is read as it lies and not copied by person, which takes longer: %s", error)
        return None
    return copy


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
            # In a thread, and waited for: one long statement would keep whoever wants to end the process waiting.
            apart.submit(connection.execute, _COPY).result()
        except BaseException:
            connection.interrupt()
            raise
