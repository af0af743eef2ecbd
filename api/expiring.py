"""The bytes of parked messages are removed when their time is over, by every process that works."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from api.logs import kind_and_places
from replay.journal import Journal
from replay.messages.parked import remove_expired

log = logging.getLogger("majung.parked")

EVERY_SECONDS = 3600.0
AGAIN_SECONDS = 60.0
"""After a failure: a database that is away, say."""
STOP_SECONDS = 5.0


@contextmanager
def expired_removed(journal: Journal) -> Iterator[None]:
    """Remove what has expired at once, and then every hour while the block runs."""
    stop = Event()
    thread = Thread(target=keep_removing, args=(journal, stop), name="majung-expiring", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(STOP_SECONDS)


def keep_removing(journal: Journal, stop: Event) -> None:
    """Remove what has expired once at least, and again and again until `stop` is set."""
    while not stop.wait(_remove(journal)):
        pass


def _remove(journal: Journal) -> float:
    """Returns after how many seconds to look again."""
    try:
        with journal.database.write() as connection:
            removed = remove_expired(connection, journal.clock())
    except Exception as error:
        log.warning("what has expired was not removed, and is tried again", extra=kind_and_places(error))
        return AGAIN_SECONDS
    if removed:
        log.info("the bytes of parked messages were removed", extra={"messages": removed})
    return EVERY_SECONDS
