"""The vault: a key per participant, wrapped by a local master key, and the sealing of personal fields with it.

Sealed bytes: algorithm (1 byte), key version (4 bytes), nonce (12), AES-256-GCM ciphertext and tag. The nonce is a
keyed digest of the event's identity and the plaintext (the synthetic-IV construction of RFC 5297 with BLAKE2b as its
PRF), so a redelivered touchpoint seals to the same bytes and a conflict shows without opening anything. The associated
data is the event's identity: sealed bytes moved to another event, person or type do not open.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import count, islice
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, func, inspect, select

from projections.columns import Pseudonym
from replay.database import Database, cursor_of, portions, rows_of, sync

AES_256_GCM = 1
_KEY_BYTES = 64
_HEADER_BYTES = 5
_NONCE_BYTES = 12
_CACHED_KEYS = 5_000
"""About 13 MiB of unwrapped keys: a replay meets each once, and must not grow with the number of people."""
_WITNESSES = 10
"""So many keys are tried before a master key is found to be the wrong one."""

metadata = MetaData()
keys = Table(
    "participant_keys",
    metadata,
    Column("participant_id", Pseudonym, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)

# VaultError
# ├── MasterKeyMissing      the file is not there, or not any more
# ├── MasterKeyUnusable     the file is no key, or not the one that wrapped these keys
# ├── VaultMissing          the database holds no vault
# ├── KeyMissing            a sealed event's participant has no key here
# ├── KeyDamaged            theirs does not unwrap, and others here do
# └── SealBroken            sealed bytes were changed, or moved to another event


class VaultError(Exception):
    """Personal fields cannot be sealed or opened; the message says what to do."""


class MasterKeyMissing(VaultError):
    """There is no master key where the settings say."""


class MasterKeyUnusable(VaultError):
    """The master key is not a key, or is another one than these keys were wrapped with."""


class VaultMissing(VaultError):
    """There is no vault in the database that the settings name."""


class KeyMissing(VaultError):
    """A participant with sealed events has no key in this vault."""

    @classmethod
    def of(cls, participant_id: UUID) -> Self:
        return cls(f"participant {participant_id} has sealed events and no key in this vault")


class KeyDamaged(VaultError):
    """A participant's key does not unwrap, though the master key is the one that wrapped others."""

    @classmethod
    def of(cls, participant_id: UUID) -> Self:
        return cls(
            f"the key of participant {participant_id} is damaged: take that row of participant_keys from a backup of"
            " the vault"
        )


class SealBroken(VaultError):
    """Sealed bytes do not open: they were changed, or belong to another event."""


class ParticipantKey(NamedTuple):
    """An unwrapped key: a cipher and the separate key of its nonces."""

    version: int
    cipher: AESGCM
    nonce_key: bytes
    header: bytes

    def seal(self, plaintext: bytes, identity: bytes) -> bytes:
        """Seal one event's personal fields; the same plaintext of the same event always gives the same bytes."""
        nonce = blake2b(plaintext, digest_size=_NONCE_BYTES, key=self.nonce_key, person=b"majung nonce")
        nonce.update(identity)
        number = nonce.digest()
        return self.header + number + self.cipher.encrypt(number, plaintext, identity)

    def open(self, sealed: bytes, identity: bytes) -> bytes:
        """The plaintext. Raises SealBroken."""
        start = _HEADER_BYTES + _NONCE_BYTES
        if sealed[:_HEADER_BYTES] != self.header:
            raise SealBroken(
                "sealed with an unknown algorithm or key version: restore the vault that belongs to this journal"
            )
        try:
            return self.cipher.decrypt(sealed[_HEADER_BYTES:start], sealed[start:], identity)
        except InvalidTag:
            raise SealBroken("sealed fields do not open: the bytes were changed or belong to another event") from None


class Vault:
    """Keys by participant. A key is durable before this gives it out, hence before its first event is acknowledged."""

    def __init__(self, database: Database, master_key: bytes) -> None:
        self.database = database
        self._master = AESGCM(master_key)
        self._apart = AESGCM(HKDF(SHA256(), length=32, salt=None, info=b"majung sealed apart").derive(master_key))
        self._known: OrderedDict[bytes, ParticipantKey] = OrderedDict()
        self._lock = RLock()

    def check(self) -> None:
        """Make sure that the keys' table is there, and that this master key wrapped keys in it.

        One that does not unwrap among others that do is damaged, which is that person's matter.
        Raises VaultMissing or MasterKeyUnusable.
        """
        if not exists(self.database):
            raise VaultMissing(
                "there are no participants' keys where MAJUNG_VAULT_URL says: restore the vault of this journal;"
                " for a new one run `majung db upgrade`"
            )
        self._ensure_master_key()

    def count(self) -> int:
        """How many people have a key."""
        with self.database.read() as connection:
            return connection.scalar(select(func.count()).select_from(keys)) or 0

    def seal_apart(self, plaintext: bytes, associated: bytes) -> bytes:
        """Seal what belongs to no participant, such as a line of a file that could not be read; bound to `associated`.

        AES-256-GCM under a key of its own, derived from the master key (HKDF-SHA-256, RFC 5869), with a random nonce:
        the same plaintext never gives the same bytes. It opens for as long as the master key is kept.
        """
        nonce = os.urandom(_NONCE_BYTES)
        return bytes([AES_256_GCM]) + nonce + self._apart.encrypt(nonce, plaintext, associated)

    def open_apart(self, sealed: bytes, associated: bytes) -> bytes:
        """What `seal_apart` sealed. Raises SealBroken."""
        start = 1 + _NONCE_BYTES
        try:
            if sealed[:1] != bytes([AES_256_GCM]):
                raise InvalidTag
            return self._apart.decrypt(sealed[1:start], sealed[start:], associated)
        except (InvalidTag, ValueError):
            raise SealBroken(
                "sealed bytes do not open: they were changed, or sealed with another master key: name the right one in"
                " MAJUNG_MASTER_KEY_FILE"
            ) from None

    def for_sealing(self, participants: Iterable[bytes]) -> dict[bytes, ParticipantKey]:
        """The keys of these participants; those who have none get one, committed together."""
        wanted = set(participants)
        found = self.for_opening(wanted)
        if missing := sorted(wanted - found.keys()):
            found |= self._create(missing)
        return found

    def for_opening(
        self, participants: Iterable[bytes], damaged: dict[UUID, Exception] | None = None
    ) -> dict[bytes, ParticipantKey]:
        """The keys that exist of these participants.

        Whose is damaged is put into `damaged`, where it is given, and is missing from the answer; else raises
        KeyDamaged. Raises MasterKeyUnusable where no key unwraps, neither of theirs nor of others.
        """
        with self._lock:
            found = {pid: key for pid in participants if (key := self._known.get(pid)) is not None}
        if unknown := [pid for pid in participants if pid not in found]:
            found |= self._load(unknown, damaged)
        return found

    def _load(
        self, participants: Sequence[bytes], damaged: dict[UUID, Exception] | None = None
    ) -> dict[bytes, ParticipantKey]:
        with self.database.read() as connection:
            stored = {pid: self._unwrap(pid, *of) for pid, *of in self._stored(connection, participants)}
        loaded = {pid: key for pid, key in stored.items() if key is not None}
        self._remember(loaded)
        if broken := stored.keys() - loaded.keys():
            self._tell_apart(broken, damaged)
        return loaded

    def _tell_apart(self, broken: Collection[bytes], damaged: dict[UUID, Exception] | None) -> None:
        """Whether keys that do not unwrap are damaged, or the master key is the wrong one."""
        if not self._known:
            self._ensure_master_key(broken)
        errors = {person: KeyDamaged.of(person) for person in (UUID(bytes=pid) for pid in sorted(broken))}
        if damaged is None:
            raise next(iter(errors.values()))
        damaged |= errors

    def _ensure_master_key(self, broken: Collection[bytes] = ()) -> None:
        """Make sure that a key unwraps that is none of the broken ones, unless there is no key at all.

        Raises MasterKeyUnusable.
        """
        with self.database.read() as connection:
            some = connection.execute(select(keys).limit(len(broken) + _WITNESSES)).all()
        stored = ((one.participant_id.bytes, one.version, one.wrapped) for one in some)
        if some and not any(self._unwrap(*one) for one in stored if one[0] not in broken):
            raise MasterKeyUnusable(
                "this master key did not wrap these keys: name the right one in MAJUNG_MASTER_KEY_FILE"
            )

    def _remember(self, known: dict[bytes, ParticipantKey]) -> None:
        with self._lock:
            self._known |= known
            for stale in list(islice(self._known, max(0, len(self._known) - _CACHED_KEYS))):
                del self._known[stale]

    def _stored(self, connection: Connection, participants: Sequence[bytes]) -> Iterator[Any]:
        """Participant, key version and wrapped key, of those who have one."""
        for some in portions(participants):
            if self.database.is_postgres:
                query = "SELECT uuid_send(participant_id), version, wrapped FROM participant_keys"
                people = ",".join(map(bytes.hex, some))
                yield from rows_of(connection, f"{query} WHERE participant_id = ANY(%s::uuid[])", (f"{{{people}}}",))
            else:
                query = "SELECT participant_id, version, wrapped FROM participant_keys"
                yield from rows_of(connection, f"{query} WHERE participant_id IN ({', '.join('?' * len(some))})", some)

    def _create(self, participants: Sequence[bytes]) -> dict[bytes, ParticipantKey]:
        """New keys, durable on return; of two writers who meet a new participant at once the first one's counts."""
        random = os.urandom(_KEY_BYTES * len(participants))
        new = {pid: random[start : start + _KEY_BYTES] for pid, start in zip(participants, count(0, _KEY_BYTES))}
        wrapped = {pid: self._wrap(pid, key) for pid, key in new.items()}
        with self.database.write() as connection:
            inserted = self._insert(connection, wrapped)
        if inserted < len(wrapped):
            return self._load(participants)
        created = {pid: _unwrapped(1, key) for pid, key in new.items()}
        self._remember(created)
        return created

    def _insert(self, connection: Connection, wrapped: dict[bytes, bytes]) -> int:
        """Returns how many of these were new."""
        into = "INSERT INTO participant_keys (participant_id, version, wrapped)"
        with cursor_of(connection) as cursor:
            if self.database.is_postgres:
                people = ",".join(map(bytes.hex, wrapped))
                rows = "SELECT p, 1, w FROM unnest(%s::uuid[], %b::bytea[]) AS new (p, w)"
                cursor.execute(f"{into} {rows} ON CONFLICT DO NOTHING", (f"{{{people}}}", list(wrapped.values())))
            else:
                cursor.executemany(f"{into} VALUES (?, 1, ?) ON CONFLICT DO NOTHING", wrapped.items())
            return int(cursor.rowcount)

    def _wrap(self, participant: bytes, key: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, key, participant)

    def _unwrap(self, participant: bytes, version: int, wrapped: bytes) -> ParticipantKey | None:
        """The key; None where the master key does not unwrap it."""
        try:
            key = self._master.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], participant)
        except (InvalidTag, ValueError):
            return None
        return _unwrapped(version, key)


def _unwrapped(version: int, key: bytes) -> ParticipantKey:
    return ParticipantKey(version, AESGCM(key[:32]), key[32:], bytes([AES_256_GCM]) + version.to_bytes(4))


def exists(database: Database) -> bool:
    """Whether a vault was ever made in this database."""
    if database.path is not None and not database.path.exists():
        return False
    with database.read() as connection:
        return inspect(connection).has_table(keys.name)


def create_master_key(path: Path, database: Database) -> None:
    """Write a new random master key, readable by its owner only; an existing file is left as it is.

    Raises MasterKeyMissing where the vault already holds keys: with some under a second one, neither opens them all.
    """
    if not path.exists() and _holds_keys(database):
        raise MasterKeyMissing(
            f"there is no master key at {path}, and one wrapped the keys of this vault: restore it, or name it in"
            " MAJUNG_MASTER_KEY_FILE"
        )
    new = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(urlsafe_b64encode(os.urandom(32)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    # The name too: after a power cut nothing opens what was sealed meanwhile, if the key has none.
    for folder in (path.parent, *(made.parent for made in new)):
        sync(folder)


def index_key(master_key: bytes) -> bytes:
    """The 32 bytes under which blind indexes are made: a key of its own, derived by HKDF-SHA-256 (RFC 5869).

    Another master key gives another one, and with it the directory has to be folded anew (projections/directory.py).
    """
    return HKDF(SHA256(), length=32, salt=None, info=b"majung blind index").derive(master_key)


def _holds_keys(database: Database) -> bool:
    if not exists(database):
        return False
    with database.read() as connection:
        return connection.execute(select(keys.c.version).limit(1)).first() is not None


def read_master_key(path: Path) -> bytes:
    """The 32 bytes of a master key file. Raises MasterKeyMissing or MasterKeyUnusable."""
    try:
        key = urlsafe_b64decode(path.read_bytes().strip())
    except FileNotFoundError:
        raise MasterKeyMissing(
            f"there is no master key at {path}: run `majung db upgrade`, or set MAJUNG_MASTER_KEY_FILE"
        ) from None
    except ValueError:
        key = b""
    if len(key) != 32:
        raise MasterKeyUnusable(f"{path} does not hold a master key (32 bytes in base64)")
    return key
