"""A timeline, page by page: what happened, in order, without anything sealed.

A page begins after the key (occurred_at, event_id) of the page before it and not at a number, so an arrival between two
pages shifts nothing: it shows when it lies ahead, and is neither lost nor repeated.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from api.http.answer import Answer, Asked, Instant, Part
from api.http.cursor import MomentAndId, Paged, cursor, place_in
from api.http.parameters import Page
from domain.cloud_events import in_utc
from domain.history import Fact
from domain.network import NAMES_ANOTHER
from domain.versions import named


class TimelineItem(Part):
    """One touchpoint in force, corrected where it was."""

    event_id: UUID
    participant_id: UUID
    """Which of the linked identities it was told about."""
    type: str
    """The stored name that it was told under; `fields` are in the newest version of that, which may have more."""
    occurred_at: Instant
    recorded_at: Instant
    """When the journal took the touchpoint itself, not its correction."""
    source: str
    site: str | None
    actor: str | None
    fields: dict[str, Any]
    """The open fields that are stated, but for `alter_id`: the network tells who that is, while both consent."""
    sealed: list[str]
    """The names of the sealed fields that are stated. What they say is not given here."""
    amended_by: UUID | None
    """The correction in force; null where there is none."""


class Timeline(Answer):
    """One page."""

    items: list[TimelineItem]
    """In order of (occurred_at, event_id)."""
    next_cursor: str | None
    """For the next page, as in the `next` link; null on the last page."""


def begins_after(participant_id: UUID, page: Page) -> MomentAndId | None:
    """Where the page before ended. Raises Problem 422 for a cursor of anything but this timeline."""
    return place_in(Paged.TIMELINE, page, MomentAndId.read, str(participant_id))


def timeline(asked: Asked, page: Page, after: MomentAndId | None) -> Timeline:
    """The page of a person's timeline at both clocks."""
    wanted = frozenset(name for event in page.type for name in named(event))
    facts = [fact for fact in asked.person.history.facts if _is_on(fact, after, wanted)]
    shown = facts[: page.limit]
    last = MomentAndId(shown[-1].occurred_at, shown[-1].event_id) if len(facts) > len(shown) else None
    return Timeline(
        participant_id=asked.participant_id,
        as_of=asked.as_of,
        known_at=asked.known_at,
        version=asked.person.version,
        held=asked.held,
        items=[_item(fact) for fact in shown],
        next_cursor=cursor(Paged.TIMELINE, page, last.write(), str(asked.participant_id)) if last else None,
    )


def _is_on(fact: Fact, after: MomentAndId | None, wanted: frozenset[str]) -> bool:
    if wanted and fact.event.stored_as not in wanted:
        return False
    return after is None or (fact.occurred_at, fact.event_id) > after


def _item(fact: Fact) -> TimelineItem:
    event = fact.event
    opened, hidden = event.parts()
    fields = event.model_dump(mode="json", include=set(opened) - {"site", NAMES_ANOTHER})
    fields |= {name: in_utc(value) for name, value in opened.items() if isinstance(value, datetime)}
    return TimelineItem(
        event_id=fact.event_id,
        participant_id=event.participant_id,
        type=event.stored_as,
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
        source=event.source,
        site=event.site,
        actor=event.actor,
        fields=fields,
        sealed=list(hidden),
        amended_by=fact.amended_by,
    )
