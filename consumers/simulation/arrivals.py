"""How touchpoints reach the journal: most on their day, some late, a few told wrongly, entered or delivered twice."""

from collections import defaultdict
from datetime import datetime
from random import Random
from typing import Any, NamedTuple

from consumers.simulation.teller import Teller
from domain.codes import AgeBand, CallLevel, CallOutcome, RiskLevel
from domain.events import CallReceived, RiskAssessed, StoreVisited, TouchpointCorrected, TouchpointVoided
from domain.touchpoint import Touchpoint

LATE = 0.06
"""Share that arrives after its day: most within a week, one in six within 40 days."""
TWICE = 0.004
ENTERED_TWICE = 0.005
_LEVELS = tuple(CallLevel)
_STORES_MIXED_UP = {"gwanak": "dobong", "dobong": "gangbuk", "gangbuk": "dongdaemun", "dongdaemun": "gwanak"}
_OTHER_RISK = {RiskLevel.HIGH: RiskLevel.MEDIUM, RiskLevel.MEDIUM: RiskLevel.HIGH}


class Batch(NamedTuple):
    """What the journal takes at one moment of its own clock."""

    now: datetime
    events: list[Touchpoint]


class Arrivals:
    """A post that loses nothing. What is true in the end is what was sent; what the journal first hears may differ."""

    def __init__(self, teller: Teller, rng: Random) -> None:
        self._teller = teller
        self._rng = rng
        self._due: defaultdict[int, list[Touchpoint]] = defaultdict(list)

    def send(self, event: Touchpoint, day: int) -> None:
        """One touchpoint of that day, however it comes to be told."""
        random = self._rng.random
        kind = type(event)
        if kind is CallReceived or kind is StoreVisited or kind is RiskAssessed:
            chance = random()
            if chance < 0.012:
                event = self._told_wrongly(event, day)
            elif chance < 0.012 + ENTERED_TWICE and kind is not RiskAssessed:
                self._entered_twice(event, day)
        arrives = day if random() >= LATE else day + self._delay()
        self._due[arrives].append(event)
        if random() < TWICE:
            self._due[arrives + 1 + int(5 * random())].append(event)

    def at_once(self, event: Touchpoint, day: int) -> None:
        """What Majung decides, and what cannot wait: told once, in time and rightly."""
        self._due[day].append(event)

    def batch(self, day: int) -> Batch | None:
        """What arrives on a day, in order of occurrence; None when that is nothing."""
        events = self._due.pop(day, None)
        if not events:
            return None
        events.sort(key=lambda event: event.occurred_at)
        return Batch(self._teller.end_of(day), events)

    def last_day(self) -> int:
        return max(self._due, default=-1)

    def _delay(self) -> int:
        most = 7 if self._rng.random() < 5 / 6 else 40
        return 1 + int(most * self._rng.random())

    def _told_wrongly(self, right: Touchpoint, day: int) -> Touchpoint:
        """The touchpoint as it is first told; its correction follows within two months."""
        mistake = _mistake(right, self._rng)
        if not mistake:
            return right
        decided = day + 2 + int(58 * self._rng.random())
        correction = self._teller.tell(
            TouchpointCorrected,
            right.participant_id,
            decided,
            10 * 3600,
            {
                "target_event_id": right.event_id,
                "decided_at": self._teller.moment(decided, 10 * 3600),
                "replacement_type": right.stored_as,
                "replacement": right.model_dump(
                    mode="json", exclude_none=True, exclude={"participant_id", "source", "source_id"}
                ),
            },
        )
        self._due[decided].append(correction)
        return right.replaced(**mistake)

    def _entered_twice(self, event: Touchpoint, day: int) -> None:
        """The same contact under a second id, voided within six weeks."""
        decided = day + 2 + int(40 * self._rng.random())
        copy = event.replaced(source_id=f"{event.source_id}-again")
        self._due[day].append(copy)
        void = {"target_event_id": copy.event_id, "decided_at": self._teller.moment(decided, 11 * 3600)}
        self._due[decided].append(self._teller.tell(TouchpointVoided, event.participant_id, decided, 11 * 3600, void))


def _mistake(right: Touchpoint, rng: Random) -> dict[str, Any]:
    """Some fields as they might be mistaken; nothing where there is nothing to mistake."""
    if isinstance(right, CallReceived) and right.outcome is CallOutcome.ANSWERED:
        if rng.random() < 0.5:
            return {"level": rng.choice([level for level in _LEVELS if level is not right.level])}
        return {} if right.age_band is AgeBand.UNKNOWN else {"age_band": AgeBand.UNKNOWN}
    if isinstance(right, StoreVisited):
        return {"site": _STORES_MIXED_UP[right.site]} if right.site in _STORES_MIXED_UP else {}
    if isinstance(right, RiskAssessed) and right.level in _OTHER_RISK:
        return {"level": _OTHER_RISK[right.level]}
    return {}
