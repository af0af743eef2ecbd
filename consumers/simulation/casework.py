"""What surrounds a journey: the worker who is responsible, referrals, consents and rights, overrides, the household."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from consumers.simulation.diary import Diary
from consumers.simulation.pseudonyms import TAKEN_FOR_ONE
from consumers.simulation.scenario import CALL_COUNSELLORS, HOUSEHOLDS, MANAGER, counsellor
from domain.codes import ConsentScope, DataRight, Stage
from domain.events import (
    ConsentGiven,
    HouseholdJoined,
    HouseholdLeft,
    ProcessingRestricted,
    ProcessingResumed,
    ReferralAccepted,
    ReferralClosed,
    ReferralDeclined,
    ReferralSent,
    RightsAnswered,
    RightsRequested,
    StageOverridden,
    WorkerAssigned,
    WorkerUnassigned,
)
from domain.touchpoint import Touchpoint

ROLE = "case-manager"
_FIRST_IN_HOUSEHOLDS = 2000
_RIGHTS = tuple(right for right in DataRight if right is not DataRight.ERASE)
_STAGES = (Stage.HEALING, Stage.RETURN)


def household_of(number: int) -> int | None:
    """Which household the person of this number joins: the two who were taken for one the first, others by twos and
    threes the rest; None: none.
    """
    if number in TAKEN_FOR_ONE:
        return 0
    index, place = divmod(number - _FIRST_IN_HOUSEHOLDS, 3)
    return 1 + index if 0 <= index < HOUSEHOLDS - 1 and (place < 2 or index % 2) else None


def in_care(diary: Diary, start: int) -> None:
    """Somebody is responsible; some are referred elsewhere, and of a few staff see the stage otherwise for a while."""
    assign(diary, start + diary.between(2, 12))
    if diary.happens(0.12):
        _refer(diary, start + diary.between(20, 90))
    if diary.happens(0.008):
        _override(diary, start + diary.between(40, 160))


def anybody(diary: Diary, start: int) -> None:
    """Consent to be called that ends, not always renewed; now and then a right used, or processing restricted."""
    if diary.happens(0.03):
        _lapsing_consent(diary, start + 1)
    if diary.happens(0.006):
        _use_a_right(diary, start + diary.between(10, 200))
    if diary.happens(0.004):
        scope = ConsentScope.CALLBACK if diary.happens(0.5) else ConsentScope.RESEARCH
        restricted = start + diary.between(10, 120)
        _add(diary, restricted, ProcessingRestricted, scope=scope)
        if diary.happens(0.6):
            _add(diary, restricted + diary.between(20, 80), ProcessingResumed, scope=scope)


def assign(diary: Diary, day: int) -> None:
    """A worker takes the person on; some pass them on to another, most give them back when they leave."""
    number, left = diary.person.number, diary.person.until
    worker = counsellor(number)
    _assignment(diary, day, WorkerAssigned, worker)
    passed_on = day + diary.between(40, 160)
    if diary.happens(0.12) and passed_on < left:
        _assignment(diary, passed_on, WorkerUnassigned, worker)
        worker = counsellor(number + diary.between(1, CALL_COUNSELLORS - 1))
        _assignment(diary, passed_on, WorkerAssigned, worker)
    if day < left and diary.happens(0.8):
        diary.add(left, WorkerUnassigned, worker=worker, role=ROLE, actor=MANAGER)


def live_together(diary: Diary, start: int, household: UUID) -> None:
    """They are told to belong to a household; some move out of it."""
    _add(diary, start, HouseholdJoined, household_id=household)
    if diary.happens(0.12):
        _add(diary, start + diary.between(30, 150), HouseholdLeft, household_id=household)


def _add(diary: Diary, day: int, kind: type[Touchpoint], /, **fields: Any) -> None:
    """Unless they have left by then."""
    if day < diary.person.until:
        diary.add(day, kind, **fields)


def _assignment(diary: Diary, day: int, kind: type[Touchpoint], worker: str) -> None:
    _add(diary, day, kind, worker=worker, role=ROLE, actor=MANAGER)


def _refer(diary: Diary, sent: int) -> None:
    referral = f"referral-{diary.person.number}"
    organisation = f"mental-health-center-{diary.between(1, 5)}"
    _add(diary, sent, ReferralSent, referral_id=referral, to_organisation=organisation)
    answered = sent + diary.between(1, 9)
    if diary.happens(0.15):
        _add(diary, answered, ReferralDeclined, referral_id=referral)
        outcome = "referred-elsewhere"
    elif diary.happens(0.9):
        _add(diary, answered, ReferralAccepted, referral_id=referral)
        outcome = "treatment-begun"
    else:
        return
    if diary.happens(0.75):
        _add(diary, answered + diary.between(5, 40), ReferralClosed, referral_id=referral, outcome=outcome)


def _override(diary: Diary, day: int) -> None:
    stage = _STAGES[diary.between(0, 1)]
    expires_on = diary.date_of(day) + timedelta(diary.between(14, 90))
    reason = "가상 사례회의: 규칙의 단계와 달리 봄."
    _add(diary, day, StageOverridden, stage=stage, expires_on=expires_on, reason=reason, actor=MANAGER)


def _lapsing_consent(diary: Diary, day: int) -> None:
    callback: dict[str, Any] = {"scopes": (ConsentScope.CALLBACK,), "text_version": "2025-03"}
    half_a_year = timedelta(182)
    _add(diary, day, ConsentGiven, **callback, valid_until=diary.date_of(day) + half_a_year)
    if diary.happens(0.4):
        renewed = day + diary.between(150, 180)
        _add(diary, renewed, ConsentGiven, **callback, valid_until=diary.date_of(renewed) + half_a_year)


def _use_a_right(diary: Diary, asked: int) -> None:
    right = _RIGHTS[diary.between(0, len(_RIGHTS) - 1)]
    _add(diary, asked, RightsRequested, right=right, due_on=diary.date_of(asked) + timedelta(10))
    if diary.happens(0.8):
        _add(diary, asked + diary.between(2, 12), RightsAnswered, right=right, result="granted")
