"""The rejects file: open reasons, sealed lines."""

import os
from pathlib import Path

import orjson
import pytest
from cryptography.exceptions import InvalidTag

from consumers.rejects import RejectsFile, RejectsUnreadable, RejectsUnwritable, read_rejects, rejects_path
from consumers.units import Reject
from tests.consumers.memory import Sealing

BAD = Reject(3, "unreadable", "not JSON at line 1, column 2", b'{"name": "Hong\xff')
WORSE = Reject(9, "wrong-code", "data.level is not in the code list", b"{}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.jsonl.rejects.jsonl"


def write(path: Path, *rejects: Reject) -> None:
    with RejectsFile(path, Sealing().seal) as file:
        for reject in rejects:
            file.write(reject)


def test_rejects_come_back_as_they_were_written(path: Path) -> None:
    write(path, BAD, WORSE)
    assert list(read_rejects(path, Sealing().open)) == [BAD, WORSE]


def test_the_reason_is_open_and_the_line_is_not(path: Path) -> None:
    write(path, BAD)
    assert b"Hong" not in path.read_bytes()
    told = orjson.loads(path.read_bytes())
    assert {name: told[name] for name in ("line", "code", "message")} == {
        "line": 3,
        "code": "unreadable",
        "message": BAD.message,
    }


def test_the_file_is_for_its_owner_only_even_when_there_was_one_for_all(path: Path) -> None:
    write(path, WORSE)
    path.chmod(0o644)
    write(path, BAD)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(read_rejects(path, Sealing().open)) == [BAD]


def test_without_a_reject_there_is_no_file(path: Path) -> None:
    write(path)
    assert not path.exists()


def test_the_file_is_never_written_through_a_link(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "somebody-elses"
    target.write_text("kept")
    path.symlink_to(target)
    with pytest.raises(OSError, match="link"):
        write(path, BAD)
    assert target.read_text() == "kept"


@pytest.mark.parametrize("text", ['{"specversion":"1.0"}\n', "id,n\n", "a key", " "])
def test_what_is_no_file_of_rejects_is_not_written_over(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o644)
    with pytest.raises(RejectsUnwritable, match="it holds something else"):
        write(path, BAD)
    assert (path.read_text(), path.stat().st_mode & 0o777) == (text, 0o644)


def test_what_is_no_file_at_all_is_not_written_to(path: Path) -> None:
    os.mkfifo(path)
    path.chmod(0o644)
    with pytest.raises(RejectsUnwritable, match="no file"):
        write(path, BAD)
    assert path.stat().st_mode & 0o777 == 0o644


def test_words_that_were_changed_do_not_open_the_line(path: Path) -> None:
    write(path, BAD)
    path.write_bytes(path.read_bytes().replace(b'"line":3', b'"line":4'))
    with pytest.raises(InvalidTag):
        list(read_rejects(path, Sealing().open))


@pytest.mark.parametrize("text", ["not JSON", "{}", '{"line":1,"code":"a","message":"b","sealed":"*"}', "[1]"])
def test_another_file_is_refused(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(RejectsUnreadable, match="line 1 of calls"):
        list(read_rejects(path, Sealing().open))


def test_rejects_lie_beside_their_file(path: Path) -> None:
    assert rejects_path(path.with_name("calls.jsonl")) == path
