"""Kafka: how far messages are settled, those that were parked, and how far the journal was published."""

import sqlalchemy as sa
from alembic import op

from projections.columns import Instant, Pseudonym

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "kafka_offsets",
        sa.Column("topic", sa.String, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("next_offset", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "parked",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("participant_id", Pseudonym),
        sa.Column("event_id", Pseudonym),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("decided_at", Instant),
        sa.Column("decided_by", sa.String),
        sa.Column("why", sa.LargeBinary),
    )
    op.create_index("parked_state", "parked", ["state", "id"])
    op.create_table(
        "published",
        sa.Column("topic", sa.String, primary_key=True),
        sa.Column("shard", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.String),
        sa.Column("held_until", Instant),
    )
