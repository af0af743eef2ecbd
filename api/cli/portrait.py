"""A person's answers as listings: where they are, how they are, and what happened."""

from collections import Counter
from datetime import datetime

from api.cli.listing import Listing
from api.cli.saying import what_it_says
from domain.casework import assigned_at
from domain.consent_standing import ConsentStanding, consent_standing
from domain.history import Fact
from domain.journey import Episode, Explanation, Rules, episodes_of, journey_of, override_at, status
from domain.roles import roles_at, roles_of
from domain.without_effect import WithoutEffect
from domain.without_effect import without_effect as without_effect_in
from projections.wellbeing import WellbeingRow, wellbeing
from replay.queries.as_of import Person

_SCORE = (
    "instrument",
    "occurred_at",
    "score",
    "band",
    "reason",
    "change_from_first",
    "reliable",
    "important",
    "safety",
)

_SCORE_IN_BRIEF = ("instrument", "occurred_at", "score", "band", "change_from_first", "reliable")


_EPISODE_IN_BRIEF = ("episode", "began_at", "ended_at", "end_reason", "qualifying_exit_at", "returned_at")


def stage(person: Person, rules: Rules, as_of: datetime) -> dict[str, object]:
    """The stage by the rules, the rule, how long, and whether anybody has heard from the person since."""
    journey = journey_of(person.history, rules)
    standing = status(journey, as_of)
    spell = journey.spells[-1] if journey.spells else None
    return {
        "stage": standing.stage,
        "days_in_stage": standing.days_in_stage,
        "entered_at": standing.entered_at,
        "rule": spell.rule if spell else None,
        "rule_version": journey.rules.version,
        "episode": spell.episode if spell else None,
        "end_reason": spell.end_reason if spell else None,
        **override(person, as_of),
        "roles": roles_at(roles_of(person.history), as_of),
        "standing": standing.standing,
        "last_contact_at": standing.last_contact_at,
        "days_without_contact": standing.days_without_contact,
    }


def override(person: Person, as_of: datetime) -> dict[str, object]:
    """The stage that staff set beside it, while that holds."""
    found = override_at(person.history, as_of)
    return {
        "override_stage": found.stage if found else None,
        "override_since": found.since if found else None,
        "override_expires_on": found.expires_on if found else None,
    }


def episodes(person: Person, rules: Rules) -> Listing:
    """One line for each episode: how it began and ended, the way out and the way back."""
    rows = episodes_of(journey_of(person.history, rules))
    return Listing("episodes", Episode._fields, rows, brief=_EPISODE_IN_BRIEF)


def consents(person: Person, as_of: datetime) -> Listing:
    """Every scope: in force until a day, lapsed, withdrawn, or never given."""
    return Listing("consents", ConsentStanding._fields, consent_standing(person.history, as_of))


def workers(person: Person, as_of: datetime) -> Listing:
    """Who is assigned, by worker and role."""
    rows = [(found.worker, found.role, found.since) for found in assigned_at(person.history, as_of)]
    return Listing("workers", ("worker", "role", "since"), rows)


def scores(person: Person) -> Listing:
    """The latest score of each instrument, with its change since the first; or why there is none."""
    latest: dict[str, WellbeingRow] = {}
    for row in wellbeing.fold(person.history):
        if row.score is not None or row.instrument not in latest:
            latest[row.instrument] = row
    rows = [tuple(getattr(row, name) for name in _SCORE) for _, row in sorted(latest.items())]
    return Listing("scores", _SCORE, rows, brief=_SCORE_IN_BRIEF)


def identities(person: Person) -> Listing:
    return Listing("identities", ("participant_id",), [(identity,) for identity in sorted(person.identities)])


def counts(person: Person) -> Listing:
    """How many touchpoints of each type are in force, whichever version of it they were told in."""
    found = Counter(type(fact.event).stored_as for fact in person.history.facts)
    return Listing("counts", ("type", "events"), sorted(found.items()))


def without_effect(person: Person) -> Listing:
    """Corrections and retractions that change nothing, and why."""
    rows = without_effect_in(person.history)
    return Listing("without_effect", WithoutEffect._fields, rows, brief=WithoutEffect._fields[:4])


def events(facts: list[Fact]) -> Listing:
    columns = (
        "occurred_at",
        "type",
        "site",
        "actor",
        "says",
        "amended_by",
        "recorded_at",
        "event_id",
        "participant_id",
    )
    rows = [
        (
            fact.occurred_at,
            fact.event.stored_as,
            fact.event.site,
            fact.event.actor,
            what_it_says(fact.event),
            fact.amended_by,
            fact.recorded_at,
            fact.event_id,
            fact.event.participant_id,
        )
        for fact in facts
    ]
    return Listing("events", columns, rows, brief=columns[:5])


def explanation(found: Explanation) -> list[Listing]:
    """Every transition with its rule and evidence, and what is missing for those that may come next."""
    steps = list(enumerate(found.steps, start=1))
    transitions = [
        (
            number,
            step.spell.entered_at,
            step.spell.stage,
            step.spell.rule,
            step.words,
            step.why,
            step.spell.rule_version,
        )
        for number, step in steps
    ]
    evidence = [
        (number, fact.occurred_at, fact.event.stored_as, fact.event_id, what_it_says(fact.event))
        for number, step in steps
        for fact in step.evidence
    ]
    ahead = [(way.rule, way.to, part.words, part.holds) for way in found.ahead for part in way.requirements]
    evidence_columns = ("sequence", "occurred_at", "type", "event_id", "says")
    columns = ("sequence", "entered_at", "stage", "rule", "words", "why", "rule_version")
    return [
        Listing("transitions", columns, transitions, brief=columns[:5]),
        # An id is for copying, and does not fit beside what it says: wide terminals and the other formats have it.
        Listing("evidence", evidence_columns, evidence, brief=(*evidence_columns[:3], "says")),
        Listing("not_yet", ("rule", "to", "requirement", "holds"), ahead),
    ]
