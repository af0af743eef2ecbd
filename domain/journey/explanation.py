"""Why somebody is in a stage, and why not yet in the next: the automated decision, explained (PIPA Art. 37-2)."""

from dataclasses import dataclass
from uuid import UUID

from domain.codes import ParticipantKind
from domain.history import Fact, History
from domain.journey.conditions import Requirement
from domain.journey.rules import VERSION_1, Rules
from domain.journey.seen import Seen
from domain.journey.spells import Spell
from domain.journey.table import TABLE, Rule
from domain.journey.walk import journey_of, walk
from domain.participant_kind import kind_of


@dataclass(frozen=True, slots=True)
class Step:
    """One transition with the rule's words and the events it rested on, as they are in force."""

    spell: Spell
    words: str
    why: str
    evidence: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Ahead:
    """A rule that leads out of the current stage, and which parts of its condition hold."""

    rule: str
    to: str | None
    words: str
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The way to the current stage, and the ways on from it in the order in which they are tried."""

    root: UUID
    rule_version: str
    stage: str | None
    steps: tuple[Step, ...]
    ahead: tuple[Ahead, ...]
    remark: str | None = None
    """Why no rule applies at all, where none does."""


def why(history: History, rules: Rules = VERSION_1) -> Explanation:
    """Explain the stage at the end of a history. For another day or state of knowledge give the history as of then."""
    journey = journey_of(history, rules)
    facts = {fact.event_id: fact for fact in history.facts}
    before = (None, *(spell.stage for spell in journey.spells))
    steps = tuple(_step(spell, left, facts, rules) for spell, left in zip(journey.spells, before, strict=False))
    if rules.as_recorded:
        remark = "stages are as an outside system recorded them: no rule leads from one to the next"
        return Explanation(history.root, rules.version, journey.stage, steps, (), remark)
    seen = walk(history, rules)
    if kind_of(history) == ParticipantKind.HOUSEHOLD:
        return Explanation(history.root, rules.version, None, (), (), "a household has no stage, its members have")
    ahead = tuple(_ahead(rule, seen, rules) for rule in TABLE if seen.stage in rule.leaves)
    return Explanation(history.root, rules.version, journey.stage, steps, ahead)


def _step(spell: Spell, left: str | None, facts: dict[UUID, Fact], rules: Rules) -> Step:
    evidence = tuple(facts[event_id] for event_id in spell.evidence)
    if rules.as_recorded:
        return Step(spell, "state observed by an outside system", "taken as recorded", evidence)
    rule = next(row for row in TABLE if (row.id, row.to) == (spell.rule, spell.stage) and left in row.leaves)
    return Step(spell, rule.condition(rules), rule.why, evidence)


def _ahead(rule: Rule, seen: Seen, rules: Rules) -> Ahead:
    words = rule.condition(rules)
    requirements = rule.outlook(seen, rules) if rule.outlook else (Requirement(words, False),)
    return Ahead(rule.id, rule.to, words, requirements)
