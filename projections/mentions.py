"""Mentions: who ever told of a tie to whom, by the pseudonyms as told.

A tie between two tracked people stands in the stream of the one who told of it, and is in the other's network too.
These rows find it from the other side, at every (as_of, known_at): what was corrected or voided since is here as well,
and nobody's consent is asked. Whether there is a tie, and who may see it, is folded from the people themselves
(replay/queries/shared_ties.py). So nothing here changes when somebody else consents.
"""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, Connection, Table, select

from domain.events import TieReported, TouchpointCorrected
from domain.history import History
from domain.touchpoint import Touchpoint
from projections.columns import Pseudonym
from projections.read_model import ReadModel


class MentionRow(NamedTuple):
    """Somebody told, truly or not, of a tie to somebody whom we know."""

    component: UUID
    teller: UUID
    """The pseudonym under which it was told: whose that is depends on the journal time."""
    alter_id: UUID
    """The other's pseudonym as told. Warning: to be shown to nobody."""


def columns() -> list[Column[Any]]:
    return [
        Column("component", Pseudonym, primary_key=True),
        Column("teller", Pseudonym, primary_key=True),
        Column("alter_id", Pseudonym, primary_key=True),
    ]


def fold(history: History) -> list[MentionRow]:
    """Every pair once, in order."""
    if not history.amendments and TieReported not in history.by_type:
        return []
    events = _with_corrections(history) if history.amendments else (told.event for told in history.touchpoints)
    told = {
        (event.participant_id, event.alter_id)
        for event in events
        # `type` and not isinstance: pydantic's instance check costs more than all the rest.
        if type(event) is TieReported and event.alter_id is not None
    }
    return [MentionRow(history.root, teller, alter_id) for teller, alter_id in sorted(told)]


def _with_corrections(history: History) -> Iterator[Touchpoint]:
    """Every touchpoint as told and as each correction would have it: which of them holds depends on the journal time,
    and on the order of arrival."""
    for recorded in history.touchpoints:
        yield recorded.event
        for amendment in history.amendments.get(recorded.event_id, ()):
            if isinstance(amendment.event, TouchpointCorrected):
                yield amendment.event.corrected(recorded.event)


def tellers_of(connection: Connection, table: Table, people: Collection[UUID]) -> set[UUID]:
    """The pseudonyms that ever told of a tie to one of these pseudonyms."""
    return set(connection.scalars(select(table.c.teller).where(table.c.alter_id.in_(people))))


mentions = ReadModel(
    name="mentions",
    version=1,
    row=MentionRow,
    key=("component", "teller", "alter_id"),
    columns=columns,
    fold=fold,
    indexes=(("alter_id",),),
    secret=frozenset({"alter_id"}),
)
