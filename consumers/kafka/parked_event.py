"""What is told about a parked message: a CloudEvent when it parked, and one when somebody decided about it.

The message itself is in the first, and sealed: who has the vault opens it, bound to the open words beside it.
"""

from base64 import b64encode
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import orjson

from consumers.kafka.last_messages import LastMessage
from consumers.kafka.open_event import CONTENT_TYPE
from consumers.kafka.sending import Outgoing
from consumers.kafka.topics import PARKED_BYTES
from domain.clock import to_microseconds
from domain.cloud_events import in_utc
from projections.as_json import Part
from replay.messages.parked import Unpublished

PARKED: Final = "message-parked.v1"
DECIDED: Final = "parked-message-decided.v1"
SOURCE: Final = "majung"
"""What tells it, as CloudEvents names it."""
_BESIDE = 64 * 1024
"""Bytes of a message besides those of the parked one, more than there ever are."""
MOST_SEALED_BYTES: Final = (PARKED_BYTES - _BESIDE) // 4 * 3
"""More are not told: as text they would not fit into the topic, and everything behind them would wait."""


class MessageParked(Part):
    """A message did not become a fact, and why."""

    number: int
    """By which `majung parked` knows it."""
    code: str
    """Why, as a stable code."""
    message: str
    """What is wrong, in words that repeat nothing of the message."""
    topic: str
    """Where the message stood."""
    partition: int
    offset: int
    participant_id: UUID | None
    """The pseudonym, where its key is one."""
    event_id: UUID | None
    """Majung's id of the event that it tells, where it could be read."""
    sealed: str | None
    """Key, headers and value, sealed (AES-256-GCM), in base64; null after 30 days or above 3,096,576 bytes of them."""


class ParkedMessageDecided(Part):
    """Somebody decided about a parked message: nothing more comes of it. Why is not told."""

    number: int
    """By which `majung parked` knows it."""
    state: Literal["retried", "discarded"]
    """Retried: it became a fact, or was one already."""
    decided_by: str
    """The pseudonym of a worker."""


def events_of(found: Unpublished) -> list[Outgoing]:
    """What is still to be told about a parked message, in order. The key is its number."""
    told, events = found.told, []
    if found.is_new:
        sealed = found.sealed if found.sealed is not None and len(found.sealed) <= MOST_SEALED_BYTES else None
        parked = MessageParked(
            number=told.id,
            code=told.code,
            message=told.message,
            topic=told.topic,
            partition=told.partition,
            offset=told.offset,
            participant_id=told.participant_id,
            event_id=told.event_id,
            sealed=None if sealed is None else b64encode(sealed).decode(),
        )
        events.append(_event(PARKED, told.id, told.recorded_at, parked))
    if told.decided_at is not None:
        decided = ParkedMessageDecided(number=told.id, state=told.state, decided_by=told.decided_by)
        events.append(_event(DECIDED, told.id, told.decided_at, decided))
    return events


def told_by(message: LastMessage) -> tuple[int, datetime] | None:
    """The number of the parked message that an event of ours is about, and its time; None of what is none of ours."""
    try:
        told = orjson.loads(message.value or b"")
        return int(told["data"]["number"]), datetime.fromisoformat(told["time"])
    except (ValueError, TypeError, KeyError):
        return None


def _event(kind: str, number: int, time: datetime, data: Part) -> Outgoing:
    told = {
        "specversion": "1.0",
        "type": kind,
        "source": SOURCE,
        # Told again it has the same id: type and number.
        "id": f"{kind}/{number}",
        "subject": str(number),
        "time": in_utc(time),
        "datacontenttype": "application/json",
        "data": data.model_dump(mode="json"),
    }
    headers = [("content-type", CONTENT_TYPE)]
    # The topic keeps a message for 30 days from its own time, however late it is published.
    return Outgoing(str(number).encode(), orjson.dumps(told), headers, to_microseconds(time) // 1_000)
