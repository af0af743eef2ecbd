"""`majung follow-ups`: whom to call and why, by pseudonym."""

from datetime import datetime
from typing import Annotated

import typer

from api import wiring
from api.cli.listing import Listing
from api.cli.options import AsOf, Limit, Output
from api.cli.output import Format, show
from api.cli.up_to_date import remark_if_behind
from api.settings import load_settings
from domain.follow_ups import Kind
from projections.follow_ups import follow_ups
from projections.whom_to_call import Call, Urgency, whom_to_call
from replay.live import generations

OfKind = Annotated[Kind | None, typer.Option(help="Only of this kind.")]

_BRIEF = ("rank", "participant_id", "urgency", "days_overdue", "reason")


def today(kind: OfKind = None, limit: Limit = None, as_of: AsOf = None, output: Output = Format.TABLE) -> None:
    """Everything to do for somebody, most urgent first, with the reason. Nobody who is not to be called."""
    _show(as_of, output, kind=kind, limit=limit)


def overdue(limit: Limit = None, as_of: AsOf = None, output: Output = Format.TABLE) -> None:
    """What was to be done by a day that is over, the longest overdue first."""
    _show(as_of, output, urgency=Urgency.OVERDUE, limit=limit)


def _show(
    as_of: datetime | None,
    output: Format,
    *,
    kind: Kind | None = None,
    urgency: Urgency | None = None,
    limit: int | None = None,
) -> None:
    with wiring.start(load_settings()) as majung:
        remark_if_behind(majung)
        moment = as_of or majung.now()
        with majung.database.read() as connection:
            [served] = generations.live(connection, [follow_ups])
            found = whom_to_call(connection, served.table, moment, kind=kind, urgency=urgency, limit=limit)
    show(output, Listing("follow_ups", Call._fields, found, brief=_BRIEF))
