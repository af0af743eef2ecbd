"""The stores: every visit of the scenario as a slot, given to a regular or to a guest."""

from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from consumers.simulation.circle import Circle
from consumers.simulation.people import Person
from consumers.simulation.scenario import (
    ACTIVISTS,
    END,
    END_OF_APRIL,
    END_OF_SEPTEMBER,
    STORES,
    STORES_OPEN_FROM,
    VISITS,
    VISITS_A_STORE_AND_DAY_LATER,
    VISITS_TO_END_OF_APRIL,
)
from consumers.simulation.teller import Teller, random_id
from domain.codes import AgeBand, StoreActivity
from domain.events import PeerTalkHeld, StoreVisited
from domain.touchpoint import Touchpoint

_GUESTS = 0.06
_REGULARS = 0.65
_NEWCOMERS = 0.4
"""Most of a store's visits of a day that may be somebody's first; at least one."""
_PEER_TALKS_FROM = 75
"""By then the first activists are trained."""
_OPENS, _OPEN_SECONDS = 10 * 3600, 9 * 3600
_ACTIVITIES = (
    (StoreActivity.GOODS,),
    (StoreActivity.SMALL_GROUP,),
    (StoreActivity.SELF_CHECK,),
    (StoreActivity.COUNSELLING,),
    (StoreActivity.GOODS, StoreActivity.SMALL_GROUP),
    (StoreActivity.OTHER,),
)


class VisitSlot(NamedTuple):
    """A visit that will take place."""

    second: int
    store: str


class Stores:
    """Visits by regulars and guests; whom it welcomes may come from then on."""

    def __init__(self, rng: Random, teller: Teller) -> None:
        self._rng = rng
        self._teller = teller
        self._slots = visit_slots(rng)
        self._newcomers_left: dict[tuple[int, str], int] = {}
        self._circles = {store: Circle() for store in STORES}

    def welcome(self, person: Person) -> None:
        if self._rng.random() < _REGULARS:
            self._circles[person.store].join(person)

    def first_visit(self, person: Person, day: int) -> list[Touchpoint]:
        """The visit with which somebody comes to the programme; empty when there is no room for them that day."""
        slots = self._slots[day]
        key = (day, person.store)
        if key not in self._newcomers_left:
            visits = sum(slot.store == person.store for slot in slots)
            self._newcomers_left[key] = min(visits, 1 + int(_NEWCOMERS * visits))
        if not self._newcomers_left[key]:
            return []
        self._newcomers_left[key] -= 1
        index = next(index for index, slot in enumerate(slots) if slot.store == person.store)
        person.seen_on = day
        return self._visit(day, slots.pop(index), person)

    def visits(self, day: int) -> list[Touchpoint]:
        """All other visits of a day, with the peer talks that came of them."""
        told: list[Touchpoint] = []
        for slot in self._slots[day]:
            guest = self._rng.random() < _GUESTS
            told += self._visit(day, slot, None if guest else self._circles[slot.store].pick(day, self._rng))
        return told

    def _visit(self, day: int, slot: VisitSlot, person: Person | None) -> list[Touchpoint]:
        random = self._rng.random
        fields: dict[str, Any] = {
            "site": slot.store,
            "district": slot.store,
            "activities": _ACTIVITIES[int(len(_ACTIVITIES) * random())],
            "age_band": AgeBand.UNKNOWN if person is None else person.age_band,
            "stay_minutes": 10 + int(110 * random()),
        }
        if person is None and random() < 0.3:
            fields["nickname"] = f"가상 손님 {int(10_000 * random())}"
        participant = random_id(self._rng) if person is None else person.id
        visit = self._teller.tell(StoreVisited, participant, day, slot.second, fields)
        if person is None or day < _PEER_TALKS_FROM or random() >= 0.06:
            return [visit]
        return [visit, self._peer_talk(participant, day, slot)]

    def _peer_talk(self, participant: UUID, day: int, slot: VisitSlot) -> Touchpoint:
        activist = f"activist-{1 + int(ACTIVISTS * self._rng.random()):02}"
        fields = {"site": slot.store, "district": slot.store, "activist_id": activist, "minutes": 30}
        return self._teller.tell(PeerTalkHeld, participant, day, slot.second + 600, fields)


def visit_slots(rng: Random) -> list[list[VisitSlot]]:
    """Every visit by day: published sums to the end of April and of September, at least one a store and opening day."""
    open_days = [day for day in range(STORES_OPEN_FROM, END + 1) if (day + 1) % 7 != _SUNDAY]
    april = [day for day in open_days if day <= END_OF_APRIL]
    summer = [day for day in open_days if END_OF_APRIL < day <= END_OF_SEPTEMBER]
    later = [day for day in open_days if day > END_OF_SEPTEMBER]
    by_day: list[list[VisitSlot]] = [[] for _ in range(END + 1)]
    for days, visits in (
        (april, VISITS_TO_END_OF_APRIL),
        (summer, VISITS - VISITS_TO_END_OF_APRIL),
        (later, VISITS_A_STORE_AND_DAY_LATER * len(STORES) * len(later)),
    ):
        places = [(day, store) for day in days for store in STORES]
        for day, store in places + rng.choices(places, k=visits - len(places)):
            by_day[day].append(VisitSlot(_OPENS + int(_OPEN_SECONDS * rng.random()), store))
    return by_day


_SUNDAY = 6
"""Day 0 is a Tuesday, weekday 1; Monday is 0."""
