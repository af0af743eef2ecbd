"""Who has more than one pseudonym: people registered twice, callers and guests recognised later, and two taken for one.

Only contacts that no figure counts as people are linked for good, so that the published ones stay as they are.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

from consumers.simulation.diary import Planned
from consumers.simulation.people import Person
from consumers.simulation.scenario import ACTIVISTS, END, PRESCRIBED, counsellor
from domain.codes import About, AgeBand, CallOutcome
from domain.events import CallReceived, IdentitiesLinked, IdentitiesUnlinked, StoreVisited
from domain.touchpoint import Touchpoint

FIRST_NUMBER_OF_TWICE = {PRESCRIBED + ACTIVISTS + 10 * pair: 40 + 90 * pair for pair in range(12)}
"""The people who were registered before, by the number of their second pseudonym; the first is prescribed, the second
comes for prevention."""
_REGISTERED_TWICE = frozenset(FIRST_NUMBER_OF_TWICE.values())
TAKEN_FOR_ONE = (100, 101)
"""Two brothers with one phone: linked in October, and taken apart in November."""
_LINKED_ON, _UNLINKED_ON = 200, 234
_FOUND_OUT = 3
"""Of the people registered twice, how many staff have found and linked."""
LAST_ENTRY = 240
"""Of people registered for the second time."""
_ALL_KNOWN_BY = 300
_TOLD_WITHIN = 41
"""By so many days after it happened a contact has arrived, however late: nobody links whom the journal cannot know."""

_PHONES = 10_000
"""So many numbers begin with 010-0000, which no operator gives out; who comes later tells none."""
_WITH_NICKNAME = 8
_EVERY_DAYS = 8
_TRIES = 40
_NOON = 12 * 3600
_TOLD_ON_THE_PHONE, _TOLD_AT_THE_STORE = "전화로 이름을 밝힘", "매장에서 이름을 밝힘"
_SAME_PAPERS = "같은 이름, 생일과 전화번호"


def give_papers(person: Person) -> None:
    """What somebody's registration says of who they are: nothing of it is anybody's."""
    number = person.number
    first = FIRST_NUMBER_OF_TWICE.get(number, number)
    told: dict[str, Any] = {"name": f"가상 참여자 {first}"}
    phone = TAKEN_FOR_ONE[0] if first in TAKEN_FOR_ONE else first
    if phone < _PHONES:
        told["phone"] = f"010-0000-{phone:04}"
    if first in _REGISTERED_TWICE:
        told["birth_date"] = date(1970, 1 + first % 12, 1 + first % 28)
        person.age_band = AgeBand.MIDDLE
    if number % _WITH_NICKNAME == 3 and number < _PHONES:
        told |= {"nickname": f"가상 손님 {number // _WITH_NICKNAME}", "site": person.store}
    person.papers = told


def known_links(people: Sequence[UUID]) -> Iterator[Planned]:
    """What staff decide about people who are registered: some found to be one, two wrongly so and taken apart again."""
    pairs = [(people[first], people[second]) for second, first in FIRST_NUMBER_OF_TWICE.items()]
    for number, (first, second) in enumerate(pairs[:_FOUND_OUT]):
        yield from _halves(IdentitiesLinked, _ALL_KNOWN_BY + 6 * number, first, second, _SAME_PAPERS)
    one, other = (people[number] for number in TAKEN_FOR_ONE)
    yield from _halves(IdentitiesLinked, _LINKED_ON, one, other, "같은 전화번호")
    yield from _halves(IdentitiesUnlinked, _UNLINKED_ON, one, other, "형제가 전화 한 대를 같이 씀")


class Recognising:
    """Now and then an anonymous caller, or a guest with a nickname, turns out to be somebody known."""

    def __init__(self, rng: Random, people: Sequence[Person], *, never: frozenset[int]) -> None:
        self._rng = rng
        self._people = people
        self._never = never

    def caller(self, day: int, calls: Iterable[Touchpoint]) -> Iterator[Planned]:
        """Of a day's anonymous callers the first who spoke of themselves, linked within ten weeks; most days nobody."""
        own = (call for call in calls if day % _EVERY_DAYS == 5 and _is_own_anonymous(call))
        if isinstance(call := next(own, None), CallReceived):
            yield from self._linked(day, call, lambda person: person.age_band == call.age_band, _TOLD_ON_THE_PHONE)

    def guest(self, day: int, visits: Iterable[Touchpoint]) -> Iterator[Planned]:
        """Of a day's guests the first who left a nickname, as `caller`."""
        with_nickname = (visit for visit in visits if day % _EVERY_DAYS == 1 and _is_nicknamed(visit))
        if (visit := next(with_nickname, None)) is not None:
            yield from self._linked(day, visit, lambda person: person.store == visit.site, _TOLD_AT_THE_STORE)

    def _linked(
        self, day: int, contact: Touchpoint, may_be: Callable[[Person], bool], reason: str
    ) -> Iterator[Planned]:
        decided = day + _TOLD_WITHIN + int(25 * self._rng.random())
        for _ in range(_TRIES if decided <= END else 0):
            person = self._people[int(len(self._people) * self._rng.random())]
            here = person.entry_day + 5 < day and decided < person.until
            if here and person.number not in self._never and may_be(person):
                yield from _halves(IdentitiesLinked, decided, contact.participant_id, person.id, reason)
                return


def _is_own_anonymous(call: Touchpoint) -> bool:
    return (
        isinstance(call, CallReceived)
        and call.anonymous
        and call.outcome is CallOutcome.ANSWERED
        and call.about is About.SELF
    )


def _is_nicknamed(visit: Touchpoint) -> bool:
    return isinstance(visit, StoreVisited) and visit.nickname is not None


def _halves(kind: type[Touchpoint], day: int, one: UUID, other: UUID, reason: str) -> Iterator[Planned]:
    """A link or unlink as both streams have it."""
    pair_id = f"pair-{one.hex[:12]}-{other.hex[:12]}"
    said = {"pair_id": pair_id, "reason": reason, "actor": counsellor(one.int)}
    yield Planned(day, _NOON, one, kind, {**said, "other_id": other})
    yield Planned(day, _NOON, other, kind, {**said, "other_id": one})
