"""Alerts: what cannot wait for a list, whom it reaches, and until when.

| Raised by | Cause |
|---|---|
| a measure whose safety item was answered above 0 (`domain.instruments`: `safety`) | safety_flag |
| a call received with level emergency, whomever it is about and however it ended | emergency_call |

Decisions where the rules leave room:
- An alert is of the person in whose stream its fact stands. A call about somebody else is the caller's alert, which
  says so.
- It stays until it is acknowledged: by the first acknowledgement of its event in force, whichever linked identity that
  stands under, and also where that is dated before the alert. An acknowledgement of anything else does nothing.
- What was told to the journal more than 72† hours after it happened is on record, and reaches nobody. A correction does
  not silence what was told in time; where only the correction makes it an alert, the correction has to be in time. Each
  version counts by when it says that it happened: what was told late and is then dated into these hours calls, since
  somebody may be in danger now; and what was told in time, taken back and told again calls, however late.
- While it is open it reaches the workers assigned to the person and the one to whom the person's shift was handed over
  last, as long as that shift lasts. Escalated it reaches everybody: of whom it reaches then only those assigned are
  told, and no shift, or what is told of an alert that stays open would grow with every handover.
- Nothing depends on a clock that ticks: `escalates_at` lies ahead, and the asked moment decides.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from domain.casework import ASSIGNING, HANDING_OVER, assignments_of, shifts_of
from domain.clock import END_OF_TIME
from domain.codes import About, CallLevel
from domain.events import AlertAcknowledged, CallReceived, MeasureTaken
from domain.history import Fact, History
from domain.instruments import INSTRUMENTS, score
from domain.touchpoint import Touchpoint

ESCALATES_AFTER = timedelta(minutes=10)
SILENT_AFTER = timedelta(hours=72)
"""Both are conventions of the programme."""

RAISING: frozenset[type[Touchpoint]] = frozenset({CallReceived, MeasureTaken})
_ANSWERING: frozenset[type[Touchpoint]] = frozenset({AlertAcknowledged})
WATCHED = RAISING | _ANSWERING | ASSIGNING | HANDING_OVER
"""The types on which alerts rest."""

_SAFETY_INSTRUMENTS = frozenset(name for name, known in INSTRUMENTS.items() if known.safety_item is not None)
_EMERGENCY = CallLevel.EMERGENCY
"""Found once: a member of an enumeration costs as much as the rest of the test for it."""


class Cause(StrEnum):
    """Warning: stored in rows under these names."""

    SAFETY_FLAG = "safety_flag"
    EMERGENCY_CALL = "emergency_call"


class Reach(NamedTuple):
    """A time [since, until) in which a worker was assigned, or until it escalates, the one who had the shift."""

    worker: str
    since: datetime
    until: datetime


class Alert(NamedTuple):
    """One alert; no answer, item or score is in it."""

    event_id: UUID
    """The fact that raised it, and the alert's own name."""
    cause: Cause
    instrument: str | None
    """Of a safety flag: which instrument."""
    about: About | None
    """Of a call: whom it was about, where that was told."""
    raised_at: datetime
    """When it happened."""
    escalates_at: datetime
    """From when on it is everybody's, unless acknowledged by then."""
    until: datetime
    """When it was acknowledged, not before `raised_at`; END_OF_TIME: it is open."""
    acknowledgement: UUID | None
    acknowledged_by: str | None
    """None also where the acknowledgement does not say who."""
    action: str | None
    silent: bool
    """Told too late to alarm anybody. It depends on arrival, and nothing else here does but `reaches`."""
    reaches: tuple[Reach, ...]
    """Whom it reaches while it is open, besides the shift's manager, by (worker, since); nobody where it is silent."""


def alerts_of(history: History) -> list[Alert]:
    """Every alert of a person by (raised_at, event_id), acknowledged ones too."""
    raising = [fact for fact in history.facts_of(RAISING) if _cause(fact.event) is not None]
    if not raising:
        return []
    acknowledgements: dict[UUID, Fact] = {}
    for fact in history.facts_of(_ANSWERING):
        assert isinstance(fact.event, AlertAcknowledged)
        acknowledgements.setdefault(fact.event.alert_event_id, fact)
    in_time, responsible = _told_in_time(history, raising), _responsible(history)
    return [
        _alert(fact, acknowledgements.get(fact.event_id), responsible if fact.event_id in in_time else None)
        for fact in raising
    ]


def _cause(event: Touchpoint) -> Cause | None:
    # `type(...) is` and not isinstance: pydantic's instance check is slow, and most calls are no emergency.
    if type(event) is CallReceived:
        return Cause.EMERGENCY_CALL if event.level == _EMERGENCY else None
    if type(event) is MeasureTaken and event.instrument in _SAFETY_INSTRUMENTS and score(event).safety:
        return Cause.SAFETY_FLAG
    return None


class _Responsible(NamedTuple):
    """Every time in which a worker was assigned to the person, and in which one had them on their shift."""

    assigned: Sequence[Reach]
    on_shift: Sequence[Reach]

    def reaches(self, raised_at: datetime, escalates_at: datetime, until: datetime) -> tuple[Reach, ...]:
        """Whom an alert reaches while it is open."""
        assigned = _within(self.assigned, raised_at, until)
        on_shift = _within(self.on_shift, raised_at, min(until, escalates_at))
        ending = [reach._replace(until=min(reach.until, escalates_at)) for reach in on_shift]
        # Who is both stands here twice: the two may end at different times, and as of an earlier moment were two too.
        return tuple(sorted(assigned + ending))


def _within(reaches: Iterable[Reach], since: datetime, until: datetime) -> list[Reach]:
    return [reach for reach in reaches if since < reach.until and reach.since < until]


def _alert(fact: Fact, acknowledged: Fact | None, responsible: _Responsible | None) -> Alert:
    """`responsible` is whom it may reach; None: it is silent, and reaches nobody."""
    event, raised_at = fact.event, fact.occurred_at
    cause = _cause(event)
    assert cause is not None
    until = END_OF_TIME if acknowledged is None else max(raised_at, acknowledged.occurred_at)
    escalates_at = min(raised_at, END_OF_TIME - ESCALATES_AFTER) + ESCALATES_AFTER
    answer = acknowledged.event if acknowledged else None
    assert answer is None or isinstance(answer, AlertAcknowledged)
    return Alert(
        event_id=fact.event_id,
        cause=cause,
        instrument=event.instrument if isinstance(event, MeasureTaken) else None,
        about=event.about if isinstance(event, CallReceived) else None,
        raised_at=raised_at,
        escalates_at=escalates_at,
        until=until,
        acknowledgement=acknowledged.event_id if acknowledged else None,
        acknowledged_by=answer.actor if answer else None,
        action=answer.action if answer else None,
        silent=responsible is None,
        reaches=() if responsible is None else responsible.reaches(raised_at, escalates_at, until),
    )


def _told_in_time(history: History, raising: Iterable[Fact]) -> set[UUID]:
    """Those of which any version that is an alert was known soon enough after it happened."""
    amended = {fact.event_id for fact in raising if fact.amended_by is not None}
    told = [(fact, fact.recorded_at) for fact in raising if fact.amended_by is None]
    if amended:
        versions = [version for version in history.slices(RAISING) if version.fact.event_id in amended]
        told += [(version.fact, version.known_from) for version in versions if _cause(version.fact.event) is not None]
    return {fact.event_id for fact, known_from in told if known_from - fact.occurred_at <= SILENT_AFTER}


def _responsible(history: History) -> _Responsible:
    return _Responsible(
        [Reach(assignment.worker, assignment.since, assignment.until) for assignment in assignments_of(history)],
        [Reach(shift.worker, shift.since, shift.until) for shift in shifts_of(history)],
    )
