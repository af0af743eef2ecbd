"""Rule sets of one's own, so that every process knows them by name."""

import sqlalchemy as sa
from alembic import op

from projections.columns import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "rule_sets",
        sa.Column("version", sa.String, primary_key=True),
        sa.Column("figures", sa.String, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
    )
