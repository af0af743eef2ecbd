"""The events of a shard, read from the archive in the shape in which a replay reads the journal."""

from pathlib import Path
from uuid import UUID

import pytest

from domain.clock import from_microseconds
from replay.archive.export import export_journal
from replay.archive.manifest import read_manifest
from replay.archive.reading import events_of
from replay.archive.refusals import ArchiveDamaged
from replay.mapper import decode
from tests.replay.archive.conftest import Open, stands, tell


def test_events_decode_to_what_the_journal_recorded(open_journal: Open, folder: Path) -> None:
    journal = open_journal()
    tell(journal)
    export_journal(journal.database, folder, clock=journal.clock, file_rows=40)
    for shard in range(journal.shards):
        rows = list(events_of(folder, shard))
        stored = [row for row in stands(journal)[0] if row.shard == shard]
        assert [UUID(bytes=row[1]) for row in rows] == [row.event_id for row in stored]
        keys = journal.vault.for_opening({row[0] for row in rows})
        events = {(told := decode((*row[:8], None), keys, UUID(bytes=row[0]))).event_id: told for row in rows}
        assert events == {event.event_id: event for event in journal.find(list(events))}
        assert [from_microseconds(row[8]) for row in rows] == [row.recorded_at for row in stored]


@pytest.mark.parametrize("after", [0, 1, 39, 40, 41, 77, 10_000])
def test_events_are_read_from_a_position_on(open_journal: Open, folder: Path, after: int) -> None:
    journal = open_journal(shards=1)
    tell(journal, 100)
    export_journal(journal.database, folder, clock=journal.clock, file_rows=40)
    whole = list(events_of(folder, 0))
    assert list(events_of(folder, 0, read_manifest(folder), after=after)) == whole[after:]


def test_no_event_comes_from_a_file_that_is_not_as_it_was_written(open_journal: Open, folder: Path) -> None:
    journal = open_journal(shards=1)
    tell(journal, 50)
    export_journal(journal.database, folder, clock=journal.clock)
    first, *_ = read_manifest(folder).files
    path = folder / first.path
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(ArchiveDamaged, match="not as it was written"):
        next(events_of(folder, 0))
    path.unlink()
    with pytest.raises(ArchiveDamaged, match="missing"):
        next(events_of(folder, 0))
