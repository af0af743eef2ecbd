"""`majung db`: create or upgrade the databases, and see whether they fit this release."""

from typing import Annotated

import typer

from api import wiring
from api.cli.listing import record
from api.cli.messages import remark
from api.cli.options import Output
from api.cli.output import Format, show
from api.settings import load_settings
from replay import schema

Shards = Annotated[
    int | None,
    typer.Option(
        min=1, max=1024, help="Into how many shards a new journal is laid out; one unless told, fixed for ever."
    ),
]


def upgrade(shards: Shards = None) -> None:
    """Create the journal, the vault and the master key, or bring them to this release. Safe to repeat."""
    settings = load_settings()
    wiring.upgrade(settings, shards=shards)
    remark("the databases are up to date; keep a copy of the master key apart from theirs")


def check(output: Output = Format.TABLE) -> None:
    """See whether the databases fit this release, and how far the read models are.

    A newer release may have upgraded them, and let this one go on: then schema and own_schema differ.
    """
    with wiring.start(load_settings()) as majung:
        lag = majung.lag()
        with majung.database.read() as connection:
            revision = schema.revision_of(connection)
        show(
            output,
            record(
                "database",
                kind="PostgreSQL" if majung.database.is_postgres else "SQLite",
                schema=revision,
                own_schema=schema.REVISIONS[-1],
                shards=majung.journal.shards,
                events=lag.recorded,
                not_yet_in_read_models=lag.behind,
            ),
        )
