"""How journeys go: prevention, care with recovery and setbacks, activism; what a person's loneliness makes likely."""

from collections.abc import Callable

from consumers.simulation import bonds, casework
from consumers.simulation.diary import Diary
from consumers.simulation.scenario import ACTIVISTS, ACTIVITIES, AREAS, END, END_OF_SEPTEMBER
from domain.codes import (
    About,
    CallPurpose,
    DiscoveryOutcome,
    JourneyEnd,
    ReachOutcome,
    Reporter,
    RiskLevel,
    StepDownReason,
)
from domain.events import (
    ActivistSelected,
    ActivistSteppedDown,
    ActivityPerformed,
    CallPlaced,
    ConcernReported,
    DiscoveryAttempted,
    FollowUpDone,
    FollowUpScheduled,
    JourneyEnded,
    TieEnded,
    TrainingCompleted,
)

_ENDINGS = (
    JourneyEnd.COMPLETED,
    JourneyEnd.COMPLETED,
    JourneyEnd.MOVED_OUT,
    JourneyEnd.WITHDREW,
    JourneyEnd.TRANSFERRED,
    JourneyEnd.INSTITUTION,
    JourneyEnd.DIED,
)
_STEPPING_DOWN = (StepDownReason.WORK, StepDownReason.HEALTH, StepDownReason.MOVED)
_RELAPSED = frozenset({1, 3, 20})
"""Activists, counted from 0."""
_ACTIVITIES = ("home-visit", "store-companion", "group-walk", "street-outreach")
_COME_BACK = frozenset({JourneyEnd.COMPLETED, JourneyEnd.MOVED_OUT, JourneyEnd.WITHDREW})


def be_found(diary: Diary, day: int) -> int:
    """The way in of those who neither call nor visit: a worker calls, for some after somebody worried about them.

    Answers with the day on which they were reached, at most two days later.
    """
    if diary.happens(0.3):
        diary.add(day, ConcernReported, reporter=diary.rng.choice(list(Reporter)))
        diary.add(day + 1, DiscoveryAttempted, outcome=DiscoveryOutcome.CONTACTED, about=About.SELF)
        day += 2
    diary.add(day, CallPlaced, purpose=CallPurpose.DISCOVERY, outcome=ReachOutcome.REACHED, duration_seconds=420)
    return day


def prevention(diary: Diary, start: int) -> None:
    """The open door: registered and asked how they are, some assessed and low, most followed up once."""
    diary.register(start)
    if diary.happens(0.5):
        diary.assess(start + diary.between(1, 30), RiskLevel.LOW)
    if diary.happens(0.5):
        first = start + diary.between(0, 14)
        for month in (0, 3, 6):
            diary.measure_loneliness(first + 30 * month, due=month > 0)
    if diary.happens(0.25):
        diary.form_tie(start + diary.between(20, 120))
    follow_up(diary, start + diary.between(10, 40), 1)
    leave(diary, start + diary.between(60, 300), chance=0.04)


def care(diary: Diary, start: int, *, counselled: bool, supported: bool, waits_until: int = 0) -> None:
    """Assessed, prescribed, measured at 0, 3 and 6 months; who recovers returns, and some of them fall back.

    Prescription, counselling and support wait until the day `waits_until`. With a start by day 153 and no waiting all
    three have begun by the end of September.
    """
    person = diary.person
    diary.register(start)
    assessed = start + diary.between(1, 12)
    diary.assess(assessed, RiskLevel.HIGH if person.severity > 0.8 else RiskLevel.MEDIUM)
    diary.measure_loneliness(assessed)
    if diary.happens(0.4):
        diary.measure_depression(assessed)
    issued = max(assessed + diary.between(1, 12), waits_until + diary.between(0, 60) if waits_until else 0)
    person.eased_from = issued
    closed = diary.prescribe(issued)
    if counselled:
        _repeat(diary, diary.counsel, _by(assessed + diary.between(3, 18), waits_until), times=4)
    if supported:
        _repeat(diary, diary.support, _by(assessed + diary.between(3, 18), waits_until), times=2)
    if diary.happens(0.7):
        formed = issued + diary.between(15, 60)
        diary.form_tie(formed)
        if diary.happens(0.12):
            diary.add(formed + diary.between(40, 150), TieEnded, tie_id=f"tie-{person.number}-1")
    _later(diary, issued, closed)


def _by(day: int, waits_until: int) -> int:
    """A first service as soon as it may be; without waiting by the end of September, when it is counted."""
    return max(day, waits_until) if waits_until else min(day, END_OF_SEPTEMBER)


def _repeat(diary: Diary, service: Callable[[int], None], day: int, *, times: int) -> None:
    for _ in range(diary.between(1, times)):
        service(day)
        day += diary.between(10, 21)


def _later(diary: Diary, issued: int, closed: int) -> None:
    """From three months on: measures, reassessment, follow-ups, and for some a relapse or an end."""
    person = diary.person
    recovers = person.severity - person.relief < 0.35
    if recovers and diary.happens(0.14):
        person.relapse_day, person.setback = issued + diary.between(150, 240), 0.65
    for month in (3, 6):
        diary.measure_loneliness(issued + 30 * month + diary.between(-8, 8), due=True)
    if diary.happens(0.55):
        diary.assess(issued + diary.between(80, 130), RiskLevel.LOW if recovers else RiskLevel.MEDIUM)
    for number in (1, 2):
        follow_up(diary, closed + 55 * number, number)
    if person.relapse_day is not None:
        relapse(diary, person.relapse_day)
    else:
        leave(diary, issued + diary.between(70, 250), chance=0.08)


def relapse(diary: Diary, day: int) -> None:
    """A fall back, seen by the assessor or by two high scores, then care once more."""
    if diary.happens(0.5):
        diary.assess(day + 10, RiskLevel.HIGH)
    else:
        diary.measure_loneliness(day + 8)
        diary.measure_loneliness(day + 38)
    diary.prescribe(day + 45, 2)
    diary.form_tie(day + 80, 2)
    for later in (135, 170):
        diary.measure_loneliness(day + later)


def follow_up(diary: Diary, day: int, number: int) -> None:
    """A promise to call again: most are kept in time, some stay open."""
    promise = f"follow-up-{diary.person.number}-{number}"
    due = day + diary.between(14, 30)
    diary.add(day, FollowUpScheduled, follow_up_id=promise, due_on=diary.date_of(due), purpose="check")
    if diary.happens(0.85):
        done = due - diary.between(0, 5)
        reached = ReachOutcome.REACHED if diary.happens(0.75) else ReachOutcome.NO_ANSWER
        diary.add(done, CallPlaced, purpose=CallPurpose.CHECK, outcome=reached, duration_seconds=180)
        diary.add(done, FollowUpDone, follow_up_id=promise, result=reached.value)


def leave(diary: Diary, day: int, *, chance: float) -> None:
    """The end of an episode for some; a few of those come back and are assessed anew."""
    if not diary.happens(chance):
        return
    reason = diary.rng.choice(_ENDINGS)
    diary.close(day)
    diary.add(day, JourneyEnded, reason=reason)
    if reason in _COME_BACK and diary.happens(0.3):
        back = day + diary.between(30, 90)
        diary.add(back, CallPlaced, purpose=CallPurpose.CALLBACK, outcome=ReachOutcome.REACHED, duration_seconds=600)
        diary.assess(back + diary.between(2, 9), RiskLevel.MEDIUM)


def activism(diary: Diary, start: int, number: int) -> None:
    """Somebody who recovered earlier is selected, trained, and does their share of the activities of one area.

    Together the activists have done ACTIVITIES by the end of September, at least one in every area.
    """
    area = AREAS[number % len(AREAS)]
    diary.person.severity *= 0.4
    diary.register(start)
    selected = start + diary.between(15, 35)
    trained = selected + diary.between(7, 14)
    diary.add(selected, ActivistSelected, area=area)
    diary.measure_loneliness(selected)
    diary.add(trained, TrainingCompleted, hours=16.0)
    bonds.consent_to_help(diary, trained)
    diary.measure_loneliness(selected + 180, due=True)
    share = ACTIVITIES // ACTIVISTS + (number < ACTIVITIES % ACTIVISTS)
    days = [diary.between(trained + 1, END_OF_SEPTEMBER) for _ in range(share)]
    days += [diary.between(END_OF_SEPTEMBER + 1, END) for _ in range(share)]
    steps_down = number in _RELAPSED or diary.happens(0.1)
    leaves = END_OF_SEPTEMBER + diary.between(20, 150) if steps_down else END + 1
    for day in days:
        if day < leaves:
            kind, minutes = diary.rng.choice(_ACTIVITIES), diary.between(60, 180)
            diary.add(day, ActivityPerformed, area=area, kind=kind, minutes=minutes, helped_count=diary.between(1, 12))
    if leaves <= END:
        reason = StepDownReason.RELAPSE if number in _RELAPSED else _STEPPING_DOWN[number % len(_STEPPING_DOWN)]
        diary.add(leaves, ActivistSteppedDown, reason=reason)
        if reason is StepDownReason.RELAPSE:
            _be_helped_again(diary, leaves)


def _be_helped_again(diary: Diary, day: int) -> None:
    """Whoever helped others is now helped under the same identity."""
    diary.assess(day + 4, RiskLevel.MEDIUM)
    casework.assign(diary, day + 5)
    diary.prescribe(day + 12)
