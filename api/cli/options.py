"""The options and arguments that several commands share."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from api.cli.output import Format
from domain.clock import NotAnInstant, parse_moment


def _moment(text: str) -> datetime:
    try:
        return parse_moment(text)
    except NotAnInstant as error:
        raise typer.BadParameter(str(error)) from None


def moment_option(name: str, help: str) -> Any:
    """An option that is a moment: a date (to its end in Seoul) or a time stamp with its offset."""
    return typer.Option(name, parser=_moment, metavar="MOMENT", help=help)


Output = Annotated[Format, typer.Option("--output", "-o", help="How the rows are printed.")]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        parser=_moment,
        metavar="MOMENT",
        help="What had happened by then: 2025-09-30 (to its end in Seoul), 2025-09-30T09:00:00+09:00. Now unless told.",
    ),
]
KnownAt = Annotated[
    datetime | None,
    typer.Option(
        "--known-at",
        parser=_moment,
        metavar="MOMENT",
        help="What the journal knew by then, whatever it learned later. Now unless told.",
    ),
]
Participant = Annotated[UUID, typer.Argument(metavar="ID", help="The participant's pseudonym, a UUID.")]
