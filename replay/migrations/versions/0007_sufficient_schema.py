"""The oldest schema whose releases may go on working in this database, so that workers are replaced one by one."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
sufficient = "0006"


def upgrade() -> None:
    op.create_table("sufficient_schema", sa.Column("revision", sa.String, primary_key=True))
