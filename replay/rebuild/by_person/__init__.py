"""A copy of a large journal in which the rows of a person lie together: what a replay reads instead of it.

In the journal each row lies where it came in, so that a range of people is as many pages as it has rows. That costs
little as long as all of it stays in memory, and a wait for the disk for each row where it does not. The copy is made in
one pass from end to end and a sort outside of memory, is read from end to end, and goes with the replay. An interrupted
replay makes it anew.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from sqlalchemy.exc import DBAPIError

from replay.journal import Journal
from replay.rebuild import ledger
from replay.rebuild.by_person import in_file, in_table
from replay.rebuild.engine import Copy, Opened
from replay.rebuild.ledger import Rebuild

WORTH_IT = 2_000_000
"""Events that are still to be folded: fewer are read where they lie. They take about a gigabyte, and some seconds to
half a minute."""

log = logging.getLogger("majung.replay")


@contextmanager
def laid_out(here: Opened, rebuild: Rebuild, worth_it: int = WORTH_IT) -> Iterator[Opened]:
    """What to fold from: the same, and where that is a large journal, with a copy by person to read.

    `worth_it` is how many events are to be folded for that; 0: none are enough. Where there is no room for the copy the
    journal is read as it lies, and the log says so.
    """
    source = here.archived or here.journal
    way = in_table if source.database.is_postgres else in_file
    kept = _at_work(here.journal, rebuild)
    with ExitStack() as at_end:
        copy: Copy | None = None
        # Also beside the journal where something archived is read: who was killed may have read the journal.
        for database in {here.journal.database, source.database}:
            (in_table if database.is_postgres else in_file).clear(database, kept)
        if worth_it and _left(here.journal, rebuild) >= worth_it:
            try:
                place = at_end.enter_context(way.made(source.database, rebuild.id))
                copy = at_end.enter_context(opened(place, here.journal))
            except (OSError, sqlite3.OperationalError, DBAPIError) as error:
                at_end.close()
                said = str(error.orig if isinstance(error, DBAPIError) else error).partition("\n")[0]
                log.warning("the journal is read as it lies and not copied by person, which takes longer: %s", said)
        yield here._replace(copy=copy)


def opened(place: str, journal: Journal) -> AbstractContextManager[Copy]:
    """A copy of a journal, by its place, for who reads it."""
    if place.startswith("sqlite:"):
        return in_file.opened(place, journal)
    return in_table.opened(place, journal)


def _at_work(journal: Journal, rebuild: Rebuild) -> frozenset[int]:
    """The other replays that somebody carries out: what they copied is theirs."""
    with journal.database.read() as connection:
        found = ledger.unfinished(connection, journal.clock())
    return frozenset(each.rebuild.id for each in found if each.at_work) - {rebuild.id}


def _left(journal: Journal, rebuild: Rebuild) -> int:
    with journal.database.read() as connection:
        folded, _ = ledger.totals(connection, rebuild)
    return rebuild.events - folded
