"""Short stories from which the tests of the stage rules start. A bare date is a day in Seoul."""

from datetime import date, timedelta

from domain.codes import TieKind
from domain.journey import VERSION_1, Journey, Rules, journey_of
from domain.touchpoint import Touchpoint
from tests.examples import (
    activist_selected,
    call_received,
    journey_ended,
    measure_taken,
    prescription_issued,
    session_attended,
    tie_reported,
)
from tests.given import given, on

Story = tuple[Touchpoint, ...]


def journey(*events: Touchpoint, rules: Rules = VERSION_1) -> Journey:
    return journey_of(given(*events).history(), rules)


def moves(*events: Touchpoint, rules: Rules = VERSION_1) -> list[str]:
    """The rules that moved the person, in order."""
    return [spell.rule for spell in journey(*events, rules=rules).spells]


def last_move(*events: Touchpoint, rules: Rules = VERSION_1) -> str:
    return moves(*events, rules=rules)[-1]


def after(day: str, days: int) -> str:
    """The Seoul day so many days later."""
    return str(date.fromisoformat(day) + timedelta(days))


def ucla(score: int, day: str) -> Touchpoint:
    """A UCLA-3 measure with that score."""
    return on(measure_taken.replaced(items=None, score=score), day)


def unscored(day: str) -> Touchpoint:
    """A UCLA-3 measure with an item missing: no score."""
    return on(measure_taken.replaced(items=(3, None, 3), score=None), day)


def well(since: str) -> Story:
    """Two low scores, 28 days apart."""
    return (ucla(4, since), ucla(4, after(since, 28)))


def sessions(count: int, since: str) -> Story:
    """Sessions attended, day by day."""
    return tuple(on(session_attended, after(since, day)) for day in range(count))


def tie(kind: TieKind, day: str, *, formed: bool = True) -> Touchpoint:
    return on(tie_reported.replaced(kind=kind, formed=formed), day)


prevention: Story = (on(call_received, "2025-05-20"),)
healing: Story = (on(prescription_issued, "2025-06-01"),)
returned: Story = (*healing, tie(TieKind.FRIEND, "2025-06-02"), *well("2025-06-03"))
"""Entered RETURN on 2025-07-01 by T1; the last score before is 4."""
selected: Story = (*healing, on(activist_selected, "2025-07-01"))
"""Entered RETURN on 2025-07-01 by selection; without any score."""
maintained: Story = (*returned, on(call_received, "2025-09-29"))
"""Entered RE_ISOLATION_PREVENTION on 2025-09-29, 90 days after RETURN."""
ended: Story = (*healing, on(journey_ended, "2025-07-01"))
