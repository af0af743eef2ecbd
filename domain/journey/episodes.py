"""Episodes: from a first stage to an end, and anew from the contact after it. What became of each."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from domain.codes import JourneyEnd, Stage
from domain.journey.returns import QualifyingExit, qualifying_exit
from domain.journey.spells import Journey, Spell


class Episode(NamedTuple):
    """One episode of a journey."""

    episode: int
    """From 1."""
    began_at: datetime
    """The first of its stages; of a later episode the contact after the end."""
    ended_at: datetime | None
    """None while it lasts."""
    end_reason: JourneyEnd | None
    """Why it ended then; a death told after another end is in `died_at`."""
    died_at: datetime | None
    last_stage: str | None
    """The stage it is in, or was in when it ended."""
    qualifying_exit_at: datetime | None
    """The person's first entry into RETURN, on the episode in which it lies."""
    by_selection: bool | None
    """Whether that was as a selected activist; None without it."""
    returned_at: datetime | None
    """The return to isolation that counts, on the episode in which it lies: that of the exit or a later one."""
    unstable: tuple[datetime, ...]
    """Ways back that came too soon after the exit to count, on the episode in which they lie."""


def episodes_of(journey: Journey) -> list[Episode]:
    """The episodes of a journey, in order; of that as of a moment give the journey `.at` it."""
    found = qualifying_exit(journey)
    return [_episode(found, number, list(spells)) for number, spells in groupby(journey.spells, _number)]


def _number(spell: Spell) -> int:
    return spell.episode


def _episode(found: QualifyingExit | None, number: int, spells: Sequence[Spell]) -> Episode:
    ends = [spell for spell in spells if spell.stage == Stage.ENDED]
    before = [spell.stage for spell in spells if spell.stage != Stage.ENDED]
    left = found.entered if found is not None and found.entered.episode == number else None
    back = found.returned if found is not None and found.returned and found.returned.episode == number else None
    return Episode(
        episode=number,
        began_at=spells[0].entered_at,
        ended_at=ends[0].entered_at if ends else None,
        end_reason=ends[0].end_reason if ends else None,
        died_at=next((end.entered_at for end in ends if end.end_reason == JourneyEnd.DIED), None),
        last_stage=before[-1] if before else None,
        qualifying_exit_at=left.entered_at if left else None,
        by_selection=left.by_selection if left else None,
        returned_at=back.entered_at if back else None,
        unstable=tuple(spell.entered_at for spell in found.unstable if spell.episode == number) if found else (),
    )
