"""People chosen by what is recorded of them: whose rows are folded again, or looked at."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, select

from domain.versions import alike
from replay.database import portions
from replay.tables import journal


class Choice(NamedTuple):
    """Everybody of whom an event is recorded that is like this in all that is told; and whoever is named."""

    types: Sequence[str] | None = None
    """Stored names, such as `call-received.v1`: one of them, or another version of the same event."""
    source: str | None = None
    recorded_from: datetime | None = None
    recorded_until: datetime | None = None
    people: Sequence[UUID] | None = None

    @property
    def is_told(self) -> bool:
        """Whether anything is. An empty choice is one of nobody, and not of everybody."""
        return any(part is not None for part in self)


def people_of(connection: Connection, choice: Choice) -> list[UUID]:
    """The pseudonyms that are chosen, in order. Who is named without an event is left out."""
    found: set[UUID] = set()
    conditions = list(_conditions(choice))
    if conditions:
        found.update(connection.scalars(select(journal.c.participant_id).where(*conditions).distinct()))
    for some in portions(sorted(choice.people or ())):
        known = select(journal.c.participant_id).where(journal.c.participant_id.in_(some)).distinct()
        found.update(connection.scalars(known))
    return sorted(found)


def _conditions(choice: Choice) -> Iterator[ColumnElement[bool]]:
    if choice.types is not None:
        yield journal.c.topic.in_(alike(choice.types))
    if choice.source is not None:
        yield journal.c.source == choice.source
    if choice.recorded_from is not None:
        yield journal.c.recorded_at >= choice.recorded_from
    if choice.recorded_until is not None:
        yield journal.c.recorded_at <= choice.recorded_until
