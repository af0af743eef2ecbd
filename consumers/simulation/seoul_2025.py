"""The scenario seoul-2025: a year of the programme whose figures as of 30 September 2025 are the published ones.

The sums hold because calls, visits, first prescriptions, first services and activities are dealt out, never drawn; who
they fall to, and everything else, follows from people's loneliness.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from random import Random
from uuid import UUID

from consumers.simulation import bonds, casework, journeys, pseudonyms
from consumers.simulation.alarms import Alarms, flags_safety
from consumers.simulation.arrivals import Arrivals, Batch
from consumers.simulation.call_line import CallLine
from consumers.simulation.diary import Diary, Planned
from consumers.simulation.people import Person, households_of, ids_of, new_person
from consumers.simulation.scenario import (
    ACTIVISTS,
    COUNSELLED,
    COUNSELLED_AND_SUPPORTED,
    END,
    END_OF_SEPTEMBER,
    FEWEST_PEOPLE,
    FIRST_DAY,
    HOUSEHOLDS,
    PRESCRIBED,
    SUPPORTED,
    counsellor,
)
from consumers.simulation.stores import Stores
from consumers.simulation.teller import Teller
from consumers.simulation.worries import Worries
from consumers.simulation.worth_looking_at import ENTRY_DAYS, WAITING, WRITTEN
from domain.codes import About, HouseholdType
from domain.events import CallReceived, IdentitiesLinked, IdentitiesUnlinked, MeasureTaken, StageOverridden
from domain.touchpoint import Touchpoint

_LAST_ENTRY_INTO_CARE = 150
"""Two days to be found, one to register, 24 to be assessed and prescribed: all before the end of September."""
_LAST_ENTRY = 350
_LAST_ENTRY_OF_ACTIVISTS = 20
_SECOND_WAVE = 0.25
"""Share of the others who are prescribed, counselled or supported, from October on."""
_FLAGS_ESCALATED = 0.25
_AT_ONCE = frozenset({IdentitiesLinked, IdentitiesUnlinked, StageOverridden, MeasureTaken, CallReceived})
"""What is told at once, or may be; the calls are those that are planned, and not the line's."""


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
        self._alarms = Alarms(self._rng, self._teller)
        self._worries = Worries(self._rng)
        self._line = CallLine(self._rng, self._teller, self._alarms)
        self._stores = Stores(self._rng, self._teller)
        self._arrivals = Arrivals(self._teller, self._rng)
        self._plans: defaultdict[int, list[Planned]] = defaultdict(list)
        self._entries: defaultdict[int, list[Person]] = defaultdict(list)
        self._ids = ids_of(seed, people)
        self._households = households_of(seed, HOUSEHOLDS)
        everybody = [self._somebody(number, person_id) for number, person_id in enumerate(self._ids)]
        for person in everybody:
            self._entries[person.entry_day].append(person)
        self._recognising = pseudonyms.Recognising(self._rng, everybody, never=frozenset(WRITTEN))
        self._expect(pseudonyms.known_links(self._ids))

    def _somebody(self, number: int, person_id: UUID) -> Person:
        in_care = number < PRESCRIBED
        person = new_person(number, person_id, self._entry_day(number), in_care=in_care, rng=self._rng)
        pseudonyms.give_papers(person)
        if casework.household_of(number) is not None:
            person.household_type = HouseholdType.FAMILY
        return person

    def _expect(self, planned: Iterable[Planned]) -> None:
        for one in planned:
            self._plans[one.day].append(one)

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
        last = pseudonyms.LAST_ENTRY if number in pseudonyms.FIRST_NUMBER_OF_TWICE else _LAST_ENTRY
        return int((last + 1) * chance**1.5)

    def _live(self, day: int) -> None:
        send = self._arrivals.send
        for person in self._entries.pop(day, ()):
            self._enter(person, day)
        self._expect(self._worries.reported(day))
        for planned in self._plans.pop(day, ()):
            _, second, participant, kind, fields = planned
            event = self._teller.tell(kind, participant, day, second, fields)
            if kind in _AT_ONCE:
                self._tell_at_once(event, planned)
            else:
                send(event, day)
        calls = list(self._line.calls(day))
        visits = self._stores.visits(day)
        for event in (*calls, *visits):
            send(event, day)
        for call in self._line.calls_about_others():
            self._expect(self._worries.searched(call.participant_id, day, call.about or About.OTHER))
        self._expect(self._recognising.caller(day, calls))
        self._expect(self._recognising.guest(day, visits))

    def _tell_at_once(self, event: Touchpoint, planned: Planned) -> None:
        """Links and overrides; and what raises an alert, with what that sets going, unless it waits for the reader."""
        day, is_flag = planned.day, flags_safety(event)
        if planned.kind is MeasureTaken and not is_flag:
            self._arrivals.send(event, day)
            return
        self._arrivals.at_once(event, day)
        waits = event.participant_id == self._ids[WAITING] and day == END
        if is_flag and not waits:
            actor = counsellor(event.participant_id.int)
            for answer in self._alarms.answers(event, day, planned.second, actor=actor, escalates=_FLAGS_ESCALATED):
                self._arrivals.at_once(answer, day)

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
        start = 1 + (day if first else journeys.be_found(diary, day))
        self._plan(diary, start)
        self._surround(diary, start)
        self._expect(diary.planned)
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
            casework.in_care(diary, start)
        elif number < PRESCRIBED + ACTIVISTS:
            journeys.activism(diary, start, number - PRESCRIBED)
        elif person.severity > 0.4 and diary.happens(_SECOND_WAVE):
            counselled, supported = diary.happens(0.5), diary.happens(0.3)
            waits_until = END_OF_SEPTEMBER + 1
            journeys.care(diary, start, counselled=counselled, supported=supported, waits_until=waits_until)
            casework.in_care(diary, start)
        else:
            journeys.prevention(diary, start)

    def _surround(self, diary: Diary, start: int) -> None:
        """What goes on beside the journey."""
        number = diary.person.number
        if number not in WRITTEN:
            casework.anybody(diary, start)
        if (household := casework.household_of(number)) is not None:
            casework.live_together(diary, start, self._households[household])
        if (activist := bonds.helper_of(number)) is not None:
            bonds.be_helped(diary, start, activist, self._ids[PRESCRIBED + activist])
