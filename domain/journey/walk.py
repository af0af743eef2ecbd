"""From a history to the journey: one pass over the facts, each of which moves the person once at most."""

from domain.clock import END_OF_TIME
from domain.codes import ParticipantKind, Stage
from domain.components import root_at
from domain.events import (
    JourneyEnded,
    StateObserved,
)
from domain.history import Fact, History
from domain.journey.conditions import Evidence
from domain.journey.contact import is_contact
from domain.journey.rules import VERSION_1, Rules
from domain.journey.seen import OBSERVERS, Seen
from domain.journey.spells import Journey, Spell
from domain.journey.table import STEPS, TABLE, Rule
from domain.participant_kind import kind_of

WATCHED = {kind: OBSERVERS.get(kind) for kind in {*OBSERVERS, *(kind for rule in TABLE for kind in rule.on)}}
"""The types that matter, each with what to remember of it."""
_STEPS = {
    stage: {kind: (observe, rules.get(kind, ())) for kind, observe in WATCHED.items()} for stage, rules in STEPS.items()
}
"""The same by stage, each with the rules that it may complete there; all other types cost one look-up."""


def journey_of(history: History, rules: Rules = VERSION_1) -> Journey:
    """The stages of one person under a rule set, in order. A household has none.

    The journey of the history as of a day equals the whole one `.at` that day. Only what an id is (one of several of a
    person, or a household) has no day: once told, it is true of all of it.
    """
    if rules.as_recorded:
        return recorded_states(history, rules)
    return _walked(history, rules)[1]


def walk(history: History, rules: Rules) -> Seen:
    """Everything the rules saw of a history, households included: to be read, and not changed."""
    return _walked(history, rules)[0]


def _walked(history: History, rules: Rules) -> tuple[Seen, Journey]:
    for told, before in history.walked:
        if told is rules:
            return before  # type: ignore[no-any-return]
    seen = _walk(history, rules)
    journey = Journey(history.root, rules)
    if kind_of(history) != ParticipantKind.HOUSEHOLD:
        journey = Journey(history.root, rules, tuple(seen.spells), tuple(seen.contacts), tuple(seen.anomalies))
    history.walked.append((rules, (seen, journey)))
    return seen, journey


def _walk(history: History, rules: Rules) -> Seen:
    # Links of people who were parted from this one are among them too, hence by the root.
    seen = Seen(linked=root_at(history.root, history.links, END_OF_TIME)[1])
    steps = _STEPS[None]
    for fact in history.facts:
        watched = steps.get(type(fact.event))
        if watched is None:
            continue
        observe, completed = watched
        if observe is not None:
            observe(seen, fact, rules)
        for rule in completed:
            if evidence := rule.when(seen, fact, rules):
                move(seen, rule, fact, evidence, rules)
                steps = _STEPS[seen.stage]
                break
    return seen


def move(seen: Seen, rule: Rule, fact: Fact, evidence: Evidence, rules: Rules) -> None:
    """Close the open spell and open the next."""
    if rule.id == "N1":
        seen.begin_episode()
    if rule.to == Stage.ENDED:
        assert isinstance(fact.event, JourneyEnded)
        seen.end_reason = fact.event.reason
    _leave(seen.spells, fact)
    seen.spells.append(
        Spell(
            episode=seen.episode,
            stage=rule.to,
            entered_at=fact.occurred_at,
            rule=rule.id,
            rule_version=rules.version,
            evidence=evidence,
            by_selection=rule.id == "T2",
            end_reason=seen.end_reason,
        )
    )
    seen.enter(rule.to, fact)


def recorded_states(history: History, rules: Rules) -> Journey:
    """The states an outside system observed, as `S1`; seeing the same state again is no new spell.

    A state named like one of our stages is that stage; every other keeps its own name.
    """
    spells: list[Spell] = []
    contacts = [fact.occurred_at for fact in history.facts if is_contact(fact.event)]
    for fact in history.facts:
        event = fact.event
        if type(event) is not StateObserved or (spells and spells[-1].stage == event.state):
            continue
        stage = Stage(event.state) if event.state in _STAGES else event.state
        _leave(spells, fact)
        spells.append(Spell(1, stage, fact.occurred_at, "S1", rules.version, (fact.event_id,)))
    return Journey(history.root, rules, tuple(spells), tuple(contacts))


_STAGES = frozenset(stage.value for stage in Stage)


def _leave(spells: list[Spell], fact: Fact) -> None:
    if spells:
        spells[-1] = spells[-1]._replace(left_at=fact.occurred_at)
