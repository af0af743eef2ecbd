"""Households: who lives where and since when, as intervals; and the members of one household."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, Connection, Table, select

from domain.casework import residences_of
from domain.history import History
from projections.columns import Instant, Pseudonym
from projections.read_model import ReadModel


class HouseholdRow(NamedTuple):
    """A person belonged to a household during [since, until)."""

    component: UUID
    """The person."""
    household_id: UUID
    """The household's pseudonym as it was told: one of its identities, where it has several."""
    since: datetime
    until: datetime
    """END_OF_TIME: still."""
    joined_by: UUID
    left_by: UUID | None


def columns() -> list[Column[Any]]:
    return [
        Column("component", Pseudonym, primary_key=True),
        Column("household_id", Pseudonym, primary_key=True),
        Column("since", Instant, primary_key=True),
        Column("until", Instant, nullable=False),
        Column("joined_by", Pseudonym, nullable=False),
        Column("left_by", Pseudonym),
    ]


def fold(history: History) -> list[HouseholdRow]:
    """Every stay of a person in every household."""
    root = history.root
    return [HouseholdRow(root, *residence) for residence in residences_of(history)]


households = ReadModel(
    name="households",
    version=1,
    row=HouseholdRow,
    key=("component", "household_id", "since"),
    columns=columns,
    fold=fold,
    indexes=(("household_id", "until"),),
    evidence=("joined_by", "left_by"),
)


class Member(NamedTuple):
    """Somebody's stay in a household."""

    participant_id: UUID
    """The pseudonym of the person: the root of all linked identities."""
    since: datetime
    until: datetime | None
    """None: they belong to it at the moment that was asked about."""
    joined_by: UUID
    left_by: UUID | None


def members_of(connection: Connection, table: Table, household_ids: Collection[UUID], as_of: datetime) -> list[Member]:
    """Every stay that had begun by a moment, as known now, in order of (since, pseudonym).

    `household_ids` are all identities of one household.
    """
    rows = table.c
    begun = select(rows.component, rows.since, rows.until, rows.joined_by, rows.left_by).where(
        rows.household_id.in_(household_ids), rows.since <= as_of
    )
    found = connection.execute(begun.order_by(rows.since, rows.component))
    return [
        Member(person, since, *((until, joined_by, left_by) if until <= as_of else (None, joined_by, None)))
        for person, since, until, joined_by, left_by in found
    ]
