"""The entry into HEALING from which measures are counted."""

from collections.abc import Iterable
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID

from domain.codes import Stage
from domain.journey import Journey, Spell


class Entry(NamedTuple):
    """An entry into HEALING."""

    episode: int
    entered_at: datetime
    rule: str
    evidence: tuple[UUID, ...]
    """The events that the rule rests on: a score among them triggered the entry."""
    ended_at: datetime | None = None
    """When the episode ended; None while it lasts."""


def entry_of_current_episode(journey: Journey) -> Entry | None:
    """The first entry into HEALING of the episode that the person is in, or was in when it ended.

    The first: a later one of the same episode is a re-isolation, which is an outcome of what began with the first, and
    a baseline taken anew there would hide it. Of the current episode: who comes back years later begins anew.
    """
    if not journey.spells:
        return None
    current = journey.spells[-1].episode
    return _first([spell for spell in journey.spells if spell.episode == current])


def first_entry(journey: Journey) -> Entry | None:
    """The person's first entry into HEALING ever: in figures of many people each counts once, with one start."""
    return _first(journey.spells)


def _first(spells: Iterable[Spell]) -> Entry | None:
    told = list(spells)
    found = next((spell for spell in told if spell.stage == Stage.HEALING), None)
    if found is None:
        return None
    ends = list(takewhile(lambda spell: spell.stage == Stage.ENDED, reversed(told)))
    return Entry(found.episode, found.entered_at, found.rule, found.evidence, ends[-1].entered_at if ends else None)
