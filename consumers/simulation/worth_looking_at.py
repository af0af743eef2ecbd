"""Three people whose journeys are written out: every population of the scenario has somebody worth looking at."""

from typing import NamedTuple
from uuid import UUID

from consumers.simulation.diary import Diary
from consumers.simulation.people import ids_of
from consumers.simulation.scenario import END, MANAGER, counsellor
from domain.codes import About, CallChannel, CallLevel, CallOutcome, CallPurpose, ReachOutcome, RiskLevel
from domain.events import CallPlaced, CallReceived, ShiftHandedOver, WorkerAssigned

KEPT, FELL_BACK, WAITING = 0, 1, 10
"""Their numbers among the people; all walk into a store, on the day given in ENTRY_DAYS. An activist helps the last."""
ENTRY_DAYS = {KEPT: 8, FELL_BACK: 10, WAITING: 12}


WORKER_OF_WAITING = counsellor(WAITING)


class WorthLookingAt(NamedTuple):
    """A participant, and why."""

    participant_id: UUID
    sentence: str


def worth_looking_at(seed: int) -> tuple[WorthLookingAt, WorthLookingAt, WorthLookingAt]:
    """The three people of `seoul_2025(people, seed)`, whatever its number of people."""
    people = ids_of(seed, WAITING + 1)
    kept, fell_back, waiting = people[KEPT], people[FELL_BACK], people[WAITING]
    return (
        WorthLookingAt(
            kept,
            "A whole journey: into a store in April 2025, prescribed in healing, back in society in August, "
            "and kept there from November on.",
        ),
        WorthLookingAt(
            fell_back,
            "A fall back and a second return: back in society in August 2025, isolated again in October, "
            "prescribed anew, returned in March 2026.",
        ),
        WorthLookingAt(
            waiting,
            "Somebody who waits: in healing since April 2025, helped by a healing activist, and on the last day of the "
            "story with two alerts that nobody took on.",
        ),
    )


def kept(diary: Diary, start: int) -> None:
    """Well by two low scores 35 days apart and participating by six sessions: return on day 140, kept from day 240."""
    diary.register(start)
    _into_healing(diary, assessed=14, level=RiskLevel.HIGH, items=(3, 3, 2), prescribed=20)
    for day in (30, 44, 58, 72):
        diary.counsel(day)
    diary.form_tie(48)
    for day, items in ((105, (2, 2, 1)), (140, (2, 1, 1)), (195, (1, 2, 1)), (320, (1, 1, 1))):
        diary.measured(day, "UCLA-3", items)
    for day in (200, 240, 290):
        _check(diary, day)


def fell_back(diary: Diary, start: int) -> None:
    """Return on day 130; two high scores from day 200 on; healing again, and a second return on day 335."""
    diary.register(start)
    _into_healing(diary, assessed=18, level=RiskLevel.MEDIUM, items=(2, 3, 2), prescribed=25)
    diary.counsel(40)
    diary.form_tie(60)
    for day, items in ((100, (2, 2, 1)), (130, (2, 1, 1)), (200, (3, 2, 2)), (228, (3, 3, 2))):
        diary.measured(day, "UCLA-3", items)
    diary.prescribe(235, 2, faithful=True)
    for day, items in ((300, (2, 2, 1)), (335, (1, 2, 1))):
        diary.measured(day, "UCLA-3", items)
    for day in (160, 345):
        _check(diary, day)


def waiting(diary: Diary, start: int) -> None:
    """Healing to the end, with somebody responsible; on the last day a safety flag and an emergency call."""
    diary.register(start)
    _into_healing(diary, assessed=16, level=RiskLevel.HIGH, items=(3, 3, 3), prescribed=24)
    for day in (34, 62):
        diary.counsel(day)
    diary.add(15, WorkerAssigned, worker=WORKER_OF_WAITING, role="case-manager", actor=MANAGER)
    for day, items in ((110, (3, 2, 2)), (205, (3, 3, 2))):
        diary.measured(day, "UCLA-3", items)
    for day in (120, 230, 330):
        _check(diary, day)
    diary.measured(END, "PHQ-9", (2, 3, 2, 3, 2, 2, 2, 2, 1))
    diary.add(
        END,
        CallReceived,
        channel=CallChannel.PHONE,
        outcome=CallOutcome.ANSWERED,
        level=CallLevel.EMERGENCY,
        about=About.SELF,
        age_band=diary.person.age_band,
        actor=counsellor(20),
    )
    diary.add(END, ShiftHandedOver, to_actor=counsellor(21), open_items=1, actor=counsellor(20))


def _into_healing(diary: Diary, *, assessed: int, level: RiskLevel, items: tuple[int, ...], prescribed: int) -> None:
    diary.assess(assessed, level)
    diary.measured(assessed, "UCLA-3", items)
    diary.measure_depression(assessed)
    diary.prescribe(prescribed, faithful=True)


def _check(diary: Diary, day: int) -> None:
    diary.add(day, CallPlaced, purpose=CallPurpose.CHECK, outcome=ReachOutcome.REACHED, duration_seconds=300)


WRITTEN = {KEPT: kept, FELL_BACK: fell_back, WAITING: waiting}
