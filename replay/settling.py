"""What is known at a moment, when it is asked for about as soon as it is over.

Whoever records has the time from under the lock of a head, and commits later. So what bears an earlier time than a
question's may come in after its answer, and the same question has another answer then.
"""

import logging
from datetime import datetime
from time import monotonic, sleep
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from replay.database import BUSY_TIMEOUT_SECONDS, Database, cursor_of
from replay.tables import heads

PATIENCE_SECONDS = 2.0
"""A recording takes some milliseconds, a large batch a second. Nobody waits much longer for an answer."""
_MOMENT_SECONDS = 0.002
# Whoever is about to record, or has and did not commit yet, holds one of these locks until they do.
_RECORDING = (
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND relation = 'heads'::regclass"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND mode IN ('RowShareLock', 'RowExclusiveLock') AND granted"
)

log = logging.getLogger("majung.replay")


def wait_for_recordings(database: Database, known_at: datetime, patience_seconds: float = PATIENCE_SECONDS) -> bool:
    """Wait until what is being recorded, and may bear a time until `known_at`, is in.

    What is read then stays the answer, as far as the clocks of those who record agree: a snapshot sees to that too.
    Waits for nobody where every shard has something later. False: somebody was still at it when the patience was over,
    and the log says so.
    """
    with database.read() as connection:
        earliest = connection.scalar(select(func.min(heads.c.recorded_at)))
    if earliest is not None and earliest > known_at:
        return True
    done = (_wait_on_postgres if database.is_postgres else _wait_on_sqlite)(database, patience_seconds)
    if not done:
        log.warning("somebody has been recording for %g seconds: what is known may still change", patience_seconds)
    return done


def _wait_on_postgres(database: Database, patience_seconds: float) -> bool:
    """Looks at the locks and takes none: while one on a head waits, the next recording would wait behind it."""
    until = monotonic() + patience_seconds
    with database.autocommit() as cursor:
        others = _recording(cursor)
        while others and monotonic() < until:
            sleep(_MOMENT_SECONDS)
            # Who came since has a later time.
            others &= _recording(cursor)
    return not others


def _recording(cursor: Any) -> set[str]:
    """The transactions of those who record."""
    return {transaction for (transaction,) in cursor.execute(_RECORDING).fetchall()}


def _wait_on_sqlite(database: Database, patience_seconds: float) -> bool:
    """Only who has the lock of all who write knows that nobody else has it; it is given back at once."""
    with database.engine.connect() as connection, cursor_of(connection) as cursor:
        cursor.execute(f"PRAGMA busy_timeout={patience_seconds * 1_000:.0f}")
        try:
            with connection.begin():
                return True
        except OperationalError:
            return False
        finally:
            cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_SECONDS * 1_000}")
