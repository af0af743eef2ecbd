"""A message of each kind that Majung publishes about parked messages and journeys, made as it makes them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from consumers.kafka import parked_event
from consumers.kafka.parked_event import events_of
from consumers.kafka.publish_journeys import headers_of
from consumers.kafka.sending import Outgoing
from projections.current_journey import current_journey
from projections.journey import JourneyRow
from replay.messages.parked import Parked, Unpublished

_PARTICIPANT = UUID("0b5a6c1e-3f4d-4c8a-9d2e-7f1a2b3c4d5e")
_CALL, _PRESCRIPTION = (UUID(int=number, version=5) for number in (1, 2))
_AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


class Example(NamedTuple):
    """A message as the document shows it."""

    headers: Mapping[str, str]
    payload: Any


def _shown(sent: Outgoing) -> Example:
    return Example({name: value.decode() for name, value in sent.headers}, orjson.loads(sent.value or b"null"))


_PARKED = Parked(
    id=17,
    state="discarded",
    code="unknown-version",
    message="store-visited.v7 is of a newer release: upgrade, then retry",
    recorded_at=_AT,
    topic="majung.touchpoints.v1",
    partition=2,
    offset=40_231,
    participant_id=_PARTICIPANT,
    event_id=None,
    decided_by="worker-01",
    decided_at=_AT + timedelta(days=1),
)
_TOLD = events_of(Unpublished(_PARKED, is_new=True, sealed=bytes(range(48))))
PARKED_EXAMPLES: Mapping[str, Example] = {
    kind: _shown(sent) for kind, sent in zip((parked_event.PARKED, parked_event.DECIDED), _TOLD, strict=True)
}

_SPELL = JourneyRow(
    component=_PARTICIPANT,
    sequence=1,
    episode=1,
    stage="prevention",
    entered_at=_AT,
    left_at=_AT + timedelta(days=9),
    rule="P1",
    rule_version="1",
    evidence=f'["{_CALL}"]',
    by_selection=False,
    end_reason=None,
    last_contact_at=_AT,
    anomalies="[]",
)
_HEALING = _SPELL._replace(
    sequence=2,
    stage="healing",
    entered_at=_AT + timedelta(days=9),
    left_at=None,
    rule="H2",
    evidence=f'["{_PRESCRIPTION}"]',
    last_contact_at=_AT + timedelta(days=30),
)
JOURNEY_EXAMPLE = Example(
    {name: value.decode() for name, value in headers_of(generation=3, rows_reached={0: 120_481})},
    current_journey([_SPELL, _HEALING]).model_dump(mode="json"),
)
