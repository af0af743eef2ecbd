"""`majung services`: the programme's figures at both clocks."""

from datetime import datetime

from api import wiring
from api.cli.listing import Listing
from api.cli.options import AsOf, KnownAt, Output
from api.cli.output import Format, show
from api.cli.up_to_date import remark_if_behind
from api.settings import load_settings
from api.wiring import Majung
from projections.contributions import contributions
from projections.figure_definition import FigureValue
from projections.figures import figures
from replay import generations

_BRIEF = ("code", "value", "unit", "numerator", "base")


def show_figures(as_of: AsOf = None, known_at: KnownAt = None, output: Output = Format.TABLE) -> None:
    """The programme's figures, each with its unit, its counts, and what must be read with it."""
    with wiring.start(load_settings()) as majung:
        remark_if_behind(majung)
        now = majung.now()
        clocks = as_of or now, known_at or now
        rows = [(*figure, *clocks) for figure in figures_of(majung, *clocks)]
    show(output, Listing("figures", (*FigureValue._fields, "as_of", "known_at"), rows, brief=_BRIEF))


def figures_of(majung: Majung, as_of: datetime, known_at: datetime) -> list[FigureValue]:
    """Every figure over the rows that serve now."""
    with majung.database.read() as connection:
        [served] = generations.live(connection, [contributions])
        return figures(connection, served.table, as_of, known_at)
