"""Log lines of `majung serve` and `majung work` on stderr: for people, or one JSON object a line for machines.

A line holds a message of fixed words and its fields. Neither names anybody: no pseudonym, no value of a field, no bytes
of a message, no address of a page. An error is told by its kind and the places it came from, since the message of a
database or of a validation repeats values.
"""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from traceback import extract_tb
from types import TracebackType
from typing import Any, Literal

import orjson

Format = Literal["text", "json"]
Level = Literal["debug", "info", "warning", "error"]

OURS = "majung"
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request that is answered: every line about it has it as a field."""

_OF_EVERY_RECORD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def kind_and_places(error: BaseException) -> dict[str, Any]:
    """An error as fields: its kind, and where it came from, the innermost place last."""
    return {"error": type(error).__qualname__, "places": _places(error.__traceback__)}


def _places(traceback: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in extract_tb(traceback)]


@contextmanager
def logged(form: Format, level: Level) -> Iterator[None]:
    """Write log lines to stderr while the block runs; what libraries say, from warnings on."""
    root, ours = logging.getLogger(), logging.getLogger(OURS)
    before = root.handlers[:], root.level, ours.level
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if form == "json" else Text())
    root.handlers[:] = [handler]
    ours.setLevel(level.upper())
    root.setLevel(max(logging.WARNING, ours.level))
    try:
        yield
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        ours.setLevel(before[2])


class Json(logging.Formatter):
    """One object a line: time (UTC), level, logger, message, and the fields beside them."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        return orjson.dumps({**line, **fields_of(record), **line}, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class Text(logging.Formatter):
    """For people: the time, the level where it is no mere information, the message, and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        level = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        fields = fields_of(record)
        places = fields.pop("places", [])
        told = "".join(f" {name}={_plain(value)}" for name, value in fields.items())
        line = f"{_time(record):%Y-%m-%dT%H:%M:%SZ} {level}{record.name}: {_plain(_message(record))}{told}"
        return "\n    ".join([line, *places])


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What a record says beside its message; of an exception, its kind and places."""
    fields: dict[str, Any] = {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD}
    if record.exc_info and record.exc_info[1] is not None:
        fields |= kind_and_places(record.exc_info[1])
    if (of := request_id.get()) is not None:
        fields["request_id"] = of
    return fields


def _message(record: logging.LogRecord) -> str:
    """Of a library only the first line: those after it may show an error with its values, as those of asyncio do."""
    said = record.getMessage()
    return said if record.name.split(".")[0] == OURS else said.partition("\n")[0]


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _plain(value: object) -> str:
    """On one line, and nothing that a terminal obeys."""
    if isinstance(value, Mapping):
        return ",".join(f"{name}:{_plain(one)}" for name, one in value.items()) or "none"
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return text if text.isprintable() else ascii(text)[1:-1]
