"""The options and arguments that several commands share."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import TypeAdapter, ValidationError

from api.cli.output import Format
from api.commands import Actor, Reason, Words
from domain.clock import NotAnInstant, parse_beginning, parse_moment
from domain.nearest import nearest
from domain.schema import stored_names
from domain.versions import event_of, named


def _moment(text: str, read: Callable[[str], datetime] = parse_moment) -> datetime:
    try:
        return read(text)
    except NotAnInstant as error:
        raise typer.BadParameter(str(error)) from None


def _beginning(text: str) -> datetime:
    return _moment(text, parse_beginning)


def day(text: str) -> date:
    """A parser of a day."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise typer.BadParameter("must be a day such as 2025-12-31") from None


def stored_names_meant(told: Iterable[str]) -> list[str]:
    """The stored names of events that were named with their version or, for all of its versions, without.

    Raises BadParameter for what names no event.
    """
    names: list[str] = []
    for one in told:
        if not (meant := named(one)):
            near = nearest(one, map(event_of, stored_names()))
            said = f"did you mean {near}?" if near else "`majung schema list` has them all"
            raise typer.BadParameter(f"no event is stored as {one!r}: {said}")
        names += meant
    return names


def moment_option(name: str, help: str) -> Any:
    """An option that is a moment: a date (to its end in Seoul) or a time stamp with its offset."""
    return typer.Option(name, parser=_moment, metavar="MOMENT", help=help)


def beginning_option(name: str, help: str) -> Any:
    """As `moment_option`, of a moment from which something counts: a date means from its start in Seoul."""
    return typer.Option(name, parser=_beginning, metavar="MOMENT", help=help)


def checked(kind: Any, must: str) -> Callable[[str], str]:
    """A parser of a text that has to fit a type, and what to say where it does not."""
    adapter: TypeAdapter[str] = TypeAdapter(kind)

    def read(text: str) -> str:
        try:
            return adapter.validate_python(text)
        except ValidationError:
            raise typer.BadParameter(must) from None

    return read


MOST_ROWS = 1_000_000
"""More than any list has, and less than a database counts to."""
Limit = Annotated[int | None, typer.Option("--limit", min=1, max=MOST_ROWS, help="Only the first so many.")]
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
_MUST = "must have 1 to 200 characters, not only blanks, and no control characters"
NAMED = checked(Actor, _MUST)
"""Reads a worker's pseudonym."""
WORDS = checked(Words, _MUST)
"""Reads a few open words."""
By = Annotated[str, typer.Option("--by", parser=NAMED, metavar="NAME", help="Pseudonym of the worker who decides it.")]
Participant = Annotated[UUID, typer.Argument(metavar="ID", help="The participant's pseudonym, a UUID.")]
Why = Annotated[
    str,
    typer.Option(
        "--reason",
        parser=checked(Reason, "say why, in at most 2,000 characters"),
        metavar="TEXT",
        help="Why; stored sealed, and never shown here.",
    ),
]
Who = Annotated[
    str | None,
    typer.Option(
        "--by",
        "--actor",
        parser=NAMED,
        metavar="NAME",
        help="Pseudonym of who decided it.",
    ),
]
