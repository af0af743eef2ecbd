"""One thing to do for a person: of which kind, from when until when, and why."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Kind(StrEnum):
    """Warning: stored in rows under these names."""

    PROMISE = "promise"
    """A follow-up was scheduled, and neither done nor cancelled."""
    ASSESS = "assess"
    """A UCLA-3 self-check was high, and nobody has assessed the person since."""
    REFERRAL_UNANSWERED = "referral_unanswered"
    """A referral was neither accepted nor declined."""
    REFERRAL_NOT_CLOSED = "referral_not_closed"
    """A referral was answered, and nobody told what became of it."""
    SILENT = "silent"
    LOST = "lost"
    """Both as the person's standing has them."""
    CONSENT_LAPSED = "consent_lapsed"
    """Consent to `service` or `callback` has lapsed: to be asked for again."""


DATED = frozenset({Kind.PROMISE, Kind.ASSESS, Kind.REFERRAL_UNANSWERED, Kind.REFERRAL_NOT_CLOSED})
"""Kinds with a day that can be missed. Silence has none, nor what waits for the next contact."""


class FollowUp(NamedTuple):
    """One thing to do during [due_from, until).

    Everything but `until` is told by what had happened when it fell due, so that rows folded once and filtered by a
    moment are those that a fold at that moment gives.
    """

    kind: Kind
    subject: str
    """Which of its kind: the id of the promise or the referral (then a tab and its source, where another source has
    begun one under that id before), the instrument, the scope; empty for silence."""
    due_from: datetime
    """Since when it stands on the list: not before it was told, nor while nobody may call."""
    due_at: datetime
    """When it fell due by its own day, also where it was told later or withheld."""
    overdue_from: datetime | None
    """The start of the Seoul day after the last on which it is in time; None where there is no such day."""
    until: datetime
    """END_OF_TIME: nothing has ended it."""
    reason: str
    """In words: no name, no free text that is kept sealed."""
    evidence: tuple[UUID, ...]
    """The events that it rests on."""
    stage: str | None = None
    """Of silence only: the stage whose days without contact have passed."""
