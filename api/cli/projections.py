"""`majung projections`: which rows serve, which are being made, and choosing between them."""

from typing import Annotated

import typer

from api import wiring
from api.cli.listing import Listing
from api.cli.messages import remark
from api.cli.options import Output
from api.cli.output import Format, show
from api.cli.replaying import nameable, named
from api.settings import load_settings
from replay.rebuild import choosing, progress
from replay.rebuild.choosing import Line

Waiting = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME]...", help="Read models, such as timeline; all of which rows wait unless told."),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A read model.")]
To = Annotated[
    int | None,
    typer.Option("--to", min=1, metavar="GENERATION", help="A number of `majung projections list`."),
]
Number = Annotated[int, typer.Argument(metavar="GENERATION", min=1, help="A number of `majung projections list`.")]


def list_projections(output: Output = Format.TABLE) -> None:
    """Every set of rows: which serve, how far behind the journal they are, how far those have come that are made."""
    with wiring.start(load_settings()) as majung, majung.database.read() as connection:
        found = progress.overview(connection, majung.journal.clock())
    workers = [(replay.number, each.process, each.folded) for replay in found.replays for each in replay.processes]
    listings = [Listing("projections", Line._fields, found.lines, brief=(*Line._fields[:5], "folded", "events"))]
    if workers or output is not Format.TABLE:
        listings.append(Listing("workers", ("replay", "process", "folded"), workers))
    show(output, *listings)


def switch(names: Waiting = None, to: To = None, output: Output = Format.TABLE) -> None:
    """Let the rows serve that a replay left waiting; of read models that are named and of which none wait, those that
    served before. They are brought up to the journal first.
    """
    if to is not None and len(set(names or ())) != 1:
        raise typer.BadParameter("a generation is of one read model: name one with --to")
    with wiring.start(load_settings()) as majung:
        models = named(majung, names) if names else nameable(majung)
        serving = choosing.switch(majung.journal, models, to, named=bool(names))
    show(
        output, Listing("switched", ("read_model", "generation"), [(each.model.name, each.number) for each in serving])
    )


def drop(name: Name, number: Number) -> None:
    """Remove rows that serve nobody: what a replay left waiting, or what served before the last one."""
    with wiring.start(load_settings()) as majung:
        [model] = named(majung, [name])
        choosing.drop(majung.journal, model, number)
    remark(f"generation {number} of {name} is dropped")
