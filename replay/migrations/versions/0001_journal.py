"""The journal, its heads, positions, members and read models."""

import sqlalchemy as sa
from alembic import op

from projections.columns import Instant, Pseudonym
from replay.tables import IMMUTABLE

revision = "0001"
down_revision = None

_SQLITE_TRIGGERS = (
    f"CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, '{IMMUTABLE}'); END",
    f"CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, '{IMMUTABLE}'); END",
    "CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal WHEN"
    " EXISTS (SELECT 1 FROM journal WHERE shard = NEW.shard AND position = NEW.position)"
    " OR EXISTS (SELECT 1 FROM journal WHERE shard = NEW.shard AND event_id = NEW.event_id)"
    " BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: journal'); END",
)
_POSTGRES_TRIGGERS = (
    "CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{IMMUTABLE}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    "CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON journal"
    " FOR EACH ROW EXECUTE FUNCTION journal_refuse()",
    "CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal"
    " FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()",
)


def upgrade() -> None:
    op.create_table(
        "journal",
        sa.Column("shard", sa.Integer, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("participant_id", Pseudonym, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("event_id", Pseudonym),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("occurred_at", Instant),
        sa.Column("recorded_at", Instant),
        sa.Column("actor", sa.String),
        sa.Column("source", sa.String),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("sealed_digest", sa.LargeBinary(32)),
        sa.PrimaryKeyConstraint("shard", "position"),
        sa.UniqueConstraint("shard", "participant_id", "version", name="journal_stream"),
        sa.UniqueConstraint("shard", "event_id", name="journal_event"),
    )
    op.create_table(
        "heads",
        sa.Column("shard", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
    )
    op.create_table(
        "positions",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("shard", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "members",
        sa.Column("participant_id", Pseudonym, primary_key=True),
        sa.Column("root", Pseudonym, nullable=False),
    )
    op.create_index("members_root", "members", ["root"])
    op.create_table(
        "read_models",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
    )
    postgres = op.get_bind().dialect.name == "postgresql"
    for statement in _POSTGRES_TRIGGERS if postgres else _SQLITE_TRIGGERS:
        op.execute(statement)
