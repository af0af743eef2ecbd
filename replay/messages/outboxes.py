"""Who publishes rows to a topic now, and which generation of them was compared with it as a whole.

For topics that follow rows, of which one publisher at a time sees to all; the journal's has a claim for each shard
(published.py). What a publisher notes counts only while the claim is its own.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, text, update

from replay.messages import claims
from replay.tables import outboxes


class Standing(NamedTuple):
    """Where publishing to a topic stands."""

    generation: int | None
    """Which generation of the rows was last compared with the topic as a whole; None where none was."""
    holder: str | None
    held_until: datetime | None

    def is_open_to(self, holder: str, now: datetime) -> bool:
        """Whether no other publisher claims the topic."""
        return claims.is_free(self.holder, self.held_until, to=holder, now=now)


def standing(connection: Connection, topic: str) -> Standing:
    """Where publishing to a topic stands; nowhere before it began."""
    query = select(outboxes.c.generation, outboxes.c.holder, outboxes.c.held_until).where(outboxes.c.topic == topic)
    found = connection.execute(query).one_or_none()
    return Standing(None, None, None) if found is None else Standing(*found)


def claim(connection: Connection, topic: str, holder: str, *, now: datetime, until: datetime) -> Standing | None:
    """Claim a topic until then; returns how it stood before, None while another holds it."""
    connection.execute(text("INSERT INTO outboxes (topic) VALUES (:topic) ON CONFLICT DO NOTHING"), {"topic": topic})
    before = claims.claim(connection, outboxes, [outboxes.c.topic == topic], holder, now=now, until=until)
    return None if before is None else Standing(before.generation, before.holder, before.held_until)


def still_held(connection: Connection, topic: str, holder: str) -> bool:
    """Whether nobody has claimed the topic since; until this transaction ends nobody can."""
    kept = update(outboxes).where(outboxes.c.topic == topic, outboxes.c.holder == holder).values(holder=holder)
    return bool(connection.execute(kept).rowcount)


def compared(connection: Connection, topic: str, generation: int | None) -> None:
    """The topic holds what this generation holds; None: perhaps what none does."""
    connection.execute(update(outboxes).where(outboxes.c.topic == topic).values(generation=generation))


def release(connection: Connection, topic: str, holder: str) -> None:
    """Give up what this publisher claims, so that another need not wait for its end."""
    claims.release(connection, outboxes, topic, holder)
