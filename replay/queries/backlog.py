"""What the database says is still to be done: by read models, by publishing, and by people. For who watches a Majung.

Each answer is a look at a few rows by their key, however large the journal.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from domain.clock import EPOCH
from projections.alerts import alerts
from projections.read_model import ReadModel
from replay.journal import Journal
from replay.live import generations
from replay.queries.alerts import look
from replay.queries.lag import lag
from replay.tables import heads, journal, kafka_offsets, parked, positions, published

FARTHEST_BEHIND = 10_000
"""How many events the alerts' rows may be behind and the alerts still be told: for those events are folded anew."""


class Behind(NamedTuple):
    """How far something that follows the journal is behind it in one shard."""

    name: str
    shard: int
    events: int
    since: datetime | None
    """When the journal took the oldest of them; None where there is none."""

    def seconds(self, now: datetime) -> float:
        """How long ago that was; never negative, since a journal may be set ahead of the clock."""
        return seconds_since(self.since, now)


class Head(NamedTuple):
    """How far the journal has come in one shard, and when it took the last event; in 1970 where there is none."""

    shard: int
    position: int
    recorded_at: datetime


class Alerts(NamedTuple):
    """How many alerts nobody has acknowledged, and how many of them have escalated."""

    open: int
    escalated: int


def journal_heads(connection: Connection) -> list[Head]:
    """Every shard of the journal."""
    # The time of a head may be later: see snapshots, which nothing is recorded before.
    last = and_(journal.c.shard == heads.c.shard, journal.c.position == heads.c.position)
    query = select(heads.c.shard, heads.c.position, journal.c.recorded_at).outerjoin(journal, last)
    return [
        Head(shard, position, recorded_at or EPOCH)
        for shard, position, recorded_at in connection.execute(query.order_by(heads.c.shard))
    ]


def read_models_behind(connection: Connection, models: Sequence[ReadModel]) -> list[Behind]:
    """The live generation of each read model in each shard. Raises ReadModelOutdated."""
    live = {generation.name: generation.model.name for generation in generations.live(connection, models)}
    query = select(positions.c.name, positions.c.shard, positions.c.position).where(positions.c.name.in_(live))
    reached = {(name, shard): position for name, shard, position in connection.execute(query)}
    places = [
        (model, head, reached.get((generation, head.shard), 0))
        for generation, model in live.items()
        for head in journal_heads(connection)
    ]
    return _behind(connection, places)


def publishing_behind(connection: Connection) -> list[Behind]:
    """Every topic to which publishing ever began, in each shard."""
    query = select(published.c.topic, published.c.shard, published.c.position)
    reached = {(topic, shard): position for topic, shard, position in connection.execute(query)}
    topics = sorted({topic for topic, _ in reached})
    found = journal_heads(connection)
    return _behind(
        connection, [(topic, head, reached.get((topic, head.shard), 0)) for topic in topics for head in found]
    )


def _behind(connection: Connection, places: Sequence[tuple[str, Head, int]]) -> list[Behind]:
    oldest: dict[tuple[int, int], datetime | None] = {}
    found = []
    for name, head, position in places:
        events = max(0, head.position - position)
        if events and (head.shard, position) not in oldest:
            oldest[head.shard, position] = _first_after(connection, head.shard, position)
        found.append(Behind(name, head.shard, events, oldest[head.shard, position] if events else None))
    return found


def _first_after(connection: Connection, shard: int, position: int) -> datetime | None:
    query = select(journal.c.recorded_at).where(journal.c.shard == shard, journal.c.position > position)
    return connection.scalar(query.order_by(journal.c.position).limit(1))


def next_offsets(connection: Connection) -> list[tuple[str, int, int]]:
    """Topic, partition and the offset from which it is read on."""
    query = select(kafka_offsets.c.topic, kafka_offsets.c.partition, kafka_offsets.c.next_offset)
    return [(topic, partition, offset) for topic, partition, offset in connection.execute(query)]


def parked_by_code(connection: Connection) -> dict[str, int]:
    """How many parked messages wait for a decision."""
    query = select(parked.c.code, func.count()).where(parked.c.state == "parked").group_by(parked.c.code)
    return dict(connection.execute(query).tuples().all())


def alerts_to_acknowledge(of: Journal, now: datetime) -> Alerts | None:
    """Exact at this moment; None where the rows are too far behind to tell cheaply. Raises ReadModelOutdated."""
    with of.database.read() as connection:
        if lag(connection, [alerts]).behind > FARTHEST_BEHIND:
            return None
    calling = look(of, lambda: now).calling.values()
    return Alerts(len(calling), sum(row.escalates_at <= now for row in calling))


def seconds_since(since: datetime | None, now: datetime) -> float:
    """How long ago that was; 0 where it never was, or by another clock is still to come."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def newest(found: Sequence[Head]) -> datetime:
    """When the journal took its newest event; 1970 for an empty one."""
    return max((head.recorded_at for head in found), default=EPOCH)
