"""Who lives in a simulated town: descriptions, and the loneliness behind every score and contact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp
from random import Random
from typing import Any
from uuid import UUID

from consumers.simulation.scenario import DISTRICTS, STORES
from consumers.simulation.teller import random_id
from domain.codes import AgeBand, Gender, HouseholdType

_EASING_DAYS = 40
"""In that time care takes effect to 1 - 1/e; a setback fades as slowly."""
_SETBACK_DAYS = 60
_AGES = (AgeBand.MIDDLE,) * 13 + (AgeBand.YOUTH,) * 5 + (AgeBand.OLDER,) * 2
_HOUSEHOLDS = (HouseholdType.SINGLE,) * 7 + (HouseholdType.COUPLE, HouseholdType.FAMILY, HouseholdType.SHARED)


@dataclass(slots=True)
class Person:
    """One participant. Loneliness is a number from 0 to 1 that nobody sees: measures and contacts follow from it."""

    number: int
    id: UUID
    age_band: AgeBand
    gender: Gender
    household_type: HouseholdType
    district: str
    store: str
    """The store they would go to."""
    entry_day: int
    severity: float
    """Loneliness at entry."""
    relief: float = 0.0
    """How much of it care takes away in the end."""
    eased_from: int | None = None
    relapse_day: int | None = None
    setback: float = 0.0
    until: int = 1_000_000
    """The day on which they left the programme."""
    seen_on: int = -1
    calls: int = 0
    papers: Mapping[str, Any] = field(default_factory=dict)
    """What their registration says of them besides."""

    def loneliness(self, day: int) -> float:
        level = self.severity
        if self.eased_from is not None and day > self.eased_from:
            level -= self.relief * (1 - exp((self.eased_from - day) / _EASING_DAYS))
        if self.relapse_day is not None and day >= self.relapse_day:
            level += self.setback * exp(-max(0, day - self.relapse_day - _SETBACK_DAYS) / _EASING_DAYS)
        return min(1.0, max(0.03, level))


def new_person(number: int, person_id: UUID, entry_day: int, *, in_care: bool, rng: Random) -> Person:
    """Somebody at entry; those bound for care are lonelier, and two of three of them recover."""
    random = rng.random
    severity = 0.62 + 0.33 * random() if in_care else 0.15 + 0.6 * random()
    recovers = random() < 0.68
    return Person(
        number=number,
        id=person_id,
        age_band=_AGES[int(random() * len(_AGES))],
        gender=Gender.FEMALE if random() < 0.55 else Gender.MALE,
        household_type=_HOUSEHOLDS[int(random() * len(_HOUSEHOLDS))],
        district=DISTRICTS[int(random() * len(DISTRICTS))],
        store=STORES[int(random() * len(STORES))],
        entry_day=entry_day,
        severity=severity,
        relief=max(0.0, severity - 0.05 - 0.2 * random()) if recovers else 0.25 * random() * severity,
    )


def households_of(seed: int, count: int) -> list[UUID]:
    """The pseudonyms of the first households of a seed, as `ids_of`."""
    rng = Random(f"households:{seed}")
    return [random_id(rng) for _ in range(count)]


def ids_of(seed: int, count: int) -> list[UUID]:
    """The pseudonyms of the first people of a seed, whatever the size of the population."""
    rng = Random(f"people:{seed}")
    return [random_id(rng) for _ in range(count)]
