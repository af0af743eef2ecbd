"""Holding a replay for as long as it goes on, however long one of its steps takes."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from sqlalchemy.exc import SQLAlchemyError

from replay.journal import Journal
from replay.rebuild import ledger
from replay.rebuild.ledger import HELD, Rebuild

log = logging.getLogger("majung.replay")

EVERY_SECONDS = HELD.total_seconds() / 4
"""How often a replay gives a sign of life: some may be missed."""


@contextmanager
def staying_holder(journal: Journal, rebuild: Rebuild) -> Iterator[None]:
    """Stay the holder of a replay for the length of the block, and let go of it then.

    Who was taken over meanwhile is not told here: every write makes sure that the replay is still its writer's.
    """
    ended = Event()
    signs = Thread(target=_give_signs, args=(journal, rebuild, ended), daemon=True)
    signs.start()
    try:
        yield
    finally:
        ended.set()
        signs.join()
        ledger.let_go(rebuild)


def _give_signs(journal: Journal, rebuild: Rebuild, ended: Event) -> None:
    while not ended.wait(EVERY_SECONDS):
        try:
            with journal.database.write_behind() as connection:
                ledger.hold_on(connection, rebuild, journal.clock())
        except SQLAlchemyError as error:
            # A database that is away, or a file that somebody writes to for long: the next sign may come in time.
            log.warning("a replay could not say that it goes on", extra={"error": type(error).__name__})
