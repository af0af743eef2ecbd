"""`majung outcomes returns`: of those who left isolation, how many came back."""

import typer

from api import wiring
from api.cli.listing import Listing
from api.cli.options import AsOf, Output
from api.cli.output import Format, show
from api.cli.pinning import Pin, clocks, tables
from api.cli.rule_sets import KeptRules, registered_rule_set
from api.settings import load_settings
from domain.journey import VERSION_1, Returns, returns_within
from projections.journey import under
from projections.returns import exits
from replay.live import rule_sets

MONTHS = (6, 12, 24)

_BRIEF = ("months", "base", "not_yet_observable", "returned", "share", "unstable")


def returns(rules: KeptRules = None, as_of: AsOf = None, snapshot: Pin = None, output: Output = Format.TABLE) -> None:
    """Returns to isolation within 6, 12 and 24 months of the first entry into RETURN, as known now."""
    with wiring.start(load_settings()) as majung:
        chosen = VERSION_1 if rules is None else registered_rule_set(majung, rules)
        moment = clocks(majung, snapshot, as_of).as_of
        with majung.database.read() as connection:
            if chosen != VERSION_1 and under(chosen) not in rule_sets.kept(connection):
                raise typer.BadParameter(
                    f"no rows are kept under rules {chosen.version}: run `majung replay --rules {chosen.version}` first"
                )
            [table] = tables(connection, [under(chosen)], snapshot)
            found = list(exits(connection, table, chosen, moment))
    rows = [(chosen.version, *returns_within(found, months, moment), moment) for months in MONTHS]
    show(output, Listing("returns", ("rule_version", *Returns._fields, "as_of"), rows, brief=_BRIEF))
