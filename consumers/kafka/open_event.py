"""A stored event as others may read it: a CloudEvent of its open fields, and of what is sealed only the names.

Nothing sealed is opened for it: publishing needs no key, and goes on after somebody's key is gone. Which sealed fields
an event states is itself sealed, so `sealed` names all that its type seals, where the event states any of them.

Whom a tie leads to (`alter_id`) is open, and does not go out: both are to consent to that at the moment it is shown,
and what is published cannot be taken back.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

import orjson

from domain.clock import from_microseconds
from domain.cloud_events import ATTRIBUTE_OF, in_utc
from domain.moments import moments_of
from domain.network import NAMES_ANOTHER
from replay.mapper import kind_of
from replay.messages.published import OpenRow

CONTENT_TYPE: Final = b"application/cloudevents+json; charset=UTF-8"
"""What the Kafka binding of CloudEvents asks for in structured mode."""
EVENT_ID: Final = "eventid"
"""The extension with Majung's own id of the event: what a correction names as its target."""
SEALED: Final = "sealed"
"""The extension with the names of sealed fields, separated by commas."""

Headers = list[tuple[str, bytes]]


class _Shape(NamedTuple):
    """What becomes of the open fields of a type."""

    moments: tuple[str, ...]
    """Time stamps of its own, which go out in UTC."""
    sealed: tuple[str, ...]


def key_of(row: OpenRow) -> bytes:
    """The participant, as text: all events of a person are on one partition, in the order of the journal."""
    return _uuid(row.participant_id).encode()


def headers_of(row: OpenRow, shard: int) -> Headers:
    """The place of an event in the journal: positions of a shard rise, and a repeated event has the same one."""
    return [
        ("content-type", CONTENT_TYPE),
        ("shard", b"%d" % shard),
        ("position", b"%d" % row.position),
        ("recorded_at", _recorded_at(row.recorded_at)),
    ]


class Place(NamedTuple):
    """Where an event stands in the journal, and when that took it, as the headers say."""

    shard: int
    position: int
    recorded_at: bytes


def place_in(headers: Mapping[str, bytes]) -> Place | None:
    """The place that the headers of a message tell; None where it is none of ours."""
    try:
        return Place(int(headers["shard"]), int(headers["position"]), headers["recorded_at"])
    except (KeyError, ValueError):
        return None


def open_event(row: OpenRow) -> bytes:
    """The CloudEvent, structured, as JSON. Raises UnknownStoredName for a type of a newer release."""
    shape = _shape(row.topic)
    told: dict[str, Any] = {
        "specversion": "1.0",
        "type": row.topic,
        "datacontenttype": "application/json",
        "source": row.source,
        "subject": _uuid(row.participant_id),
        "time": _in_utc(row.occurred_at),
        EVENT_ID: _uuid(row.event_id or b""),
    }
    if row.actor is not None:
        told["actor"] = row.actor
    own = {}
    for name, value in orjson.loads(row.state).items():
        if name == NAMES_ANOTHER:
            continue
        if (attribute := ATTRIBUTE_OF.get(name)) is None:
            own[name] = value
        else:
            told[attribute] = value
    for name in shape.moments:
        if name in own:
            own[name] = in_utc(datetime.fromisoformat(own[name]))
    if "replacement" in own:
        own["replacement"].pop(NAMES_ANOTHER, None)
    if row.has_sealed:
        told[SEALED] = ",".join(sealed_names(row.topic, own.get("replacement_type")))
    told["data"] = own
    return orjson.dumps(told)


def sealed_names(topic: str, replacement_type: str | None = None) -> tuple[str, ...]:
    """The sealed fields of a type; of a correction, those of its replacement besides."""
    within = () if replacement_type is None else _shape(replacement_type).sealed
    return (*_shape(topic).sealed, *(f"replacement.{name}" for name in within))


@cache
def _shape(topic: str) -> _Shape:
    kind = kind_of(topic)
    moments = tuple(name for name, is_instant in moments_of(kind).items() if is_instant)
    return _Shape(moments, tuple(kind.sealed_fields))


def _in_utc(microseconds: int) -> str:
    """As `domain.cloud_events.in_utc`, for what is known to be UTC."""
    return f"{from_microseconds(microseconds).isoformat()[:-6]}Z"


@lru_cache(maxsize=1_000)
def _recorded_at(microseconds: int) -> bytes:
    """What was recorded together bears one time."""
    return _in_utc(microseconds).encode()


def _uuid(key: bytes) -> str:
    """A UUID as text from its 16 bytes, in a third of the time that making one takes."""
    told = key.hex()
    return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:]}"
