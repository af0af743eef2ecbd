"""`majung rejects`: what an import put aside, line by line with its reason."""

from pathlib import Path
from typing import Annotated

import typer

from api import wiring
from api.cli.listing import Listing
from api.cli.options import Output
from api.cli.output import Format, show
from api.settings import load_settings
from consumers.rejects import read_rejects

File = Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="A rejects file.")]
Open = Annotated[bool, typer.Option("--open", help="Show the lines themselves too. They may name people.")]


def show_rejects(file: File, open: Open = False, output: Output = Format.TABLE) -> None:
    """Show which lines were put aside and why, and what stands in them if asked."""
    with wiring.start(load_settings()) as majung:
        found = list(read_rejects(file, majung.journal.vault.open_apart))
    columns = ("line", "code", "message", "raw") if open else ("line", "code", "message")
    rows = [(reject.line, reject.code, reject.message, _text(reject.raw))[: len(columns)] for reject in found]
    show(output, Listing("rejects", columns, rows))


def _text(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace").rstrip("\r\n")
