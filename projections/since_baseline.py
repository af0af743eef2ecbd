"""Everybody who entered HEALING with their scores of one instrument: a query over a journey and a wellbeing table."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from uuid import UUID

import orjson
from sqlalchemy import Connection, Table, select

from domain.codes import Stage
from domain.wellbeing import Entry, Follower, Measure


def followers(
    connection: Connection,
    journeys: Table,
    wellbeing: Table,
    instrument: str,
    *,
    as_of: datetime,
    source: str | None = None,
) -> list[Follower]:
    """The first entry into HEALING of each person by a moment, and their scores until then, in effective order.

    `source` keeps to measures that this source told; who entered HEALING counts whoever told it.
    """
    scores = {
        person: [Measure(at, event_id, score) for _, at, event_id, score in rows]
        for person, rows in groupby(_scores(connection, wellbeing, instrument, as_of, source), key=itemgetter(0))
    }
    return [Follower(entry, scores.get(person, ())) for person, entry in _entries(connection, journeys, as_of)]


def _scores(
    connection: Connection, table: Table, instrument: str, as_of: datetime, source: str | None
) -> Iterator[tuple[UUID, datetime, UUID, float]]:
    rows = table.c
    query = (
        select(rows.component, rows.occurred_at, rows.event_id, rows.score)
        .where(rows.instrument == instrument, rows.occurred_at <= as_of, rows.score.is_not(None))
        .order_by(rows.component, rows.occurred_at, rows.event_id)
    )
    if source is not None:
        query = query.where(rows.source == source)
    yield from connection.execute(query).tuples()


def _entries(connection: Connection, table: Table, as_of: datetime) -> Iterator[tuple[UUID, Entry]]:
    """By person. When the episode ended plays no part in figures, and is left open."""
    rows = table.c
    query = (
        select(rows.component, rows.episode, rows.entered_at, rows.rule, rows.evidence)
        .where(rows.stage == Stage.HEALING.value, rows.entered_at <= as_of)
        .order_by(rows.component, rows.sequence)
    )
    for person, spells in groupby(connection.execute(query).tuples(), key=itemgetter(0)):
        _, episode, entered_at, rule, evidence = next(spells)
        yield person, Entry(episode, entered_at, rule, tuple(map(UUID, orjson.loads(evidence))))
