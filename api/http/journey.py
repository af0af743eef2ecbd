"""A journey: the spells of the stages, each with the rule, its version and the events that opened it."""

from uuid import UUID

from api.http.answer import Answer, Asked, Instant, Part
from api.http.stage_override import StageOverride, override_of
from domain.journey import Standing, episodes_of, journey_of, status
from projections.current_journey import JourneyEpisode, JourneySpell, journey_episode, journey_spell


class JourneyAnomaly(Part):
    """A contact dated after the person's death: one of the two is wrong, and somebody has to look."""

    event_id: UUID
    occurred_at: Instant


class JourneyStatus(Part):
    """Where the person is as of the moment asked about. All counts are calendar days in Seoul."""

    stage: str | None
    entered_at: Instant | None
    days_in_stage: int | None
    last_contact_at: Instant | None
    days_without_contact: int | None
    standing: Standing | None
    """Null without a stage and after an end."""


class PersonJourney(Answer):
    """The whole journey until `as_of`."""

    rule_version: str
    spells: list[JourneySpell]
    episodes: list[JourneyEpisode]
    anomalies: list[JourneyAnomaly]
    status: JourneyStatus
    override: StageOverride | None
    """The stage that staff set, while it holds: no rule knows of it, and none of the spells is it."""


def journey(asked: Asked) -> PersonJourney:
    """The journey of a person at both clocks."""
    found = journey_of(asked.person.history, asked.rules)
    stands = status(found, asked.as_of)
    names = JourneyStatus.model_fields
    return PersonJourney(
        participant_id=asked.participant_id,
        as_of=asked.as_of,
        known_at=asked.known_at,
        version=asked.person.version,
        held=asked.held,
        rule_version=asked.rules.version,
        spells=[journey_spell(spell, sequence) for sequence, spell in enumerate(found.spells, start=1)],
        episodes=[journey_episode(episode) for episode in episodes_of(found)],
        anomalies=[JourneyAnomaly(**anomaly._asdict()) for anomaly in found.anomalies],
        status=JourneyStatus(**{name: getattr(stands, name) for name in names}),
        override=override_of(asked),
    )
