"""Folding all that is left of a replay, with whoever helps, and saying how far it has come."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from uuid import UUID

from domain.components import Link
from replay.database import Database
from replay.rebuild import ledger
from replay.rebuild.engine import Engine, Opened
from replay.rebuild.ledger import FOLDING, Rebuild
from replay.rebuild.parts import Done, planned
from replay.whole_log import Progress

Told = Callable[[Done], None]
"""Called with every part that is done, and by which process."""


def fold(
    here: Opened,
    begun: Rebuild,
    links: Mapping[UUID, Sequence[Link]],
    engine: Engine,
    progress: Progress = lambda done, total: None,
    told: Told = lambda done: None,
) -> tuple[int, int]:
    """Fold every part that is not done yet; returns the events and the people of all parts."""
    database = here.journal.database
    if begun.state == FOLDING:
        folded, _ = _totals(database, begun)
        progress(min(folded, begun.events), begun.events)
        for done in engine.fold(here, begun, links, partial(planned, here.journal, begun)):
            folded += done.events
            told(done)
            progress(min(folded, begun.events), begun.events)
    return _totals(database, begun)


def _totals(database: Database, begun: Rebuild) -> tuple[int, int]:
    with database.read() as connection:
        return ledger.totals(connection, begun)
