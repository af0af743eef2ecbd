"""Events to journal rows and back. The only place that knows how an event is laid out in storage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple, Protocol
from uuid import UUID, SafeUUID

import orjson
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, StoredEvent
from pydantic import BaseModel, ValidationError

from domain.clock import EPOCH, MICROSECOND, from_microseconds
from domain.touchpoint import Touchpoint, event_key
from domain.versions import present
from replay.vault import KeyMissing, ParticipantKey, Vault


class UnknownStoredName(Exception):
    """The journal holds a type that this release does not know: it was written by a newer one."""


class UndecodableEvent(Exception):
    """A stored event does not validate as its own type: the message names its place, not its content."""


class EventUnreadable(Exception):
    """An event of somebody does not read: which it is, and as its cause why."""

    def __init__(self, event_id: UUID, topic: str, why: Exception) -> None:
        super().__init__(str(why))
        self.event_id = event_id
        self.topic = topic
        self.__cause__ = why


class Row(NamedTuple):
    """What one event contributes to a journal row; shard, position, version and recorded_at are the journal's."""

    participant_id: bytes
    event_id: bytes
    topic: str
    occurred_at: int
    actor: str | None
    source: str
    state: bytes
    sealed: bytes | None
    sealed_digest: bytes | None


class Keys(Protocol):
    """Keys by participant bytes."""

    def __getitem__(self, participant: bytes, /) -> ParticipantKey: ...


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """A touchpoint with its place in the journal: the domain event of the `eventsourcing` library."""

    event: Touchpoint
    originator_version: int
    recorded_at: datetime = datetime.max
    position: int = 0

    @property
    def originator_id(self) -> UUID:
        return self.event.participant_id


@dataclass(frozen=True)
class StoredTouchpoint(StoredEvent):
    """The library's stored event, with the columns that Majung adds."""

    row: Row
    recorded_at: int = 0
    position: int = 0


class TouchpointMapper(Mapper[UUID]):
    """The library's mapper over our own layout: it dispatches on the stored name and seals with the person's key."""

    vault: Vault

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredTouchpoint:
        assert isinstance(domain_event, JournalEvent)
        event = domain_event.event
        keys = self.vault.for_sealing([event.participant_id.bytes] if has_sealed(event) else [])
        row = encode(event, keys)
        return StoredTouchpoint(event.participant_id, domain_event.originator_version, row.topic, row.state, row)

    def to_domain_event(self, stored_event: StoredEvent) -> JournalEvent:
        assert isinstance(stored_event, StoredTouchpoint)
        row = stored_event.row
        keys = self.vault.for_opening([row.participant_id] if row.sealed else [])
        event = decode(row, keys, UUID(bytes=row.participant_id))
        version, recorded_at = stored_event.originator_version, from_microseconds(stored_event.recorded_at)
        return JournalEvent(event, version, recorded_at, stored_event.position)


def has_sealed(event: Touchpoint) -> bool:
    """Whether the event states any field that must be sealed."""
    values = event.__dict__
    for name in event.sealed_fields:
        if values[name] is not None:
            return True
    # A correction seals within its replacement, which only `parts` knows.
    return event.stored_as == "touchpoint-corrected.v1" and bool(event.parts()[1])


def encode(event: Touchpoint, keys: Keys) -> Row:
    """Lay an event out for the journal."""
    return Row(*laid_out(event, event.participant_id.bytes, keys))


def laid_out(event: Touchpoint, participant: bytes, keys: Keys) -> tuple[Any, ...]:
    """The values of a `Row`, as a plain tuple: the hot path of every append."""
    values = event.__dict__
    source = values["source"]
    event_id = event_key(participant, source, values["source_id"])
    # Of its type: an event that was told in an older shape and read in the present one has the content of this one.
    topic = type(event).stored_as
    sealed = digest = None
    if has_sealed(event):
        opened, hidden = event.parts()
        if hidden:
            plaintext = orjson.dumps(hidden, default=_plain)
            sealed = keys[participant].seal(plaintext, participant + event_id + topic.encode())
            digest = sha256(sealed).digest()
    else:
        opened = {name: value for name in event.open_fields if (value := values[name]) is not None}
    return (
        participant,
        event_id,
        topic,
        (values["occurred_at"] - EPOCH) // MICROSECOND,
        values["actor"],
        source,
        orjson.dumps(opened, default=_plain),
        sealed,
        digest,
    )


def decode(row: Row | tuple[Any, ...], keys: Mapping[bytes, ParticipantKey], participant_id: UUID) -> Touchpoint:
    """The event of a row, in the present shape of its event, whichever it is stored in.

    Raises UnknownStoredName, KeyMissing, SealBroken or UndecodableEvent.
    """
    participant, event_id, topic, occurred_at, actor, source, state, sealed, _ = row
    kind = kind_of(topic)
    columns = participant_id, EPOCH + MICROSECOND * occurred_at, source, actor
    try:
        if sealed is None:
            event = present(kind.from_json(columns, state, None))
        else:
            key = keys.get(participant)
            if key is None:
                raise KeyMissing.of(participant_id)
            unsealed = key.open(sealed, participant + event_id + topic.encode())
            event = present(kind.from_json(columns, state, unsealed))
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors(include_input=False))
        raise UndecodableEvent(f"event {UUID(bytes=event_id)} ({topic}) does not read: {fields}") from None
    event.__dict__["event_id"] = uuid_of(event_id)
    return event


def kind_of(topic: str) -> type[Touchpoint]:
    """The type that is stored under a name, which need not be the present shape. Raises UnknownStoredName."""
    kind = Touchpoint.registry.get(topic)
    if kind is None:
        raise UnknownStoredName(f"{topic} is not known to this release: use the release that wrote it, or a newer one")
    return kind


_new, _number, _unknown = object.__new__, int.from_bytes, SafeUUID.unknown
# The slots themselves: UUID forbids assignment, and `object.__setattr__` looks each of them up.
_set_number, _set_safety = UUID.__dict__["int"].__set__, UUID.__dict__["is_safe"].__set__


def uuid_of(key: bytes) -> UUID:
    """A UUID from its 16 bytes, without its constructor's checks of what cannot be wrong here: a fifth of the time."""
    found = _new(UUID)
    _set_number(found, _number(key))
    _set_safety(found, _unknown)
    return found


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    raise TypeError(type(value).__name__)
