"""The conditions of the rules, each with two faces: does this event complete it, and what is still missing?

A condition is asked of an event that has just been seen, and answers with the evidence: the ids of the events it rests
on, in the order in which it names them; an empty answer means no. The outlook of it is asked between events.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from domain.clock import day_of
from domain.codes import JourneyEnd, RiskLevel, StepDownReason
from domain.events import ActivistSteppedDown, JourneyEnded, MeasureTaken, RiskAssessed
from domain.history import Fact
from domain.journey.contact import moves_own_stage, opens_the_door
from domain.journey.rules import Rules
from domain.journey.seen import Score, Seen
from domain.precision import clearly_after

Evidence = tuple[UUID, ...]
NO: Evidence = ()


class Requirement(NamedTuple):
    """One part of a condition, and whether it holds already."""

    words: str
    holds: bool


Condition = Callable[[Seen, Fact, Rules], Evidence]
Outlook = Callable[[Seen, Rules], tuple[Requirement, ...]]


def happens(seen: Seen, fact: Fact, rules: Rules) -> Evidence:
    """The event alone is the condition."""
    return (fact.event_id,)


# P1


def first_contact(seen: Seen, fact: Fact, rules: Rules) -> Evidence:
    if seen.opening is None or not seen.identified:
        return NO
    opening = seen.opening.event_id
    return (opening,) if opening == fact.event_id else (opening, fact.event_id)


def first_contact_outlook(seen: Seen, rules: Rules) -> tuple[Requirement, ...]:
    return (
        Requirement("a contact (a call only about oneself and for more than information)", seen.opening is not None),
        Requirement("known to be one person: registered, linked, or in contact a second time", seen.identified),
    )


# H1, X1


def medium_or_high(seen: Seen, fact: Fact, rules: Rules) -> Evidence:
    event = fact.event
    assert isinstance(event, RiskAssessed)
    return (fact.event_id,) if event.level in (RiskLevel.MEDIUM, RiskLevel.HIGH) else NO


# T1


def well_and_participating(seen: Seen, fact: Fact, rules: Rules) -> Evidence:
    participating = _participating(seen, rules) if seen.well else NO
    return seen.well + participating if participating else NO


def _participating(seen: Seen, rules: Rules) -> Evidence:
    if len(seen.sessions) >= rules.sessions_attended:
        return tuple(seen.sessions[: rules.sessions_attended])
    return (seen.tie,) if seen.tie else NO


def well_and_participating_outlook(seen: Seen, rules: Rules) -> tuple[Requirement, ...]:
    tie = "a new tie of one's own" if seen.tie else "no new tie of one's own yet"
    sessions = f"{len(seen.sessions)} of {rules.sessions_attended} sessions attended"
    return (
        Requirement(f"well: {_well_words(seen, rules)}", bool(seen.well)),
        Requirement(f"participating: {sessions}, {tie}", bool(_participating(seen, rules))),
    )


def _well_words(seen: Seen, rules: Rules) -> str:
    low, days = rules.lonely_score - 1, rules.well_scores_days_apart
    apart = f"UCLA-3 scores <= {low} at least {days} days apart, none above between"
    if len(seen.well) == 2:
        return f"2 of 2 {apart}"
    if seen.well:
        return f"reassessed low at least {rules.well_assessed_after_days} days after entry"
    assessed = f"or reassessed low from {seen.entered_on + timedelta(rules.well_assessed_after_days)} on"
    if seen.first_low is None:
        return f"0 of 2 {apart}; {assessed}"
    return f"1 of 2 {apart} (a second from {seen.first_low.day + timedelta(days)} on); {assessed}"


# M1, M2


def maintained(seen: Seen, fact: Fact, rules: Rules) -> Evidence:
    assert seen.entry is not None
    if fact.occurred_at < seen.entry.occurred_at + timedelta(rules.maintained_days - 1):
        return NO  # Too early in any time zone: spares most contacts the calendar.
    if not moves_own_stage(fact.event) or _days_in_stage(seen, fact) < rules.maintained_days:
        return NO
    return (seen.entry.event_id, fact.event_id)


def maintained_outlook(seen: Seen, rules: Rules) -> tuple[Requirement, ...]:
    due = seen.entered_on + timedelta(rules.maintained_days)
    return (Requirement(f"a contact from {due} on, {rules.maintained_days} days after entering RETURN", False),)


def as_activist(seen: Seen, fact: Fact, rules: Rules) -> Evidence:
    return (fact.event_id,) if seen.selected else NO


def as_activist_outlook(seen: Seen, rules: Rules) -> tuple[Requirement, ...]:
    return (
        Requirement("selected as an activist", seen.selected),
        Requirement("training completed or an activity performed after that", False),
    )


# X2, X3


def lonely_again(seen: Seen, fact: Fact, rules: Rules) -> Evidence:
    """Two consecutive high scores since RETURN, or one that is also reliably above the last score before RETURN."""
    event = fact.event
    assert isinstance(event, MeasureTaken)
    if not seen.scores or seen.scores[-1].event_id != fact.event_id:
        return NO  # Taken, but without a score.
    latest = seen.scores[-1]
    if latest.points < rules.lonely_score:
        return NO
    return _with_the_one_before(seen, latest, rules) or _above_the_one_before_return(seen, latest, rules)


def _with_the_one_before(seen: Seen, latest: Score, rules: Rules) -> Evidence:
    if _since_return(seen) < 2 or (previous := seen.scores[-2]).points < rules.lonely_score:
        return NO
    apart = (latest.day - previous.day).days
    counts = rules.relapse_days_apart_min <= apart <= rules.relapse_days_apart_max
    return (previous.event_id, latest.event_id) if counts else NO


def _above_the_one_before_return(seen: Seen, latest: Score, rules: Rules) -> Evidence:
    reference = _before_return(seen)
    if reference is None or latest.points - reference.points < rules.reliable_rise:
        return NO
    return (reference.event_id, latest.event_id)


def lonely_again_outlook(seen: Seen, rules: Rules) -> tuple[Requirement, ...]:
    high = rules.lonely_score
    lonely_now = bool(_since_return(seen)) and seen.scores[-1].points >= high
    between = f"{rules.relapse_days_apart_min} to {rules.relapse_days_apart_max} days apart"
    pair = f"{int(lonely_now)} of 2 consecutive UCLA-3 scores >= {high}, {between}"
    reference = _before_return(seen)
    if reference is None:
        return (Requirement(f"{pair} (no score before RETURN to compare a single one with)", False),)
    single = max(float(high), reference.points + rules.reliable_rise)
    compared = f"{rules.reliable_rise} or more above the {reference.points:g} before RETURN"
    return (Requirement(f"{pair}; or one score >= {single:g}, {compared}", False),)


def _since_return(seen: Seen) -> int:
    return len(seen.scores) - seen.scores_before_return


def _before_return(seen: Seen) -> Score | None:
    return seen.scores[seen.scores_before_return - 1] if seen.scores_before_return else None


def relapsed(seen: Seen, fact: Fact, rules: Rules) -> Evidence:
    event = fact.event
    assert isinstance(event, ActivistSteppedDown)
    return (fact.event_id,) if event.reason == StepDownReason.RELAPSE else NO


# E1, N1


def died_after_the_end(seen: Seen, fact: Fact, rules: Rules) -> Evidence:
    event = fact.event
    assert isinstance(event, JourneyEnded)
    died = event.reason == JourneyEnd.DIED and seen.end_reason != JourneyEnd.DIED
    return (fact.event_id,) if died else NO


def back_at_the_door(seen: Seen, fact: Fact, rules: Rules) -> Evidence:
    return in_contact_again(seen, fact, rules) if opens_the_door(fact.event) else NO


def in_contact_again(seen: Seen, fact: Fact, rules: Rules) -> Evidence:
    assert seen.entry is not None
    if seen.end_reason == JourneyEnd.DIED or not moves_own_stage(fact.event) or not clearly_after(fact, seen.entry):
        return NO
    return (fact.event_id,)


def in_contact_again_outlook(seen: Seen, rules: Rules) -> tuple[Requirement, ...]:
    return (
        Requirement("the end was not a death", seen.end_reason != JourneyEnd.DIED),
        Requirement("a contact after the end", False),
    )


def _days_in_stage(seen: Seen, fact: Fact) -> int:
    return (day_of(fact.occurred_at) - seen.entered_on).days
