"""The rule sets that `--rules` names: those we ship, and a file of one's own figures in TOML."""

import tomllib
from pathlib import Path

import typer
from pydantic import ValidationError

from domain.journey import AS_RECORDED, VERSION_1, Rules

SHIPPED = {rules.version: rules for rules in (VERSION_1, AS_RECORDED)}


def rule_set(told: str) -> Rules:
    """A shipped rule set by its version, or that of a file: `version = "..."` and the figures that differ from 1.

    Raises typer.BadParameter, which says what to change.
    """
    if told in SHIPPED:
        return SHIPPED[told]
    path = Path(told)
    if not path.is_file():
        raise typer.BadParameter(f"no rules are called {told!r}: there are {', '.join(SHIPPED)}, or name a TOML file")
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
        wrong = "; ".join(_said(fault["loc"], fault["msg"]) for fault in error.errors(include_url=False))
        raise typer.BadParameter(f"{path}: {wrong}") from None


def _said(place: tuple[int | str, ...], message: str) -> str:
    return ": ".join([*map(str, place[:1]), message])
