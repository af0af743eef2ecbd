"""`majung outcomes`: what becomes of people, by their measures."""

from collections.abc import Sequence
from enum import StrEnum
from math import isfinite
from typing import Annotated, Any

import typer

from api import wiring
from api.cli.listing import Listing
from api.cli.options import AsOf, Output
from api.cli.output import Format, show
from api.cli.pinning import Pin, clocks, tables
from api.settings import load_settings
from domain.instruments import INSTRUMENTS
from domain.occasions import OccasionScores, PairedChange, WithoutScore, by_occasion, paired, without_score
from projections.measures import measures
from projections.wellbeing import wellbeing


class By(StrEnum):
    DAY = "day"
    SEQUENCE = "sequence"


class Group(StrEnum):
    SOURCE = "source"
    ORIGIN = "origin"
    ORGANISATION = "organisation"
    SITE = "site"
    DISTRICT = "district"


Instrument = Annotated[str, typer.Option(help=f"One of {', '.join(INSTRUMENTS)}.")]
Threshold = Annotated[
    float | None,
    typer.Option(help="Count scores at or above it. Unless told, the cut-off of an instrument that has one."),
]
Occasions = Annotated[By, typer.Option("--occasion", help="The day of a measure, or its place in the person's series.")]
Grouping = Annotated[Group | None, typer.Option("--by", help="Apart for each value of this.")]
Source = Annotated[str | None, typer.Option(help="Only measures that this source told.")]


def change(
    instrument: Instrument,
    threshold: Threshold = None,
    occasion: Occasions = By.DAY,
    by: Grouping = None,
    source: Source = None,
    as_of: AsOf = None,
    snapshot: Pin = None,
    output: Output = Format.TABLE,
) -> None:
    """Scores by occasion, how the same people changed since the first, and who has no score. Change, not effect."""
    if instrument not in INSTRUMENTS:
        raise typer.BadParameter(f"{instrument!r} is not an instrument: there are {', '.join(INSTRUMENTS)}")
    if threshold is not None and not isfinite(threshold):
        raise typer.BadParameter("--threshold must be a number")
    threshold = threshold if threshold is not None else _cut_off(instrument)
    with wiring.start(load_settings()) as majung:
        moment = clocks(majung, snapshot, as_of).as_of
        with majung.database.read() as connection:
            [table] = tables(connection, [wellbeing], snapshot)
            found = measures(
                connection,
                table,
                instrument,
                as_of=moment,
                occasion=occasion.value,
                group=by.value if by else None,
                source=source,
            )
    show(
        output,
        _listing("occasions", OccasionScores._fields, by_occasion(found, threshold), by),
        _listing("changes", PairedChange._fields, paired(found, threshold), by),
        _listing("without_score", WithoutScore._fields, without_score(found), by),
    )


def _cut_off(instrument: str) -> float | None:
    """Two bands meet at one score; with more of them, or none, there is no single cut-off."""
    bands = INSTRUMENTS[instrument].bands
    return bands[1].lowest if len(bands) == 2 else None


def _listing(name: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], by: Group | None) -> Listing:
    """The column of the group under its own name, or left out."""
    kept = [index for index, column in enumerate(columns) if by or column != "group"]
    names = tuple(by.value if by and columns[index] == "group" else columns[index] for index in kept)
    return Listing(name, names, [tuple(found[index] for index in kept) for found in rows])
