"""`majung replay`: read models anew from the journal, beside those that serve meanwhile."""

from collections.abc import Sequence
from time import monotonic
from typing import Annotated

import typer

from api import wiring
from api.cli.listing import Listing
from api.cli.messages import bar, remark
from api.cli.options import Output
from api.cli.output import Format, show
from api.cli.rule_sets import registered_rule_set, rule_set
from api.cli.rules import show_trial
from api.settings import load_settings
from domain.journey import VERSION_1
from projections.journey import journey, under
from projections.read_model import ReadModel
from replay.rebuild import rebuild

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]...",
        help=f"{', '.join(wiring.NAMES)}; all of them unless told, and the journeys that are kept under other rules.",
    ),
]


RulesTold = Annotated[
    str | None,
    typer.Option(
        "--rules",
        metavar="V",
        help="Build and keep the journey under other stage rules: a registered version. With --dry-run also a file.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say who would be placed elsewhere under --rules, and write nothing.")
]


def replay(
    names: Names = None, rules: RulesTold = None, dry_run: DryRun = False, output: Output = Format.TABLE
) -> None:
    """Fold the whole journal anew, and let the new rows serve when they are complete."""
    chosen = _chosen(names or [])
    if dry_run and rules is None:
        raise typer.BadParameter("--dry-run tries other stage rules: name them with --rules")
    if rules is not None and chosen not in ([], [journey.name]):
        raise typer.BadParameter("stage rules make the journey only: name no other read model")
    with wiring.start(load_settings()) as majung:
        if rules is None:
            by_name = {model.name: model for model in majung.serving}
            _rebuild(majung, [by_name[name] for name in chosen] or majung.models(), output)
        elif dry_run:
            show_trial(majung, VERSION_1, rule_set(majung, rules), output)
        else:
            _rebuild(majung, [_beside(majung, rules)], output)


def _rebuild(majung: wiring.Majung, models: Sequence[ReadModel], output: Format) -> None:
    begun = monotonic()
    with bar("replaying", "events") as advance:
        done = rebuild(majung.journal, models, advance)
    seconds = monotonic() - begun
    remark(f"{done.events:,} events of {done.people:,} people in {seconds:,.1f} s")
    rows = [(model.name, model.version, done.rows[model.name], done.events, done.people) for model in models]
    show(output, Listing("read_models", ("read_model", "version", "rows", "events", "people"), rows))


def _beside(majung: wiring.Majung, told: str) -> ReadModel:
    """The journey under a registered rule set, which every worker keeps up to date once it is built."""
    rules = registered_rule_set(majung, told)
    if rules == VERSION_1:
        raise typer.BadParameter(
            f"the rows that serve are made by rules {rules.version}: leave --rules out, or try others with --dry-run"
        )
    return under(rules)


def _chosen(names: Sequence[str]) -> list[str]:
    if unknown := [name for name in names if name not in wiring.NAMES]:
        raise typer.BadParameter(f"no read model is named {', '.join(unknown)}: there are {', '.join(wiring.NAMES)}")
    return list(dict.fromkeys(names))
