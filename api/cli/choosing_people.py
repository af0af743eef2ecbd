"""Options by which a command is told whose rows it is about."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from api.cli.options import moment_option
from api.wiring import Majung
from domain.touchpoint import Touchpoint
from replay.as_of import PersonUnknown
from replay.choice import Choice, people_of

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
        "--type", metavar="TYPE", help="People with an event of this type, as `majung schema list` names it; several."
    ),
]
Source = Annotated[str | None, typer.Option("--source", metavar="SOURCE", help="People with an event of this source.")]
RecordedFrom = Annotated[
    datetime | None, moment_option("--recorded-from", "People with an event that was recorded then or later.")
]
RecordedUntil = Annotated[
    datetime | None, moment_option("--recorded-until", "People with an event that was recorded then or before.")
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
    """What the options say. Raises BadParameter for a type that is none, and for a line that is no id."""
    if unknown := [name for name in types or () if name not in Touchpoint.registry]:
        raise typer.BadParameter(f"no event is stored as {', '.join(unknown)}: see `majung schema list`")
    named = [*(people or ()), *(_in(file) if file else ())]
    return Choice(types or (), source, recorded_from, recorded_until, named)


def _in(file: Path) -> list[UUID]:
    try:
        return [UUID(line.strip()) for line in file.read_text("utf-8").splitlines() if line.strip()]
    except ValueError:
        raise typer.BadParameter(f"{file} must have one pseudonym (a UUID) a line, and nothing else") from None
