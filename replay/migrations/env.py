"""Alembic's entry: runs inside the transaction that replay.schema opened."""

from alembic import context

from replay.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
