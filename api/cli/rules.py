"""`majung rules`: the versions of the stage rules, those of one's own, and the rows that are kept under them."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api import wiring
from api.cli.listing import Listing, record
from api.cli.messages import bar, remark
from api.cli.options import Output
from api.cli.output import Format, show
from api.cli.rule_sets import registered_rule_set, rule_set, rules_of_file
from api.settings import load_settings
from domain.journey import VERSION_1, Rules, Spell
from projections.journey import journey, under
from replay.live import rule_sets
from replay.queries.what_if import Trial, try_rules

File = Annotated[Path, typer.Argument(metavar="FILE", help="TOML: a version, and the figures that differ from 1.")]
Version = Annotated[str, typer.Argument(metavar="V", help="A version of `majung rules list`, or a TOML file.")]
Stored = Annotated[str, typer.Argument(metavar="V", help="A version of `majung rules list`.")]


def list_rules(output: Output = Format.TABLE) -> None:
    """Every version with what differs from version 1, and the read model that holds rows under it."""
    with wiring.start(load_settings()) as majung, majung.database.read() as connection:
        own = rule_sets.registered(connection)
        names = {model.name for model in rule_sets.kept(connection)} | {journey.name}
        rows = [
            (
                version,
                [f"{figure}={value}" for figure, value in _differing(rules).items()],
                name if (name := under(rules).name) in names else None,
                own[version].recorded_at if version in own else None,
            )
            for version, rules in rule_sets.known(connection).items()
        ]
    show(output, Listing("rules", ("version", "differs", "rows_in", "registered_at"), rows))


def show_rules(version: Version, output: Output = Format.TABLE) -> None:
    """The figures of a version beside those of version 1."""
    with wiring.start(load_settings()) as majung:
        rules = rule_set(majung, version)
    ours, others = rules.model_dump(), VERSION_1.model_dump()
    rows = [(name, value, others[name], value != others[name]) for name, value in ours.items() if name != "version"]
    show(
        output, record("rules", version=rules.version), Listing("figures", ("figure", "value", "in_1", "differs"), rows)
    )


def add(file: File, output: Output = Format.TABLE) -> None:
    """Register the rules of a file for every process. A version is never changed; the same again is harmless."""
    rules = rules_of_file(file)
    with wiring.start(load_settings()) as majung:
        now = majung.now()
        with majung.database.write() as connection:
            new = rule_sets.register(connection, rules, now)
    show(output, record("rules", version=rules.version, status="recorded" if new else "duplicate"))


def compare(one: Version, other: Version, output: Output = Format.TABLE) -> None:
    """Who would be placed elsewhere under the second than under the first. Nothing is written."""
    with wiring.start(load_settings()) as majung:
        show_trial(majung, rule_set(majung, one), rule_set(majung, other), output)


def drop(version: Stored, output: Output = Format.TABLE) -> None:
    """Remove the rows that are kept under a version. The version itself stays, and may be replayed again."""
    with wiring.start(load_settings()) as majung:
        rules = registered_rule_set(majung, version)
        if rules == VERSION_1:
            raise typer.BadParameter(f"rules {rules.version} are in service: their rows stay")
        found = rule_sets.drop(majung.database, rules)
    show(output, record("rules", version=rules.version, status="dropped" if found else "no_rows"))


def show_trial(majung: wiring.Majung, now: Rules, then: Rules, output: Format) -> None:
    """Try one rule set against another on everybody, and print who would move."""
    with bar("trying", "events") as advance:
        found = try_rules(majung.journal, now, then, advance)
    remark(
        f"rules {then.version}: {len(found.moved):,} of {found.people:,} people would be in another stage,"
        f" {found.otherwise:,} in the same one by another way; nothing was written"
    )
    show(output, *_trial(found))


_MOVED = ("person", "stage_now", "rule_now", "entered_now", "stage_then", "rule_then", "entered_then")
_BRIEF = ("person", "stage_now", "stage_then", "rule_then")


def _trial(found: Trial) -> list[Listing]:
    stages = sorted(found.now.keys() | found.then.keys(), key=str)
    counts = [(stage, found.now.get(stage, 0), found.then.get(stage, 0)) for stage in stages]
    moved = [(one.root, *_told(one.now), *_told(one.then)) for one in found.moved]
    return [
        Listing("stages", ("stage", "people_now", "people_then"), counts),
        Listing("moved", _MOVED, moved, brief=_BRIEF),
    ]


def _told(spell: Spell | None) -> tuple[str | None, str | None, datetime | None]:
    return (None, None, None) if spell is None else (spell.stage, spell.rule, spell.entered_at)


def _differing(rules: Rules) -> dict[str, object]:
    others = VERSION_1.model_dump()
    return {name: value for name, value in rules.model_dump().items() if name != "version" and value != others[name]}
