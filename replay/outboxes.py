"""Who publishes rows to a topic now, and which generation of them was compared with it as a whole.

For topics that follow rows, of which one publisher at a time sees to all; the journal's has a claim for each shard
(published.py). A claim keeps two publishers from doing the same work, and what one of them notes counts only while the
claim is its own.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, or_, select, text, update

from replay.tables import outboxes


class Standing(NamedTuple):
    """Where publishing to a topic stands."""

    generation: int | None
    """Which generation of the rows was last compared with the topic as a whole; None where none was."""
    holder: str | None
    held_until: datetime | None

    def is_open_to(self, holder: str, now: datetime) -> bool:
        """Whether no other publisher claims the topic."""
        return self.holder in (None, holder) or self.held_until is None or self.held_until <= now


def standing(connection: Connection, topic: str) -> Standing:
    """Where publishing to a topic stands; nowhere before it began."""
    query = select(outboxes.c.generation, outboxes.c.holder, outboxes.c.held_until).where(outboxes.c.topic == topic)
    found = connection.execute(query).one_or_none()
    return Standing(None, None, None) if found is None else Standing(*found)


def claim(connection: Connection, topic: str, holder: str, *, now: datetime, until: datetime) -> bool:
    """Claim a topic until then; False while another holds it."""
    connection.execute(text("INSERT INTO outboxes (topic) VALUES (:topic) ON CONFLICT DO NOTHING"), {"topic": topic})
    held = outboxes.c.held_until
    free = or_(outboxes.c.holder.is_(None), outboxes.c.holder == holder, held.is_(None), held <= now)
    claimed = update(outboxes).where(outboxes.c.topic == topic, free).values(holder=holder, held_until=until)
    return bool(connection.execute(claimed).rowcount)


def still_held(connection: Connection, topic: str, holder: str) -> bool:
    """Whether nobody has claimed the topic since; until this transaction ends nobody can."""
    kept = update(outboxes).where(_own(topic, holder)).values(holder=holder)
    return bool(connection.execute(kept).rowcount)


def compared(connection: Connection, topic: str, generation: int) -> None:
    """The topic holds what this generation holds."""
    connection.execute(update(outboxes).where(outboxes.c.topic == topic).values(generation=generation))


def release(connection: Connection, topic: str, holder: str) -> None:
    """Give up what this publisher claims, so that another need not wait for its end."""
    connection.execute(update(outboxes).where(_own(topic, holder)).values(holder=None, held_until=None))


def _own(topic: str, holder: str) -> ColumnElement[bool]:
    return and_(outboxes.c.topic == topic, outboxes.c.holder == holder)
