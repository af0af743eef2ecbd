"""`majung outcomes ties`: how everybody's networks changed between two moments, from the read model."""

from datetime import datetime
from typing import Annotated

import typer

from api import wiring
from api.cli.listing import record
from api.cli.options import Output, moment_option
from api.cli.output import Format, show
from api.cli.pinning import Pin, clocks, tables
from api.settings import load_settings
from projections.population_change import population_change
from projections.relationships import relationships

Before = Annotated[datetime, moment_option("--before", "The earlier moment; a bare date means to its end in Seoul.")]
After = Annotated[datetime, moment_option("--after", "The later moment.")]
Source = Annotated[str | None, typer.Option(help="Only ties that this source was the first to tell.")]


def ties(
    before: Before, after: After, source: Source = None, snapshot: Pin = None, output: Output = Format.TABLE
) -> None:
    """Ties formed, ended and kept over everybody who had a tie at either moment. Change, not effect."""
    if before > after:
        raise typer.BadParameter("--before must not be later than --after")
    with wiring.start(load_settings()) as majung:
        if clocks(majung, snapshot).as_of < after and snapshot:
            raise typer.BadParameter("--after must not be later than the moment the snapshot is of")
        with majung.database.read() as connection:
            [table] = tables(connection, [relationships], snapshot)
            found = population_change(connection, table, before=before, after=after, source=source)
    overlap = found.overlap
    answer = record(
        "ties",
        before=before,
        after=after,
        egos=found.egos,
        ties_before=overlap.before,
        ties_after=overlap.after,
        **overlap._asdict(),
        hamming=overlap.hamming,
        jaccard=overlap.jaccard,
    )
    show(output, answer)
