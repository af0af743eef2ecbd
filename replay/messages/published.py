"""How far the journal was published: a position for each topic and shard, and who publishes there now.

A publisher that was stopped for longer than its claim lasts comes back and sends once more what another has sent
meanwhile. That harms no reader. Whoever publishes begins where everything before was acknowledged and goes on in order,
so the first copy of every event is in order.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select, text, update

from replay.database import rows_of
from replay.messages import claims
from replay.tables import heads, published


class Standing(NamedTuple):
    """How far a shard was published, how far it was recorded, and until when somebody claims it."""

    position: int
    head: int
    holder: str | None
    held_until: datetime | None

    def is_open_to(self, holder: str, now: datetime) -> bool:
        """Whether this publisher has something to do here that no other is doing."""
        return self.position < self.head and claims.is_free(self.holder, self.held_until, to=holder, now=now)


class OpenRow(NamedTuple):
    """A row of the journal as far as it is open; what is sealed was not even read."""

    position: int
    participant_id: bytes
    event_id: bytes | None
    """None where another than a touchpoint was stored."""
    topic: str
    occurred_at: int
    recorded_at: int
    """Microseconds since 1970, like `occurred_at`."""
    actor: str | None
    source: str
    state: bytes
    """The open fields as JSON."""
    has_sealed: bool


_SELECT = (
    "SELECT position, {0}, {1}, topic, occurred_at, recorded_at, actor, source, state, sealed IS NOT NULL"
    " FROM journal WHERE shard = {2} AND position > {2} ORDER BY position LIMIT {2}"
)
_SQLITE = _SELECT.format("participant_id", "event_id", "?")
_POSTGRES = _SELECT.format("uuid_send(participant_id)", "uuid_send(event_id)", "%s")


def open_rows(connection: Connection, shard: int, after: int, limit: int) -> list[OpenRow]:
    """The next rows of a shard in the order of the journal."""
    query = _POSTGRES if connection.dialect.name == "postgresql" else _SQLITE
    return [OpenRow(*row) for row in rows_of(connection, query, (shard, after, limit))]


def standing(connection: Connection, topic: str, shard: int) -> Standing:
    """Where publishing of a shard stands; position 0 before it began."""
    head = connection.scalar(select(heads.c.position).where(heads.c.shard == shard)) or 0
    found = connection.execute(select(published).where(*_place(topic, shard))).one_or_none()
    if found is None:
        return Standing(0, head, None, None)
    return Standing(found.position, head, found.holder, found.held_until)


def claim(connection: Connection, topic: str, shard: int, holder: str, *, now: datetime, until: datetime) -> int | None:
    """Claim a shard until then; returns the position to go on from, None while another holds it."""
    made = "INSERT INTO published (topic, shard, position) VALUES (:topic, :shard, 0) ON CONFLICT DO NOTHING"
    connection.execute(text(made), {"topic": topic, "shard": shard})
    before = claims.claim(connection, published, _place(topic, shard), holder, now=now, until=until)
    return None if before is None else before.position


def move(
    connection: Connection, topic: str, shard: int, holder: str, *, start: int, to: int, until: datetime | None
) -> bool:
    """Everything to this position was acknowledged: go on from there, claiming on until then (None: no more).

    False, and nothing changed, where another has claimed the shard since.
    """
    ours = published.c.holder == holder, published.c.position == start
    values = {"position": to, "holder": None if until is None else holder, "held_until": until}
    moved = update(published).where(*_place(topic, shard), *ours).values(values)
    return bool(connection.execute(moved).rowcount)


def release(connection: Connection, topic: str, holder: str) -> None:
    """Give up what this publisher claims, so that another need not wait for its end."""
    claims.release(connection, published, topic, holder)


def _place(topic: str, shard: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return published.c.topic == topic, published.c.shard == shard
