"""Wellbeing: every measure of a person by instrument, the change since the baseline, and which measures are due."""

from uuid import UUID

import orjson
from pydantic import Field

from api.http.answer import Answer, Asked, Instant, Part
from domain.change import RELIABILITIES, Verdict, reliable_beyond
from domain.instruments import INSTRUMENTS
from domain.journey import journey_of
from domain.wellbeing import Baseline, DueOccasion, Entry, OccasionState, Progress
from projections.progress import InstrumentOverTime, health_over_time
from projections.wellbeing import WellbeingRow


class SubscaleScore(Part):
    """What one subscale says; null where an item of it is unanswered."""

    score: float | None
    band: str | None


class Measure(Part):
    """One measure in force, taken or not."""

    sequence: int
    """Its place among all measures of this instrument, from 1."""
    occurred_at: Instant
    event_id: UUID
    taken: bool
    """False: it was due and not taken, and `reason` says why."""
    score: float | None
    band: str | None
    reason: str | None
    """Why there is no score; null where there is one."""
    reported: bool
    """The score is the producer's own total."""
    missing: int
    """Items unanswered in a score that stands without them."""
    safety: bool
    """The measure calls for a look at the person's safety."""
    subscales: dict[str, SubscaleScore]
    change_from_first: float | None
    """This score minus the first of the instrument; null on the first."""
    reliable: Verdict | None
    """Reliable change from the first score (Jacobson and Truax 1991)."""
    important: Verdict | None
    """Clinically important change from the first score."""


class BaselineScore(Part):
    """The last score from 30 days before to 14 days after entering healing."""

    score: float
    occurred_at: Instant
    event_id: UUID
    triggered_entry: bool
    """The rule that opened healing rests on this score."""


class LatestMeasure(Part):
    """The last score, also one from before the entry."""

    score: float
    occurred_at: Instant
    event_id: UUID


class SinceBaseline(Part):
    """How the instrument moved from the baseline to the latest score."""

    baseline: BaselineScore | None
    latest: LatestMeasure | None
    change: float | None
    """Latest minus baseline, in the instrument's points."""
    reliable_change_index: float | None
    """Change in standard errors of the difference (Jacobson and Truax 1991); null without a published reliability."""
    reliable: Verdict | None
    """Whether the index lies beyond 1.96; null likewise."""
    important: Verdict | None
    """Clinically important change; null where the instrument has none."""
    not_compared: str | None
    """Why there is no change: no baseline, or no score after it."""


class MeasureOccasion(Part):
    """0, 3, 6, 12 or 24 months after entering healing, 30 days early or late at most. Days are those of Seoul."""

    months: int
    due_on: str = Field(json_schema_extra={"format": "date"})
    first_day: str = Field(json_schema_extra={"format": "date"})
    last_day: str = Field(json_schema_extra={"format": "date"})
    state: OccasionState
    score: float | None
    occurred_at: Instant | None
    """When the measure that decides the state was taken, or told not to be; null where there is none."""
    event_id: UUID | None


class ReliabilityInUse(Part):
    """What a reliable change rests on."""

    reliability: float
    sd: float
    """In the instrument's points."""
    beyond: float
    """A change is reliable when it is more than so many points."""
    source: str
    version: str


class HealingEntry(Part):
    """The first entry into healing of the current episode, or of the last where it ended."""

    episode: int
    entered_at: Instant
    rule: str


class Series(Part):
    """All measures of one instrument, in order."""

    instrument: str
    title: str | None
    """Null for an instrument that is not scored here; so are the next three."""
    lowest: int | None
    highest: int | None
    higher_is_better: bool | None
    reliability: ReliabilityInUse | None
    """Null where none was published: then there is no reliable change."""
    important_change: int | None
    """The least clinically important change, in points; null where the instrument has none."""
    important_source: str | None
    """Who found it."""
    since_baseline: SinceBaseline
    occasions: list[MeasureOccasion]
    """Empty before an entry into healing."""
    measures: list[Measure]


class PersonWellbeing(Answer):
    """How a person has been."""

    rule_version: str
    """The version of the stage rules, by which healing was entered."""
    healing: HealingEntry | None
    """What baselines and occasions are counted from; null without an entry in this episode."""
    series: list[Series]
    """By instrument."""


def wellbeing(asked: Asked) -> PersonWellbeing:
    """The series of a person at both clocks."""
    history = asked.person.history
    found = health_over_time(history, journey_of(history, asked.rules), asked.as_of)
    return PersonWellbeing(
        participant_id=asked.participant_id,
        as_of=asked.as_of,
        known_at=asked.known_at,
        version=asked.person.version,
        held=asked.held,
        rule_version=asked.rules.version,
        healing=_healing(found.entry) if found.entry else None,
        series=[_series(one) for one in found.instruments],
    )


def _healing(entry: Entry) -> HealingEntry:
    return HealingEntry(episode=entry.episode, entered_at=entry.entered_at, rule=entry.rule)


def _series(one: InstrumentOverTime) -> Series:
    known = INSTRUMENTS.get(one.instrument)
    return Series(
        instrument=one.instrument,
        title=known.title if known else None,
        lowest=known.lowest if known else None,
        highest=known.highest if known else None,
        higher_is_better=known.higher_is_better if known else None,
        reliability=_reliability(one.instrument),
        important_change=known.important_change if known else None,
        important_source=known.change_source if known else None,
        since_baseline=_since_baseline(one.progress),
        occasions=[_occasion(occasion) for occasion in one.occasions],
        measures=[_measure(row) for row in one.rows],
    )


def _reliability(instrument: str) -> ReliabilityInUse | None:
    found = RELIABILITIES.get(instrument)
    if found is None:
        return None
    return ReliabilityInUse(
        reliability=found.reliability,
        sd=found.sd,
        beyond=reliable_beyond(reliability=found.reliability, sd=found.sd),
        source=found.source,
        version=found.version,
    )


def _since_baseline(found: Progress) -> SinceBaseline:
    latest = found.latest
    return SinceBaseline(
        baseline=_baseline(found.baseline) if found.baseline else None,
        latest=LatestMeasure(score=score, occurred_at=latest.occurred_at, event_id=latest.event_id)
        if latest is not None and (score := latest.score) is not None
        else None,
        change=found.change,
        reliable_change_index=found.reliable_change_index,
        reliable=found.reliable,
        important=found.important,
        not_compared=found.not_compared,
    )


def _baseline(found: Baseline) -> BaselineScore:
    return BaselineScore(**found._asdict())


def _occasion(found: DueOccasion) -> MeasureOccasion:
    measure = found.measure
    return MeasureOccasion(
        months=found.months,
        due_on=found.due_on.isoformat(),
        first_day=found.first_day.isoformat(),
        last_day=found.last_day.isoformat(),
        state=found.state,
        score=measure.score if measure else None,
        occurred_at=measure.occurred_at if measure else None,
        event_id=measure.event_id if measure else None,
    )


def _measure(row: WellbeingRow) -> Measure:
    values = row._asdict() | {"subscales": orjson.loads(row.subscales) if row.subscales else {}}
    return Measure(**{name: values[name] for name in Measure.model_fields})
