"""What every answer about a person shares: who was asked about, at which two clocks, and how it is written as JSON."""

from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from api.http.parameters import Clocks
from api.wiring import Majung
from domain.clock import END_OF_TIME, day_of, end_of_day
from domain.cloud_events import in_utc
from domain.journey import VERSION_1, Rules
from replay.as_of import Person, person

Instant = Annotated[
    datetime,
    PlainSerializer(in_utc, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant, always written in UTC, so that equal answers are equal texts."""


class Asked(NamedTuple):
    """A question and the person it found, from one snapshot of the journal."""

    participant_id: UUID
    as_of: datetime
    known_at: datetime | None
    """None: everything recorded so far."""
    person: Person
    rules: Rules


def ask(majung: Majung, participant_id: UUID, clocks: Clocks, rules: Rules = VERSION_1) -> Asked:
    """The person at both clocks, folded on demand from one snapshot. Raises PersonUnknown.

    Always on demand, also without clocks: one code answers every question, it never lags behind what was just
    acknowledged, and a person of a hundred events takes a few milliseconds (`majung replay` and the worker keep the
    stored rows equal to this by law). Without `as_of` the question is about today, to its end in Seoul: a moment that
    stays the same all day, so that an entity tag does too.
    """
    as_of = clocks.as_of or end_of_day(day_of(majung.now()))
    found = person(majung.journal, participant_id, as_of=as_of, known_at=clocks.known_at or END_OF_TIME)
    return Asked(participant_id, as_of, clocks.known_at, found, rules)


class Part(BaseModel):
    """A part of an answer; the docstrings of its fields are its descriptions in /openapi.json."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Answer(Part):
    """The beginning of every answer about a person."""

    participant_id: UUID
    """The pseudonym that was asked about."""
    as_of: Instant
    """The world time up to which the answer holds: as asked, or the end of today in Seoul."""
    known_at: Instant | None
    """The journal time up to which was looked; null: everything recorded so far."""
    version: int
    """How many events were recorded of all identities by then, in force or not: it only ever grows while they stay the
    same."""
