"""People whose rows are held at the last good ones, because what is recorded of them does not fold."""

import sqlalchemy as sa
from alembic import op

from projections.columns import Instant, Pseudonym

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "held",
        sa.Column("participant_id", Pseudonym, primary_key=True),
        sa.Column("root", Pseudonym, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("tried_at", Instant, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("read_model", sa.String),
        sa.Column("error", sa.String, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.Column("event_id", Pseudonym),
        sa.Column("event_type", sa.String),
        sa.Column("good_at", sa.String, nullable=False),
        sa.Column("generations", sa.String, nullable=False),
        sa.Column("codes", sa.String, nullable=False),
    )
