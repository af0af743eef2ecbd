"""Every expected error has a code and one line; a defect keeps its traceback."""

import pytest
from sqlalchemy.exc import OperationalError

from api.cli.exits import CODES, ExitCode, Refused, exit_code, message
from consumers.tables.mapping import ColumnsMissing
from domain.refusals import UnknownVersion
from replay.database import UnknownDatabase
from replay.journal import DecisionContended
from replay.queries.as_of import PersonUnknown
from replay.schema import SchemaTooNew
from replay.vault import SealBroken


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SchemaTooNew("newer"), ExitCode.FAILED),
        (SealBroken("broken"), ExitCode.FAILED),
        (UnknownVersion("unknown"), ExitCode.FAILED),
        (PermissionError(13, "Permission denied", "secret.csv"), ExitCode.FAILED),
        (ColumnsMissing("missing"), ExitCode.USAGE),
        (UnknownDatabase("oracle"), ExitCode.USAGE),
        (PersonUnknown("nobody"), ExitCode.NOT_FOUND),
        (FileNotFoundError(2, "No such file or directory", "x.csv"), ExitCode.NOT_FOUND),
        (DecisionContended("busy"), ExitCode.VERSION_CONFLICT),
        (Refused("no"), ExitCode.REFUSED),
        (ZeroDivisionError("a defect"), None),
        (ValueError("a defect"), None),
    ],
)
def test_a_subclass_has_the_code_of_its_nearest_base(error: Exception, code: ExitCode | None) -> None:
    assert exit_code(error) == code


def test_every_code_that_is_no_success_belongs_to_some_error_or_to_findings() -> None:
    assert {*CODES.values(), ExitCode.OK, ExitCode.FINDINGS} == set(ExitCode)


def test_a_database_error_says_its_first_line_and_no_values() -> None:
    error = OperationalError("INSERT ...", {"name": "홍길동"}, Exception("disk is full\nDETAIL: Key (name)=(홍길동)"))
    assert message(error) == "the database refused: disk is full"


def test_a_database_that_is_not_there_is_told_with_what_to_look_at() -> None:
    error = OperationalError(None, None, Exception('connection failed: connection to server at "127.0.0.1" failed'))
    assert message(error).endswith("does it run, and is its URL right?")


def test_an_error_about_a_file_names_it() -> None:
    assert message(FileNotFoundError(2, "No such file or directory", "x.csv")) == "x.csv: No such file or directory"
