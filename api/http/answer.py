"""What every answer about a person shares: who was asked about, at which two clocks, and how it is written as JSON."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from api.http.parameters import Clocks
from api.wiring import Majung
from domain.clock import END_OF_TIME, day_of, end_of_day
from domain.journey import VERSION_1, Rules
from projections.as_json import Instant, Part
from replay.live.held import held_among
from replay.queries.as_of import Person, person

__all__ = ["Answer", "Asked", "HeldRows", "Instant", "Part", "ask"]


class Asked(NamedTuple):
    """A question and the person it found, from one snapshot of the journal."""

    participant_id: UUID
    as_of: datetime
    known_at: datetime | None
    """None: everything recorded so far."""
    person: Person
    rules: Rules
    held: "HeldRows | None" = None
    """Told where stored rows of this person are those of before."""


def ask(majung: Majung, participant_id: UUID, clocks: Clocks, rules: Rules = VERSION_1) -> Asked:
    """The person at both clocks, folded on demand from one snapshot. Raises PersonUnknown.

    Always on demand, also without clocks: one code answers every question, it never lags behind what was just
    acknowledged, and a person of a hundred events takes a few milliseconds (`majung replay` and the worker keep the
    stored rows equal to this by law). Without `as_of` the question is about today, to its end in Seoul: a moment that
    stays the same all day, so that an entity tag does too.
    """
    as_of = clocks.as_of or end_of_day(day_of(majung.now()))
    found = person(majung.journal, participant_id, as_of=as_of, known_at=clocks.known_at or END_OF_TIME)
    with majung.database.read() as connection:
        mark = held_among(connection, found.identities)
    told = None if mark is None else HeldRows(**{name: getattr(mark, name) for name in HeldRows.model_fields})
    return Asked(participant_id, as_of, clocks.known_at, found, rules, told)


class HeldRows(Part):
    """The stored rows of this person, which lists and figures are made of, are those of before: something recorded does
    not fold. This answer is not made of them."""

    since: Instant
    tried_at: Instant
    """When it was last tried to fold them again."""
    attempts: int
    read_model: str | None
    """Whose fold fails; null: what is recorded does not read, so that none can be folded."""
    error: str
    """The kind of the error."""
    message: str
    event_id: UUID | None
    """The event that does not read; null: not one alone, or it reads."""
    event_type: str | None


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
    held: HeldRows | None
    """Null: the stored rows are whole."""
