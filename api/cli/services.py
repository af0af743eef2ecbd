"""`majung services`: the programme's figures at both clocks."""

from datetime import datetime

from api import wiring
from api.cli.listing import Listing
from api.cli.options import AsOf, KnownAt, Output
from api.cli.output import Format, show
from api.cli.pinning import Pin, clocks, tables
from api.settings import load_settings
from api.wiring import Majung
from projections.contributions import contributions
from projections.figure_definition import FigureValue
from projections.figures import figures

_BRIEF = ("code", "value", "unit", "numerator", "base")


def show_figures(
    as_of: AsOf = None, known_at: KnownAt = None, snapshot: Pin = None, output: Output = Format.TABLE
) -> None:
    """The programme's figures, each with its unit, its counts, and what must be read with it."""
    with wiring.start(load_settings()) as majung:
        moments = clocks(majung, snapshot, as_of, known_at)
        rows = [(*figure, *moments) for figure in figures_of(majung, *moments, snapshot)]
    show(output, Listing("figures", (*FigureValue._fields, "as_of", "known_at"), rows, brief=_BRIEF))


def figures_of(majung: Majung, as_of: datetime, known_at: datetime, snapshot: str | None = None) -> list[FigureValue]:
    """Every figure over the rows that serve now, or over a snapshot."""
    with majung.database.read() as connection:
        [table] = tables(connection, [contributions], snapshot)
        return figures(connection, table, as_of, known_at)
