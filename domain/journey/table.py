"""The stage rules, version 1, as a table. Rows are read from top to bottom, and the first match moves the person.

Figures stand in domain.journey.rules and appear here by name. Warning: a changed row needs a new version: rows already
reported cite these.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.codes import Stage
from domain.events import (
    ActivistSelected,
    ActivistSteppedDown,
    ActivityPerformed,
    JourneyEnded,
    MeasureTaken,
    ParticipantRegistered,
    ParticipantUpdated,
    PrescriptionIssued,
    RiskAssessed,
    SessionAttended,
    TieReported,
    TrainingCompleted,
)
from domain.journey import conditions as when
from domain.journey.conditions import Condition, Outlook
from domain.journey.contact import CONTACTS
from domain.journey.rules import Rules
from domain.touchpoint import Touchpoint

PREVENTION, HEALING, RETURN, RE_ISOLATION_PREVENTION, ENDED = Stage
_CONTACT: tuple[type[Touchpoint], ...] = tuple(CONTACTS)
_MAINTAINED = (RETURN, RE_ISOLATION_PREVENTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row: in a stage of `leaves`, an event of a type in `on` that completes `when` moves the person to `to`."""

    id: str
    leaves: tuple[Stage | None, ...]
    """None is the state of having no stage (yet)."""
    to: Stage | None
    on: tuple[type[Touchpoint], ...]
    when: Condition
    outlook: Outlook | None = None
    """What is missing, part by part; None where the condition is a single event."""
    words: str
    """The condition for a reader; figures in braces are fields of Rules."""
    evidence: str
    why: str

    def condition(self, rules: Rules) -> str:
        """The words with the figures of a rule set."""
        figures: dict[str, Any] = rules.model_dump()
        return self.words.format(**figures, low_score=rules.lonely_score - 1)


TABLE: tuple[Rule, ...] = (
    Rule(
        id="P1",
        leaves=(None,),
        to=PREVENTION,
        on=(*_CONTACT, ParticipantRegistered, ParticipantUpdated),
        when=when.first_contact,
        outlook=when.first_contact_outlook,
        words="first contact of an identified person (a call only about oneself and for more than information)",
        evidence="the contact, and what identified the person where that came later",
        why="open door",
    ),
    Rule(
        id="H1",
        leaves=(None, PREVENTION),
        to=HEALING,
        on=(RiskAssessed,),
        when=when.medium_or_high,
        words="assessed medium or high",
        evidence="risk-assessed",
        why="prescriptions serve medium and high risk",
    ),
    Rule(
        id="H2",
        leaves=(None, PREVENTION),
        to=HEALING,
        on=(PrescriptionIssued,),
        when=when.happens,
        words="prescription issued",
        evidence="prescription-issued",
        why="the assessment may arrive late",
    ),
    Rule(
        id="T1",
        leaves=(HEALING,),
        to=RETURN,
        on=(MeasureTaken, RiskAssessed, SessionAttended, TieReported),
        when=when.well_and_participating,
        outlook=when.well_and_participating_outlook,
        words="since entering HEALING, well (two UCLA-3 scores <= {low_score} at least {well_scores_days_apart} days"
        " apart, none above between; or reassessed low at least {well_assessed_after_days} days after entry) and"
        " participating (at least {sessions_attended} sessions attended; or a family, friend, neighbour or group tie"
        " reported as formed)",
        evidence="both sets",
        why="symptoms and social return",
    ),
    Rule(
        id="T2",
        leaves=(None, PREVENTION, HEALING),
        to=RETURN,
        on=(ActivistSelected,),
        when=when.happens,
        words="activist selected (marked by_selection, kept out of time to return)",
        evidence="activist-selected",
        why="the recovered are selected",
    ),
    Rule(
        id="M1",
        leaves=(RETURN,),
        to=RE_ISOLATION_PREVENTION,
        on=_CONTACT,
        when=when.maintained,
        outlook=when.maintained_outlook,
        words="first contact at least {maintained_days} days after entering RETURN",
        evidence="the entry and the contact",
        why="maintenance observed, not assumed",
    ),
    Rule(
        id="M2",
        leaves=(RETURN,),
        to=RE_ISOLATION_PREVENTION,
        on=(TrainingCompleted, ActivityPerformed),
        when=when.as_activist,
        outlook=when.as_activist_outlook,
        words="training completed or activity performed after selection",
        evidence="that event",
        why="activism prevents re-isolation",
    ),
    Rule(
        id="X1",
        leaves=_MAINTAINED,
        to=HEALING,
        on=(RiskAssessed,),
        when=when.medium_or_high,
        words="reassessed medium or high",
        evidence="risk-assessed",
        why="the assessor's judgement",
    ),
    Rule(
        id="X2",
        leaves=_MAINTAINED,
        to=HEALING,
        on=(MeasureTaken,),
        when=when.lonely_again,
        outlook=when.lonely_again_outlook,
        words="since RETURN, two consecutive UCLA-3 scores >= {lonely_score}, {relapse_days_apart_min} to"
        " {relapse_days_apart_max} days apart; or one >= {lonely_score} and {reliable_rise} or more above the last"
        " score before RETURN",
        evidence="measure-taken: the two that are compared",
        why="cut-off; reliable change",
    ),
    Rule(
        id="X3",
        leaves=_MAINTAINED,
        to=HEALING,
        on=(ActivistSteppedDown,),
        when=when.relapsed,
        words="activist stepped down because of a relapse",
        evidence="activist-stepped-down",
        why="staff judgement",
    ),
    Rule(
        id="E1",
        leaves=(None, PREVENTION, HEALING, RETURN, RE_ISOLATION_PREVENTION),
        to=ENDED,
        on=(JourneyEnded,),
        when=when.happens,
        words="journey ended",
        evidence="journey-ended",
        why="death competes; completed, moved, withdrew, transferred and institution are kept apart",
    ),
    Rule(
        id="E1",
        leaves=(ENDED,),
        to=ENDED,
        on=(JourneyEnded,),
        when=when.died_after_the_end,
        words="died after the end",
        evidence="journey-ended",
        why="of further ends only a death says something new: a contact after it is an anomaly",
    ),
    Rule(
        id="N1",
        leaves=(ENDED,),
        to=PREVENTION,
        on=_CONTACT,
        when=when.back_at_the_door,
        outlook=when.in_contact_again_outlook,
        words="contact after the end, of a kind with which a journey may begin: new episode",
        evidence="the contact",
        why="people come back",
    ),
    Rule(
        id="N1",
        leaves=(ENDED,),
        to=None,
        on=_CONTACT,
        when=when.in_contact_again,
        outlook=when.in_contact_again_outlook,
        words="any other contact after the end: new episode, no stage yet",
        evidence="the contact",
        why="people come back",
    ),
)


def _by_stage_and_type() -> Mapping[str | None, Mapping[type[Touchpoint], tuple[Rule, ...]]]:
    steps: dict[str | None, dict[type[Touchpoint], tuple[Rule, ...]]] = {stage: {} for stage in (None, *Stage)}
    for rule in TABLE:
        for stage in rule.leaves:
            for kind in rule.on:
                steps[stage][kind] = (*steps[stage].get(kind, ()), rule)
    return steps


STEPS = _by_stage_and_type()
"""Per stage and type of event the rows that it may complete, in the table's order."""
