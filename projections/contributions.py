"""Contributions: one row per service touchpoint and known interval; every figure of the programme is SQL over them.

A figure as of V, as known at S, counts the rows with `occurred_at <= V AND known_from <= S AND S < known_to`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, String

from domain import events
from domain.events import CallReceived
from domain.history import History, as_tuple
from domain.touchpoint import Touchpoint
from domain.versions import STORED_AS, versions_of
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
    """The stored name that it was told under."""
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
    for fact, root, linked, known_from, known_to in history.slices(COUNTED):
        event = fact.event
        person = None if not linked and type(event) is CallReceived and event.anonymous else root
        described = _DESCRIBED[type(event)]
        try:
            row = described(event.__dict__, component, fact.event_id, known_from, known_to, fact.occurred_at, person)
        except KeyError:
            stated = _asked(event)
            row = described(stated, component, fact.event_id, known_from, known_to, fact.occurred_at, person)
        rows.append(as_tuple(ContributionRow, row))
    return rows


_STATED = ("origin", *PLACES, *CODES)
"""The columns that hold what an event states: the last of a row, in their order."""
_BEFORE = ContributionRow._fields[: ContributionRow._fields.index("topic")]


def _describer(kind: type[Touchpoint]) -> Callable[..., tuple[Any, ...]]:
    """From the fields of an event and the columns before `topic` to a row.

    Compiled, because it runs for every version of every touchpoint; its source is made of names of columns only.
    """
    # `_value_` is five times as fast as `value`.
    text = "(v if (v := event['{0}']) is None or type(v) is str else v._value_)"
    cells = (text.format(name) if name in kind.open_fields else "None" for name in _STATED)
    before, topic = ", ".join(_BEFORE), repr(kind.stored_as)
    if len(versions_of(kind.stored_as)) > 1:
        # The name it was told under, as domain.versions keeps it.
        topic = f"event.get({STORED_AS!r}, {topic})"
    source = f"lambda event, {before}: ({before}, {topic}, {', '.join(cells)})"
    compiled: Callable[..., tuple[Any, ...]] = eval(source)
    return compiled


_DESCRIBED = {kind: _describer(kind) for kind in COUNTED}


def _asked(event: Touchpoint) -> dict[str, Any]:
    """The fields of an event of which some were left in storage."""
    return {name: getattr(event, name) for name in _STATED if name in event.open_fields}


contributions = ReadModel(
    name="contributions",
    version=1,
    row=ContributionRow,
    key=("component", "event_id", "known_from"),
    columns=columns,
    fold=fold,
    indexes=(("topic", "occurred_at"),),
    arrival=frozenset({"known_from", "known_to"}),
    evidence=("event_id",),
)
