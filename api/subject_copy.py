"""The copy that the law gives everyone of what is recorded of them: one document, the same on the terminal and over
HTTP, and the same bytes for the same state of the journal. What is withheld and why: domain/subject_copy.py.

It holds personal data in plain text, and time stamps in Seoul's time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from domain.clock import END_OF_TIME
from domain.codes import ParticipantKind, TieKind
from domain.consents import CONSENTS, RESTRICTIONS
from domain.events import (
    DataDisclosed,
    ExportReleased,
    TieReported,
    TouchpointCorrected,
    TouchpointVoided,
)
from domain.history import AMENDMENTS, Fact, Recorded, decided
from domain.journey import VERSION_1, why
from domain.network import ties_of
from domain.participant_kind import kind_of
from domain.roles import Role, RoleEnd, roles_of
from domain.subject_copy import Others, given, given_of_amendment, in_seoul, names_of_workers
from domain.touchpoint import Touchpoint
from projections.wellbeing import WellbeingRow, wellbeing
from replay.commands.workers import RefusedByPolicy, tracked
from replay.journal import Journal
from replay.queries.as_of import Person, person

TITLE = "Everything that Majung has recorded of one person, for that person"
LAW = "Personal Information Protection Act, Art. 35"
DISCLOSURES: frozenset[type[Touchpoint]] = frozenset({DataDisclosed, ExportReleased})

Instant = Annotated[
    datetime,
    PlainSerializer(in_seoul, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


Status = Literal["in_force", "corrected", "voided", "correction"]


class HouseholdHasNoCopy(RefusedByPolicy):
    """Several people live behind the pseudonym of a household, and the law gives each of them their own."""

    def __init__(self) -> None:
        super().__init__("a household has no copy: each person of it is given their own, under their own pseudonym")


class EarlierCopyRefused(RefusedByPolicy):
    """What was taken for theirs then was corrected, voided or unlinked since: it may be somebody else's."""

    def __init__(self) -> None:
        super().__init__(
            "something known then was corrected, voided or unlinked since, and may be somebody else's: ask for the copy"
            " as known now"
        )


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Counts(_Part):
    """How many entries each section has."""

    events: int
    corrections: int
    stages: int
    roles: int
    scores: int
    ties: int
    consents: int
    disclosures: int


class About(_Part):
    """What this document is."""

    title: str
    law: str
    participant_id: UUID
    """The pseudonym that was asked about."""
    identities: list[UUID]
    """All pseudonyms under which this person is known."""
    known_at: Instant | None
    """The journal time up to which it was asked for; null: everything recorded so far."""
    last_recorded_at: Instant
    """When the last of these events was recorded."""
    rule_version: str
    """The version of the rules by which the stages are told."""
    counts: Counts
    withheld: int
    """How many fields of these events are left out, being about somebody else; each event names its own."""


class CopiedEvent(_Part):
    """One event as it was told, whatever became of it."""

    event_id: UUID
    type: str
    occurred_at: Instant
    recorded_at: Instant
    recorded_by: str | None
    """Pseudonym of the worker; null: not told, or withheld."""
    status: Status
    fields: dict[str, Any]
    """All stated fields, those that are stored sealed too."""
    withheld: list[str]
    """The names of fields that are left out, being about somebody else."""


class CopiedCorrection(_Part):
    """What was corrected or voided."""

    event_id: UUID
    target_event_id: UUID
    decided_at: Instant
    recorded_at: Instant
    recorded_by: str | None
    in_force: bool
    """Of several corrections of one event the last decided counts."""
    before: dict[str, Any] | None
    """The fields as they were told first; null: what it amends is not recorded."""
    after: dict[str, Any] | None
    """The fields as they should have been told; null: it never happened."""


class CopiedStage(_Part):
    """A time in one stage, and why."""

    stage: str | None
    entered_at: Instant
    left_at: Instant | None
    episode: int
    rule: str
    rule_version: str
    condition: str
    """What the rule asks for."""
    why: str
    """Why there is such a rule."""
    evidence: list[UUID]
    end_reason: str | None


class CopiedRole(_Part):
    """A role, from when to when."""

    role: Role
    since: Instant
    until: Instant | None
    end: RoleEnd | None
    relapse: bool | None
    evidence: list[UUID]
    ended_by: UUID | None


class CopiedScore(_Part):
    """One measure, with its score or the reason why there is none."""

    event_id: UUID
    instrument: str
    occurred_at: Instant
    taken: bool
    score: float | None
    band: str | None
    reason: str | None
    change_from_first: float | None
    reliable: str | None
    important: str | None
    safety: bool


class CopiedPeriod(_Part):
    """A time in which the same was known of a tie."""

    since: Instant
    until: Instant | None
    kind: TieKind
    closeness: int | None
    contacts_per_month: float | None
    formed: bool
    told_by: UUID


class CopiedTie(_Part):
    """A tie as the person told of it."""

    tie_id: str
    label: str | None
    """The person's own name for it, as last told."""
    since: Instant
    until: Instant | None
    periods: list[CopiedPeriod]


class CopiedFact(_Part):
    """An event in force, corrected where it was."""

    event_id: UUID
    type: str
    occurred_at: Instant
    fields: dict[str, Any]


class SubjectCopy(_Part):
    """The whole document."""

    about: About
    events: list[CopiedEvent]
    """Everything recorded, in order of (`occurred_at`, `event_id`)."""
    corrections: list[CopiedCorrection]
    stages: list[CopiedStage]
    roles: list[CopiedRole]
    scores: list[CopiedScore]
    ties: list[CopiedTie]
    consents: list[CopiedFact]
    """Consents given and withdrawn, processing restricted and resumed."""
    disclosures: list[CopiedFact]
    """What was given to others, and the released exports that it was part of."""


def subject_copy(journal: Journal, participant_id: UUID, known_at: datetime | None) -> SubjectCopy:
    """The copy of a person with all identities linked by then. Raises PersonUnknown, HouseholdHasNoCopy and
    EarlierCopyRefused.

    All of one person is held in memory, which is little: nobody has more than some thousands of events.
    """
    found = person(journal, participant_id, known_at=known_at or END_OF_TIME)
    if kind_of(found.history) == ParticipantKind.HOUSEHOLD:
        raise HouseholdHasNoCopy
    if known_at is not None and not _held(found) <= _held(person(journal, participant_id)):
        raise EarlierCopyRefused
    others = _others(journal, found)
    sections: dict[str, Any] = {
        "events": _events(found, others),
        "corrections": _corrections(found, others),
        "stages": _stages(found),
        "roles": [CopiedRole(**interval._asdict()) for interval in roles_of(found.history)],
        "scores": [_score(row) for row in wellbeing.ordered(wellbeing.fold(found.history))],
        "ties": _ties(found),
        "consents": _facts(found.history.facts_of(CONSENTS | RESTRICTIONS), others),
        "disclosures": _facts(found.history.facts_of(DISCLOSURES), others),
    }
    about = About(
        title=TITLE,
        law=LAW,
        participant_id=participant_id,
        identities=sorted(found.identities),
        known_at=known_at,
        last_recorded_at=max(told.recorded_at for told in found.recorded),
        rule_version=VERSION_1.version,
        counts=Counts(**{name: len(entries) for name, entries in sections.items()}),
        withheld=sum(len(event.withheld) for event in sections["events"]),
    )
    return SubjectCopy(about=about, **sections)


def _held(found: Person) -> set[tuple[UUID, UUID | None]]:
    """Every event in force, in the version that is."""
    return {(fact.event_id, fact.amended_by) for fact in found.history.facts}


def _others(journal: Journal, found: Person) -> Others:
    names = {name for told in found.recorded for name in names_of_workers(told.event)}
    with journal.database.read() as connection:
        people = tracked(connection, journal.shards, names)
    return Others(found.identities, frozenset(name for name in people if people[name] not in found.identities))


class _Versions(NamedTuple):
    """Each touchpoint as it was told first, and as it holds now."""

    told: Mapping[UUID, Touchpoint]
    facts: Mapping[UUID, Fact]

    def in_force(self, event_id: UUID) -> Touchpoint | None:
        """None: it is voided, or nothing of it is recorded."""
        fact = self.facts.get(event_id)
        return fact.event if fact else None


def _versions(found: Person) -> _Versions:
    told = {item.event_id: item.event for item in found.recorded}
    return _Versions(told, {fact.event_id: fact for fact in found.history.facts})


def _events(found: Person, others: Others) -> list[CopiedEvent]:
    versions = _versions(found)
    ordered = sorted(found.recorded, key=lambda told: (told.occurred_at, told.event_id))
    return [_event(told, versions, others) for told in ordered]


def _event(told: Recorded, versions: _Versions, others: Others) -> CopiedEvent:
    event, status = told.event, _status(told, versions)
    if isinstance(event, TouchpointCorrected | TouchpointVoided):
        target = event.target_event_id
        shown = given_of_amendment(event, others, versions.told.get(target), versions.in_force(target))
    else:
        shown = given(event, others, versions.in_force(told.event_id))
    return CopiedEvent(
        event_id=told.event_id,
        type=event.stored_as,
        occurred_at=told.occurred_at,
        recorded_at=told.recorded_at,
        recorded_by=shown.fields.get("actor"),
        status=status,
        fields=shown.fields,
        withheld=list(shown.withheld),
    )


def _status(told: Recorded, versions: _Versions) -> Status:
    if type(told.event) in AMENDMENTS:
        return "correction"
    fact = versions.facts.get(told.event_id)
    if fact is None:
        return "voided"
    return "corrected" if fact.amended_by else "in_force"


def _corrections(found: Person, others: Others) -> list[CopiedCorrection]:
    versions = _versions(found)
    counted = found.history.amendments.values()
    winners = {max(several, key=decided).event_id for several in counted}
    amendments = sorted((told for told in found.recorded if type(told.event) in AMENDMENTS), key=decided)
    return [_correction(told, versions, told.event_id in winners, others) for told in amendments]


def _correction(told: Recorded, versions: _Versions, wins: bool, others: Others) -> CopiedCorrection:
    event = told.event
    assert isinstance(event, TouchpointCorrected | TouchpointVoided)
    target, in_force = versions.told.get(event.target_event_id), versions.in_force(event.target_event_id)
    after = event.corrected(target) if target and isinstance(event, TouchpointCorrected) else None
    shown = given_of_amendment(event, others, target, in_force)
    return CopiedCorrection(
        event_id=event.event_id,
        target_event_id=event.target_event_id,
        decided_at=event.decided_at,
        recorded_at=told.recorded_at,
        recorded_by=shown.fields.get("actor"),
        in_force=wins,
        before=_told(target, others, in_force) if target else None,
        after=_told(after, others, in_force) if after else None,
    )


def _told(event: Touchpoint, others: Others, in_force: Touchpoint | None) -> dict[str, Any]:
    """An event's type and its stated fields."""
    return {"type": event.stored_as, **given(event, others, in_force).fields}


def _stages(found: Person) -> list[CopiedStage]:
    return [
        CopiedStage(
            condition=step.words,
            why=step.why,
            **{name: value for name, value in step.spell._asdict().items() if name in CopiedStage.model_fields},
        )
        for step in why(found.history, VERSION_1).steps
    ]


def _score(row: WellbeingRow) -> CopiedScore:
    return CopiedScore(**{name: getattr(row, name) for name in CopiedScore.model_fields})


def _ties(found: Person) -> list[CopiedTie]:
    told = [fact.event for fact in found.history.facts if isinstance(fact.event, TieReported)]
    labels = {event.tie_id: event.alter_label for event in told if event.alter_label is not None}
    return [
        CopiedTie(
            tie_id=tie.tie_id,
            label=labels.get(tie.tie_id),
            since=tie.since,
            until=tie.until,
            periods=[CopiedPeriod(**period._asdict()) for period in tie.periods],
        )
        for tie in ties_of(found.history)
    ]


def _facts(facts: Sequence[Fact], others: Others) -> list[CopiedFact]:
    return [
        CopiedFact(
            event_id=fact.event_id,
            type=fact.event.stored_as,
            occurred_at=fact.occurred_at,
            fields=given(fact.event, others, fact.event).fields,
        )
        for fact in facts
    ]
