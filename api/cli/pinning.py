"""Reports over the rows that serve now, or pinned to a snapshot, whose moments they then are of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, NamedTuple

import typer
from sqlalchemy import Connection, Table

from api.cli.up_to_date import remark_if_behind
from api.wiring import Majung
from projections.read_model import ReadModel
from replay.live import generations
from replay.rebuild import snapshots
from replay.settling import wait_for_recordings

Pin = Annotated[
    str | None,
    typer.Option("--snapshot", metavar="NAME", help="Over a snapshot of `majung snapshots take`, as of its moments."),
]


class Clocks(NamedTuple):
    """The moments that a report is of."""

    as_of: datetime
    known_at: datetime


def clocks(
    majung: Majung, snapshot: str | None, as_of: datetime | None = None, known_at: datetime | None = None
) -> Clocks:
    """What is told, and now where nothing is; of a snapshot its own. Says so where rows are behind the journal."""
    if snapshot is None:
        now = majung.now()
        found = Clocks(as_of or now, known_at or now)
        # In this order: where nothing is said to be missing, nothing that was known by then is.
        wait_for_recordings(majung.database, found.known_at)
        remark_if_behind(majung)
        return found
    if as_of is not None or known_at is not None:
        raise typer.BadParameter("a snapshot is of its own moments: leave --as-of and --known-at out")
    with majung.database.read() as connection:
        pin = snapshots.find(connection, snapshot)
    return Clocks(pin.as_of, pin.known_at)


def tables(connection: Connection, models: Sequence[ReadModel], snapshot: str | None) -> list[Table]:
    """The rows of these read models: those that serve, or those of a snapshot."""
    found = snapshots.pinned(connection, models, snapshot) if snapshot else generations.live(connection, models)
    return [each.table for each in found]
