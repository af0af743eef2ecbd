"""Stories of promises, referrals, consent and silence. A bare date is a day in Seoul."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from domain.clock import parse_moment
from domain.follow_ups import FollowUp, Kind, follow_ups_of
from domain.history import History, Recorded, history_of
from domain.touchpoint import Touchpoint
from tests.examples import (
    PARTICIPANT,
    call_placed,
    call_received,
    consent_given,
    consent_withdrawn,
    follow_up_cancelled,
    follow_up_done,
    follow_up_scheduled,
    journey_ended,
    measure_taken,
    prescription_issued,
    processing_restricted,
    processing_resumed,
    referral_accepted,
    referral_closed,
    referral_declined,
    referral_sent,
    risk_assessed,
    store_visited,
)
from tests.given import given, on

BEGIN = datetime(2025, 6, 1, tzinfo=UTC)


def due(day: str, *events: Touchpoint) -> list[FollowUp]:
    """What is on the list at a moment; a bare day means to its end."""
    return at(parse_moment(day), follow_ups_of(given(*events).history()))


def kinds(day: str, *events: Touchpoint) -> list[Kind]:
    return [found.kind for found in due(day, *events)]


def at(moment: datetime, found: list[FollowUp]) -> list[FollowUp]:
    return [one for one in found if one.due_from <= moment < one.until]


def promise(day: str, due_on: str, follow_up_id: str = "fu-1") -> Touchpoint:
    return on(_named(follow_up_scheduled, follow_up_id=follow_up_id, due_on=due_on), day)


def kept(day: str, follow_up_id: str = "fu-1") -> Touchpoint:
    return on(_named(follow_up_done, follow_up_id=follow_up_id), day)


def called_off(day: str, follow_up_id: str = "fu-1") -> Touchpoint:
    return on(_named(follow_up_cancelled, follow_up_id=follow_up_id), day)


def sent(day: str, referral_id: str = "ref-1") -> Touchpoint:
    return on(_named(referral_sent, referral_id=referral_id), day)


def accepted(day: str, referral_id: str = "ref-1") -> Touchpoint:
    return on(_named(referral_accepted, referral_id=referral_id), day)


def declined(day: str, referral_id: str = "ref-1") -> Touchpoint:
    return on(_named(referral_declined, referral_id=referral_id), day)


def closed(day: str, referral_id: str = "ref-1") -> Touchpoint:
    return on(_named(referral_closed, referral_id=referral_id), day)


def self_check(score: int, day: str) -> Touchpoint:
    return on(measure_taken.replaced(mode="self", items=None, score=score), day)


def consents(day: str, *scopes: str, valid_until: str | None = None) -> Touchpoint:
    return on(_named(consent_given, scopes=scopes, valid_until=valid_until), day)


def withdraws(day: str, *scopes: str) -> Touchpoint:
    return on(_named(consent_withdrawn, scopes=scopes), day)


def _named(event: Touchpoint, **changes: Any) -> Touchpoint:
    """Another event of that kind, with an id that its contents tell."""
    told = "-".join(str(value) for value in changes.values())
    return event.replaced(source_id=f"{event.source_id}-{told}", **changes)


_IDS = ("a", "b")
_SCOPES = ("service", "callback", "health", "share", "research")
_KINDS: tuple[Touchpoint, ...] = (
    call_received,
    store_visited,
    call_placed,
    prescription_issued,
    *[risk_assessed.replaced(level=level) for level in ("low", "high")],
    *[measure_taken.replaced(mode=mode, items=None, score=score) for mode in ("self", "phone") for score in (3, 6, 9)],
    *[referral.replaced(referral_id=name) for name in _IDS for referral in (referral_sent, referral_accepted)],
    *[referral.replaced(referral_id=name) for name in _IDS for referral in (referral_declined, referral_closed)],
    *[event.replaced(follow_up_id=name) for name in _IDS for event in (follow_up_done, follow_up_cancelled)],
    *[
        follow_up_scheduled.replaced(follow_up_id=name, due_on=str((BEGIN + timedelta(days)).date()))
        for name in _IDS
        for days in (0, 5, 40, 200)
    ],
    *[consent_withdrawn.replaced(scopes=(scope,)) for scope in _SCOPES],
    *[consent_given.replaced(scopes=(scope,), valid_until=None) for scope in _SCOPES],
    *[consent_given.replaced(scopes=("service", "callback"), valid_until=day) for day in ("2025-06-03", "2025-09-01")],
    processing_restricted.replaced(scope="callback"),
    processing_resumed.replaced(scope="callback"),
    journey_ended,
    journey_ended.replaced(reason="died"),
)


@st.composite
def stories(draw: st.DrawFn, kinds: tuple[Touchpoint, ...] = _KINDS) -> list[Touchpoint]:
    """Up to 25 events within some months, several of them often at the same instant, some known to the day only, some
    told by another system."""
    steps = st.tuples(st.sampled_from(kinds), st.sampled_from([0, 0, 1, 5, 7, 30, 90, 200]), st.sampled_from([0, 0, 3]))
    moment, events = BEGIN, []
    for number, (event, days, hours) in enumerate(draw(st.lists(steps, max_size=25))):
        moment += timedelta(days=days, hours=hours)
        precision = draw(st.sampled_from(["instant", "instant", "instant", "day"]))
        source = draw(st.sampled_from([event.source, event.source, "urn:another"]))
        told = {"occurred_at": moment, "source_id": f"{event.source_id}-{number}", "precision": precision}
        events.append(event.replaced(**told, source=source))
    return events


def moments() -> st.SearchStrategy[datetime]:
    return st.tuples(st.integers(-1, 900), st.sampled_from([0, 3, 15])).map(
        lambda told: BEGIN + timedelta(days=told[0], hours=told[1])
    )


def history(events: list[Touchpoint], as_of: datetime | None = None) -> History:
    recorded = [Recorded(event, BEGIN + timedelta(seconds=place)) for place, event in enumerate(events)]
    return history_of(PARTICIPANT, recorded) if as_of is None else history_of(PARTICIPANT, recorded, as_of=as_of)
