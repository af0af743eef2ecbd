"""Messages that did not become facts: kept with their reason, their bytes sealed, until somebody decides about them.

What is open names nobody: where the message stood, a stable code, what is wrong in words without its content, and the
pseudonyms. The bytes are sealed apart (AES-256-GCM under a key of the vault), bound to the open words beside them, and
removed after 30 days; the row stays, and says who decided what.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, bindparam, case, func, insert, or_, select, update

from replay.tables import parked
from replay.vault import Vault

KEPT = timedelta(days=30)
"""How long the bytes of a parked message are kept, whatever becomes of it."""

_UNPUBLISHED = or_(parked.c.published_state.is_(None), parked.c.published_state != parked.c.state)
"""As the index has it."""

State = Literal["parked", "retried", "discarded"]

# ParkedError
# ├── ParkedUnknown      no message was parked under this number
# ├── AlreadyDecided     it was retried or discarded before
# ├── ParkedFull         too many bytes wait for a decision
# └── ParkedBytesGone    its bytes were removed after 30 days


class ParkedError(Exception):
    """A parked message cannot be treated as asked; nothing was changed, and the message says what to do."""


class ParkedUnknown(ParkedError):
    """No message was parked under this number."""


class AlreadyDecided(ParkedError):
    """Somebody has decided about it."""


class ParkedFull(ParkedError):
    """As many bytes of parked messages as may wait for a decision wait for one."""

    def __init__(self, room: "Room", partitions: frozenset[tuple[str, int]]) -> None:
        super().__init__(
            f"{room.waiting:,} bytes of parked messages wait for a decision, of at most {room.most:,}: stop whoever"
            " sends them, then decide with `majung parked`, or raise MAJUNG_KAFKA_PARKED_MIB"
        )
        self.partitions = partitions
        """Topic and partition of the messages that were to be parked."""


class ParkedBytesGone(ParkedError):
    """The bytes were removed when their time was over."""


class RawMessage(NamedTuple):
    """A message as it came: the bytes of its key and value, None where it had none, and its headers in order.

    In the name of a header, a lone surrogate stands for a byte that is not UTF-8 (PEP 383).
    """

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()


class ToPark(NamedTuple):
    """A message that is to be parked, and why; the words repeat nothing of it."""

    topic: str
    partition: int
    offset: int
    code: str
    message: str
    raw: RawMessage
    participant_id: UUID | None = None
    event_id: UUID | None = None


class Parked(NamedTuple):
    """A parked message without its content: what may be listed."""

    id: int
    state: State
    code: str
    message: str
    recorded_at: datetime
    topic: str
    partition: int
    offset: int
    participant_id: UUID | None
    event_id: UUID | None
    decided_by: str | None
    decided_at: datetime | None


class Room:
    """For how many bytes of parked messages there is room, of those that wait for a decision.

    Measuring looks at every message that waits, so it is done apart from any transaction that writes, and once for a
    part of the room: what others park meanwhile, and the rest of a batch, may come on top.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most = most_bytes
        self.waiting = 0
        """Bytes, when they were measured last."""
        self._granted = 0

    @property
    def is_used_up(self) -> bool:
        """Whether it has to be measured before anything more parks."""
        return self._granted <= 0

    def measure(self, connection: Connection) -> None:
        """Look how much waits, and whether there is room."""
        own = parked.c.state == "parked"
        self.waiting = int(connection.scalar(select(func.sum(func.length(parked.c.sealed))).where(own)) or 0)
        self._granted = min(self.most - self.waiting, max(1, self.most // 64))

    def use(self, size: int) -> None:
        """So many bytes were parked."""
        self._granted -= size


def park(
    connection: Connection, vault: Vault, messages: Sequence[ToPark], now: datetime, room: Room | None = None
) -> None:
    """Park messages in the caller's transaction. Raises ParkedFull where a room is given and it is used up."""
    if room is not None and room.is_used_up and messages:
        raise ParkedFull(room, frozenset((told.topic, told.partition) for told in messages))
    sealed = [vault.seal_apart(_packed(told.raw), _bound_to(*told[:5])) for told in messages]
    rows = [
        {
            "recorded_at": now,
            "topic": told.topic,
            "partition": told.partition,
            "offset": told.offset,
            "participant_id": told.participant_id,
            "event_id": told.event_id,
            "code": told.code,
            "message": told.message,
            "sealed": its,
            "state": "parked",
        }
        for told, its in zip(messages, sealed, strict=True)
    ]
    if rows:
        connection.execute(insert(parked), rows)
    if room is not None:
        room.use(sum(map(len, sealed)))


def list_parked(
    connection: Connection, state: State | None = "parked", code: str | None = None, limit: int | None = None
) -> list[Parked]:
    """Parked messages in this state (None: in any) and with this code, the oldest first."""
    query = select(*(parked.c[name] for name in Parked._fields)).order_by(parked.c.id).limit(limit)
    if state is not None:
        query = query.where(parked.c.state == state)
    if code is not None:
        query = query.where(parked.c.code == code)
    return [Parked(*row) for row in connection.execute(query)]


def waiting(connection: Connection, code: str | None = None) -> list[int]:
    """The numbers of those that wait for a decision, of all or with this code, the oldest first."""
    query = select(parked.c.id).where(parked.c.state == "parked").order_by(parked.c.id)
    return list(connection.scalars(query if code is None else query.where(parked.c.code == code)))


def count_parked(connection: Connection) -> int:
    """How many messages wait for a decision."""
    return connection.scalar(select(func.count()).where(parked.c.state == "parked")) or 0


def find_parked(connection: Connection, number: int) -> Parked:
    """One parked message. Raises ParkedUnknown."""
    row = _row(connection, number)
    return Parked(*(row._mapping[name] for name in Parked._fields))


def open_raw(connection: Connection, vault: Vault, number: int, now: datetime) -> RawMessage:
    """A parked message as it came, opened in memory. Raises ParkedUnknown, ParkedBytesGone and SealBroken."""
    row = _row(connection, number)
    if row.sealed is None or row.recorded_at <= now - KEPT:
        raise ParkedBytesGone(
            f"the bytes of parked message {number} were removed after {KEPT.days} days: let its producer send it anew"
        )
    return _unpacked(
        vault.open_apart(row.sealed, _bound_to(row.topic, row.partition, row.offset, row.code, row.message))
    )


def open_reason(connection: Connection, vault: Vault, number: int) -> str | None:
    """Why a parked message was discarded. Raises ParkedUnknown and SealBroken."""
    row = _row(connection, number)
    return None if row.why is None else vault.open_apart(row.why, _reason_of(number)).decode()


def retried(connection: Connection, number: int, by: str, now: datetime) -> None:
    """In the transaction that recorded it: nobody has to decide any more. Raises ParkedUnknown and AlreadyDecided."""
    _decide(connection, number, "retried", by, now)


def discard(connection: Connection, vault: Vault, number: int, *, reason: str, by: str, now: datetime) -> None:
    """Nothing shall come of this message. Raises ParkedUnknown and AlreadyDecided."""
    _decide(connection, number, "discarded", by, now, vault.seal_apart(reason.encode(), _reason_of(number)))


def ensure_undecided(connection: Connection, number: int) -> None:
    """Raises ParkedUnknown and AlreadyDecided."""
    state = _row(connection, number).state
    if state != "parked":
        raise AlreadyDecided(f"parked message {number} was {state} before: `majung parked show {number}` says by whom")


def remove_expired(connection: Connection, now: datetime) -> int:
    """Remove the bytes of all whose time is over; returns how many those were."""
    expired = parked.c.sealed.is_not(None), parked.c.recorded_at <= now - KEPT
    return connection.execute(update(parked).where(*expired).values(sealed=None)).rowcount


class Unpublished(NamedTuple):
    """A parked message of which something is still to be published."""

    told: Parked
    is_new: bool
    """Whether nothing of it was published yet."""
    sealed: bytes | None
    """Its bytes, sealed; None where they were told before, or their time is over."""


def has_unpublished(connection: Connection) -> bool:
    """Whether something of any parked message is still to be published."""
    # In the order of the index: without, PostgreSQL takes most rows for unpublished and reads them all to find none.
    first = select(parked.c.id).where(_UNPUBLISHED).order_by(parked.c.id).limit(1)
    return connection.execute(first).first() is not None


class ToPublish(NamedTuple):
    """How much of what parked, and of what was decided about it, is still to be published."""

    messages: int
    since: datetime | None
    """When the oldest of that came to be; None where there is none."""


def to_publish(connection: Connection) -> ToPublish | None:
    """What is still to be published; None where publishing never began."""
    # They are published in this order, and their rows stay.
    first = connection.execute(select(parked.c.published_state).order_by(parked.c.id).limit(1)).first()
    if first is None or first.published_state is None:
        return None
    if not has_unpublished(connection):
        return ToPublish(0, None)
    since = case((parked.c.published_state.is_(None), parked.c.recorded_at), else_=parked.c.decided_at)
    found = connection.execute(select(func.count(), func.min(since)).where(_UNPUBLISHED)).one()
    return ToPublish(*found)


def unpublished(connection: Connection, now: datetime, *, limit: int, most_bytes: int) -> list[Unpublished]:
    """The oldest messages of which something is still to be published: one at least where there are any, and then so
    many at most, with so many sealed bytes.
    """
    length = func.coalesce(func.length(parked.c.sealed), 0)
    query = select(parked.c.id, length).where(_UNPUBLISHED).order_by(parked.c.id).limit(limit)
    numbers, together = list[int](), 0
    for number, size in connection.execute(query):
        together += size
        if numbers and together > most_bytes:
            break
        numbers.append(number)
    found = select(parked).where(parked.c.id.in_(numbers)).order_by(parked.c.id)
    return [_unpublished(row, now) for row in connection.execute(found)] if numbers else []


def _unpublished(row: Row[tuple[object, ...]], now: datetime) -> Unpublished:
    is_new = row.published_state is None
    sealed = row.sealed if is_new and row.recorded_at > now - KEPT else None
    return Unpublished(Parked(*(row._mapping[name] for name in Parked._fields)), is_new, sealed)


def note_published(connection: Connection, published: Iterable[Parked]) -> None:
    """These were published, in the state that each was in."""
    rows = [{"number": told.id, "published": told.state} for told in published]
    noted = update(parked).where(parked.c.id == bindparam("number"))
    connection.execute(noted.values(published_state=bindparam("published")), rows)


def _decide(
    connection: Connection, number: int, state: State, by: str, now: datetime, why: bytes | None = None
) -> None:
    decision = {"state": state, "decided_by": by, "decided_at": now, "why": why}
    # Of two who decide at once the second finds it decided.
    waiting = update(parked).where(parked.c.id == number, parked.c.state == "parked")
    if connection.execute(waiting.values(decision)).rowcount == 0:
        ensure_undecided(connection, number)


def _row(connection: Connection, number: int) -> Row[tuple[object, ...]]:
    row = connection.execute(select(parked).where(parked.c.id == number)).one_or_none()
    if row is None:
        raise ParkedUnknown(f"no message was parked under {number}: `majung parked list` has the numbers")
    return row


def _bound_to(topic: str, partition: int, offset: int, code: str, message: str) -> bytes:
    return orjson.dumps(["parked", topic, partition, offset, code, message])


def _reason_of(number: int) -> bytes:
    return orjson.dumps(["parked reason", number])


def _packed(raw: RawMessage) -> bytes:
    headers = [[_name(name), _text(value)] for name, value in raw.headers]
    return orjson.dumps([_text(raw.key), _text(raw.value), headers])


def _unpacked(packed: bytes) -> RawMessage:
    key, value, headers = orjson.loads(packed)
    return RawMessage(_bytes(key), _bytes(value), [(_as_came(name), _bytes(told)) for name, told in headers])


def _name(name: str) -> str | list[str]:
    """As it is, or in a list as base64 where it is not UTF-8."""
    raw = str.encode(name, errors="surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return [b64encode(raw).decode()]


def _as_came(name: str | list[str]) -> str:
    return name if isinstance(name, str) else b64decode(name[0]).decode(errors="surrogateescape")


def _text(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text)
