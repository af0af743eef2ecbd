"""Who left isolation and who came back: a query over a journey table, of any rule set."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, Table, select

from domain.codes import Stage
from domain.journey import Journey, QualifyingExit, Rules, Spell, qualifying_exit

_COUNTED = (Stage.RETURN.value, Stage.HEALING.value)


def exits(connection: Connection, table: Table, rules: Rules, as_of: datetime) -> Iterator[QualifyingExit]:
    """The qualifying exit of everybody who has one by a moment, with the ways back until then."""
    rows = table.c
    query = (
        select(rows.component, rows.episode, rows.stage, rows.entered_at, rows.rule, rows.by_selection)
        .where(rows.stage.in_(_COUNTED), rows.entered_at <= as_of)
        .order_by(rows.component, rows.sequence)
    )
    for component, spells in groupby(connection.execute(query).tuples(), key=itemgetter(0)):
        told = tuple(
            Spell(episode, stage, entered_at, rule, rules.version, (), by_selection=by_selection)
            for _, episode, stage, entered_at, rule, by_selection in spells
        )
        if (found := qualifying_exit(Journey(component, rules, told))) is not None:
            yield found
