"""A part is folded and written whole, or not at all."""

import pytest

from projections.timeline import timeline
from replay.database import DatabaseUnusable
from replay.journal import Journal
from replay.live import generations
from replay.live.generations import Generation
from replay.rebuild import ledger
from replay.rebuild.parts import PartFolder, planned
from tests.replay.rebuild.conftest import PEOPLE


class Refused(DatabaseUnusable):
    """The database, at a bad moment."""


def test_rows_of_a_part_that_failed_are_not_written_with_those_of_the_next(
    populated: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with populated.database.write() as connection:
        generations.change(connection)
        begun = ledger.begin(connection, [timeline], populated.clock(), {})
    first, *others = planned(populated, begun)
    folder = PartFolder(populated, [timeline], begun, {})

    def refuse(*_: object) -> None:
        raise Refused

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "ensure_held", refuse)
        with pytest.raises(Refused):
            folder.fold(first)
    for part in (*others, first):
        folder.fold(part)
    assert everybody(populated, begun.targets([timeline])[0]) == PEOPLE
    ledger.let_go(begun)


def everybody(journal: Journal, of: Generation) -> list[object]:
    with journal.database.read() as connection:
        return sorted(row.component for row in generations.read(connection, of))
