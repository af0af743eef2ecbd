"""`majung person wellbeing`: how somebody has been: every measure, change since the baseline, what is due.

Scores are shown under the pseudonym; answers to single items are not.
"""

from api import wiring
from api.cli.listing import Listing, record
from api.cli.options import AsOf, KnownAt, Output, Participant
from api.cli.output import Format, show
from api.cli.rule_sets import RulesTold, rule_set
from api.settings import load_settings
from domain.change import RELIABILITIES, reliable_beyond
from domain.instruments import INSTRUMENTS
from domain.journey import journey_of
from domain.wellbeing import Progress
from projections.progress import HealthOverTime, InstrumentOverTime, health_over_time
from replay.queries.as_of import person

_MEASURE = (
    "instrument",
    "sequence",
    "occurred_at",
    "event_id",
    "taken",
    "score",
    "band",
    "reason",
    "reported",
    "missing",
    "safety",
    "subscales",
    "change_from_first",
    "reliable",
    "important",
)
_MEASURE_IN_BRIEF = ("instrument", "occurred_at", "score", "band", "reason", "change_from_first")
_PROGRESS = (
    "instrument",
    "baseline_score",
    "baseline_occurred_at",
    "baseline_event_id",
    "baseline_triggered_entry",
    "latest_score",
    "latest_occurred_at",
    "latest_event_id",
    "change",
    "reliable_change_index",
    "reliable",
    "important",
    "not_compared",
)
_PROGRESS_IN_BRIEF = ("instrument", "baseline_score", "latest_score", "change", "reliable", "important")
_OCCASION = (
    "instrument",
    "months",
    "due_on",
    "first_day",
    "last_day",
    "state",
    "score",
    "occurred_at",
    "event_id",
)


def wellbeing(
    participant: Participant,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rules: RulesTold = None,
    output: Output = Format.TABLE,
) -> None:
    """Every measure, the change since the baseline with its reliable change index, and which measures are due."""
    with wiring.start(load_settings()) as majung:
        by = rule_set(majung, rules)
        now = majung.now()
        moment, known = as_of or now, known_at or now
        found = person(majung.journal, participant, as_of=moment, known_at=known)
    health = health_over_time(found.history, journey_of(found.history, by), moment)
    entry = health.entry
    main = record(
        "wellbeing",
        participant_id=participant,
        healing_entered_at=entry.entered_at if entry else None,
        healing_episode=entry.episode if entry else None,
        healing_rule=entry.rule if entry else None,
        rule_version=by.version,
        as_of=moment,
        known_at=known,
    )
    show(output, main, _measures(health), progress(health), _occasions(health), _figures(health))


def progress(health: HealthOverTime) -> Listing:
    """One line for each instrument: from the baseline to the latest score, or why there is no change."""
    rows = [_progress(one.progress) for one in health.instruments]
    return Listing("since_baseline", _PROGRESS, rows, brief=_PROGRESS_IN_BRIEF)


def _progress(found: Progress) -> tuple[object, ...]:
    start, last = found.baseline, found.latest
    return (
        found.instrument,
        *((start.score, start.occurred_at, start.event_id, start.triggered_entry) if start else (None,) * 4),
        *((last.score, last.occurred_at, last.event_id) if last else (None,) * 3),
        found.change,
        found.reliable_change_index,
        found.reliable,
        found.important,
        found.not_compared,
    )


def _measures(health: HealthOverTime) -> Listing:
    rows = [tuple(getattr(row, name) for name in _MEASURE) for one in health.instruments for row in one.rows]
    return Listing("measures", _MEASURE, rows, brief=_MEASURE_IN_BRIEF)


def _occasions(health: HealthOverTime) -> Listing:
    rows = [
        (
            one.instrument,
            *found[:5],
            *(
                (found.measure.score, found.measure.occurred_at, found.measure.event_id)
                if found.measure
                else (None,) * 3
            ),
        )
        for one in health.instruments
        for found in one.occasions
    ]
    return Listing("occasions", _OCCASION, rows, brief=(*_OCCASION[:3], *_OCCASION[5:8]))


_FIGURES = (
    "instrument",
    "title",
    "lowest",
    "highest",
    "higher_is_better",
    "reliability",
    "reliability_sd",
    "reliability_beyond",
    "reliability_source",
    "important_change",
    "important_source",
)


def _figures(health: HealthOverTime) -> Listing:
    """What the verdicts rest on, with the sources; nothing of an instrument that is not scored here."""
    rows = [_figures_of(one) for one in health.instruments if one.instrument in INSTRUMENTS]
    return Listing("instruments", _FIGURES, rows, brief=(*_FIGURES[:5], "reliability_beyond", "important_change"))


def _figures_of(one: InstrumentOverTime) -> tuple[object, ...]:
    known, found = INSTRUMENTS[one.instrument], RELIABILITIES.get(one.instrument)
    beyond = reliable_beyond(reliability=found.reliability, sd=found.sd) if found else None
    return (
        one.instrument,
        known.title,
        known.lowest,
        known.highest,
        known.higher_is_better,
        found.reliability if found else None,
        found.sd if found else None,
        beyond,
        found.source if found else None,
        known.important_change,
        known.change_source,
    )
