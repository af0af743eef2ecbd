"""Worry about people whom nobody has met yet: who reports it, and the attempts to find them, some of them in vain."""

from collections.abc import Iterator
from random import Random
from uuid import UUID

from consumers.simulation.diary import Planned
from consumers.simulation.scenario import END
from consumers.simulation.teller import random_id
from domain.codes import About, DiscoveryOutcome, Reporter
from domain.events import ConcernReported, DiscoveryAttempted

_A_DAY = 0.4
"""Reports about somebody who then has a pseudonym of their own, beside the calls about others."""
_WHERE = "가상동 가상 다세대주택"
_REPORTERS = tuple(Reporter)
_MOST_ATTEMPTS = 3
_OUTCOMES = (
    (DiscoveryOutcome.CONTACTED,) * 14
    + (DiscoveryOutcome.NO_ANSWER,) * 4
    + (DiscoveryOutcome.REFUSED,)
    + (DiscoveryOutcome.NOT_FOUND,)
)


class Worries:
    """Plans reports and searches."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def reported(self, day: int) -> Iterator[Planned]:
        """A report of that day by neighbours, family or officials, and the search that follows; most days none."""
        random = self._rng.random
        if random() < _A_DAY:
            third = random_id(self._rng)
            fields = {"reporter": _REPORTERS[int(len(_REPORTERS) * random())], "where": _WHERE}
            yield Planned(day, self._office_hours(), third, ConcernReported, fields)
            yield from self.searched(third, day, About.SELF)

    def searched(self, pseudonym: UUID, day: int, about: About) -> Iterator[Planned]:
        """Attempts until somebody is met, refuses or is not to be found, three at most, told under that pseudonym."""
        random = self._rng.random
        for _ in range(_MOST_ATTEMPTS):
            day += 1 + int(6 * random())
            if day > END:
                return
            outcome = _OUTCOMES[int(len(_OUTCOMES) * random())]
            fields = {"outcome": outcome, "about": about}
            yield Planned(day, self._office_hours(), pseudonym, DiscoveryAttempted, fields)
            if outcome is not DiscoveryOutcome.NO_ANSWER:
                return

    def _office_hours(self) -> int:
        return 9 * 3600 + int(9 * 3600 * self._rng.random())
