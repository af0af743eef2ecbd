"""Stage rules of one's own: kept in the database, so that every process knows them by name, and rows under them.

A rule set is never changed: the same version with other figures is refused. The journey under one may have rows of its
own beside those that serve (`projections.journey.under`): built by a replay, then kept up to date by every worker.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, select, text

from domain.clock import to_microseconds
from domain.journey import SHIPPED, Rules, ensure_own_version
from projections.journey import journey, under
from projections.read_model import ReadModel
from replay.database import Database
from replay.live import generations
from replay.tables import read_models, rule_sets


class RuleSetTaken(Exception):
    """The version names other figures already."""


class Registered(NamedTuple):
    """A rule set of one's own, and when it was registered."""

    rules: Rules
    recorded_at: datetime


def register(connection: Connection, rules: Rules, recorded_at: datetime) -> bool:
    """Keep a rule set under its version; False where it is kept already.

    Raises NotAVersion where the version cannot be one's own, and RuleSetTaken where it names other figures.
    """
    ensure_own_version(rules.version)
    figures = orjson.dumps(rules.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS).decode()
    columns = ", ".join(column.name for column in rule_sets.columns)
    # Of two who register one version at once, one inserts nothing and compares.
    statement = f"INSERT INTO rule_sets ({columns}) VALUES (:version, :figures, :recorded_at) ON CONFLICT DO NOTHING"
    told = {"version": rules.version, "figures": figures, "recorded_at": to_microseconds(recorded_at)}
    if connection.execute(text(statement), told).rowcount:
        return True
    if registered(connection)[rules.version].rules != rules:
        raise RuleSetTaken(f"rules {rules.version} are registered with other figures: give these another version")
    return False


def registered(connection: Connection) -> dict[str, Registered]:
    """Every rule set of one's own, by version."""
    found = connection.execute(select(rule_sets).order_by(rule_sets.c.version)).tuples()
    return {version: Registered(_read(figures), recorded_at) for version, figures, recorded_at in found}


@cache
def _read(figures: str) -> Rules:
    """One object for one rule set, since journeys are remembered by it."""
    return Rules.model_validate_json(figures)


def known(connection: Connection) -> dict[str, Rules]:
    """Every rule set by version: those that are shipped, then those of one's own."""
    return {**SHIPPED, **{version: found.rules for version, found in registered(connection).items()}}


def kept(connection: Connection) -> Sequence[ReadModel]:
    """The journeys under other rules than those in service of which there are rows that have to be kept up to date."""
    beside = read_models.c.name.startswith(f"{journey.name}_", autoescape=True)
    live = set(connection.scalars(select(read_models.c.name).where(beside, read_models.c.state == "live")))
    # Most have none, and every step of a worker asks.
    return [model for model in map(under, known(connection).values()) if model.name in live] if live else ()


def drop(database: Database, rules: Rules) -> bool:
    """Remove the rows under a rule set, also those of a replay that was interrupted; False where there are none.

    Raises RowsBeingRead.
    """
    with generations.removing(database.write()) as connection:
        found = generations.undropped(connection, under(rules))
        for generation in found:
            generations.drop(connection, generation)
    return bool(found)
