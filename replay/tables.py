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
)
"""Which generation of a read model is `live`, and which is `building`, `retired` or `dropped`.

The row stays when the table goes: a number used twice would let an overtaken replay write into the table of the next.
"""

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
    Index("parked_state", "state", "id"),
)
"""Messages that did not become facts: why is open; what they hold, and why they were discarded, is sealed.

The sealed bytes of a message are removed after 30 days; the row stays and says what was done about it.
"""

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

IMMUTABLE = "the journal is immutable: record a correction instead"

SQLITE_TRIGGERS = (
    f"CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, '{IMMUTABLE}'); END",
    f"CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, '{IMMUTABLE}'); END",
    # INSERT OR REPLACE deletes the old row without firing delete triggers, so a taken place is refused before it is
    # tried.
    "CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal WHEN"
    " EXISTS (SELECT 1 FROM journal WHERE shard = NEW.shard AND position = NEW.position)"
    " OR EXISTS (SELECT 1 FROM journal WHERE shard = NEW.shard AND event_id = NEW.event_id)"
    " BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: journal'); END",
)

POSTGRES_TRIGGERS = (
    f"CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{IMMUTABLE}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    "CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON journal"
    " FOR EACH ROW EXECUTE FUNCTION journal_refuse()",
    "CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal"
    " FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()",
)
