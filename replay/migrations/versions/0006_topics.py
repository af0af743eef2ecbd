"""Topics that follow rows: which parked messages are still to be published, and whose journeys a topic has."""

import sqlalchemy as sa
from alembic import op

from projections.columns import Instant, Pseudonym

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("parked", sa.Column("published_state", sa.String))
    unpublished = sa.text("published_state IS NULL OR published_state <> state")
    op.create_index("parked_unpublished", "parked", ["id"], sqlite_where=unpublished, postgresql_where=unpublished)
    op.create_table(
        "outboxes",
        sa.Column("topic", sa.String, primary_key=True),
        sa.Column("generation", sa.Integer),
        sa.Column("holder", sa.String),
        sa.Column("held_until", Instant),
    )
    op.create_table(
        "published_journeys",
        sa.Column("topic", sa.String, primary_key=True),
        sa.Column("participant_id", Pseudonym, primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "folded_again",
        sa.Column("participant_id", Pseudonym, primary_key=True),
        sa.Column("mark", sa.String(32), nullable=False),
    )
