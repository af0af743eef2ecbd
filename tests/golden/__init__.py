"""Golden files: every stored name and version as it was first stored, to be read for ever.

Each holds the journal's columns, the open state, and the sealed part as it is before sealing. `python -m tests.golden`
writes the file of a new stored name from its example; it never touches one that is there.
"""

from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.touchpoint import Touchpoint
from replay.mapper import Row, decode, encode
from replay.vault import ParticipantKey

FOLDER = Path(__file__).parent


class OpenKey(ParticipantKey):
    """A key that leaves the sealed part readable, so that a golden file shows it."""

    def seal(self, plaintext: bytes, identity: bytes) -> bytes:
        return plaintext

    def open(self, sealed: bytes, identity: bytes) -> bytes:
        return sealed


_KEY = OpenKey(version=1, cipher=AESGCM(bytes(32)), nonce_key=b"", header=b"")


def path_of(stored_name: str, folder: Path = FOLDER) -> Path:
    """Where the golden file of a stored name is."""
    return folder / f"{stored_name}.json"


def stored(event: Touchpoint) -> dict[str, Any]:
    """What the journal stores of an event today, through the mapper that it uses."""
    row = encode(event, {event.participant_id.bytes: _KEY})
    return {
        "participant_id": str(UUID(bytes=row.participant_id)),
        "event_id": str(UUID(bytes=row.event_id)),
        "topic": row.topic,
        "occurred_at": row.occurred_at,
        "actor": row.actor,
        "source": row.source,
        "state": orjson.loads(row.state),
        "sealed": orjson.loads(row.sealed or b"null"),
    }


def loaded(golden: dict[str, Any]) -> Touchpoint:
    """The event that the journal reads from what was stored, through the mapper that it uses."""
    participant_id = UUID(golden["participant_id"])
    row = Row(
        participant_id=participant_id.bytes,
        event_id=UUID(golden["event_id"]).bytes,
        topic=golden["topic"],
        occurred_at=golden["occurred_at"],
        actor=golden["actor"],
        source=golden["source"],
        state=orjson.dumps(golden["state"]),
        sealed=orjson.dumps(golden["sealed"]) if golden["sealed"] else None,
        sealed_digest=None,
    )
    return decode(row, {participant_id.bytes: _KEY}, participant_id)
