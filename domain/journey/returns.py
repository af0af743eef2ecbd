"""Returns to isolation: did the first way out last? After the HUD System Performance Measure 2.

"Return" alone is the good word here (사회로의 복귀, the stage RETURN); a *return to isolation* is the way back from it.
"""

from dataclasses import dataclass

from domain.clock import days_between
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
