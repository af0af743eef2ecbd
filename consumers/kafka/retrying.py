"""A parked message told again, through the same reading as when it came: after an upgrade, say."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from consumers.kafka.ingest import what_is_wrong
from consumers.kafka.messages import REFUSALS, read_message
from domain.intake import SKEW
from replay.journal import Journal, Outcome
from replay.messages import parked
from replay.vault import SealBroken

BYTES_GONE = "bytes-gone"
SEAL_BROKEN = "seal-broken"


class Retry(NamedTuple):
    """What became of a parked message that was told again: recorded or duplicate, and decided; or still parked."""

    id: int
    status: Literal["recorded", "duplicate", "conflict", "blocked", "refused", "unopened"]
    code: str | None = None
    message: str | None = None
    event_id: UUID | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nobody has to decide about it any more."""
        return self.status in ("recorded", "duplicate")


class _StillParked(Exception):
    """Undoes the transaction: nothing came of it."""

    def __init__(self, outcome: Outcome, code: str, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.code = code


def retry(journal: Journal, number: int, *, by: str, now: datetime, skew: timedelta = SKEW) -> Retry:
    """Record a parked message and note by whom, in one transaction; what is wrong still is told, and it stays parked.

    Raises ParkedUnknown and AlreadyDecided.
    """
    with journal.database.read() as connection:
        parked.ensure_undecided(connection, number)
        try:
            raw = parked.open_raw(connection, journal.vault, number, now)
        except parked.ParkedBytesGone as gone:
            return Retry(number, "unopened", BYTES_GONE, str(gone))
        except SealBroken as broken:
            return Retry(number, "unopened", SEAL_BROKEN, str(broken))
    try:
        event = read_message(raw, now=now, skew=skew)
    except REFUSALS as refusal:
        return Retry(number, "refused", refusal.code, str(refusal))

    def beside(connection: Connection, outcomes: Sequence[Outcome]) -> None:
        [outcome] = outcomes
        if (wrong := what_is_wrong(outcome)) is not None:
            raise _StillParked(outcome, *wrong)
        parked.retried(connection, number, by, now)

    try:
        [outcome] = journal.record([event], beside=beside)
    except _StillParked as still:
        return Retry(number, still.outcome.status, still.code, str(still), event.event_id)
    return Retry(number, outcome.status, event_id=event.event_id)
