"""`majung replay`: read models anew from the journal, beside those that serve meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from typing import Annotated

import typer

from api import wiring
from api.cli.listing import Listing
from api.cli.messages import bar, remark
from api.cli.options import Output
from api.cli.output import Format, show
from api.cli.rule_sets import rule_set
from api.settings import load_settings
from domain.journey import VERSION_1, Spell
from projections.journey import journey
from projections.read_model import ReadModel
from replay.rebuild import rebuild
from replay.what_if import try_rules

_BY_NAME = {model.name: model for model in wiring.MODELS}
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help=f"{', '.join(_BY_NAME)}; all of them unless told.")
]


RulesTold = Annotated[
    str | None,
    typer.Option("--rules", metavar="V", help="Other stage rules: a version, or a TOML file. Only to try: --dry-run."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say who would be placed elsewhere under --rules, and write nothing.")
]


def replay(
    names: Names = None, rules: RulesTold = None, dry_run: DryRun = False, output: Output = Format.TABLE
) -> None:
    """Fold the whole journal anew, and let the new rows serve when they are complete."""
    models = _chosen(names or [])
    if rules is not None or dry_run:
        _try(models, rules, dry_run, bool(names), output)
        return
    begun = monotonic()
    with wiring.start(load_settings()) as majung, bar("replaying", "events") as advance:
        done = rebuild(majung.journal, models, advance)
    seconds = monotonic() - begun
    remark(f"{done.events:,} events of {done.people:,} people in {seconds:,.1f} s")
    rows = [(model.name, model.version, done.rows[model.name], done.events, done.people) for model in models]
    show(output, Listing("read_models", ("read_model", "version", "rows", "events", "people"), rows))


def _try(models: Sequence[ReadModel], rules: str | None, dry_run: bool, named: bool, output: Format) -> None:
    if rules is None:
        raise typer.BadParameter("--dry-run tries other stage rules: name them with --rules")
    if not dry_run:
        raise typer.BadParameter(f"rows that serve are made by rules {VERSION_1.version}: try others with --dry-run")
    if named and tuple(models) != (journey,):
        raise typer.BadParameter("stage rules make the journey only: name no other read model")
    then = rule_set(rules)
    with wiring.start(load_settings()) as majung, bar("trying", "events") as advance:
        found = try_rules(majung.journal, VERSION_1, then, advance)
    remark(
        f"rules {then.version}: {len(found.moved):,} of {found.people:,} people would be in another stage,"
        f" {found.otherwise:,} in the same one by another way; nothing was written"
    )
    stages = sorted(found.now.keys() | found.then.keys(), key=str)
    show(
        output,
        Listing(
            "stages",
            ("stage", "people_now", "people_then"),
            [(stage, found.now.get(stage, 0), found.then.get(stage, 0)) for stage in stages],
        ),
        Listing("moved", _MOVED, [(one.root, *_told(one.now), *_told(one.then)) for one in found.moved]),
    )


_MOVED = ("person", "stage_now", "rule_now", "entered_now", "stage_then", "rule_then", "entered_then")


def _told(spell: Spell | None) -> tuple[str | None, str | None, datetime | None]:
    return (None, None, None) if spell is None else (spell.stage, spell.rule, spell.entered_at)


def _chosen(names: Sequence[str]) -> Sequence[ReadModel]:
    if unknown := [name for name in names if name not in _BY_NAME]:
        raise typer.BadParameter(f"no read model is named {', '.join(unknown)}: there are {', '.join(_BY_NAME)}")
    return [_BY_NAME[name] for name in dict.fromkeys(names)] or wiring.MODELS
