"""A journey: the spells of the stages, each with the rule, its version and the events that opened it."""

from uuid import UUID

from api.http.answer import Answer, Asked, Instant, Part
from domain.journey import Episode, Spell, Standing, episodes_of, journey_of, status


class JourneySpell(Part):
    """A time in one stage."""

    sequence: int
    """From 1, over all episodes."""
    episode: int
    stage: str | None
    """Null: back in contact after an end, and no stage yet."""
    entered_at: Instant
    left_at: Instant | None
    """Null while it lasts."""
    rule: str
    rule_version: str
    evidence: list[UUID]
    """The ids of the events that the rule saw, in the order in which it names them."""
    by_selection: bool
    """The person entered as a selected activist."""
    end_reason: str | None


class JourneyEpisode(Part):
    """From a first stage to an end; a contact after it begins the next."""

    episode: int
    """From 1."""
    began_at: Instant
    ended_at: Instant | None
    """Null while it lasts."""
    end_reason: str | None
    died_at: Instant | None
    """A death, also one told after another end."""
    last_stage: str | None
    """The stage it is in, or was in when it ended."""
    qualifying_exit_at: Instant | None
    """The person's first entry into RETURN, on the episode in which it lies."""
    by_selection: bool | None
    """Whether that was as a selected activist; null without it."""
    returned_at: Instant | None
    """The return to isolation that counts, on the episode in which it lies."""
    unstable: list[Instant]
    """Ways back too soon after the exit to count."""


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
        rule_version=asked.rules.version,
        spells=[_spell(spell, sequence) for sequence, spell in enumerate(found.spells, start=1)],
        episodes=[_episode(episode) for episode in episodes_of(found)],
        anomalies=[JourneyAnomaly(**anomaly._asdict()) for anomaly in found.anomalies],
        status=JourneyStatus(**{name: getattr(stands, name) for name in names}),
    )


def _spell(spell: Spell, sequence: int) -> JourneySpell:
    return JourneySpell(sequence=sequence, **spell._asdict())


def _episode(episode: Episode) -> JourneyEpisode:
    return JourneyEpisode(**episode._asdict())
