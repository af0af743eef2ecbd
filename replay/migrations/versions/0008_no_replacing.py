"""On SQLite no row of the journal can be replaced by another in its place in a stream, or under its row number.

INSERT OR REPLACE deletes the old row without firing delete triggers, so each place that a row can take from another is
looked at before that is tried: the three that are unique, and the row's own number.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
sufficient = "0006"

_NO_REPLACE = (
    "CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal WHEN"
    " EXISTS (SELECT 1 FROM journal WHERE shard = NEW.shard AND position = NEW.position)"
    " OR EXISTS (SELECT 1 FROM journal WHERE shard = NEW.shard AND event_id = NEW.event_id)"
    " OR EXISTS (SELECT 1 FROM journal"
    " WHERE shard = NEW.shard AND participant_id = NEW.participant_id AND version = NEW.version)"
    # -1 where none is given.
    " OR NEW.rowid <> -1 AND EXISTS (SELECT 1 FROM journal WHERE rowid = NEW.rowid)"
    " BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: journal'); END"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER journal_no_replace")
        op.execute(_NO_REPLACE)
