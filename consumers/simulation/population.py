"""A population of any size for benchmarks: a realistic mix of journeys and contacts, no figures to meet."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from random import Random

from consumers.simulation import journeys
from consumers.simulation.arrivals import Arrivals, Batch
from consumers.simulation.diary import Diary, Planned
from consumers.simulation.people import Person, new_person
from consumers.simulation.scenario import CALL_COUNSELLORS, CALL_NOTE
from consumers.simulation.teller import Teller, random_id
from domain.codes import About, CallChannel, CallLevel, CallOutcome, StoreActivity
from domain.events import CallReceived, StoreVisited

FIRST_DAY = date(2012, 1, 1)
FEWEST_DAYS, MOST_DAYS = 700, 4_500
PEOPLE_A_DAY = 25
"""Who enters a day, while that fits into the days there are: few at a time keep few plans in memory."""
HORIZON = 110
"""Days that a journey goes on."""
EVENTS_A_PERSON = 14.5
"""A little less than the mean of 14.9, so that the people suffice for the events asked for."""
_IN_CARE = 0.3
_CALL = {
    "channel": CallChannel.PHONE,
    "outcome": CallOutcome.ANSWERED,
    "level": CallLevel.LONELINESS_TALK,
    "about": About.SELF,
    "organisation": "isolation-prevention-center",
}


def population(events: int, seed: int) -> Iterator[Batch]:
    """About `events` synthetic events and never more, of events / 14.5 people, in ascending journal time by day.

    The same for the same arguments. About three in ten have sealed fields; some are amended or redelivered. An event is
    held only from its day to its arrival; what grows with the number of people are the plans of those under way.
    """
    left = events
    for batch in _batches(round(events / EVENTS_A_PERSON) + 1, seed):
        if left <= len(batch.events):
            yield Batch(batch.now, batch.events[:left])
            return
        left -= len(batch.events)
        yield batch


def _batches(people: int, seed: int) -> Iterator[Batch]:
    rng = Random(f"population:{seed}")
    teller = Teller(f"simulation/population/{seed}", FIRST_DAY)
    arrivals = Arrivals(teller, rng)
    plans: defaultdict[int, list[Planned]] = defaultdict(list)
    days = min(MOST_DAYS, max(FEWEST_DAYS, people // PEOPLE_A_DAY))
    entered = day = 0
    while plans or entered < people or day <= arrivals.last_day():
        expected = min(people, (day + 1) * people // days + 1)
        for number in range(entered, expected):
            person = new_person(number, random_id(rng), day, in_care=rng.random() < _IN_CARE, rng=rng)
            for planned in _journey(person, rng, teller):
                plans[planned.day].append(planned)
        entered = expected
        for _, second, participant, kind, fields in plans.pop(day, ()):
            arrivals.send(teller.tell(kind, participant, day, second, fields), day)
        if batch := arrivals.batch(day):
            yield batch
        day += 1


def _journey(person: Person, rng: Random, teller: Teller) -> list[Planned]:
    start = person.entry_day
    diary = Diary(person, rng, teller, start + HORIZON)
    if person.severity > 0.62:
        journeys.care(diary, start, counselled=diary.happens(0.5), supported=diary.happens(0.3), waits_until=start + 1)
    else:
        journeys.prevention(diary, start)
    for _ in range(diary.between(1, 3)):
        call = {**_CALL, "age_band": person.age_band, "actor": f"counsellor-{diary.between(1, CALL_COUNSELLORS):02}"}
        if diary.happens(0.5):
            call["note"] = CALL_NOTE
        diary.add(start + diary.between(0, HORIZON), CallReceived, **call)
    for _ in range(diary.between(0, 5)):
        fields = {"site": person.store, "age_band": person.age_band, "activities": (StoreActivity.GOODS,)}
        diary.add(start + diary.between(0, HORIZON), StoreVisited, **fields)
    return diary.planned
