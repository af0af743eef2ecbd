"""The scenario seoul-2025: a year of the programme whose figures as of 30 September 2025 are the published ones.

The sums hold because calls, visits, first prescriptions, first services and activities are dealt out, never drawn; who
they fall to, and everything else, follows from people's loneliness.
"""

from collections import defaultdict
from collections.abc import Iterator
from random import Random

from consumers.simulation import journeys
from consumers.simulation.arrivals import Arrivals, Batch
from consumers.simulation.call_line import CallLine
from consumers.simulation.diary import Diary, Planned
from consumers.simulation.people import Person, ids_of, new_person
from consumers.simulation.scenario import (
    ACTIVISTS,
    COUNSELLED,
    COUNSELLED_AND_SUPPORTED,
    END,
    END_OF_SEPTEMBER,
    FEWEST_PEOPLE,
    FIRST_DAY,
    PRESCRIBED,
    SUPPORTED,
)
from consumers.simulation.stores import Stores
from consumers.simulation.teller import Teller
from consumers.simulation.worth_looking_at import ENTRY_DAYS, WRITTEN
from domain.touchpoint import Touchpoint

_LAST_ENTRY_INTO_CARE = 150
"""Two days to be found, one to register, 24 to be assessed and prescribed: all before the end of September."""
_LAST_ENTRY = 350
_LAST_ENTRY_OF_ACTIVISTS = 20
_SECOND_WAVE = 0.25
"""Share of the others who are prescribed, counselled or supported, from October on."""


class TooFewPeople(ValueError):
    """The published figures need more people than were asked for."""

    def __init__(self, people: int) -> None:
        super().__init__(
            f"seoul-2025 needs at least {FEWEST_PEOPLE} people for its figures to hold; {people} are too few"
        )


def seoul_2025(people: int, seed: int) -> Iterator[Batch]:
    """A year from April 2025 as the journal hears it: batches in ascending journal time, one a day at most.

    The same for the same arguments; every event has origin synthetic. `people` is the number of registered people, with
    whom grows all that no figure counts; anonymous callers and guests are ids of their own beside them. Some events are
    delivered twice, so a journal holds fewer than it is given. Raises TooFewPeople below 5,000.
    """
    if people < FEWEST_PEOPLE:
        raise TooFewPeople(people)
    return _Town(people, seed).batches()


class _Town:
    def __init__(self, people: int, seed: int) -> None:
        self._rng = Random(f"seoul-2025:{people}:{seed}")
        self._teller = Teller(f"simulation/seoul-2025/{people}/{seed}", FIRST_DAY)
        self._line = CallLine(self._rng, self._teller)
        self._stores = Stores(self._rng, self._teller)
        self._arrivals = Arrivals(self._teller, self._rng)
        self._plans: defaultdict[int, list[Planned]] = defaultdict(list)
        self._entries: defaultdict[int, list[Person]] = defaultdict(list)
        for number, person_id in enumerate(ids_of(seed, people)):
            person = new_person(number, person_id, self._entry_day(number), in_care=number < PRESCRIBED, rng=self._rng)
            self._entries[person.entry_day].append(person)

    def batches(self) -> Iterator[Batch]:
        day = 0
        while day <= max(END, self._arrivals.last_day()):
            if day <= END:
                self._live(day)
            if batch := self._arrivals.batch(day):
                yield batch
            day += 1

    def _entry_day(self, number: int) -> int:
        if number in ENTRY_DAYS:
            return ENTRY_DAYS[number]
        chance = self._rng.random()
        if number < PRESCRIBED:
            return int((_LAST_ENTRY_INTO_CARE + 1) * chance)
        if number < PRESCRIBED + ACTIVISTS:
            return int((_LAST_ENTRY_OF_ACTIVISTS + 1) * chance)
        return int((_LAST_ENTRY + 1) * chance**1.5)

    def _live(self, day: int) -> None:
        send = self._arrivals.send
        for person in self._entries.pop(day, ()):
            self._enter(person, day)
        for _, second, participant, kind, fields in self._plans.pop(day, ()):
            send(self._teller.tell(kind, participant, day, second, fields), day)
        for event in self._line.calls(day):
            send(event, day)
        for event in self._stores.visits(day):
            send(event, day)

    def _enter(self, person: Person, day: int) -> None:
        """Somebody comes by a call or a visit, where there is room for one, or is found; their journey begins."""
        diary = Diary(person, self._rng, self._teller, END)
        chance = self._rng.random()
        first: list[Touchpoint] = []
        if chance < 0.4 and person.number not in WRITTEN:
            first = self._line.first_call(person, day)
        elif chance < 0.75 or person.number in WRITTEN:
            first = self._stores.first_visit(person, day)
        for event in first:
            self._arrivals.send(event, day)
        self._plan(diary, 1 + (day if first else journeys.be_found(diary, day)))
        for planned in diary.planned:
            self._plans[planned.day].append(planned)
        self._line.welcome(person)
        self._stores.welcome(person)

    def _plan(self, diary: Diary, start: int) -> None:
        person = diary.person
        number = person.number
        if number in WRITTEN:
            WRITTEN[number](diary, start)
        elif number < PRESCRIBED:
            supported_from = COUNSELLED - COUNSELLED_AND_SUPPORTED
            supported = supported_from <= number < supported_from + SUPPORTED
            journeys.care(diary, start, counselled=number < COUNSELLED, supported=supported)
        elif number < PRESCRIBED + ACTIVISTS:
            journeys.activism(diary, start, number - PRESCRIBED)
        elif person.severity > 0.4 and diary.happens(_SECOND_WAVE):
            counselled, supported = diary.happens(0.5), diary.happens(0.3)
            waits_until = END_OF_SEPTEMBER + 1
            journeys.care(diary, start, counselled=counselled, supported=supported, waits_until=waits_until)
        else:
            journeys.prevention(diary, start)
