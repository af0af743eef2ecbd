"""A whole file in: every row accounted for, twice adds nothing, and nothing wrong is lost."""

import os
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.importing import ImportReport, Progress, Rehearsal, import_file
from consumers.rejects import RejectsFile, read_rejects, rejects_path
from consumers.tables.mapping import ColumnsMissing, CsvMapping, load_mapping, parse_mapping
from domain.events import MeasureTaken
from domain.intake import cloud_event
from domain.touchpoint import Touchpoint
from replay.journal import Journal, Outcome
from replay.live.held import Cause
from tests.consumers.memory import MemoryJournal, Sealing
from tests.examples import EXAMPLES, call_received, store_visited

NOW = datetime(2025, 6, 30, tzinfo=UTC)
DOCS = Path(__file__).parents[2] / "docs" / "examples"
DATA = Path(os.environ.get("MAJUNG_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))

FACTS = [event for event in EXAMPLES.values() if not event.is_command]
ITEMS = """
source = "urn:test"
participant = ["who"]
participant_ids = "dataset-key"
missing = ["NA"]
[[event]]
type = "measure-taken.v1"
group_by = ["who", "period"]
when = [{ column = "scale", equals = "lonely" }]
occurred_at = 2025-05-01
[event.fields]
instrument = { constant = "UCLA-3" }
items = { column = "score", as = "int", order_by = "item", order = ["1", "2"] }
[[event]]
type = "store-visited.v1"
id = ["who", "item"]
for_each = [{ column = "period" }, { column = "score" }]
when = [{ column = "*", present = true }]
occurred_at = 2025-05-02
"""


def line(event: Touchpoint) -> bytes:
    return orjson.dumps(cloud_event(event))


def write(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    return report.rows, report.events, report.duplicates, report.rejects, report.conflicts


def test_a_file_goes_in_and_running_it_again_adds_nothing(file: Path, journal: Journal) -> None:
    write(file, *(line(event) for event in FACTS), b"{", line(call_received))
    first = import_file(file, record=journal.record, now=NOW)
    again = import_file(file, record=journal.record, now=NOW, batch=7)
    assert counts(first) == (len(FACTS) + 2, len(FACTS), 1, 1, 0)
    assert counts(again) == (len(FACTS) + 2, 0, len(FACTS) + 1, 1, 0)
    assert sum(journal.head()) == len(FACTS)


def test_the_memory_journal_of_these_tests_keeps_the_promise_of_the_real_one(journal: Journal) -> None:
    told = [*FACTS, call_received, call_received.replaced(level="emergency"), store_visited.replaced(site="dobong")]
    memory = MemoryJournal()
    for events in (told[:20], told[20:], told):
        real = journal.record(events)
        assert [o._replace(position=None) for o in memory.record(events)] == [o._replace(position=None) for o in real]


def test_what_conflicts_is_put_aside_with_the_names_of_the_fields(file: Path) -> None:
    write(file, line(call_received), line(call_received.replaced(level="emergency", note="010-5555-0199")))
    aside = rejects_path(file)
    with RejectsFile(aside, Sealing().seal) as rejects:
        report = import_file(file, record=MemoryJournal().record, now=NOW, rejects=rejects)
    assert counts(report) == (2, 1, 0, 0, 1)
    assert report.reasons == {"conflict": 1}
    (reject,) = read_rejects(aside, Sealing().open)
    assert (reject.line, reject.code) == (2, "conflict")
    assert "differs in note, level" in reject.message
    assert "5555" not in reject.message
    assert b"5555" in reject.raw
    assert b"5555" not in aside.read_bytes()


def test_what_can_be_neither_compared_nor_sealed_is_put_aside_and_the_rest_goes_in(file: Path) -> None:
    cause = Cause("KeyMissing", "restore the vault")

    def record(events: Sequence[Touchpoint]) -> list[Outcome]:
        return [Outcome("blocked", events[0], cause=cause), Outcome("recorded", events[1])]

    write(file, line(call_received), line(store_visited))
    with RejectsFile(rejects_path(file), Sealing().seal) as rejects:
        report = import_file(file, record=record, now=NOW, rejects=rejects)
    assert counts(report) == (2, 1, 0, 1, 0)
    [reject] = read_rejects(rejects_path(file), Sealing().open)
    assert (reject.line, reject.code) == (1, "does-not-fold")
    assert "restore the vault" in reject.message


def test_rejects_and_conflicts_are_kept_in_the_order_of_the_file(file: Path) -> None:
    lines = [b"{", line(call_received), b"[]", line(call_received.replaced(level="emergency")), b"}"]
    with RejectsFile(rejects_path(file), Sealing().seal) as rejects:
        report = import_file(write(file, *lines), record=MemoryJournal().record, now=NOW, rejects=rejects, batch=2)
    kept = list(read_rejects(rejects_path(file), Sealing().open))
    assert [(reject.line, reject.code) for reject in kept] == [
        (1, "unreadable"),
        (3, "unreadable"),
        (4, "conflict"),
        (5, "unreadable"),
    ]
    assert [reject.raw for reject in kept] == [lines[0], lines[2], lines[3], lines[4]]
    assert report.reasons == {"unreadable": 3, "conflict": 1}


def test_a_file_without_anything_wrong_leaves_no_rejects_file(file: Path) -> None:
    with RejectsFile(rejects_path(file), Sealing().seal) as rejects:
        import_file(write(file, line(call_received)), record=MemoryJournal().record, now=NOW, rejects=rejects)
    assert not rejects_path(file).exists()


def test_a_rehearsal_tells_what_would_happen_and_stores_nothing(file: Path, journal: Journal) -> None:
    journal.record([call_received, store_visited])
    write(
        file,
        line(call_received),
        line(store_visited.replaced(site="dobong")),
        *(line(event) for event in FACTS[5:15]),
        line(FACTS[5]),
        line(FACTS[6].replaced(site="dobong")),
        b"{",
    )
    head = journal.head()
    rehearsed = import_file(file, record=Rehearsal(journal.find), now=NOW, batch=3)
    assert journal.head() == head
    assert rehearsed == import_file(file, record=journal.record, now=NOW, batch=3)


def test_a_rehearsal_without_a_journal_knows_what_the_file_repeats(file: Path) -> None:
    write(file, line(call_received), line(call_received), line(call_received.replaced(site="dobong")))
    assert counts(import_file(file, record=Rehearsal(), now=NOW)) == (3, 1, 1, 0, 1)


def test_progress_is_told_after_every_batch_to_the_end_of_the_file(file: Path) -> None:
    write(file, *(line(event) for event in FACTS[:5]))
    told: list[Progress] = []
    import_file(file, record=MemoryJournal().record, now=NOW, batch=2, progress=told.append)
    size = file.stat().st_size
    assert [progress.rows for progress in told] == [2, 4, 5]
    assert told[-1] == (size, size, 5)
    assert [progress.bytes_read for progress in told] == sorted(progress.bytes_read for progress in told)


def test_an_empty_file_has_no_rows(file: Path) -> None:
    file.touch()
    assert counts(import_file(file, record=MemoryJournal().record, now=NOW)) == (0, 0, 0, 0, 0)


def test_a_table_without_the_mapped_columns_stores_nothing(file: Path) -> None:
    memory = MemoryJournal()
    with pytest.raises(ColumnsMissing):
        import_file(write(file, b"a,b", b"1,2"), record=memory.record, now=NOW, mapping=parse_mapping(ITEMS))
    assert memory.events == {}


def test_when_recording_fails_what_went_in_stays_and_another_run_goes_on(file: Path) -> None:
    write(file, *(line(event) for event in FACTS))
    memory = MemoryJournal()
    calls = 0

    def failing(events: Sequence[Touchpoint]) -> list[Outcome]:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise ConnectionError
        return memory.record(events)

    with pytest.raises(ConnectionError):
        import_file(file, record=failing, now=NOW, batch=10)
    assert len(memory.events) == 20
    report = import_file(file, record=memory.record, now=NOW, batch=10)
    assert counts(report) == (len(FACTS), len(FACTS) - 20, 20, 0, 0)


def test_a_report_that_lost_a_row_cannot_be_made() -> None:
    with pytest.raises(AssertionError, match="lost count"):
        ImportReport(rows=3, events=1, duplicates=1, rejects=0, conflicts=0)


jsonl = st.lists(
    st.sampled_from([line(event) for event in FACTS[:6]])
    | st.sampled_from([line(event.replaced(site="dobong")) for event in FACTS[:6]])
    | st.binary(max_size=30).filter(lambda raw: b"\n" not in raw),
    max_size=12,
)
cells = st.sampled_from(["P1", "P2", "before", "lonely", "1", "2", "3", "NA", "", '"', "\x00", "\xe9"])
csv_lines = st.lists(
    st.tuples(
        st.sampled_from(["P1", "P2", "NA"]),
        st.sampled_from(["before", "during"]),
        st.sampled_from(["lonely", "other"]),
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from(["1", "3", "NA", "x"]),
    )
    | st.lists(cells, max_size=7).map(tuple),
    max_size=12,
)


def imported_twice(text: bytes, mapping: CsvMapping | None, batch: int) -> tuple[ImportReport, ImportReport, int]:
    """Two imports of one file into one journal, the rejects of each counted, and how many events the journal holds."""
    memory = MemoryJournal()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        file.write_bytes(text)
        reports = []
        for _ in range(2):
            with RejectsFile(rejects_path(file), Sealing().seal) as aside:
                report = import_file(file, record=memory.record, now=NOW, mapping=mapping, rejects=aside, batch=batch)
            assert aside.count == report.rejects + report.conflicts == sum(report.reasons.values())
            if aside.count:
                codes = Counter(reject.code for reject in read_rejects(aside.path, Sealing().open))
                assert codes == report.reasons
            reports.append(report)
    return reports[0], reports[1], len(memory.events)


@settings(max_examples=150, deadline=None)
@given(jsonl, st.integers(1, 5))
def test_every_row_of_any_jsonl_is_accounted_for_and_twice_adds_nothing(lines: list[bytes], batch: int) -> None:
    first, again, stored = imported_twice(b"\n".join(lines), None, batch)
    assert first.rows == first.events + first.duplicates + first.rejects + first.conflicts
    assert first.events == stored
    assert (again.rows, again.events, again.rejects) == (first.rows, 0, first.rejects)
    assert (again.duplicates, again.conflicts) == (first.events + first.duplicates, first.conflicts)


@settings(max_examples=150, deadline=None)
@given(csv_lines, st.sampled_from(["utf-8", "latin-1"]), st.booleans(), st.integers(1, 5))
def test_every_row_of_any_table_is_accounted_for_and_twice_adds_nothing(
    rows: list[tuple[str, ...]], encoding: str, multiline: bool, batch: int
) -> None:
    mapping = parse_mapping(f"multiline = {str(multiline).lower()}\n{ITEMS}")
    table = "\n".join(["who,period,scale,item,score", *(",".join(row) for row in rows)]).encode(encoding)
    first, again, stored = imported_twice(table, mapping, batch)
    assert first.rows == first.events + first.duplicates + first.rejects + first.conflicts
    assert first.events == stored
    assert (again.rows, again.events, again.rejects) == (first.rows, 0, first.rejects)
    assert (again.duplicates, again.conflicts) == (first.events + first.duplicates, first.conflicts)


def from_data_set(table: str, mapping: str) -> tuple[ImportReport, list[MeasureTaken]]:
    path = DATA / table
    if not path.exists():
        pytest.skip(
            f"{table} is not here: third-party data stays beside the project; name its folder in MAJUNG_TEST_DATA"
        )
    memory = MemoryJournal()
    report = import_file(path, record=memory.record, now=NOW, mapping=load_mapping(DOCS / mapping))
    return report, [event for event in memory.events.values() if isinstance(event, MeasureTaken)]


def test_the_loneliness_data_set_comes_in_whole() -> None:
    report, events = from_data_set("ucla3_items.csv", "ucla3.mapping.toml")
    assert counts(report) == (440, 440, 0, 0, 0)
    complete = [(e.occurred_at.month, sum(i or 0 for i in e.items)) for e in events if e.items and None not in e.items]
    before, during = ([total for month, total in complete if month == number] for number in (1, 4))
    assert (len(before), round(mean(before), 4), sum(total >= 6 for total in before)) == (220, 5.0727, 92)
    assert (len(during), round(mean(during), 4), sum(total >= 6 for total in during)) == (219, 5.8037, 122)
    assert [event.items for event in events if event.items and None in event.items] == [(None, None, None)]


def test_the_depression_data_set_comes_in_whole() -> None:
    report, events = from_data_set("btheb.csv", "btheb.mapping.toml")
    assert counts(report) == (380, 380, 0, 0, 0)
    reference = orjson.loads((DATA / "reference.json").read_bytes())["btheb"]
    for arm in ("TAU", "BtheB"):
        scores: dict[datetime, list[float]] = {}
        for event in events:
            if event.organisation == arm and event.score is not None:
                scores.setdefault(event.occurred_at, []).append(event.score)
        visits = [scores[at] for at in sorted(scores)]
        assert [len(visit) for visit in visits] == reference["n"][arm]
        assert [round(mean(visit), 3) for visit in visits] == pytest.approx(reference["mean"][arm], abs=0.0011)
