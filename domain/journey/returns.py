"""Returns to isolation: did the first way out last? After the HUD System Performance Measure 2.

"Return" alone is the good word here (사회로의 복귀, the stage RETURN); a *return to isolation* is the way back from it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from domain.clock import day_of, days_between, months_after
from domain.codes import Stage
from domain.journey.spells import Journey, Spell


@dataclass(frozen=True, slots=True)
class QualifyingExit:
    """A person's first entry into RETURN and what became of it."""

    entered: Spell
    """Of RETURN; `by_selection` tells the selected, whom time to return leaves out."""
    returned: Spell | None
    """The return to isolation that counts: the first entry into HEALING long enough after the exit."""
    unstable: tuple[Spell, ...]
    """Earlier entries into HEALING: shown, not counted."""


def qualifying_exit(journey: Journey) -> QualifyingExit | None:
    """The first entry into RETURN with the return to isolation after it; None where nobody returned yet.

    After RETURN only X1-X3 lead to HEALING, or H1 and H2 of a later episode: each entry into HEALING is a way back.
    """
    first = next((place for place, spell in enumerate(journey.spells) if spell.stage == Stage.RETURN), None)
    if first is None:
        return None
    entered = journey.spells[first]
    back = [spell for spell in journey.spells[first + 1 :] if spell.stage == Stage.HEALING]
    least = journey.rules.unstable_days
    lasted = [spell for spell in back if days_between(entered.entered_at, spell.entered_at) >= least]
    return QualifyingExit(entered, lasted[0] if lasted else None, tuple(back[: len(back) - len(lasted)]))


class Returns(NamedTuple):
    """How many of those who left came back, within so many months of their qualifying exit."""

    months: int
    exits: int
    """Qualifying exits by `as_of`."""
    base: int
    """Exits at least so many months old: the only ones of which this can be known."""
    not_yet_observable: int
    """The younger exits: they are in no count that follows."""
    returned: int
    """Of the base, returns to isolation before so many months were over."""
    share: float | None
    """`returned` / `base`; None without a base."""
    unstable: int
    """Of the base, people who came back too soon to count: shown, and in `returned` only where they came back again."""
    by_selection: int
    """Of the base, exits as a selected activist."""


def returns_within(exits: Iterable[QualifyingExit], months: int, as_of: datetime) -> Returns:
    """The figure at one horizon. The exits are those of the journeys as of the same moment.

    An exit is so many months old on that day of the month, or on the last where a month is too short; a return on that
    day is no longer within them, so that nothing that happens later changes the figure.
    """
    today, over = day_of(as_of), [(found, months_after(day_of(found.entered.entered_at), months)) for found in exits]
    base = [(found, end) for found, end in over if end <= today]
    returned = sum(1 for found, end in base if found.returned and day_of(found.returned.entered_at) < end)
    return Returns(
        months=months,
        exits=len(over),
        base=len(base),
        not_yet_observable=len(over) - len(base),
        returned=returned,
        share=returned / len(base) if base else None,
        unstable=sum(1 for found, _ in base if found.unstable),
        by_selection=sum(1 for found, _ in base if found.entered.by_selection),
    )
