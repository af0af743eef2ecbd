"""Health over time of one person, from events: entries, episodes, corrections, late measures; and the laws."""

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

from hypothesis import given as supposing
from hypothesis import strategies as st

from domain.clock import END_OF_TIME, parse_moment
from domain.events import TouchpointCorrected
from domain.journey import VERSION_1, Rules, journey_of
from domain.touchpoint import Touchpoint
from projections.progress import HealthOverTime, InstrumentOverTime, health_over_time
from tests.domain.journey.stories import after, healing, prevention, ucla
from tests.examples import (
    activist_selected,
    call_received,
    journey_ended,
    measure_not_taken,
    measure_taken,
    prescription_issued,
    risk_assessed,
    state_observed,
    touchpoint_corrected,
)
from tests.given import given, on, recorded

LONG_AFTER = "2029-12-31"


def health(
    events: Sequence[Any], as_of: str = LONG_AFTER, known_at: str | datetime = END_OF_TIME, rules: Rules = VERSION_1
) -> HealthOverTime:
    history = given(*events).history(as_of=as_of, known_at=known_at)
    return health_over_time(history, journey_of(history, rules), parse_moment(as_of))


def only(*events: Any, **asked: Any) -> InstrumentOverTime:
    [found] = health(events, **asked).instruments
    return found


def corrected(target: Touchpoint, score: int) -> TouchpointCorrected:
    replacement = {"occurred_at": target.occurred_at.isoformat(), "instrument": "UCLA-3", "score": score}
    return touchpoint_corrected.replaced(
        target_event_id=target.event_id, replacement_type="measure-taken.v1", replacement=replacement
    )


def test_each_instrument_has_its_baseline_and_its_occasions() -> None:
    phq = measure_taken.replaced(instrument="PHQ-9", items=None, score=15)
    told = (*healing, ucla(8, "2025-06-03"), on(phq, "2025-06-04"), on(phq.replaced(score=9), "2025-09-01"))
    found = health(told, as_of="2025-10-05")
    assert [one.instrument for one in found.instruments] == ["PHQ-9", "UCLA-3"]
    phq_9, ucla_3 = found.instruments
    assert (phq_9.progress.change, phq_9.progress.important) == (-6, "improved")
    assert ucla_3.progress.not_compared == "no score after the baseline"
    assert [one.state.value for one in phq_9.occasions[:3]] == ["measured", "measured", "not_yet"]
    assert [one.state.value for one in ucla_3.occasions[:3]] == ["measured", "missed", "not_yet"]


def test_a_measure_that_was_declined_is_told_as_such() -> None:
    declined = on(measure_not_taken.replaced(instrument="UCLA-3", reason="declined"), "2025-09-01")
    found = only(*healing, ucla(8, "2025-06-03"), declined)
    assert found.occasions[1].state.value == "declined"
    assert found.occasions[1].measure is not None
    assert found.occasions[1].measure.event_id == declined.event_id


def test_before_an_entry_into_healing_there_is_no_baseline_and_nothing_is_due() -> None:
    found = health((*prevention, ucla(8, "2025-05-21")))
    assert found.entry is None
    assert found.instruments[0].occasions == []
    assert found.instruments[0].progress.not_compared == "has not entered healing in this episode"


def test_two_high_scores_that_led_to_healing_are_flagged() -> None:
    selected = on(activist_selected, "2025-07-01")
    high = ucla(7, "2025-08-01"), ucla(8, "2025-08-15")
    found = health((*prevention, selected, *high, ucla(4, "2025-11-20")))
    assert found.entry is not None
    assert (found.entry.rule, found.entry.evidence) == ("X2", tuple(one.event_id for one in high))
    progress = found.instruments[0].progress
    assert progress.baseline is not None
    assert (progress.baseline.score, progress.baseline.triggered_entry, progress.change) == (8, True, -4)
    later = only(*prevention, selected, *high, ucla(6, "2025-08-20"), ucla(4, "2025-11-20")).progress.baseline
    assert later is not None
    assert (later.score, later.triggered_entry) == (6, False)


def test_a_re_isolation_within_an_episode_moves_no_baseline() -> None:
    back = on(activist_selected, "2025-09-01"), on(risk_assessed.replaced(level="high"), "2026-02-01")
    found = health((*healing, ucla(8, "2025-06-03"), *back, ucla(9, "2026-02-02")))
    assert found.entry is not None
    assert found.entry.entered_at == healing[0].occurred_at
    assert found.instruments[0].progress.change == 1


def test_a_second_episode_begins_with_a_baseline_of_its_own() -> None:
    first = (*healing, ucla(8, "2025-06-03"), on(journey_ended.replaced(reason="completed"), "2025-09-20"))
    back = on(call_received, "2027-03-01")
    again = on(prescription_issued.replaced(prescription_id="rx-2"), "2027-03-10")
    story = (*first, back, again, ucla(9, "2027-03-11"), ucla(6, "2027-06-10"))

    ended = health(story, as_of="2026-12-31")
    assert ended.entry is not None
    assert (ended.entry.episode, ended.entry.ended_at) == (1, first[-1].occurred_at)
    states = [one.state.value for one in ended.instruments[0].occasions]
    assert states == ["measured", "ended", "ended", "ended", "ended"]

    waiting = health(story, as_of="2027-03-05")
    assert waiting.entry is None
    assert waiting.instruments[0].progress.not_compared == "has not entered healing in this episode"

    second = health(story)
    assert second.entry is not None
    assert (second.entry.episode, second.entry.entered_at, second.entry.ended_at) == (2, again.occurred_at, None)
    assert (second.instruments[0].progress.change, second.instruments[0].progress.reliable) == (-3, "improved")


def test_a_corrected_baseline_counts_from_when_the_correction_was_recorded() -> None:
    first = ucla(8, "2025-06-03")
    story = (
        *[recorded(event, "2025-12-01T00:00:00Z") for event in (*healing, first, ucla(5, "2025-09-01"))],
        recorded(corrected(first, 6), "2026-01-01T00:00:00Z"),
    )
    assert only(*story, known_at="2025-12-31").progress.change == -3
    assert only(*story).progress.change == -1


def test_a_measure_that_is_told_late_becomes_the_baseline_it_was() -> None:
    story = [recorded(event, "2025-12-01T00:00:00Z") for event in (*healing, ucla(5, "2025-09-01"))]
    late = recorded(ucla(9, "2025-06-10"), "2026-01-01T00:00:00Z")
    assert only(*story, late, known_at="2025-12-31").progress.baseline is None
    assert only(*story, late).progress.change == -4
    assert only(*story, late).occasions[0].state.value == "measured"


def test_stages_as_recorded_have_baselines_too() -> None:
    states = on(state_observed.replaced(state="healing"), "2025-06-01"), on(call_received, "2025-06-02")
    found = health((*states, ucla(8, "2025-06-03")), rules=Rules(version="as-recorded", as_recorded=True))
    assert found.entry is not None
    assert (found.entry.rule, found.instruments[0].progress.not_compared) == ("S1", "no score after the baseline")


def a_story(days: list[tuple[int, int | None]]) -> list[Touchpoint]:
    """Two episodes with measures on these days after 2025-04-01; None is a refusal; the first is corrected."""
    refused = measure_not_taken.replaced(instrument="UCLA-3")
    told = [
        ucla(score, after("2025-04-01", day)) if score else on(refused, after("2025-04-01", day)) for day, score in days
    ]
    amended = [corrected(told[0], 9)] if days[0][1] else []
    episodes = [on(journey_ended.replaced(reason="completed"), "2025-11-01"), on(call_received, "2026-03-01")]
    return [*prevention, *healing, *episodes, on(risk_assessed.replaced(level="high"), "2026-03-05"), *told, *amended]


days = st.lists(
    st.tuples(st.integers(0, 700), st.none() | st.integers(3, 9)), min_size=1, max_size=8, unique_by=lambda one: one[0]
)


@supposing(days, st.integers(min_value=0))
def test_the_order_of_arrival_does_not_matter(told: list[tuple[int, int | None]], seed: int) -> None:
    events = a_story(told)
    assert health(Random(seed).sample(events, len(events))) == health(events)


@supposing(days, st.integers(0, 900))
def test_an_earlier_day_is_the_whole_filtered(told: list[tuple[int, int | None]], day: int) -> None:
    """What is asked of a day is what today's rows and journey say of it: nothing later takes part."""
    events, as_of = a_story(told), parse_moment(after("2025-04-01", day))
    whole = given(*events).history()
    then = given(*events).history(as_of=as_of)
    asked = health_over_time(then, journey_of(then), as_of)
    kept = health_over_time(whole, journey_of(whole).at(as_of), as_of)
    told_then = {one.instrument: (one.progress, one.occasions) for one in asked.instruments}
    assert asked.entry == kept.entry
    for one in kept.instruments:
        if one.instrument in told_then:
            assert told_then[one.instrument] == (one.progress, one.occasions)
        else:
            assert (one.progress.baseline, one.progress.latest) == (None, None)
