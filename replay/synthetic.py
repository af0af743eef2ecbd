"""The one condition for setting a journal's clock: that nobody real is in it."""

from sqlalchemy import func, select, text

from domain.codes import Origin
from replay.database import Database
from replay.tables import journal


class NotSynthetic(Exception):
    """The journal holds events that were not simulated, so its clock must not be set; nothing was stored."""


def refuse_real_events(database: Database) -> None:
    """Raises NotSynthetic unless the journal is empty or every event in it is of synthetic origin.

    Reads every row once (the origin stands in the open state), which takes about a second per million events.
    """
    origin = (
        "convert_from(state, 'UTF8')::json ->> 'origin'"
        if database.is_postgres
        else "json_extract(CAST(state AS TEXT), '$.origin')"
    )
    told = text(f"{origin} IS DISTINCT FROM :synthetic" if database.is_postgres else f"{origin} IS NOT :synthetic")
    query = select(func.count()).select_from(journal).where(told.bindparams(synthetic=Origin.SYNTHETIC.value))
    with database.read() as connection:
        real = connection.scalar(query) or 0
    if real:
        raise NotSynthetic(
            f"this journal holds {real:,} event(s) that were not simulated: a simulation sets the journal's clock, so"
            " it only goes into an empty or wholly synthetic one; name another in MAJUNG_DATABASE_URL or MAJUNG_FOLDER"
        )


def first_source(database: Database) -> str | None:
    """Who told the first event: for a synthetic journal, which population it holds. None when it is empty."""
    query = select(journal.c.source).order_by(journal.c.shard, journal.c.position).limit(1)
    with database.read() as connection:
        return connection.scalar(query)
