"""A journal in memory that keeps the journal's promise to importers, and the sealing that the vault lends them."""

from collections.abc import Sequence
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.touchpoint import Touchpoint
from replay.journal import Outcome, differing_fields


class MemoryJournal:
    """Every touchpoint once: one outcome for each, in order, as `Journal.record` promises."""

    def __init__(self) -> None:
        self.events: dict[UUID, Touchpoint] = {}

    def record(self, events: Sequence[Touchpoint]) -> list[Outcome]:
        return [self._outcome(event) for event in events]

    def find(self, event_ids: Sequence[UUID]) -> list[Touchpoint]:
        return [self.events[event_id] for event_id in event_ids if event_id in self.events]

    def _outcome(self, event: Touchpoint) -> Outcome:
        known = self.events.get(event.event_id)
        if known is None:
            self.events[event.event_id] = event
            return Outcome("recorded", event, len(self.events))
        differing = differing_fields(known, event)
        return Outcome("conflict" if differing else "duplicate", event, None, differing)


class Sealing:
    """AES-256-GCM under one key, with counted nonces."""

    def __init__(self) -> None:
        self._cipher = AESGCM(bytes(range(32)))
        self._count = 0

    def seal(self, plaintext: bytes, associated: bytes) -> bytes:
        self._count += 1
        nonce = self._count.to_bytes(12, "big")
        return nonce + self._cipher.encrypt(nonce, plaintext, associated)

    def open(self, sealed: bytes, associated: bytes) -> bytes:
        return self._cipher.decrypt(sealed[:12], sealed[12:], associated)
