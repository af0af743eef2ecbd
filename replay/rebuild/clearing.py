"""What goes when other rows begin to serve, or to wait for it: all but one way back, and what another release reads.

It goes after the switch and not within it, and only where nobody has to wait for it for long. What is left goes the
next time.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from replay.journal import Journal
from replay.live import generations
from replay.live.generations import Generation, RowsBeingRead
from replay.rebuild import ledger
from replay.rebuild.ledger import READY
from replay.tables import read_models, rebuilds

log = logging.getLogger("majung.replay")


def clear(journal: Journal, newer: Sequence[Generation], replaced: Mapping[str, Iterable[int]]) -> None:
    """Drop what nobody needs beside these rows, which serve or wait; `replaced` tells by read model what they took the
    place of, if they did: that is kept as the way back.

    Of another version the newest rows are kept, which another release may read, and all that wait by other code.
    """
    try:
        with generations.removing(journal.database.write_behind()) as connection:
            for rows in newer:
                stale = _waiting_before(connection, rows)
                if rows.model.name in replaced:
                    stale += _retired_before(connection, rows, set(replaced[rows.model.name]))
                for number in stale:
                    generations.drop_named(connection, rows.model.name, number)
            for replay in ledger.left_behind(connection, READY):
                ledger.discard(connection, replay)
    except RowsBeingRead:
        log.info("rows of before are being read: they are removed after the next replay")


def _waiting_before(connection: Connection, rows: Generation) -> list[int]:
    """Older rows of the same code that wait: whoever switched to them would find these again."""
    own = select(rebuilds.c.code).join(read_models, read_models.c.rebuild == rebuilds.c.id)
    code = own.where(read_models.c.name == rows.model.name, read_models.c.generation == rows.number).scalar_subquery()
    query = (
        select(read_models.c.generation)
        .join(rebuilds, rebuilds.c.id == read_models.c.rebuild)
        .where(
            read_models.c.name == rows.model.name,
            read_models.c.generation < rows.number,
            read_models.c.version == generations.version_of(connection, rows),
            read_models.c.state == "building",
            read_models.c.snapshot.is_(None),
            rebuilds.c.state == READY,
            rebuilds.c.code == code,
        )
    )
    return list(connection.scalars(query))


def _retired_before(connection: Connection, rows: Generation, replaced: set[int]) -> list[int]:
    query = select(read_models.c.generation, read_models.c.version, read_models.c.state).where(
        read_models.c.name == rows.model.name, read_models.c.state.in_(("live", "retired"))
    )
    found = connection.execute(query.order_by(read_models.c.generation.desc())).tuples().all()
    if (rows.number, "live") not in {(number, state) for number, _, state in found}:
        # Somebody has switched again meanwhile.
        return []
    versions = {number: version for number, version, _ in found}
    taken = {versions[number] for number in {rows.number, *replaced} & versions.keys()}
    newest: dict[int, int] = {}
    for number, version, _ in found:
        if version not in taken:
            newest.setdefault(version, number)
    kept = {*replaced, *newest.values()}
    return [number for number, _, state in found if state == "retired" and number not in kept]
