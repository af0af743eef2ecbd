"""`majung snapshots`: everybody's rows of one moment, under a name that reports can pin to."""

from typing import Annotated

import typer

from api import wiring
from api.cli.listing import Listing
from api.cli.messages import bars, remark
from api.cli.options import AsOf, KnownAt, Output
from api.cli.output import Format, show
from api.cli.replaying import Nice, Workers, crew, named
from api.settings import load_settings
from replay.rebuild import snapshots
from replay.rebuild.snapshots import Snapshot

Name = Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits and hyphens, such as report-2025-q3.")]
Models = Annotated[
    list[str] | None,
    typer.Option("--read-model", metavar="MODEL", help="Only this read model; several. All of them unless told."),
]


def take(
    name: Name,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    models: Models = None,
    workers: Workers = None,
    nice: Nice = 0,
    output: Output = Format.TABLE,
) -> None:
    """Fold everybody's history as of and as known at two moments, and keep the rows under a name."""
    with wiring.start(load_settings()) as majung:
        making = named(majung, models)
        told = snapshots.clocks(majung.journal, making, name, as_of, known_at)
        with bars("taking", "events") as (advance, more):
            found = snapshots.take(
                majung.journal,
                making,
                told,
                crew(majung, workers, nice),
                advance,
                lambda part: more(f"process {part.worker}", part.events),
            )
    show(output, Listing("snapshot", Snapshot._fields, [found], record=True))


def list_snapshots(output: Output = Format.TABLE) -> None:
    """Every snapshot, the last one first; also those that are being taken, or were interrupted."""
    with wiring.start(load_settings()) as majung, majung.database.read() as connection:
        found = snapshots.listed(connection, majung.journal.clock())
    show(output, Listing("snapshots", Snapshot._fields, found, brief=Snapshot._fields[:-1]))


def drop(name: Name) -> None:
    """Remove a snapshot, also one that was interrupted. Reports that were pinned to it can then not be made again."""
    with wiring.start(load_settings()) as majung:
        snapshots.drop(majung.journal, name)
    remark(f"snapshot {name} is dropped")
