"""A person in few words: stage and since when, standing, the latest score of each instrument."""

from collections.abc import Iterable
from uuid import UUID

from pydantic import Field

from api.http.answer import Answer, Asked, Instant, Part
from api.http.stage_override import StageOverride, override_of
from domain.casework import assigned_at
from domain.change import Verdict
from domain.codes import ConsentScope
from domain.consent_standing import ConsentStanding, ConsentStatus, consent_standing
from domain.history import History
from domain.journey import Standing, journey_of, status
from domain.roles import Role, roles_at, roles_of
from domain.without_effect import NoEffect, without_effect
from projections.wellbeing import WellbeingRow, wellbeing


class LatestScore(Part):
    """The latest score of one instrument."""

    instrument: str
    occurred_at: Instant
    event_id: UUID
    score: float
    band: str | None
    """Null where the instrument has no agreed bands, or an unanswered item leaves it open."""
    change_from_first: float | None
    """This score minus the instrument's first; null when this is the first."""
    reliable: Verdict | None
    """Whether that is more than measurement error; null: nothing to compare, or not available."""
    important: Verdict | None
    """Whether that matters clinically; null likewise."""
    safety: bool
    """The measure calls for a look at the person's safety."""


class ScopeOfConsent(Part):
    """How it stands with one scope of consent at `as_of`. Days are those of Seoul."""

    scope: ConsentScope
    status: ConsentStatus
    since: str | None = Field(json_schema_extra={"format": "date"})
    """The day on which it was given or withdrawn, or the first on which it had lapsed; null: never given."""
    until: str | None = Field(json_schema_extra={"format": "date"})
    """The last day on which it is in force; null: it has none, or is not in force."""


class AssignedWorker(Part):
    """Who is responsible for the person."""

    worker: str
    role: str
    since: Instant


class AmendmentWithoutEffect(Part):
    """A correction or retraction that is recorded and changes nothing."""

    recorded_at: Instant
    type: str
    reason: NoEffect
    """`target_unknown`: nothing with the id of the target is recorded of the person, and may still come;
    `other_identity`: the target was told of another identity of the person, so tell the amendment of that one;
    `not_amendable`: the target is a command or an amendment."""
    target_event_id: UUID
    told_of: UUID | None
    """The identity that the target was told of, where that is another one."""
    event_id: UUID
    participant_id: UUID
    """The identity that the amendment was told of."""


class PersonSummary(Answer):
    """Who this is and where they stand."""

    identities: list[UUID]
    """All pseudonyms linked to the one asked about, itself included."""
    stage: str | None
    """The stage by the rules; null where no rule has applied yet."""
    entered_at: Instant | None
    """When that stage was entered."""
    days_in_stage: int | None
    """Calendar days in Seoul, to `as_of`."""
    rule: str | None
    """The rule that led there."""
    rule_version: str
    """The version of the rules that was applied."""
    episode: int | None
    """From 1; a contact after an end begins the next."""
    override: StageOverride | None
    """The stage that staff set, while it holds."""
    roles: list[Role]
    """The roles held: participant, trainee, healing activist. A role is no stage."""
    standing: Standing | None
    """Null without a stage and after an end: nobody is waited for."""
    last_contact_at: Instant | None
    days_without_contact: int | None
    """Calendar days in Seoul since the last contact, or since the first stage where no contact is known."""
    consents: list[ScopeOfConsent]
    """Every scope."""
    workers: list[AssignedWorker]
    """Who is assigned, by (`worker`, `role`)."""
    scores: list[LatestScore]
    """By instrument."""
    events: int
    """How many touchpoints are in force: happened by `as_of`, recorded by `known_at`, not voided."""
    without_effect: list[AmendmentWithoutEffect]
    """Corrections and retractions that change nothing, in the order in which they were recorded."""


def summary(asked: Asked) -> PersonSummary:
    """The summary of a person at both clocks."""
    history = asked.person.history
    found = journey_of(history, asked.rules)
    current = found.spells[-1] if found.spells else None
    stands = status(found, asked.as_of)
    return PersonSummary(
        participant_id=asked.participant_id,
        as_of=asked.as_of,
        known_at=asked.known_at,
        version=asked.person.version,
        held=asked.held,
        identities=sorted(asked.person.identities),
        stage=found.stage,
        entered_at=stands.entered_at,
        days_in_stage=stands.days_in_stage,
        rule=current.rule if current else None,
        rule_version=asked.rules.version,
        episode=current.episode if current else None,
        override=override_of(asked),
        roles=roles_at(roles_of(history), asked.as_of),
        standing=stands.standing,
        last_contact_at=stands.last_contact_at,
        days_without_contact=stands.days_without_contact,
        consents=[_consent(standing) for standing in consent_standing(history, asked.as_of)],
        workers=[
            AssignedWorker(worker=found.worker, role=found.role, since=found.since)
            for found in assigned_at(history, asked.as_of)
        ],
        scores=_latest(history),
        events=len(history.facts),
        without_effect=[AmendmentWithoutEffect(**found._asdict()) for found in without_effect(history)],
    )


def _consent(found: ConsentStanding) -> ScopeOfConsent:
    return ScopeOfConsent(
        scope=found.scope,
        status=found.status,
        since=found.since.isoformat() if found.since else None,
        until=found.until.isoformat() if found.until else None,
    )


def _latest(history: History) -> list[LatestScore]:
    rows: Iterable[WellbeingRow] = wellbeing.fold(history)
    latest = {row.instrument: row for row in rows if row.score is not None}
    names = LatestScore.model_fields
    return [LatestScore(**{name: getattr(row, name) for name in names}) for _, row in sorted(latest.items())]
