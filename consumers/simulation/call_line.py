"""The call line: every answered call of the scenario as a slot, given to somebody known or to an anonymous caller."""

from collections import defaultdict
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from consumers.simulation.alarms import Alarms
from consumers.simulation.circle import Circle
from consumers.simulation.people import Person
from consumers.simulation.scenario import (
    CALL_COUNSELLORS,
    CALL_NOTE,
    CALLS_A_DAY_LATER,
    CALLS_BY_AGE,
    CALLS_BY_LEVEL,
    CALLS_TO_MID_AUGUST,
    END,
    END_OF_SEPTEMBER,
    MID_AUGUST,
)
from consumers.simulation.teller import Teller, random_id
from domain.codes import About, AgeBand, Basis, CallChannel, CallLevel, CallOutcome, Repeat
from domain.events import CallReceived
from domain.touchpoint import Touchpoint

_KNOWN = 0.55
"""Share of calls whose caller is known, where anybody known may call."""
_NEWCOMERS = 0.35
"""Most of a day's calls that may be somebody's first."""
_CALLERS = 0.6
_NOTED = 0.1
_HOURS = (6, 4, 3, 2, 2, 2, 3, 5, 8, 12, 14, 14, 12, 13, 14, 14, 13, 12, 12, 13, 14, 13, 11, 8)
_ESCALATED = 0.6
"""Share of emergencies that are handed on."""
_UNANSWERED = (CallOutcome.ABANDONED,) * 6 + (CallOutcome.WRONG_NUMBER,) * 3 + (CallOutcome.NUISANCE,)


class CallSlot(NamedTuple):
    """An answered call that will take place."""

    second: int
    age_band: AgeBand
    level: CallLevel


class CallLine:
    """Calls in and out of the slots; whom it welcomes may call from then on."""

    def __init__(self, rng: Random, teller: Teller, alarms: Alarms) -> None:
        self._rng = rng
        self._teller = teller
        self._alarms = alarms
        self._slots = call_slots(rng)
        self._newcomers_left = [int(_NEWCOMERS * len(slots)) for slots in self._slots]
        self._circles: defaultdict[AgeBand, Circle] = defaultdict(Circle)
        self._about_others: list[CallReceived] = []

    def welcome(self, person: Person) -> None:
        if self._rng.random() < _CALLERS:
            self._circles[person.age_band].join(person)

    def first_call(self, person: Person, day: int) -> list[Touchpoint]:
        """The call with which somebody comes to the programme; empty when the day has no slot left for them."""
        slots = self._slots[day]
        if self._newcomers_left[day]:
            for index, slot in enumerate(slots):
                if slot.age_band is person.age_band and slot.level is CallLevel.LONELINESS_TALK:
                    self._newcomers_left[day] -= 1
                    person.seen_on = day
                    return self._answered(day, slots.pop(index), person)
        return []

    def calls(self, day: int) -> Iterator[Touchpoint]:
        """All other calls of a day, those not answered included."""
        random = self._rng.random
        for slot in self._slots[day]:
            known = random() < _KNOWN
            caller = self._circles[slot.age_band].pick(day, self._rng) if known else None
            yield from self._answered(day, slot, caller)
            if random() < 0.08:
                yield self._unanswered(day)

    def calls_about_others(self) -> list[CallReceived]:
        """Those since this was last asked."""
        found, self._about_others = self._about_others, []
        return found

    def _answered(self, day: int, slot: CallSlot, person: Person | None) -> list[Touchpoint]:
        random = self._rng.random
        level = slot.level
        fields: dict[str, Any] = {
            "channel": _channel(random()),
            "outcome": CallOutcome.ANSWERED,
            "level": level,
            "about": _about(level, random()),
            "anonymous": person is None,
            "repeat": Repeat.UNKNOWN if person is None else Repeat.REPEAT if person.calls else Repeat.FIRST,
            "age_band": slot.age_band,
            "duration_seconds": 60 + int(1800 * random() ** 2),
            "actor": f"counsellor-{1 + int(CALL_COUNSELLORS * random()):02}",
            "organisation": "isolation-prevention-center",
            "basis": Basis.PUBLIC_TASK,
        }
        if person is not None:
            person.calls += 1
            if random() < _NOTED:
                fields["note"] = CALL_NOTE
        participant = random_id(self._rng) if person is None else person.id
        call = self._teller.tell(CallReceived, participant, day, slot.second, fields)
        if call.about is not About.SELF:
            self._about_others.append(call)
        if level is not CallLevel.EMERGENCY:
            return [call]
        return [call, *self._alarms.answers(call, day, slot.second, actor=fields["actor"], escalates=_ESCALATED)]

    def _unanswered(self, day: int) -> Touchpoint:
        outcome = _UNANSWERED[int(len(_UNANSWERED) * self._rng.random())]
        fields = {"channel": CallChannel.PHONE, "outcome": outcome, "anonymous": True}
        second = int(86_400 * self._rng.random())
        return self._teller.tell(CallReceived, random_id(self._rng), day, second, fields)


def call_slots(rng: Random) -> list[list[CallSlot]]:
    """Every answered call by day: to the end of September as published, afterwards at the scenario's own rate."""
    ages = [age for age, count in CALLS_BY_AGE.items() for _ in range(count)]
    levels = [level for level, count in CALLS_BY_LEVEL.items() for _ in range(count)]
    rng.shuffle(ages)
    rng.shuffle(levels)
    days = rng.choices(range(MID_AUGUST + 1), k=CALLS_TO_MID_AUGUST)
    days += rng.choices(range(MID_AUGUST + 1, END_OF_SEPTEMBER + 1), k=len(ages) - CALLS_TO_MID_AUGUST)
    by_day: list[list[CallSlot]] = [[] for _ in range(END + 1)]
    hours = range(24)
    for day, hour, age, level in zip(days, rng.choices(hours, _HOURS, k=len(days)), ages, levels, strict=True):
        by_day[day].append(CallSlot(int(3600 * (hour + rng.random())), age, level))
    for slots in by_day[END_OF_SEPTEMBER + 1 :]:
        for hour in rng.choices(hours, _HOURS, k=int(CALLS_A_DAY_LATER * (0.8 + 0.4 * rng.random()))):
            slots.append(CallSlot(int(3600 * (hour + rng.random())), rng.choice(ages), rng.choice(levels)))
    return by_day


def _channel(chance: float) -> CallChannel:
    return CallChannel.PHONE if chance < 0.8 else CallChannel.KAKAOTALK if chance < 0.92 else CallChannel.CHATBOT


def _about(level: CallLevel, chance: float) -> About:
    if level is CallLevel.HOUSEHOLD_DISCOVERY:
        return About.HOUSEHOLD
    return About.SELF if chance < (0.99 if level is CallLevel.LONELINESS_TALK else 0.9) else About.OTHER
