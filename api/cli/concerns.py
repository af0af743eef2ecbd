"""`majung concerns`: worry about people who are not in contact yet, by pseudonym. Where they live is sealed."""

from typing import Annotated

import typer

from api import wiring
from api.cli.listing import Listing
from api.cli.options import AsOf, Limit, Output
from api.cli.output import Format, show
from api.cli.up_to_date import remark_if_behind
from api.settings import load_settings
from projections.concerns import ConcernStands, concerns, concerns_at
from replay.live import generations

Open = Annotated[bool, typer.Option("--open", help="Only those that are not closed: neither found nor ended.")]

_BRIEF = ("opened_at", "participant_id", "about", "state", "attempts", "last_outcome")


def list_concerns(
    only_open: Open = False, limit: Limit = None, as_of: AsOf = None, output: Output = Format.TABLE
) -> None:
    """Every concern and how the search for the person stands, the oldest first; as known now."""
    with wiring.start(load_settings()) as majung:
        remark_if_behind(majung)
        moment = as_of or majung.now()
        with majung.database.read() as connection:
            [served] = generations.live(connection, [concerns])
            found = concerns_at(connection, served.table, moment, only_open=only_open, limit=limit)
    show(output, Listing("concerns", ConcernStands._fields, found, brief=_BRIEF))
