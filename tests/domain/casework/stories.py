"""Stories of casework: any order of the touchpoints that tell of it, some at one instant, some known to the day."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from domain.clock import END_OF_TIME, parse_moment
from domain.history import History, Recorded, history_of
from domain.touchpoint import Touchpoint
from tests.examples import (
    OTHER_PARTICIPANT,
    PARTICIPANT,
    call_placed,
    call_received,
    concern_reported,
    counselling_held,
    discovery_attempted,
    household_joined,
    household_left,
    journey_ended,
    shift_handed_over,
    worker_assigned,
    worker_unassigned,
)

FIRST = parse_moment("2025-06-01T12:00:00+09:00")

discovery_call = call_placed.replaced(purpose="discovery")
worried_call = call_received.replaced(about="other")

TOLD: Sequence[Touchpoint] = (
    worker_assigned,
    worker_assigned.replaced(worker="worker-09"),
    worker_unassigned,
    worker_unassigned.replaced(worker="worker-09"),
    household_joined,
    household_joined.replaced(household_id=OTHER_PARTICIPANT),
    household_left,
    shift_handed_over,
    shift_handed_over.replaced(to_actor="worker-09"),
    concern_reported,
    concern_reported.replaced(reporter="family"),
    worried_call,
    worried_call.replaced(about="household"),
    worried_call.replaced(outcome="abandoned"),
    call_received,
    *(
        discovery_attempted.replaced(outcome=outcome, about=about)
        for outcome in ("contacted", "no_answer", "refused", "not_found")
        for about in (None, "self", "other", "household")
    ),
    *(discovery_call.replaced(outcome=outcome) for outcome in ("reached", "no_answer", "refused", "wrong_number")),
    counselling_held,
    journey_ended,
)


def moments() -> st.SearchStrategy[datetime]:
    return st.integers(min_value=-1, max_value=40).map(lambda hours: FIRST + timedelta(hours=6 * hours))


@st.composite
def stories(draw: Callable[..., Any]) -> list[Touchpoint]:
    """Up to a dozen touchpoints of one person on a few days, many at one instant."""
    chosen = draw(st.lists(st.tuples(st.sampled_from(TOLD), moments(), st.booleans()), min_size=1, max_size=12))
    return [
        event.replaced(
            occurred_at=moment,
            source_id=f"{event.source_id}-{number}",
            precision="day" if by_day else "instant",
        )
        for number, (event, moment, by_day) in enumerate(chosen)
    ]


def history(events: Sequence[Touchpoint], as_of: datetime = END_OF_TIME) -> History:
    return history_of(PARTICIPANT, [Recorded(event, FIRST) for event in events], as_of=as_of)
