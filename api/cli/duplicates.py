"""`majung identities suggested` and `find`: who may be one person, and whose a phone, a name or a nickname is.

What is looked for is read from stdin, and never an option: the shell would remember it, and the list of processes show
it. The answers hold pseudonyms only.
"""

import sys
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from api import wiring
from api.cli.listing import Listing
from api.cli.messages import remark
from api.cli.options import MOST_ROWS, Output
from api.cli.output import Format, show
from api.cli.up_to_date import remark_if_behind
from api.settings import load_settings
from domain.clues import Clue, by_name, by_nickname, by_phone
from projections.suggested_links import SuggestedLink, TooCommon
from replay.queries.duplicates import MOST_FOUND, look_up, suggestions


class What(StrEnum):
    PHONE = "phone"
    NAME = "name"
    NICKNAME = "nickname"


Person = Annotated[UUID | None, typer.Option(metavar="ID", help="Only who may be this person, by pseudonym.")]
Weak = Annotated[bool, typer.Option("--weak", help="Also those who share a nickname at a site and nothing else.")]
Parted = Annotated[bool, typer.Option("--parted", help="Also those whose link was taken back; they stand last.")]
Limit = Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="Only the likeliest so many.")]
LookedFor = Annotated[What, typer.Argument(metavar="WHAT", help=f"{', '.join(What)}: asked for on stdin.")]
Site = Annotated[str | None, typer.Option(metavar="SITE", help="Where the nickname is somebody's.")]


def suggested(
    person: Person = None, weak: Weak = False, parted: Parted = False, limit: Limit = 50, output: Output = Format.TABLE
) -> None:
    """Pairs of pseudonyms that may be one person, the likeliest first, and why. Nothing is linked by it."""
    with wiring.start(load_settings()) as majung:
        remark_if_behind(majung)
        found = suggestions(
            majung.journal, majung.directory, participant_id=person, weak=weak, parted=parted, limit=limit
        )
    show(
        output,
        Listing("links", SuggestedLink._fields, found.links, brief=SuggestedLink._fields[:4]),
        Listing("too_common", TooCommon._fields, found.too_common),
    )
    if found.links:
        first = found.links[0]
        remark(
            "nothing is linked by this: look at both, and where they are one person,"
            f" `majung identities link {first.one} {first.other} --reason TEXT`"
        )


def find(looked_for: LookedFor, site: Site = None, output: Output = Format.TABLE) -> None:
    """The pseudonyms of whom a phone, a name and date of birth, or a nickname at a site was told."""
    if (looked_for is What.NICKNAME) != (site is not None):
        raise typer.BadParameter("a nickname counts within one site: name it with --site, and only with a nickname")
    with wiring.start(load_settings()) as majung:
        clue = _clue(looked_for, site or "")
        remark_if_behind(majung)
        found = look_up(majung.journal, majung.directory, majung.blind_index.of(clue))
    show(output, Listing("people", ("participant_id",), [(person,) for person in found.people]))
    if found.more:
        remark(f"more than these {MOST_FOUND} people have it")


def _clue(looked_for: What, site: str) -> Clue:
    match looked_for:
        case What.PHONE:
            clue = by_phone(_asked("phone"))
        case What.NAME:
            clue = by_name(_asked("name"), _date(_asked("date of birth")))
        case What.NICKNAME:
            clue = by_nickname(_asked("nickname"), site)
    if clue is None:
        raise typer.BadParameter(
            "a phone needs all its digits with the area code, and a name or nickname more than blanks"
        )
    return clue


def _asked(what: str) -> str:
    """A line of stdin; on a terminal it is asked for."""
    if sys.stdin.isatty():
        typer.echo(f"{what}: ", err=True, nl=False)
    line = sys.stdin.readline().strip()
    if not line:
        raise typer.BadParameter(f"say the {what} on stdin, in a line of its own")
    return line


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a date of birth is written as 1970-01-31") from None
