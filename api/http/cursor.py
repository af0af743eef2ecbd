"""The place in a timeline where a page ended: opaque to callers, and the same whatever arrives later."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.clock import from_microseconds, to_microseconds

_TEXT = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)
_TIME_BYTES = 8


class Cursor(NamedTuple):
    """The key of the last touchpoint of a page: 8 bytes of microseconds and 16 of the id, in base64url."""

    occurred_at: datetime
    event_id: UUID

    def write(self) -> str:
        moment = to_microseconds(self.occurred_at).to_bytes(_TIME_BYTES, "big", signed=True)
        return urlsafe_b64encode(moment + self.event_id.bytes).decode()

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Raises ValueError for what `write` never gives."""
        if not _TEXT.fullmatch(text):
            raise ValueError("not a cursor")
        raw = urlsafe_b64decode(text)
        try:
            moment = from_microseconds(int.from_bytes(raw[:_TIME_BYTES], "big", signed=True))
        except OverflowError:
            raise ValueError("not a cursor") from None
        return cls(moment, UUID(bytes=raw[_TIME_BYTES:]))
