"""A person's planned touchpoints, and the scenes that every journey is made of: registering, measuring, sessions."""

from datetime import date
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from consumers.simulation.people import Person
from consumers.simulation.scenario import CONNECTION_ORGANISATIONS, COUNSELLING_ORGANISATIONS, PROGRAMMES
from consumers.simulation.teller import Teller
from domain.codes import (
    ConsentScope,
    MeasureMode,
    NotTakenReason,
    PrescriptionCategory,
    PrescriptionEnd,
    RiskLevel,
    TieKind,
)
from domain.events import (
    ConsentGiven,
    CounsellingHeld,
    DirectSupportGiven,
    MeasureNotTaken,
    MeasureTaken,
    ParticipantRegistered,
    PrescriptionClosed,
    PrescriptionIssued,
    RiskAssessed,
    SessionAttended,
    SessionMissed,
    TieReported,
)
from domain.touchpoint import Touchpoint

SESSIONS = 6
_CATEGORIES = (
    PrescriptionCategory.SPORT_HEALTH,
    PrescriptionCategory.CULTURE_ART,
    PrescriptionCategory.DAILY_LIVING,
    PrescriptionCategory.EMOTIONAL_HEALING,
)
_SUPPORTS = ("food", "household-goods", "medical-fee", "utility-fee")
_TIES = (TieKind.GROUP, TieKind.GROUP, TieKind.FRIEND, TieKind.NEIGHBOUR, TieKind.FAMILY)
_OFFICE_OPENS, _OFFICE_SECONDS = 9 * 3600, 9 * 3600


class Planned(NamedTuple):
    """A touchpoint to be told on its day."""

    day: int
    second: float
    participant: UUID
    kind: type[Touchpoint]
    fields: dict[str, Any]


class Diary:
    """What will happen to one person, until they leave or the story ends."""

    def __init__(self, person: Person, rng: Random, teller: Teller, last_day: int) -> None:
        self.person = person
        self.rng = rng
        self.planned: list[Planned] = []
        self._random = rng.random
        self._teller = teller
        self._last_day = last_day

    def add(self, day: int, kind: type[Touchpoint], /, **fields: Any) -> None:
        if day <= self._last_day:
            second = _OFFICE_OPENS + int(_OFFICE_SECONDS * self._random())
            self.planned.append(Planned(day, second, self.person.id, kind, fields))

    def close(self, day: int) -> None:
        """The person leaves: what was planned after that day does not happen."""
        self.person.until = day
        self.planned = [planned for planned in self.planned if planned.day < day]

    def date_of(self, day: int) -> date:
        return self._teller.date_of(day)

    def happens(self, chance: float) -> bool:
        return self._random() < chance

    def between(self, least: int, most: int) -> int:
        """A whole number from `least` to `most`, both included."""
        return least + int((most - least + 1) * self._random())

    def register(self, day: int) -> None:
        person = self.person
        self.add(
            day,
            ParticipantRegistered,
            age_band=person.age_band,
            gender=person.gender,
            household_type=person.household_type,
            district=person.district,
            **{"name": f"가상 참여자 {person.number}", **person.papers},
        )
        scopes = (ConsentScope.SERVICE, ConsentScope.HEALTH, ConsentScope.CALLBACK)
        self.add(day, ConsentGiven, scopes=scopes, text_version="2025-03")

    def assess(self, day: int, level: RiskLevel) -> None:
        self.add(
            day,
            RiskAssessed,
            checklist="seoul-risk-checklist",
            checklist_version="2025",
            level=level,
            actor=f"worker-{self.between(1, 40):02}",
        )

    def measure_loneliness(self, day: int, *, due: bool = False) -> None:
        """UCLA-3 from the person's loneliness on that day; one that was due may also be missed."""
        if due and self.happens(0.12):
            self.add(day, MeasureNotTaken, instrument="UCLA-3", reason=self.rng.choice(list(NotTakenReason)))
            return
        score = round(3 + 6 * self.person.loneliness(day) + self.rng.gauss(0, 0.5))
        self.measured(day, "UCLA-3", _spread(min(9, max(3, score)), 3))

    def measure_depression(self, day: int) -> None:
        """PHQ-9; its last item, which asks for a look at safety, only where the score is high."""
        score = round(20 * self.person.loneliness(day) + self.rng.gauss(0, 2))
        last = 1 if score >= 17 and self.happens(0.3) else 0
        self.measured(day, "PHQ-9", (*_spread(min(24, max(0, score - last)), 8), last))

    def measured(self, day: int, instrument: str, items: tuple[int, ...]) -> None:
        mode = MeasureMode.PHONE if self.happens(0.3) else MeasureMode.INTERVIEW
        self.add(day, MeasureTaken, instrument=instrument, items=items, mode=mode)

    def prescribe(self, day: int, number: int = 1, *, faithful: bool = False) -> int:
        """A prescription and its weekly group sessions, to its end; answers with the day of that end."""
        prescription = f"rx-{self.person.number}-{number}"
        category = _CATEGORIES[self.between(0, 3 if self._teller.speaks_current(day) else 2)]
        programme = self.rng.choice(PROGRAMMES[category])
        provider = f"connection-{self.between(1, CONNECTION_ORGANISATIONS):02}"
        self.add(
            day,
            PrescriptionIssued,
            prescription_id=prescription,
            resource=programme,
            category=category,
            provider=provider,
            sessions_planned=SESSIONS,
        )
        held = SESSIONS if faithful or self.happens(0.85) else self.between(1, 4)
        for session in range(1, held + 1):
            self._session(day + 7 * session, prescription, f"{provider}-{programme}", session, faithful)
        end = day + 7 * (held + 1)
        reason = PrescriptionEnd.COMPLETED if held == SESSIONS else PrescriptionEnd.DROPPED_OUT
        self.add(end, PrescriptionClosed, prescription_id=prescription, reason=reason)
        return end

    def _session(self, day: int, prescription: str, programme: str, number: int, faithful: bool) -> None:
        fields: dict[str, Any] = {
            "prescription_id": prescription,
            "programme": programme,
            "session_id": f"{programme}-week-{day // 7}",
            "session_number": number,
        }
        if faithful or self.happens(0.86):
            self.add(day, SessionAttended, minutes=90, **fields)
        else:
            self.add(day, SessionMissed, **fields)

    def form_tie(self, day: int, number: int = 1) -> None:
        self.add(
            day,
            TieReported,
            tie_id=f"tie-{self.person.number}-{number}",
            kind=_TIES[self.between(0, len(_TIES) - 1)],
            closeness=self.between(2, 4),
            contacts_per_month=self.between(1, 8),
            formed=True,
        )

    def counsel(self, day: int) -> None:
        provider = f"counselling-{self.between(1, COUNSELLING_ORGANISATIONS)}"
        self.add(day, CounsellingHeld, provider=provider, mode="in-person", minutes=50)

    def support(self, day: int) -> None:
        kind = _SUPPORTS[self.between(0, len(_SUPPORTS) - 1)]
        self.add(day, DirectSupportGiven, kind=kind, amount_krw=10_000 * self.between(3, 30))


def _spread(total: int, items: int) -> tuple[int, ...]:
    """A sum as that many items, as even as can be."""
    least, more = divmod(total, items)
    return (least + 1,) * more + (least,) * (items - more)
