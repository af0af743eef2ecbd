"""Contributions: one row per service touchpoint and known interval; every figure of the programme is SQL over them.

A figure as of V, as known at S, counts the rows with `occurred_at <= V AND known_from <= S AND S < known_to`.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, String

from domain import events
from domain.events import CallReceived
from domain.history import History
from domain.touchpoint import Touchpoint
from projections.columns import Instant, Pseudonym
from projections.read_model import ReadModel

COUNTED: frozenset[type[Touchpoint]] = frozenset(
    {
        events.ActivistSelected,
        events.ActivityPerformed,
        events.CallPlaced,
        events.CallReceived,
        events.CounsellingHeld,
        events.CrisisEscalated,
        events.DirectSupportGiven,
        events.DiscoveryAttempted,
        events.PeerTalkHeld,
        events.PrescriptionIssued,
        events.ReferralSent,
        events.SessionAttended,
        events.StoreVisited,
        events.TrainingCompleted,
    }
)
"""What the programme does for people, and what they do in it: each is something a figure of services counts.

How people are (assessments, measures) and the paperwork make no row. A figure that counts another type adds it here
with the next version of this read model, and a replay fills it in."""

PLACES = ("site", "district", "area")
CODES = ("channel", "outcome", "level", "age_band", "category")
"""Both hold the event's field of the same name: a code only where it is open and coded; a sealed level is none."""


class ContributionRow(NamedTuple):
    """One version of a touchpoint, and the journal time [known_from, known_to) in which it was the truth."""

    component: UUID
    event_id: UUID
    known_from: datetime
    known_to: datetime
    """END_OF_TIME while the version still holds."""
    occurred_at: datetime
    person: UUID | None
    """Whose it was then (the root of the component of that time), or None for an anonymous contact not linked to
    anybody then: a contact, and no person. `component` is whose it is now."""
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
        Column("person", Pseudonym),
        Column("topic", String, nullable=False),
        Column("origin", String, nullable=False),
        *(Column(name, String) for name in PLACES + CODES),
    ]


def fold(history: History) -> list[ContributionRow]:
    """Every version of every counted touchpoint, voided times left out."""
    component = history.root
    rows = []
    for (event, event_id, occurred_at, _, _), root, linked, known_from, known_to in history.slices(_DESCRIBED):
        topic, own = _DESCRIBED[type(event)]
        row = [
            component,
            event_id,
            known_from,
            known_to,
            occurred_at,
            None if not linked and type(event) is CallReceived and event.anonymous else root,
            topic,
            event.origin._value_,
            event.site,
            event.district,
            *_NOTHING,
        ]
        # `_value_` is five times as fast as `value`, and this line runs for every version of every touchpoint.
        for index, name in own:
            if (value := getattr(event, name)) is not None:
                row[index] = value if type(value) is str else value._value_
        rows.append(_ROW(row))
    return rows


_ROW = ContributionRow._make
_OWN = ("area", *CODES)
"""The columns that only some types have, behind those that every touchpoint has."""
_NOTHING = (None,) * len(_OWN)
_DESCRIBED = {
    kind: (
        kind.stored_as,
        tuple((ContributionRow._fields.index(name), name) for name in _OWN if name in kind.open_fields),
    )
    for kind in COUNTED
}
"""Per type its topic, and which of its own columns it fills, each by its place in the row."""

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
