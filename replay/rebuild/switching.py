"""From folded rows to rows that serve: what came meanwhile is caught up, the gate is passed, the pointers move."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from projections.read_model import ReadModel
from replay.journal import Journal
from replay.live import generations, held
from replay.rebuild import ledger
from replay.rebuild.clearing import clear
from replay.rebuild.comparing import FirstLook, Served, first_look, names_serving, second_look, served
from replay.rebuild.gate import Compared, Expect, holds
from replay.rebuild.ledger import CATCHING_UP, FOLDING, READY, SWITCHED, Rebuild
from replay.rebuild.levelling import Levelling


class _Unexpected(Exception):
    """What was found at the last moment is not what was expected: undoes the switch."""


class _OthersServe(Exception):
    """By the last moment other rows serve than those that were compared: undoes the switch."""


class Gate(NamedTuple):
    """What has to hold before rows may serve."""

    compare: bool = False
    expect: Expect | None = None
    serve: bool = True
    """False: they wait for somebody to switch to them."""


class Switching:
    """Brings the rows of a replay to the present, and lets them serve."""

    def __init__(self, journal: Journal, models: Sequence[ReadModel], rebuild: Rebuild) -> None:
        self._journal = journal
        self._database = journal.database
        self._rebuild = rebuild
        self._targets = rebuild.targets(models)
        self._levelling = Levelling(journal, models, self._ensure)

    def catch_up(self) -> None:
        """Index what was folded, and bring it up to the log."""
        if self._rebuild.state == FOLDING:
            for target in self._targets:
                with self._database.write() as connection:
                    self._ensure(connection)
                    generations.index(connection, target)
                    for shard, position in self._rebuild.heads.items():
                        generations.move_to(connection, [target], shard, position)
                    ledger.hold_on(connection, self._rebuild, self._journal.clock())
            with self._database.write() as connection:
                self._ensure(connection)
                ledger.enter(connection, self._rebuild, CATCHING_UP)
        self._levelling.bring_up(self._targets)

    def switch(self, gate: Gate) -> tuple[list[Compared], bool]:
        """Let the rows serve if the gate finds what was expected; returns what it found, and whether they do."""
        while True:
            try:
                return self._switch(gate)
            except _OthersServe:
                # Somebody switched meanwhile: what was found is not of the rows that would be replaced.
                continue

    def _switch(self, gate: Gate) -> tuple[list[Compared], bool]:
        found: list[Compared] = []
        beside = self._served() if gate.compare else []
        try:
            with self._database.read() as snapshot:
                first = self._compare_at_rest(snapshot, beside) if beside else None
                with self._database.write() as connection:
                    generations.change(connection)
                    self._ensure(connection)
                    # Whatever the rows that serve have seen by now, the new ones see too: no reader goes back in time.
                    self._levelling.level(connection, self._targets)
                    held.carry_over(connection, self._targets)
                    found = self._compare_the_rest(connection, first) if first else []
                    if not gate.serve or not holds(gate.expect, found):
                        raise _Unexpected
                    replaced = {target.model.name: generations.switch(connection, target) for target in self._targets}
                    ledger.enter(connection, self._rebuild, SWITCHED)
        except _Unexpected:
            self._let_wait()
            clear(self._journal, self._targets, {})
            return found, False
        clear(self._journal, self._targets, {name: [each.number for each in old] for name, old in replaced.items()})
        return found, True

    def _let_wait(self) -> None:
        with self._database.write() as connection:
            self._ensure(connection)
            ledger.enter(connection, self._rebuild, READY)

    def rows(self) -> dict[str, int]:
        """How many rows each read model has now."""
        with self._database.read() as connection:
            return {
                target.model.name: connection.scalar(select(func.count()).select_from(target.table)) or 0
                for target in self._targets
            }

    def _served(self) -> list[Served]:
        """What serves now, brought up to the log where this release can do it and it does not take long."""
        with self._database.read() as connection:
            found = [served(connection, target) for target in self._targets]
        self._levelling.bring_up([old for each in found for old in each.brought_up])
        return found

    def _compare_at_rest(self, snapshot: Connection, beside: Sequence[Served]) -> FirstLook:
        return first_look(snapshot, beside)

    def _compare_the_rest(self, connection: Connection, first: FirstLook) -> list[Compared]:
        if names_serving(connection, [each.new.model for each in first.served]) != [
            each.old.name if each.old else None for each in first.served
        ]:
            raise _OthersServe
        self._levelling.level(connection, [old for each in first.served for old in each.brought_up])
        return second_look(connection, first)

    def _ensure(self, connection: Connection) -> None:
        generations.hold(connection)
        generations.ensure_building(connection, self._targets)
        ledger.ensure_held(connection, self._rebuild)
