"""`majung households`: who lives together."""

from typing import Annotated
from uuid import UUID

import typer

from api import wiring
from api.cli.listing import Listing
from api.cli.options import AsOf, Output
from api.cli.output import Format, show
from api.cli.up_to_date import remark_if_behind
from api.settings import load_settings
from projections.households import Member
from replay.commands.casework import household_at

Household = Annotated[UUID, typer.Argument(metavar="ID", help="The household's pseudonym, a UUID.")]


def show_household(household: Household, as_of: AsOf = None, output: Output = Format.TABLE) -> None:
    """Everybody who belonged to a household by then, since when and until when; as known now."""
    with wiring.start(load_settings()) as majung:
        remark_if_behind(majung)
        moment = as_of or majung.now()
        with majung.database.read() as connection:
            found = household_at(majung.journal, connection, household, moment)
    show(output, Listing("members", Member._fields, found, brief=Member._fields[:3]))
