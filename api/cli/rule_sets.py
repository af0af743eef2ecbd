"""The rule sets that `--rules` names: shipped ones, registered ones, and a file of one's own figures in TOML."""

import tomllib
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api.wiring import Majung
from domain.field_faults import faults_in_file, said
from domain.journey import SHIPPED, VERSION_1, Rules

RulesTold = Annotated[
    str | None,
    typer.Option(
        "--rules",
        metavar="V",
        help="By other stage rules: a version of `majung rules list`, or a TOML file. Those in service unless told.",
    ),
]

KeptRules = Annotated[
    str | None,
    typer.Option(
        "--rules",
        metavar="V",
        help="Over the rows kept under this version; over those in service unless told.",
    ),
]


def rule_set(majung: Majung, told: str | None) -> Rules:
    """The rule set of a version, or that of a file; the one in service where none is told.

    Raises typer.BadParameter, which says what to change.
    """
    if told is None:
        return VERSION_1
    if found := majung.rule_sets().get(told):
        return found
    path = Path(told)
    if not path.is_file():
        raise _unknown(majung, told, ", or name a TOML file")
    return rules_of_file(path)


def registered_rule_set(majung: Majung, told: str) -> Rules:
    """As `rule_set`, but of a version only: for what is stored under its name."""
    if found := majung.rule_sets().get(told):
        return found
    if Path(told).is_file():
        raise typer.BadParameter(f"rows are kept under a registered version only: run `majung rules add {told}` first")
    raise _unknown(majung, told, "; register others with `majung rules add`")


def rules_of_file(path: Path) -> Rules:
    """The rule set of a file: `version = "..."` and the figures that differ from 1. Raises typer.BadParameter."""
    try:
        figures = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} is not TOML: {error}") from None
    if str(figures.get("version", VERSION_1.version)) in SHIPPED:
        taken = " and ".join(SHIPPED)
        raise typer.BadParameter(f'{path} must name rules of its own, as in version = "trial": {taken} are taken')
    try:
        return Rules.model_validate(figures)
    except ValidationError as error:
        raise typer.BadParameter(f"{path}: {said(faults_in_file(Rules, error, 'the rules'))}") from None


def _unknown(majung: Majung, told: str, otherwise: str) -> typer.BadParameter:
    return typer.BadParameter(f"no rules are called {told!r}: there are {', '.join(majung.rule_sets())}{otherwise}")
