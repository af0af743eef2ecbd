"""Replays that are resumed: what each started from, which parts of it are done, and who carries it out."""

import sqlalchemy as sa
from alembic import op

from projections.columns import Instant, Pseudonym

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("read_models", sa.Column("rebuild", sa.Integer))
    op.add_column("read_models", sa.Column("snapshot", sa.String))
    op.create_table(
        "rebuilds",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("begun_at", Instant, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("held_until", Instant, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("heads", sa.String, nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("as_of", Instant),
        sa.Column("known_at", Instant),
    )
    op.create_table(
        "rebuild_parts",
        sa.Column("rebuild", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("shard", sa.Integer),
        sa.Column("after", sa.LargeBinary),
        sa.Column("until", sa.LargeBinary, nullable=False),
        sa.Column("events", sa.BigInteger),
        sa.Column("people", sa.BigInteger),
        sa.Column("worker", sa.String),
    )
    op.create_table(
        "rebuild_members",
        sa.Column("rebuild", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("participant_id", Pseudonym, primary_key=True),
        sa.Column("root", Pseudonym, nullable=False),
    )
