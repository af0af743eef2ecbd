"""How far the log has come, and how far its read models are behind it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from domain.clock import EPOCH
from projections.read_model import ReadModel
from replay.live import generations
from replay.tables import heads


class Lag(NamedTuple):
    """Events in the journal, and those of them that the slowest of some read models has not seen yet."""

    recorded: int
    behind: int


def lag(connection: Connection, models: Sequence[ReadModel]) -> Lag:
    """The lag of the live generations. Raises ReadModelOutdated."""
    live = generations.live(connection, models)
    recorded = behind = 0
    for shard, head in connection.execute(select(heads.c.shard, heads.c.position)).tuples().all():
        reached = [generations.position_of(connection, generation, shard) for generation in live]
        recorded += head
        behind += head - min(reached, default=head)
    return Lag(recorded, behind)


def last_recorded_at(connection: Connection) -> datetime:
    """The journal's own time: no event was recorded later. 1970 for an empty journal."""
    return connection.scalar(select(func.max(heads.c.recorded_at))) or EPOCH
