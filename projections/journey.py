"""Journey: the spells of a person's stages, each with the rule, its version and the events that opened it."""

from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Boolean, Column, Integer, String

from domain.clock import END_OF_TIME
from domain.history import History
from domain.journey import VERSION_1, Journey, Rules, Spell, journey_of
from projections.columns import Instant, Pseudonym
from projections.read_model import ReadModel


class JourneyRow(NamedTuple):
    """One spell. The current stage is that of the greatest sequence; who has no row has no stage."""

    component: UUID
    sequence: int
    """From 1, over all episodes."""
    episode: int
    stage: str | None
    """None: back in contact after an end, and no stage yet."""
    entered_at: datetime
    left_at: datetime | None
    rule: str
    rule_version: str
    evidence: str
    """JSON list of event ids, in the order in which the rule names them."""
    by_selection: bool
    end_reason: str | None
    last_contact_at: datetime | None
    """The last contact until the spell was left, in whichever stage; survival is censored here."""
    anomalies: str
    """JSON list of the ids of contacts dated after a death, on the spell of that death."""


def columns() -> list[Column[Any]]:
    return [
        Column("component", Pseudonym, primary_key=True),
        Column("sequence", Integer, primary_key=True, autoincrement=False),
        Column("episode", Integer, nullable=False),
        Column("stage", String),
        Column("entered_at", Instant, nullable=False),
        Column("left_at", Instant),
        Column("rule", String, nullable=False),
        Column("rule_version", String, nullable=False),
        Column("evidence", String, nullable=False),
        Column("by_selection", Boolean, nullable=False),
        Column("end_reason", String),
        Column("last_contact_at", Instant),
        Column("anomalies", String, nullable=False),
    ]


def fold(history: History, rules: Rules = VERSION_1) -> list[JourneyRow]:
    """The spells that a rule set makes of a history."""
    found = journey_of(history, rules)
    last = len(found.spells)
    return [_row(found, spell, sequence, sequence == last) for sequence, spell in enumerate(found.spells, start=1)]


def _row(found: Journey, spell: Spell, sequence: int, last: bool) -> JourneyRow:
    # Nothing leads on from a death: its spell is the last, and all anomalies are its own.
    anomalies = [anomaly.event_id for anomaly in found.anomalies] if last else []
    episode, stage, entered_at, rule, rule_version, evidence, by_selection, end_reason, left_at = spell
    return JourneyRow(
        found.root,
        sequence,
        episode,
        _text(stage),
        entered_at,
        left_at,
        rule,
        rule_version,
        orjson.dumps(evidence).decode(),
        by_selection,
        _text(end_reason),
        found.last_contact(END_OF_TIME if left_at is None else left_at),
        orjson.dumps(anomalies).decode() if anomalies else "[]",
    )


def _text(code: str | None) -> str | None:
    """The plain text of a code: what a table gives back."""
    return None if code is None else str(code)


journey = ReadModel(
    name="journey",
    version=1,
    row=JourneyRow,
    key=("component", "sequence"),
    columns=columns,
    fold=fold,
    indexes=(("stage", "entered_at"),),
    evidence=("evidence", "anomalies"),
)


@cache
def under(rules: Rules) -> ReadModel:
    """The journey under a rule set, as a read model of its own beside those that serve: `journey_trial`.

    The version of a rule set has no underscore, so no two of them share a name. Under version 1 it is `journey` itself.
    """
    if rules == VERSION_1:
        return journey
    return replace(journey, name=f"{journey.name}_{rules.version.replace('-', '_')}", fold=partial(fold, rules=rules))
