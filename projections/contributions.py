"""Contributions: one row per service touchpoint and known interval; every figure of the programme is SQL over them.

A figure as of V, as known at S, counts the rows with `occurred_at <= V AND known_from <= S AND S < known_to`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, String

from domain import events
from domain.history import History
from domain.touchpoint import Touchpoint
from projections.columns import Instant, Pseudonym
from projections.read_model import ReadModel

COUNTED: frozenset[type[Touchpoint]] = frozenset(
    {
        events.ActivistSelected,
        events.ActivistSteppedDown,
        events.ActivityPerformed,
        events.CallPlaced,
        events.CallReceived,
        events.ConcernReported,
        events.CounsellingHeld,
        events.CrisisEscalated,
        events.DirectSupportGiven,
        events.DiscoveryAttempted,
        events.JourneyEnded,
        events.MeasureNotTaken,
        events.MeasureTaken,
        events.ParticipantRegistered,
        events.PeerTalkHeld,
        events.PrescriptionClosed,
        events.PrescriptionIssued,
        events.ReferralAccepted,
        events.ReferralClosed,
        events.ReferralDeclined,
        events.ReferralSent,
        events.RiskAssessed,
        events.SessionAttended,
        events.SessionMissed,
        events.StoreVisited,
        events.TrainingCompleted,
    }
)
"""What the programme does for people, and what they do in it. Paperwork makes no row: consents, links, follow-ups,
shifts, overrides, disclosures, changes of a description; ties have a read model of their own."""

PLACES = ("site", "district", "area")
CODES = ("channel", "outcome", "level", "age_band", "category")
"""Both hold the event's field of the same name, and only where that field is open: a sealed level is none."""


class ContributionRow(NamedTuple):
    """One version of a touchpoint, and the journal time [known_from, known_to) in which it was the truth."""

    component: UUID
    event_id: UUID
    known_from: datetime
    known_to: datetime
    """END_OF_TIME while the version still holds."""
    occurred_at: datetime
    root: UUID
    """Whom the touchpoint counted for then; `component` is whom it counts for now."""
    person: UUID | None
    """The root, or None for an anonymous contact not linked to anybody then: a contact, and no person."""
    topic: str
    origin: str
    site: str | None
    district: str | None
    area: str | None
    channel: str | None
    outcome: str | None
    level: str | None
    age_band: str | None
    category: str | None


def columns() -> list[Column[Any]]:
    return [
        Column("component", Pseudonym, primary_key=True),
        Column("event_id", Pseudonym, primary_key=True),
        Column("known_from", Instant, primary_key=True),
        Column("known_to", Instant, nullable=False),
        Column("occurred_at", Instant, nullable=False),
        Column("root", Pseudonym, nullable=False),
        Column("person", Pseudonym),
        Column("topic", String, nullable=False),
        Column("origin", String, nullable=False),
        *(Column(name, String) for name in PLACES + CODES),
    ]


def fold(history: History) -> Iterable[ContributionRow]:
    """Every version of every counted touchpoint, voided times left out."""
    component = history.root
    rows = []
    for (event, event_id, occurred_at, _, _), root, linked, known_from, known_to in history.slices():
        described = _DESCRIBED.get(type(event))
        if described is None:
            continue
        topic, codes = described
        value_of = event.__dict__.get
        rows.append(
            ContributionRow(
                component,
                event_id,
                known_from,
                known_to,
                occurred_at,
                root,
                None if not linked and value_of("anonymous") else root,
                topic,
                event.origin._value_,
                value_of("site"),
                value_of("district"),
                value_of("area"),
                # `_value_` is five times as fast as `value`, and this line runs for every version of every touchpoint.
                *([code and code._value_ for code in map(value_of, codes)] if codes else _NO_CODES),
            )
        )
    return rows


_NO_CODES = (None,) * len(CODES)
_DESCRIBED = {
    kind: (
        kind.stored_as,
        tuple(name if name in coded else "" for name in CODES) if (coded := set(kind.open_fields) & set(CODES)) else (),
    )
    for kind in COUNTED
}
"""Per type its topic and the field behind each code column; the empty name, which no event has, where there is none."""

contributions = ReadModel(
    name="contributions",
    version=1,
    row=ContributionRow,
    key=("component", "event_id", "known_from"),
    columns=columns,
    fold=fold,
    indexes=(("topic", "occurred_at"),),
    arrival=frozenset({"known_from", "known_to"}),
)
