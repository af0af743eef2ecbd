"""`majung projections`: which rows serve, which are being made, and choosing between them."""

from typing import Annotated

import typer

from api import wiring
from api.cli.listing import Listing
from api.cli.messages import remark
from api.cli.options import Output
from api.cli.output import Format, show
from api.cli.replaying import Names, chosen_names, named
from api.settings import load_settings
from replay.rebuild import choosing, ledger
from replay.rebuild.choosing import Line

Name = Annotated[str, typer.Argument(metavar="NAME", help="A read model.")]
To = Annotated[
    int | None,
    typer.Option("--to", min=1, metavar="GENERATION", help="A number of `majung projections list`."),
]
Number = Annotated[int, typer.Argument(metavar="GENERATION", min=1, help="A number of `majung projections list`.")]


def list_projections(output: Output = Format.TABLE) -> None:
    """Every set of rows: which serve, how far behind the journal they are, how far those have come that are made."""
    with wiring.start(load_settings()) as majung, majung.database.read() as connection:
        standing = {found.rebuild.id: found for found in ledger.unfinished(connection, majung.journal.clock())}
        rows = choosing.listed(connection, standing)
    workers = [(number, *each) for number, found in standing.items() for each in sorted(found.workers.items())]
    show(
        output,
        Listing("projections", Line._fields, rows, brief=(*Line._fields[:5], "folded", "events")),
        Listing("workers", ("replay", "process", "folded"), workers),
    )


def switch(names: Names = None, to: To = None, output: Output = Format.TABLE) -> None:
    """Let other rows serve, brought up to the journal first: those of a replay that wait, or those of before."""
    chosen = chosen_names(names or [])
    if to is not None and len(chosen) != 1:
        raise typer.BadParameter("a generation is of one read model: name one with --to")
    with wiring.start(load_settings()) as majung:
        serving = choosing.switch(majung.journal, named(majung, chosen), to)
    show(
        output, Listing("switched", ("read_model", "generation"), [(each.model.name, each.number) for each in serving])
    )


def drop(name: Name, number: Number) -> None:
    """Remove rows that serve nobody: what a replay left waiting, or what served before the last one."""
    [chosen] = chosen_names([name])
    with wiring.start(load_settings()) as majung:
        [model] = named(majung, [chosen])
        choosing.drop(majung.journal, model, number)
    remark(f"generation {number} of {chosen} is dropped")
