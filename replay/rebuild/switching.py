"""From folded rows to rows that serve: what came meanwhile is caught up, the gate is passed, the pointers move."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from projections.read_model import ReadModel
from replay import generations, held
from replay.generations import Generation
from replay.journal import Journal
from replay.rebuild import ledger
from replay.rebuild.clearing import clear
from replay.rebuild.gate import Compared, Expect, compare, holds, only_new, together, unsettled
from replay.rebuild.ledger import CATCHING_UP, FOLDING, READY, SWITCHED, Rebuild
from replay.rebuild.levelling import Levelling, are_ours

_LEVELLED = 5_000
"""How far the rows that serve may be behind to be brought up before they are compared: further, and that would take
longer than the replay."""


class _Unexpected(Exception):
    """What was found at the last moment is not what was expected: undoes the switch."""


class Gate(NamedTuple):
    """What has to hold before rows may serve."""

    compare: bool = False
    expect: Expect | None = None
    serve: bool = True
    """False: they wait for somebody to switch to them."""


class _Served(NamedTuple):
    """New rows, and those that serve while they are made, if any do."""

    new: Generation
    old: Generation | None
    is_ours: bool
    """Whether this release folds the old ones too, and could bring them up to the log."""


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
                        generations.move_to(connection, target, shard, position)
                    ledger.hold_on(connection, self._rebuild, self._journal.clock())
            with self._database.write() as connection:
                self._ensure(connection)
                ledger.enter(connection, self._rebuild, CATCHING_UP)
        self._levelling.bring_up(self._targets)

    def switch(self, gate: Gate) -> tuple[list[Compared], bool]:
        """Let the rows serve if the gate finds what was expected; returns what it found, and whether they do."""
        found: list[Compared] = []
        served = self._served() if gate.compare else []
        at_rest, seen = self._compare_at_rest(served) if served else ([], {})
        try:
            with self._database.write() as connection:
                generations.change(connection)
                self._ensure(connection)
                # Whatever the rows that serve have seen by now, the new ones see too: no reader goes back in time.
                self._levelling.level(connection, self._targets)
                held.carry_over(connection, self._targets)
                found = self._compare_the_rest(connection, served, at_rest, seen)
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

    def _served(self) -> list[_Served]:
        """What serves now, brought up to the log where this release can do it and it does not take long."""
        with self._database.read() as connection:
            found = ((target, generations.serving(connection, target.model)) for target in self._targets)
            served = [_Served(new, old, old is not None and self._is_ours(connection, old)) for new, old in found]
        self._levelling.bring_up([each.old for each in served if each.old and each.is_ours])
        return served

    def _is_ours(self, connection: Connection, old: Generation) -> bool:
        """Not where other code made the rows, even of the same version: brought up by this one, they would be its own,
        and the gate would compare this code with itself."""
        return are_ours(connection, old) and generations.behind(connection, old) <= _LEVELLED

    def _compare_at_rest(self, served: Sequence[_Served]) -> tuple[list[Compared], dict[int, int]]:
        """Compare everybody of whom both generations have seen the same; returns up to where both have."""
        with self._database.read() as connection:
            reading = [*self._targets, *(each.old for each in served if each.old)]
            seen = {
                shard: min(generations.position_of(connection, each, shard) for each in reading)
                for shard in self._rebuild.heads
            }
            moved = unsettled(seen)
            return [
                compare(connection, each.old, each.new, lambda component: component.not_in(moved))
                if each.old
                else only_new(connection, each.new)
                for each in served
            ], seen

    def _compare_the_rest(
        self, connection: Connection, served: Sequence[_Served], at_rest: Sequence[Compared], seen: Mapping[int, int]
    ) -> list[Compared]:
        """Compare whoever had news since, now that nobody writes any more."""
        self._levelling.level(connection, [each.old for each in served if each.old and each.is_ours])
        moved = unsettled(seen)
        found = []
        for each, before in zip(served, at_rest, strict=True):
            if each.old and each.is_ours:
                rest = compare(connection, each.old, each.new, lambda component: component.in_(moved))
                found.append(together(before, rest))
            elif each.old:
                component = each.new.table.c.component
                query = select(func.count(component.distinct())).where(component.in_(moved))
                found.append(before._replace(left_out=connection.scalar(query) or 0))
            else:
                found.append(before)
        return found

    def _ensure(self, connection: Connection) -> None:
        generations.hold(connection)
        generations.ensure_building(connection, self._targets)
        ledger.ensure_held(connection, self._rebuild)
