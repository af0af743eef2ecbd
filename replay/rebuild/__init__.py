"""Replay: all read models anew from the log, one decode for all of them, beside the rows that serve meanwhile.

1 a new generation of each model, at the heads of now   2 parts are read, folded and written with a mark, each once
3 what was recorded meanwhile is caught up the live way  4 the gate compares   5 one transaction switches the pointers

A replay that was interrupted goes on where it stood, whatever ended it; of two of one read model the second is refused.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from domain.components import Link
from projections.read_model import ReadModel
from replay.archive.archived import Archived
from replay.identities import links_by_person, relink_all
from replay.journal import Journal
from replay.live import generations
from replay.rebuild import ledger
from replay.rebuild.crew import Crew, processors
from replay.rebuild.cut_off import CutOff, told_how_to_go_on
from replay.rebuild.engine import Engine, Opened, Opening
from replay.rebuild.folding import Told, fold
from replay.rebuild.gate import Compared, Expect
from replay.rebuild.holding import staying_holder
from replay.rebuild.ledger import Rebuild, ReplayRunning
from replay.rebuild.parts import NotDeterministic
from replay.rebuild.switching import Gate, Switching
from replay.tables import members
from replay.whole_log import Progress

__all__ = [
    "Archived",
    "Compared",
    "Crew",
    "CutOff",
    "Engine",
    "Expect",
    "NotDeterministic",
    "Opened",
    "Opening",
    "Rebuilt",
    "ReplayRunning",
    "processors",
    "rebuild",
]


class Rebuilt(NamedTuple):
    """What a replay did."""

    id: int
    events: int
    people: int
    rows: Mapping[str, int]
    compared: Sequence[Compared]
    """The new rows against those that served, by read model; none where nobody asked."""
    switched: bool
    """Whether the new rows serve now. Those that were not expected wait for somebody to switch to them."""


def rebuild(
    journal: Journal,
    models: Sequence[ReadModel],
    progress: Progress = lambda done, total: None,
    *,
    engine: Engine = Crew(),  # noqa: B008 (frozen)
    compare: bool = False,
    expect: Expect | None = None,
    serve: bool = True,
    told: Told = lambda done: None,
    archived: Archived | None = None,
) -> Rebuilt:
    """Fold the whole log into a new generation of each read model and let it serve.

    To `compare` is to pass the gate: the new rows against those that serve, before they may; it is always passed where
    something is expected, and where they are not to `serve` yet.
    Raises ReplayRunning while another process replays one of these, and ReplaySuperseded where another took over;
    CutOff where the database goes away; and ArchiveTooShort where it would go on with one that reaches farther than
    what is `archived`.
    """
    gate = Gate(compare=compare or expect is not None or not serve, expect=expect, serve=serve)
    with told_how_to_go_on("majung replay"):
        return _Replay(journal, models, engine, archived).run(progress, told, gate)


class _Replay:
    def __init__(
        self, journal: Journal, models: Sequence[ReadModel], engine: Engine, archived: Archived | None
    ) -> None:
        self._here = Opened(journal, models, archived.copy if archived else None)
        self._journal = journal
        self._models = models
        self._engine = engine
        self._archived = archived

    def run(self, progress: Progress, told: Told, gate: Gate) -> Rebuilt:
        begun, links = self._begin()
        with staying_holder(self._journal, begun):
            events, people = fold(self._here, begun, links, self._engine, progress, told)
            switching = Switching(self._journal, self._models, begun)
            switching.catch_up()
            compared, switched = switching.switch(gate)
        return Rebuilt(begun.id, events, people, switching.rows(), compared, switched)

    def _begin(self) -> tuple[Rebuild, Mapping[UUID, Sequence[Link]]]:
        reader, now = self._journal.reader, self._journal.clock()
        with self._journal.database.write_behind() as connection:
            generations.change(connection)
            if interrupted := ledger.resume(connection, self._models, now):
                if self._archived:
                    self._archived.ensure_reaches(interrupted.heads)
                return interrupted, links_by_person(connection, reader)
            # Before the links: one that is committed in between is then both known and caught up, and never neither.
            start = self._archived.until if self._archived else ledger.heads_now(connection)
            links = relink_all(connection, reader)
            linked = dict(connection.execute(select(members.c.participant_id, members.c.root)).tuples().all())
            return ledger.begin(connection, self._models, now, linked, start=start), links
