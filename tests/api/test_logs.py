"""Log lines: one JSON object each or one line for people, with their fields, and never the message of an error."""

import json
import logging
import sys

import pytest

from api.logs import Format, Json, Text, kind_and_places, logged, request_id

SAID = "Hong Gildong, 010-0000-0000"


def fail() -> None:
    raise ValueError(SAID)


def failure() -> ValueError:
    try:
        fail()
    except ValueError as error:
        return error
    raise AssertionError


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def test_a_line_for_machines_has_the_fields_beside_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    with logged("json", "info"):
        logging.getLogger("majung.try").info("settled", extra={"recorded": 3, "parked": {"conflict": 1}})
    [line] = map(json.loads, lines(capsys))
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "majung.try",
        "message": "settled",
        "recorded": 3,
        "parked": {"conflict": 1},
    }


def test_a_line_for_people_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with logged("text", "info"):
        logging.getLogger("majung.try").warning("a\nb", extra={"seconds": 1.23456, "parked": {}, "at": "\x1b[2J"})
    [line] = lines(capsys)
    assert line.endswith(r"Z warning: majung.try: a\nb seconds=1.235 parked=none at=\x1b[2J")


@pytest.fixture(params=["json", "text"])
def form(request: pytest.FixtureRequest) -> Format:
    param: Format = request.param
    return param


def test_an_error_is_told_by_its_kind_and_places_alone(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    with logged(form, "info"):
        logging.getLogger("majung.try").error("failed", extra=kind_and_places(failure()))
    [first, *rest] = lines(capsys)
    assert "ValueError" in first
    assert " in fail" in (rest or [first])[-1]
    assert SAID not in first + "".join(rest)


def test_also_an_error_that_a_library_logs(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    with logged(form, "info"):
        logging.getLogger("a.library").error("failed\n", exc_info=failure())
        logging.getLogger("asyncio").error(f"Task exception was never retrieved\nfuture: <Task exception={SAID}>")
    told = "\n".join(lines(capsys))
    assert "ValueError" in told
    assert "never retrieved" in told
    assert SAID not in told


def test_of_libraries_only_warnings_are_told_and_ours_from_the_level_on(capsys: pytest.CaptureFixture[str]) -> None:
    with logged("text", "debug"):
        logging.getLogger("sqlalchemy.engine").info("SELECT with parameters")
        logging.getLogger("majung.try").debug("told")
    with logged("text", "error"):
        logging.getLogger("kafka").warning("not told")
        logging.getLogger("majung.try").warning("not told")
    [line] = lines(capsys)
    assert line.endswith("majung.try: told")


def test_the_request_that_is_answered_is_a_field() -> None:
    record = logging.makeLogRecord({"name": "majung.try", "msg": "answered", "levelno": 20, "levelname": "INFO"})
    named = request_id.set("0c3a")
    try:
        assert json.loads(Json().format(record))["request_id"] == "0c3a"
        assert Text().format(record).endswith("answered request_id=0c3a")
    finally:
        request_id.reset(named)
    assert "request_id" not in json.loads(Json().format(record))


def test_afterwards_everything_is_as_it_was() -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.getLogger("majung").level
    with logged("json", "debug"):
        assert [getattr(handler, "stream", None) for handler in root.handlers] == [sys.stderr]
    assert (root.handlers[:], root.level, logging.getLogger("majung").level) == before
