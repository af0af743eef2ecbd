"""A journey as the rules tell it: one spell per stage entered, in order, and the contacts it rests on."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.codes import JourneyEnd
from domain.journey.rules import Rules


class Spell(NamedTuple):
    """A time in one stage, the rule that opened it and the events that rule saw."""

    episode: int
    """1 until an end and a contact after it, which begins the next."""
    stage: str | None
    """A Stage; a state's own name where stages are as recorded; None: back in contact after an end, no stage yet."""
    entered_at: datetime
    """When the event that completed the condition occurred."""
    rule: str
    rule_version: str
    evidence: tuple[UUID, ...]
    by_selection: bool = False
    end_reason: JourneyEnd | None = None
    left_at: datetime | None = None


class Anomaly(NamedTuple):
    """A contact dated after the person's death: one of the two is wrong, and somebody has to look."""

    event_id: UUID
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Journey:
    """What a rule set makes of one person's history. No stored row and no clock takes part in it."""

    root: UUID
    rules: Rules
    spells: tuple[Spell, ...] = ()
    contacts: tuple[datetime, ...] = ()
    """When each contact occurred, in order."""
    anomalies: tuple[Anomaly, ...] = ()

    @property
    def stage(self) -> str | None:
        """The stage at the end of the history."""
        return self.spells[-1].stage if self.spells else None

    def last_contact(self, as_of: datetime) -> datetime | None:
        """The last contact until a moment: where survival is censored."""
        count = bisect_right(self.contacts, as_of)
        return self.contacts[count - 1] if count else None

    def at(self, as_of: datetime) -> "Journey":
        """The journey as it stood at a moment: equal to that of the history as of then, since nothing is back-dated."""
        entered = [spell for spell in self.spells if spell.entered_at <= as_of]
        if entered:
            entered[-1] = entered[-1]._replace(left_at=None)
        anomalies = tuple(found for found in self.anomalies if found.occurred_at <= as_of)
        contacts = self.contacts[: bisect_right(self.contacts, as_of)]
        return Journey(self.root, self.rules, tuple(entered), contacts, anomalies)
