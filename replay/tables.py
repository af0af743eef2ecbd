"""The tables of the journal and of its bookkeeping. Read models bring their own (projections/), keys live in the vault.

`journal.position` is gapless per shard and equals commit order: it is handed out under the lock of the shard's row in
`heads`, inside the writing transaction. That lock is the proof that a tail reader misses nothing; no time-out is
involved.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    text,
)

from projections.columns import Instant, Pseudonym

metadata = MetaData()

journal = Table(
    "journal",
    metadata,
    Column("shard", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("participant_id", Pseudonym, nullable=False),
    Column("version", Integer, nullable=False),
    Column("event_id", Pseudonym),
    Column("topic", String, nullable=False),
    Column("occurred_at", Instant),
    Column("recorded_at", Instant),
    Column("actor", String),
    Column("source", String),
    Column("state", LargeBinary, nullable=False),
    Column("sealed", LargeBinary),
    Column("sealed_digest", LargeBinary(32)),
    PrimaryKeyConstraint("shard", "position"),
    UniqueConstraint("shard", "participant_id", "version", name="journal_stream"),
    UniqueConstraint("shard", "event_id", name="journal_event"),
)
COLUMN_NAMES = tuple(column.name for column in journal.columns)

heads = Table(
    "heads",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

positions = Table(
    "positions",
    metadata,
    Column("name", String, primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
)
"""How far a reader of the log has come, written in the transaction of its effect."""

members = Table(
    "members",
    metadata,
    Column("participant_id", Pseudonym, primary_key=True),
    Column("root", Pseudonym, nullable=False),
    Index("members_root", "root"),
)
"""The root of every linked pseudonym; one that is not here is its own root."""

read_models = Table(
    "read_models",
    metadata,
    Column("name", String, primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("rebuild", Integer),
    Column("snapshot", String),
)
"""Which generation of a read model is `live`, and which is `building`, `retired`, a `snapshot` or `dropped`; the replay
that made it, where one did; and the name of the snapshot it belongs to.

The row stays when the table goes: a number used twice would let an overtaken replay write into the table of the next.
"""

rebuilds = Table(
    "rebuilds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("begun_at", Instant, nullable=False),
    Column("state", String, nullable=False),
    Column("holder", String, nullable=False),
    Column("held_until", Instant, nullable=False),
    Column("code", String, nullable=False),
    Column("heads", String, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("as_of", Instant),
    Column("known_at", Instant),
)
"""Replays: who carries one out and until when that holds, what it started from (heads by shard as JSON), and which code
folds. `as_of` and `known_at` are those of a snapshot."""

rebuild_parts = Table(
    "rebuild_parts",
    metadata,
    Column("rebuild", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("shard", Integer),
    Column("after", LargeBinary),
    Column("until", LargeBinary, nullable=False),
    Column("events", BigInteger),
    Column("people", BigInteger),
    Column("worker", String),
)
"""The ranges of ids that a replay folds one by one, of a shard, or (without one) of the roots of linked people.
`events` and what follows is filled in the transaction of the rows."""

rebuild_members = Table(
    "rebuild_members",
    metadata,
    Column("rebuild", Integer, primary_key=True, autoincrement=False),
    Column("participant_id", Pseudonym, primary_key=True),
    Column("root", Pseudonym, nullable=False),
)
"""Who was one person with whom when a replay began: its parts are cut by that, whoever is linked meanwhile."""

rule_sets = Table(
    "rule_sets",
    metadata,
    Column("version", String, primary_key=True),
    Column("figures", String, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)
"""Stage rules of one's own: every figure as canonical JSON, by version. A row never changes: others cite it."""

kafka_offsets = Table(
    "kafka_offsets",
    metadata,
    Column("topic", String, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
)
"""How far the messages of a partition are settled, written in the transaction of their effect."""

parked = Table(
    "parked",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("recorded_at", Instant, nullable=False),
    Column("topic", String, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("participant_id", Pseudonym),
    Column("event_id", Pseudonym),
    Column("code", String, nullable=False),
    Column("message", String, nullable=False),
    Column("sealed", LargeBinary),
    Column("state", String, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", String),
    Column("why", LargeBinary),
    Column("published_state", String),
    Index("parked_state", "state", "id"),
)
"""Messages that did not become facts: why is open; what they hold, and why they were discarded, is sealed.

The sealed bytes of a message are removed after 30 days; the row stays and says what was done about it. Where the state
is not the published one, that is still to be published.
"""
_UNPUBLISHED = text("published_state IS NULL OR published_state <> state")
Index("parked_unpublished", parked.c.id, sqlite_where=_UNPUBLISHED, postgresql_where=_UNPUBLISHED)

published = Table(
    "published",
    metadata,
    Column("topic", String, primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("holder", String),
    Column("held_until", Instant),
)
"""How far a shard of the journal was published, written after the broker acknowledged; and who publishes it now."""

held = Table(
    "held",
    metadata,
    Column("participant_id", Pseudonym, primary_key=True),
    Column("root", Pseudonym, nullable=False),
    Column("since", Instant, nullable=False),
    Column("tried_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("read_model", String),
    Column("error", String, nullable=False),
    Column("message", String, nullable=False),
    Column("event_id", Pseudonym),
    Column("event_type", String),
    Column("good_at", String, nullable=False),
    Column("generations", String, nullable=False),
    Column("codes", String, nullable=False),
)
"""Everybody whose rows stay as they were because their events do not fold, linked identities one by one; why, and since
when.

As JSON: `good_at`, the positions by shard up to which the rows are whole; `generations`, the names of those that hold
the old rows; `codes`, digests of the code that has tried since the last event, so that other code tries once.
"""

outboxes = Table(
    "outboxes",
    metadata,
    Column("topic", String, primary_key=True),
    Column("generation", Integer),
    Column("holder", String),
    Column("held_until", Instant),
)
"""Of a topic that follows rows: who publishes to it now, and which generation was compared with it as a whole."""

published_journeys = Table(
    "published_journeys",
    metadata,
    Column("topic", String, primary_key=True),
    Column("participant_id", Pseudonym, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
)
"""Whose journey a topic has, and the SHA-256 of what it has; a tombstone has no row."""

folded_again = Table(
    "folded_again",
    metadata,
    Column("participant_id", Pseudonym, primary_key=True),
    Column("mark", String(32), nullable=False),
)
"""Whose rows were written anew although nothing was recorded of them: whoever follows the journal looks at these too.

Each time has a mark of its own, so that who has looked takes away only what they saw.
"""

sufficient_schema = Table("sufficient_schema", metadata, Column("revision", String, primary_key=True))
"""One row: the oldest schema whose releases may go on working here, as the last `db upgrade` said."""

IMMUTABLE = "the journal is immutable: record a correction instead"
