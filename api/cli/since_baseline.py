"""`majung outcomes since-baseline`: how those who entered HEALING moved, on the occasions when measures are due."""

import typer

from api import wiring
from api.cli.listing import Listing
from api.cli.options import AsOf, Output
from api.cli.outcomes import Instrument, Source
from api.cli.output import Format, show
from api.cli.pinning import Pin, clocks, tables
from api.cli.rule_sets import KeptRules, registered_rule_set
from api.settings import load_settings
from domain.instruments import INSTRUMENTS
from domain.journey import VERSION_1
from domain.wellbeing import OccasionChange, Start, change_since_baseline, start_of
from projections.journey import under
from projections.since_baseline import followers
from projections.wellbeing import wellbeing
from replay.live import rule_sets

SCORES = {"all": True, "without_triggering": False}
"""The primary figures, and the sensitivity line: the same without scores on which the entry into HEALING rests."""

_BRIEF = ("scores", "months", "base", "n", "mean_baseline", "mean_later", "mean_change", "improved", "same", "worse")


def since_baseline(
    instrument: Instrument,
    rules: KeptRules = None,
    source: Source = None,
    as_of: AsOf = None,
    snapshot: Pin = None,
    output: Output = Format.TABLE,
) -> None:
    """Change from the baseline to 3, 6, 12 and 24 months after entering HEALING, as known now. Change, not effect."""
    if instrument not in INSTRUMENTS:
        raise typer.BadParameter(f"{instrument!r} is not an instrument: there are {', '.join(INSTRUMENTS)}")
    with wiring.start(load_settings()) as majung:
        chosen = VERSION_1 if rules is None else registered_rule_set(majung, rules)
        moment = clocks(majung, snapshot, as_of).as_of
        with majung.database.read() as connection:
            if chosen != VERSION_1 and under(chosen) not in rule_sets.kept(connection):
                raise typer.BadParameter(
                    f"no rows are kept under rules {chosen.version}: run `majung replay --rules {chosen.version}` first"
                )
            journeys, measures = tables(connection, [under(chosen), wellbeing], snapshot)
            people = followers(connection, journeys, measures, instrument, as_of=moment, source=source)
    told = instrument, chosen.version, moment
    starts = [(name, *start_of(people, moment, with_triggers=kept), *told) for name, kept in SCORES.items()]
    changes = [
        (name, *found, *told)
        for name, kept in SCORES.items()
        for found in change_since_baseline(instrument, people, moment, with_triggers=kept)
    ]
    columns = ("instrument", "rule_version", "as_of")
    show(
        output,
        Listing("baseline", ("scores", *Start._fields, *columns), starts, brief=("scores", *Start._fields)),
        Listing("changes", ("scores", *OccasionChange._fields, *columns), changes, brief=_BRIEF),
    )
