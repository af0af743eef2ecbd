"""The archive holds exactly what the journal does; a run adds what is new, and whatever ends it, leaves no lie."""

from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import dataset

from domain.clock import parse_moment, to_microseconds
from domain.events import CallReceived
from replay.archive import columns, journal_rows
from replay.archive.columns import rows_in
from replay.archive.export import export_journal
from replay.archive.manifest import Manifest, read_manifest
from replay.archive.reading import batches_of
from replay.archive.refusals import ArchiveBusy, FolderTaken, JournalGap, OtherJournal, ShardsDiffer
from replay.archive.verify import compare_with_journal, verify_archive
from replay.journal import Journal
from tests.examples import call_received
from tests.given import on
from tests.replay.archive.conftest import Open, files_of, stands, tell
from tests.replay.archive.killed import FILE_ROWS, killed
from tests.replay.linking import journal_of

KINDS = ("sqlite", "postgresql")
WRITTEN_AT = datetime(2026, 1, 1, tzinfo=UTC)


def clock() -> datetime:
    return WRITTEN_AT


def archived(folder: Path) -> list[tuple[object, ...]]:
    """All rows of an archive, as they were archived."""
    files = read_manifest(folder).files
    return [row for file in files for batch in batches_of(folder, file) for row in rows_in(batch)]


def as_archived(journal: Journal) -> list[tuple[object, ...]]:
    """All rows of a journal in the same terms, read by Core and not by what is tested."""
    return [
        (
            row.shard,
            row.position,
            row.participant_id.bytes,
            row.version,
            row.event_id.bytes,
            row.topic,
            to_microseconds(row.occurred_at),
            to_microseconds(row.recorded_at),
            row.actor,
            row.source,
            bytes(row.state),
            None if row.sealed is None else bytes(row.sealed),
            None if row.sealed_digest is None else bytes(row.sealed_digest),
        )
        for row in stands(journal)[0]
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_holds_every_column_of_every_event(open_journal: Open, folder: Path, kind: str) -> None:
    journal = open_journal(kind)
    told = tell(journal)
    done = export_journal(journal.database, folder, clock=clock)
    assert (done.rows, done.removed) == (told, ())
    assert archived(folder) == as_archived(journal)
    assert verify_archive(folder) == compare_with_journal(journal.database, folder) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_run_adds_what_is_new_and_touches_no_file_that_is_there(
    open_journal: Open, folder: Path, kind: str
) -> None:
    journal = open_journal(kind)
    tell(journal)
    export_journal(journal.database, folder, clock=clock)
    before = files_of(folder)
    more = tell(journal, 200, seed=2)
    assert export_journal(journal.database, folder, clock=clock).rows == more
    assert files_of(folder).items() > before.items()
    assert archived(folder) == as_archived(journal)
    assert verify_archive(folder) == []


def test_a_run_with_nothing_new_changes_nothing(open_journal: Open, folder: Path) -> None:
    journal = open_journal()
    tell(journal, 100)
    export_journal(journal.database, folder, clock=clock)
    before = files_of(folder), (folder / "manifest.json").read_bytes()
    done = export_journal(journal.database, folder, clock=lambda: parse_moment("2026-02-02"))
    assert (done.rows, done.files) == (0, 0)
    assert (files_of(folder), (folder / "manifest.json").read_bytes()) == before


def test_an_empty_journal_is_an_archive_of_nothing(open_journal: Open, folder: Path) -> None:
    journal = open_journal()
    assert export_journal(journal.database, folder, clock=clock).rows == 0
    assert verify_archive(folder) == []
    assert [shard.until_position for shard in read_manifest(folder).shards] == [0, 0, 0]


@given(ends=st.lists(st.integers(0, 80), max_size=4), file_rows=st.integers(5, 60), at_once=st.integers(1, 40))
@settings(max_examples=10, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_archive_made_in_any_steps_says_what_one_made_at_once_says(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    ends: list[int],
    file_rows: int,
    at_once: int,
) -> None:
    monkeypatch.setattr(journal_rows, "AT_ONCE", at_once)
    monkeypatch.setattr(columns, "AT_ONCE", at_once)
    place = tmp_path_factory.mktemp("steps")
    events = [on(call_received, f"2025-{1 + n // 20:02}-{1 + n % 20:02}") for n in range(80)]
    with journal_of(f"sqlite:///{place / 'journal.db'}", place, 2) as journal:
        done = 0
        for end in sorted(ends):
            _record_by_month(journal, events[done:end])
            done = max(done, end)
            export_journal(journal.database, place / "steps", clock=clock, file_rows=file_rows)
        _record_by_month(journal, events[done:])
        export_journal(journal.database, place / "steps", clock=clock, file_rows=file_rows)
        export_journal(journal.database, place / "once", clock=clock)
        assert archived(place / "steps") == archived(place / "once") == as_archived(journal)
        assert verify_archive(place / "steps") == compare_with_journal(journal.database, place / "steps") == []
    stepwise, whole = read_manifest(place / "steps"), read_manifest(place / "once")
    assert (stepwise.rows, stepwise.shards) == (whole.rows, whole.shards)
    assert max(file.rows for file in stepwise.files) <= file_rows


def _record_by_month(journal: Journal, events: list[CallReceived]) -> None:
    for _, several in groupby(events, key=lambda event: event.occurred_at.month):
        of_month = list(several)
        journal.record(of_month, now=of_month[-1].occurred_at)


def test_files_are_partitioned_by_shard_and_by_the_month_in_seoul_of_the_recording(
    open_journal: Open, folder: Path
) -> None:
    """Of the recording: those of a month that is over are complete, however late something else is told."""
    journal = open_journal(shards=1)
    for day, recorded in ((1, "2025-05-31T14:59:59Z"), (2, "2025-05-31T15:00:00Z"), (3, "2025-07-01T00:00:00Z")):
        journal.record([on(call_received, f"2025-03-0{day}")], now=parse_moment(recorded))
    export_journal(journal.database, folder, clock=clock)
    assert [file.month for file in read_manifest(folder).files] == ["2025-05", "2025-06", "2025-07"]
    found = dataset.dataset(folder, partitioning="hive", exclude_invalid_files=True)
    june = found.to_table(filter=(dataset.field("month") == "2025-06") & (dataset.field("shard") == 0))
    assert june["position"].to_pylist() == [2]


@pytest.mark.parametrize("at", ["0", "0.4", "1", "manifest"])
@pytest.mark.parametrize("begun", [False, True], ids=["first-run", "later-run"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_run_leaves_an_archive_of_what_it_listed_before(
    open_journal: Open, folder: Path, at: str, begun: bool, kind: str
) -> None:
    journal = open_journal(kind, shards=1)
    tell(journal, 60)
    if begun:
        export_journal(journal.database, folder, clock=clock)
        tell(journal, 60, seed=2)
    before = read_manifest(folder) if begun else None
    killed("export", journal, folder, at)
    left = read_manifest(folder)
    assert _without_time(left) == (_without_time(before) if before else _empty(left))
    findings = verify_archive(folder)
    assert {finding.code for finding in findings} <= {"unlisted"}
    assert findings or at == "0"

    done = export_journal(journal.database, folder, clock=clock, file_rows=FILE_ROWS)
    assert done.removed == tuple(finding.path for finding in findings)
    assert archived(folder) == as_archived(journal)
    assert verify_archive(folder) == []


def _without_time(manifest: Manifest) -> Manifest:
    return manifest.model_copy(update={"written_at": WRITTEN_AT})


def _empty(manifest: Manifest) -> Manifest:
    assert manifest.files == ()
    return _without_time(manifest)


def test_a_file_that_is_not_ours_is_never_removed(open_journal: Open, folder: Path) -> None:
    journal = open_journal()
    export_journal(journal.database, folder, clock=clock)
    (folder / "note.txt").write_text("kept by somebody")
    tell(journal, 50)
    assert export_journal(journal.database, folder, clock=clock).removed == ()
    assert (folder / "note.txt").exists()
    assert [finding.path for finding in verify_archive(folder)] == ["note.txt"]


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(open_journal: Open, folder: Path) -> None:
    journal = open_journal()
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    with pytest.raises(FolderTaken, match=r"letter\.txt"):
        export_journal(journal.database, folder, clock=clock)
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]


def test_an_archive_that_lost_its_manifest_is_not_written_over(open_journal: Open, folder: Path) -> None:
    journal = open_journal()
    tell(journal, 50)
    export_journal(journal.database, folder, clock=clock)
    before = files_of(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(FolderTaken):
        export_journal(journal.database, folder, clock=clock)
    assert files_of(folder) == before


def test_an_archive_of_another_journal_is_refused(open_journal: Open, folder: Path) -> None:
    one, other = open_journal(), open_journal()
    tell(one, 100)
    tell(other, 100, seed=7)
    export_journal(one.database, folder, clock=clock)
    before = files_of(folder)
    with pytest.raises(OtherJournal):
        export_journal(other.database, folder, clock=clock)
    with pytest.raises(OtherJournal, match="older copy"):
        export_journal(open_journal().database, folder, clock=clock)
    with pytest.raises(ShardsDiffer):
        export_journal(open_journal(shards=1).database, folder, clock=clock)
    assert files_of(folder) == before


def test_a_journal_that_went_another_way_after_the_last_run_is_refused(open_journal: Open, folder: Path) -> None:
    """It was brought back from a copy, and recorded other things since."""
    one, other = open_journal(shards=1), open_journal(shards=1)
    for journal in (one, other):
        journal.record([call_received], now=call_received.occurred_at)
    one.record([on(call_received, "2025-06-01")])
    export_journal(one.database, folder, clock=clock)
    other.record([on(call_received, "2025-06-02"), on(call_received, "2025-06-03")])
    with pytest.raises(OtherJournal, match="position 2 of shard 0"):
        export_journal(other.database, folder, clock=clock)


def test_of_two_runs_at_once_the_second_is_refused(open_journal: Open, folder: Path) -> None:
    journal = open_journal()
    tell(journal, 50)
    refused = []

    def meanwhile(done: int, total: int) -> None:
        with pytest.raises(ArchiveBusy) as error:
            export_journal(journal.database, folder, clock=clock)
        refused.append(error)

    export_journal(journal.database, folder, clock=clock, progress=meanwhile)
    assert refused
    assert verify_archive(folder) == []


def test_a_journal_with_a_gap_is_not_archived(open_journal: Open, folder: Path) -> None:
    journal = open_journal(shards=1)
    tell(journal, 50)
    with journal.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER journal_no_delete")
        connection.exec_driver_sql("DELETE FROM journal WHERE position = 17")
    with pytest.raises(JournalGap, match="position 17 of shard 0"):
        export_journal(journal.database, folder, clock=clock)
    assert read_manifest(folder).files == ()


def test_no_plaintext_of_a_sealed_field_is_in_an_archive(open_journal: Open, folder: Path) -> None:
    journal = open_journal()
    journal.record([call_received.replaced(note="a canary in the evening")])
    export_journal(journal.database, folder, clock=clock)
    [row] = archived(folder)
    assert not [value for value in row if b"canary" in (value if isinstance(value, bytes) else str(value).encode())]
    assert not [path for path in folder.rglob("*") if path.is_file() and b"canary" in path.read_bytes()]
    assert read_manifest(folder).files[0].sealed == 1


def test_an_archive_is_for_its_owner_alone(open_journal: Open, folder: Path) -> None:
    journal = open_journal()
    tell(journal, 50)
    export_journal(journal.database, folder, clock=clock)
    assert not [path for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]
