"""A journey as JSON: the parts that every answer has, and a person's journey as its rows have it, for any day.

What changes by the date alone is not in it as a state but as a date, so that it is true on every day until something is
recorded: `silent_on` and `lost_on` in place of a standing, and no count of days.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import orjson

from domain.clock import day_of
from domain.codes import JourneyEnd, Stage
from domain.journey import VERSION_1, Episode, Journey, Rules, Spell, episodes_of
from projections.as_json import Instant, Part
from projections.journey import JourneyRow


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


class CurrentStatus(Part):
    """Where the person is until something else is recorded. Dates are calendar days in Seoul."""

    stage: str | None
    """That of the last spell; one that begins in the future (a day at most) counts."""
    entered_at: Instant
    last_contact_at: Instant | None
    silent_on: date | None
    """From this day on the person is silent, where no contact follows; null without a stage and after an end."""
    lost_on: date | None
    """From this day on the person is lost, where no contact follows; null without a stage and after an end."""


class CurrentJourney(Part):
    """The whole journey of a person who has one, with everything that is recorded so far."""

    participant_id: UUID
    """The pseudonym; of linked ones that under which the person's rows stand."""
    rule_version: str
    spells: list[JourneySpell]
    episodes: list[JourneyEpisode]
    anomalies: list[UUID]
    """The ids of contacts dated after the person's death: one of the two is wrong, and somebody has to look."""
    status: CurrentStatus


def journey_spell(spell: Spell, sequence: int) -> JourneySpell:
    """A spell as JSON has it."""
    return JourneySpell(sequence=sequence, **spell._asdict())


def journey_episode(episode: Episode) -> JourneyEpisode:
    """An episode as JSON has it."""
    return JourneyEpisode(**episode._asdict())


def current_journey(rows: Sequence[JourneyRow], rules: Rules = VERSION_1) -> CurrentJourney:
    """The journey that all rows of one person tell, folded under these rules; there is one row at least."""
    rows = sorted(rows, key=lambda row: row.sequence)
    last = rows[-1]
    told = Journey(last.component, rules, tuple(map(_spell, rows)))
    return CurrentJourney(
        participant_id=last.component,
        rule_version=rules.version,
        spells=[journey_spell(spell, row.sequence) for spell, row in zip(told.spells, rows, strict=True)],
        episodes=[journey_episode(episode) for episode in episodes_of(told)],
        anomalies=orjson.loads(last.anomalies),
        status=_status(rows, rules),
    )


def _spell(row: JourneyRow) -> Spell:
    return Spell(
        episode=row.episode,
        stage=row.stage,
        entered_at=row.entered_at,
        rule=row.rule,
        rule_version=row.rule_version,
        evidence=tuple(map(UUID, orjson.loads(row.evidence))),
        by_selection=row.by_selection,
        end_reason=None if row.end_reason is None else JourneyEnd(row.end_reason),
        left_at=row.left_at,
    )


def _status(rows: Sequence[JourneyRow], rules: Rules) -> CurrentStatus:
    last = rows[-1]
    silent_on = lost_on = None
    if last.stage is not None and last.stage != Stage.ENDED:
        quiet_from = last.last_contact_at or rows[0].entered_at
        silent_on = _after(quiet_from, rules.silent_days(last.stage))
        lost_on = _after(quiet_from, rules.lost_days)
    return CurrentStatus(
        stage=last.stage,
        entered_at=last.entered_at,
        last_contact_at=last.last_contact_at,
        silent_on=silent_on,
        lost_on=lost_on,
    )


def _after(moment: datetime, days: int | None) -> date | None:
    return None if days is None else day_of(moment) + timedelta(days=days)
