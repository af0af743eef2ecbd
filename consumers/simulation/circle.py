"""Those who may turn up today: people join as they enter and drop out once they have left."""

from random import Random

from consumers.simulation.people import Person

_TRIES = 3


class Circle:
    """Picks at random, the lonelier the likelier, and nobody twice a day."""

    def __init__(self) -> None:
        self._members: list[Person] = []

    def join(self, person: Person) -> None:
        self._members.append(person)

    def pick(self, day: int, rng: Random) -> Person | None:
        """Somebody not seen today, or nobody when a few tries find none."""
        members, random = self._members, rng.random
        for _ in range(_TRIES):
            if not members:
                return None
            index = int(random() * len(members))
            person = members[index]
            if person.until <= day:
                members[index] = members[-1]
                members.pop()
            elif person.seen_on != day and random() < 0.3 + person.loneliness(day):
                person.seen_on = day
                return person
        return None
