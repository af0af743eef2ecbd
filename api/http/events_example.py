"""What may be posted, for /openapi.json: the three content types, each with an example that a test posts."""

from typing import Any

from api.http.cloud_events import BATCHED, BINARY, STRUCTURED

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "type": "call-received.v1",
    "source": "urn:example:call-line",
    "id": "call-20250502-0042",
    "subject": "6f1d2c3b-4a59-4e68-9c77-8b86a5943b21",
    "time": "2025-05-02T10:15:00+09:00",
    "actor": "worker-07",
    "data": {
        "channel": "phone",
        "outcome": "answered",
        "level": "loneliness_talk",
        "about": "self",
        "note": "Asked where the store is.",
    },
}
_SCHEMA = {
    "type": "object",
    "required": ["specversion", "type", "source", "id", "subject", "time"],
    "properties": {
        "specversion": {"const": "1.0"},
        "type": {"type": "string", "description": "The name of an event: docs/events.md."},
        "source": {"type": "string", "description": "Which system tells."},
        "id": {"type": "string", "description": "The producer's own id, unique within its source."},
        "subject": {"type": "string", "format": "uuid", "description": "The participant's pseudonym."},
        "time": {"type": "string", "format": "date-time", "description": "When it happened, with its offset."},
        "data": {"type": "object", "description": "The fields of the type: `majung schema show TYPE`."},
    },
}

BODIES: dict[str, Any] = {
    STRUCTURED: {"schema": _SCHEMA, "example": EVENT},
    BATCHED: {"schema": {"type": "array", "maxItems": 1000, "items": _SCHEMA}, "example": [EVENT]},
    BINARY: {
        "schema": {"type": "object", "description": "The data alone; the attributes are in ce- headers."},
        "example": EVENT["data"],
    },
}
