"""Whatever is changed in an archive is found, and told by what it is."""

import struct
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from domain.clock import to_microseconds
from replay.archive.columns import SCHEMA, RowsDigest, batch_of, batches_in, row_digest, rows_in
from replay.archive.export import export_journal
from replay.archive.manifest import MANIFEST, read_manifest
from replay.archive.reading import batches_of
from replay.archive.refusals import ArchiveTooNew, ArchiveUnreadable, NoArchive, NotAnArchivedFile
from replay.archive.verify import compare_with_journal, verify_archive
from replay.journal import Journal
from replay.tables import COLUMN_NAMES
from tests.examples import call_received
from tests.given import on
from tests.replay.archive.conftest import Open
from tests.replay.linking import journal_of

Rows = list[list[Any]]
POSITION, OCCURRED, RECORDED, ACTOR, SEALED, DIGEST = map(
    COLUMN_NAMES.index, ("position", "occurred_at", "recorded_at", "actor", "sealed", "sealed_digest")
)


@pytest.fixture
def journal(open_journal: Open) -> Journal:
    """Eight sealed calls, recorded on one day after another."""
    journal = open_journal(shards=1)
    for day in range(1, 9):
        call = on(call_received.replaced(note="long evenings"), f"2025-06-0{day}")
        journal.record([call], now=call.occurred_at)
    return journal


@pytest.fixture
def archive(journal: Journal, folder: Path) -> Path:
    """Two files of four."""
    export_journal(journal.database, folder, clock=journal.clock, file_rows=4)
    return folder


def codes(folder: Path) -> list[str]:
    return [finding.code for finding in verify_archive(folder)]


def manifest_of(folder: Path) -> Any:
    return orjson.loads((folder / MANIFEST).read_bytes())


def write(folder: Path, manifest: Any) -> None:
    (folder / MANIFEST).write_bytes(orjson.dumps(manifest))


def forge(folder: Path, change: Callable[[Rows], Any], *, rows_too: bool = False) -> None:
    """Write other rows into the first file and put its size and hash right; and the digests of rows, if asked."""
    listed = read_manifest(folder).files[0]
    rows = [list(row) for batch in batches_of(folder, listed) for row in rows_in(batch)]
    change(rows)
    batch, manifest, path = batch_of([tuple(row) for row in rows]), manifest_of(folder), folder / listed.path
    with parquet.ParquetWriter(path, SCHEMA) as writer:
        writer.write_batch(batch)
    content = path.read_bytes()
    forged = {"bytes": len(content), "sha256": sha256(content).hexdigest()}
    if rows_too:
        digest = RowsDigest()
        digest.add(batch)
        forged["rows_sha256"] = digest.hexdigest()
        manifest["shards"][0]["identity"] = row_digest(tuple(rows[0]))
    manifest["files"][0] |= forged
    write(folder, manifest)


def test_nothing_is_found_in_what_was_archived(archive: Path) -> None:
    assert codes(archive) == []


def test_a_missing_a_shortened_and_an_unlisted_file_are_told_apart(archive: Path) -> None:
    one, other = (archive / file.path for file in read_manifest(archive).files)
    one.unlink()
    other.write_bytes(other.read_bytes()[:-1])
    (archive / "shard=0" / "other.parquet").write_bytes(b"")
    assert sorted(codes(archive)) == ["changed", "missing", "unlisted"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An archive of a single file."""
    place = tmp_path_factory.mktemp("small")
    with journal_of(f"sqlite:///{place / 'journal.db'}", place, 1) as journal:
        journal.record([call_received])
        export_journal(journal.database, place / "archive", clock=journal.clock)
        yield place / "archive"


@given(data=st.data(), bit=st.integers(0, 7))
@settings(max_examples=200, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_flipped_bit_of_a_file_is_found(small: Path, data: st.DataObject, bit: int) -> None:
    [file] = read_manifest(small).files
    path = small / file.path
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    try:
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])
        assert codes(small) == ["changed"]
    finally:
        path.write_bytes(content)


def _of_another_hand(rows: Rows) -> None:
    rows[1][ACTOR] = "somebody-else"


def _without_a_row(rows: Rows) -> None:
    del rows[-1]


def _without_a_row_inside(rows: Rows) -> None:
    del rows[1]


def _twice(rows: Rows) -> None:
    rows.insert(2, rows[1])


def _seal_moved(rows: Rows) -> None:
    rows[1][SEALED], rows[2][SEALED] = rows[2][SEALED], rows[1][SEALED]


def _back_dated(rows: Rows) -> None:
    rows[2][RECORDED] = rows[0][RECORDED] - 1


def _of_no_time(rows: Rows) -> None:
    rows[3][RECORDED] = 2**60


def _of_another_month(rows: Rows) -> None:
    rows[3][RECORDED] += 40 * 86_400 * 10**6


@pytest.mark.parametrize(
    ("change", "rows_too", "code"),
    [
        (_of_another_hand, False, "rows"),
        (_without_a_row, False, "count"),
        (_without_a_row_inside, False, "gap"),
        (_twice, False, "gap"),
        (_seal_moved, True, "seal"),
        (_back_dated, True, "time"),
        (_of_another_month, True, "time"),
        (_of_no_time, True, "time"),
    ],
)
def test_a_forged_file_with_the_right_hash_is_found_by_what_it_says(
    archive: Path, change: Callable[[Rows], Any], rows_too: bool, code: str
) -> None:
    forge(archive, change, rows_too=rows_too)
    assert code in codes(archive)


def replace_file(folder: Path, content: bytes) -> None:
    """Put something else in the place of the first file, and its size and hash right."""
    manifest = manifest_of(folder)
    (folder / manifest["files"][0]["path"]).write_bytes(content)
    manifest["files"][0] |= {"bytes": len(content), "sha256": sha256(content).hexdigest()}
    write(folder, manifest)


def test_a_file_that_is_no_parquet_is_unreadable_and_hides_no_other_finding(archive: Path) -> None:
    replace_file(archive, b"something else entirely")
    (archive / "shard=0" / "other.parquet").write_bytes(b"")
    assert codes(archive) == ["unlisted", "unreadable"]


@given(data=st.data(), bit=st.integers(0, 7))
@settings(max_examples=100, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_damaged_parquet_under_a_right_hash_is_a_finding_and_no_failure(
    small: Path, data: st.DataObject, bit: int
) -> None:
    listed, manifest = read_manifest(small).files[0], (small / MANIFEST).read_bytes()
    content = (small / listed.path).read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    try:
        replace_file(small, content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])
        findings = verify_archive(small)
        if not findings:
            # The bit says nothing of the rows: they read as they were.
            assert list(rows_in(*batches_of(small, read_manifest(small).files[0]))) == list(
                rows_in(*batches_in(content))
            )
        elif "unreadable" in {finding.code for finding in findings}:
            with pytest.raises(NotAnArchivedFile, match=listed.path):
                list(batches_of(small, read_manifest(small).files[0]))
    finally:
        (small / listed.path).write_bytes(content)
        (small / MANIFEST).write_bytes(manifest)


def test_a_text_that_is_no_utf_8_is_unreadable(archive: Path) -> None:
    listed = read_manifest(archive).files[0]
    [batch] = batches_of(archive, listed)
    broken = pa.array([b"\xff"] * len(batch), pa.binary()).view(pa.string())
    sink = pa.BufferOutputStream()
    with parquet.ParquetWriter(sink, SCHEMA) as writer:
        writer.write_batch(batch.set_column(COLUMN_NAMES.index("topic"), SCHEMA.field("topic"), broken))
    replace_file(archive, sink.getvalue().to_pybytes())
    assert codes(archive) == ["unreadable"]


def test_a_forged_archive_that_agrees_with_itself_is_found_by_the_journal(archive: Path, journal: Journal) -> None:
    assert compare_with_journal(journal.database, archive) == []
    forge(archive, _of_another_hand, rows_too=True)
    assert codes(archive) == []
    [finding] = compare_with_journal(journal.database, archive)
    assert (finding.code, finding.path) == ("journal", read_manifest(archive).files[0].path)


def test_first_and_last_rows_are_compared_with_what_the_manifest_tells(archive: Path) -> None:
    manifest = manifest_of(archive)
    manifest["shards"][0] |= {"identity": "0" * 64, "last_row": "1" * 64, "recorded_at": 5}
    write(archive, manifest)
    assert codes(archive) == ["rows", "rows", "time"]


def test_a_journal_that_changed_or_ends_earlier_is_told_by_file(
    archive: Path, journal: Journal, open_journal: Open
) -> None:
    one, other = (file.path for file in read_manifest(archive).files)
    with journal.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER journal_no_update")
        connection.exec_driver_sql("UPDATE journal SET occurred_at = occurred_at + 1 WHERE position = 6")
    assert [finding.path for finding in compare_with_journal(journal.database, archive)] == [other]
    findings = compare_with_journal(open_journal(shards=1).database, archive)
    assert [(finding.path, finding.code) for finding in findings] == [(one, "journal"), (other, "journal")]
    [finding] = compare_with_journal(open_journal(shards=2).database, archive)
    assert finding.code == "shards"


def test_where_there_is_no_manifest_there_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(NoArchive):
        verify_archive(tmp_path)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"format_version": 2}, ArchiveTooNew),
        ({"format": "something else"}, ArchiveUnreadable),
        ({"rows": 7}, ArchiveUnreadable),
        ({"shards": []}, ArchiveUnreadable),
        ({"files": []}, ArchiveUnreadable),
        ({"more": 1}, ArchiveUnreadable),
        ({"shards": [{"shard": 0, "until_position": 8, "recorded_at": 2**60}]}, ArchiveUnreadable),
    ],
)
def test_a_manifest_that_cannot_be_right_is_refused(
    archive: Path, change: dict[str, Any], error: type[Exception]
) -> None:
    write(archive, manifest_of(archive) | change)
    with pytest.raises(error, match="newer majung" if error is ArchiveTooNew else "cannot be right"):
        verify_archive(archive)


@pytest.mark.parametrize("path", ["../../outside.parquet", "/etc/hosts", "shard=0/month=2025-06/other.parquet"])
def test_a_manifest_names_no_file_but_those_of_its_own_rows(archive: Path, path: str) -> None:
    manifest = manifest_of(archive)
    manifest["files"][0]["path"] = path
    write(archive, manifest)
    with pytest.raises(ArchiveUnreadable, match="path"):
        verify_archive(archive)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff"])
def test_a_manifest_that_is_none_is_refused(archive: Path, content: bytes) -> None:
    (archive / MANIFEST).write_bytes(content)
    with pytest.raises(ArchiveUnreadable):
        verify_archive(archive)


TEXT = st.text(max_size=5)
INTEGER = st.integers(-(2**63), 2**63 - 1)
ROWS = st.lists(
    st.tuples(
        st.integers(0, 1023),
        INTEGER,
        st.binary(min_size=16, max_size=16),
        st.integers(0, 2**31 - 1),
        st.none() | st.binary(min_size=16, max_size=16),
        TEXT,
        st.none() | INTEGER,
        st.none() | INTEGER,
        st.none() | TEXT,
        st.none() | TEXT,
        st.binary(max_size=5),
        st.none() | st.binary(max_size=5),
        st.none() | st.binary(max_size=5),
    ),
    max_size=6,
)


def digest_of(*batches: list[tuple[Any, ...]]) -> str:
    digest = RowsDigest()
    for rows in batches:
        digest.add(batch_of(rows))
    return digest.hexdigest()


@given(rows=ROWS, cut=st.integers(0, 6))
@settings(max_examples=100, derandomize=True, deadline=None)
def test_rows_come_back_as_they_went_in_and_their_digest_knows_no_batches(
    rows: list[tuple[Any, ...]], cut: int
) -> None:
    assert list(rows_in(batch_of(rows))) == rows
    assert digest_of(rows[:cut], rows[cut:]) == digest_of(rows)
    whole = RowsDigest()
    whole.add(batch_of([*rows, *rows]).slice(len(rows)))
    assert whole.hexdigest() == digest_of(rows)


def plain_digest(rows: list[tuple[Any, ...]]) -> str:
    """The digest as docs/archive.md tells it, without Arrow: anybody can compute it."""
    whole = b""
    for field, cells in zip(SCHEMA, zip(*rows, strict=True) if rows else [()] * 13, strict=True):
        sizes = values = b""
        for cell in cells:
            if field.name.endswith("_id"):
                sizes += bytes([cell is not None])
                values += cell or bytes(16)
            elif field.name in ("topic", "actor", "source", "state", "sealed", "sealed_digest"):
                value = cell.encode() if isinstance(cell, str) else cell
                sizes += struct.pack("<i", -1 if value is None else len(value))
                values += value or b""
            else:
                sizes += bytes([cell is not None])
                values += struct.pack("<q", cell or 0)
        whole += sha256(sizes).digest() + sha256(values).digest()
    return sha256(whole).hexdigest()


@given(rows=ROWS)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_the_digest_is_the_one_that_the_page_tells(rows: list[tuple[Any, ...]]) -> None:
    assert digest_of(rows) == plain_digest(rows)


@given(one=ROWS, other=ROWS)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_other_rows_have_another_digest(one: list[tuple[Any, ...]], other: list[tuple[Any, ...]]) -> None:
    assert (digest_of(one) == digest_of(other)) == (one == other)


def test_an_empty_text_is_not_a_null() -> None:
    """And instants are compared to the microsecond."""
    at = to_microseconds(call_received.occurred_at)
    row = (0, 1, bytes(16), 1, bytes(16), "x.v1", at, at, None, "s", b"{}", None, None)
    changes = [(ACTOR, ""), (SEALED, b""), (DIGEST, b""), (OCCURRED, at + 1)]
    others = [(*row[:index], value, *row[index + 1 :]) for index, value in changes]
    assert len({row_digest(told) for told in [row, *others]}) == 5
