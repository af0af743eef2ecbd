"""Bringing rows up to the log before they serve or are compared: as a worker does, and only rows that are ours."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from projections.read_model import ReadModel
from replay.journal import Journal
from replay.live import generations
from replay.live.generations import Generation
from replay.live.worker import Worker
from replay.rebuild import ledger

_AT_ONCE = 1_000
"""Events of one transaction."""


def are_folded_here(connection: Connection, rows: Generation) -> bool:
    """Whether workers of this release keep such rows up to date: those of its version, whichever code began them."""
    return generations.version_of(connection, rows) == rows.model.version


def are_ours(connection: Connection, rows: Generation) -> bool:
    """Whether this very code made the rows. Those of other code, even of the same version, are not to be brought up and
    then taken for that code's own.
    """
    return are_folded_here(connection, rows) and ledger.is_of_this_code(connection, rows)


class Levelling:
    """Brings rows up to the log. `hold` makes sure, in each of its transactions, that they may be written."""

    def __init__(
        self, journal: Journal, models: Sequence[ReadModel], hold: Callable[[Connection], None] = generations.hold
    ) -> None:
        self._journal = journal
        self._worker = Worker(journal, models)
        self._hold = hold

    def bring_up(self, targets: Sequence[Generation]) -> None:
        """Step by step, so that others go on meanwhile: what they record then may be left."""
        for shard in range(self._journal.shards) if targets else ():
            while self._step(targets, shard):
                pass

    def level(self, connection: Connection, targets: Sequence[Generation]) -> None:
        """All of the log as it is now, in the caller's transaction."""
        for shard in range(self._journal.shards) if targets else ():
            while self._worker.apply(connection, targets, shard, _AT_ONCE):
                pass

    def _step(self, targets: Sequence[Generation], shard: int) -> int:
        with self._journal.database.write() as connection:
            self._hold(connection)
            return self._worker.apply(connection, targets, shard, _AT_ONCE)
