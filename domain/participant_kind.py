"""Whether a pseudonym is a person's or a household's. That has no day: what was told last is true of all of it."""

from domain.codes import ParticipantKind
from domain.events import ParticipantRegistered, ParticipantUpdated
from domain.history import History
from domain.touchpoint import Touchpoint

DESCRIPTIONS: frozenset[type[Touchpoint]] = frozenset({ParticipantRegistered, ParticipantUpdated})
"""The touchpoints that say it; one that states none says nothing."""


def kind_of(history: History) -> ParticipantKind:
    """What the last statement says, whatever the `as_of` of the history; a person where there is none."""
    for fact in reversed(history.whenever(DESCRIPTIONS)):
        assert isinstance(fact.event, ParticipantRegistered | ParticipantUpdated)
        if fact.event.kind is not None:
            return fact.event.kind
    return ParticipantKind.PERSON
