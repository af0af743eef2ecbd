"""Options by which a command is told whose rows it is about."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from api.cli.options import beginning_option, moment_option, stored_names_meant
from api.wiring import Majung
from replay.queries.as_of import PersonUnknown
from replay.queries.choice import Choice, people_of

People = Annotated[
    list[UUID] | None,
    typer.Option("--person", metavar="ID", help="This person, with all linked identities; may be told several times."),
]
PeopleFile = Annotated[
    Path | None, typer.Option("--people", metavar="FILE", help="The people whose pseudonyms a file has, one a line.")
]
Types = Annotated[
    list[str] | None,
    typer.Option(
        "--type",
        metavar="TYPE",
        help="People with an event of this type, in any of its versions: call-received; several.",
    ),
]
Source = Annotated[str | None, typer.Option("--source", metavar="SOURCE", help="People with an event of this source.")]
RecordedFrom = Annotated[
    datetime | None,
    beginning_option("--recorded-from", "People with an event that was recorded then (on that day) or later."),
]
RecordedUntil = Annotated[
    datetime | None,
    moment_option("--recorded-until", "People with an event that was recorded then (on that day) or before."),
]


def chosen_people(majung: Majung, choice: Choice) -> list[UUID]:
    """Whom a choice names. Raises PersonUnknown where it is nobody."""
    with majung.database.read() as connection:
        found = people_of(connection, choice)
    if not found:
        raise PersonUnknown("nothing is recorded of anybody who was chosen: check the ids, the types and the times")
    return found


def choice_of(
    people: list[UUID] | None,
    file: Path | None,
    types: list[str] | None,
    source: str | None,
    recorded_from: datetime | None,
    recorded_until: datetime | None,
) -> Choice:
    """What the options say: of nobody, never of everybody, where they name none.

    Raises BadParameter for what names nobody, for a type that is none, and for a line that is no id.
    """
    meant = stored_names_meant(types or ())
    if source is not None and not source.strip():
        raise typer.BadParameter("no event is of an empty source: name one as events do, or leave --source out")
    if recorded_from is not None and recorded_until is not None and recorded_until < recorded_from:
        raise typer.BadParameter("--recorded-until is before --recorded-from: no event is recorded in between")
    named = [*(people or ()), *(_in(file) if file else ())] or None
    return Choice(meant or None, source, recorded_from, recorded_until, named)


def _in(file: Path) -> list[UUID]:
    try:
        found = [UUID(line.strip()) for line in file.read_text("utf-8").splitlines() if line.strip()]
    except ValueError:
        raise typer.BadParameter(f"{file} must have one pseudonym (a UUID) a line, and nothing else") from None
    if not found:
        raise typer.BadParameter(f"{file} names nobody: write one pseudonym (a UUID) a line, or leave --people out")
    return found
