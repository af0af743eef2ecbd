"""One JSON object from bytes, without the loopholes: no repeated key, no NaN, no number too large to be exact."""

import json
from typing import Any

import orjson

from domain.refusals import TooLarge, Unreadable

MOST_BYTES = 256 * 1024
"""The largest event that is read."""


def read_object(raw: bytes | bytearray | memoryview, *, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """The object. Raises TooLarge or Unreadable, whose message tells the place and never the content."""
    if len(raw) > most_bytes:
        raise TooLarge(f"the event has {len(raw):,} bytes; at most {most_bytes:,} are taken: leave attachments out")
    raw = bytes(raw)
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Unreadable(_complaint(raw, error)) from None
    if type(value) is not dict:
        raise Unreadable("this is JSON, but not an object: send one event, as {...}")
    # A parser keeps one of two equal keys, and with the other a colon is lost. An escaped one would hide that.
    again = write_object(value)
    if again != raw and (b"\\u003" in raw or raw.count(b":") != again.count(b":")):
        _refuse_repeated_keys(raw)
    return value


def write_object(value: Any) -> bytes:
    """Compact JSON. Raises Unreadable for what JSON does not carry exactly (integers beyond 2^53: RFC 8259, 6)."""
    try:
        return orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
    except TypeError:
        raise Unreadable(
            "a number is too large to be read exactly, an object is nested too deeply, or a value is not JSON"
        ) from None


def _complaint(raw: bytes, error: json.JSONDecodeError) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError as wrong:
        return f"not UTF-8 at byte {wrong.start + 1} of {len(raw)}: send UTF-8"
    if error.pos >= len(text.rstrip()):
        return f"the JSON ends too early, after {len(raw)} bytes: send the whole event"
    return f"not JSON at line {error.lineno}, column {error.colno}"


def _refuse_repeated_keys(raw: bytes) -> None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise Unreadable("a key stands twice in one object: readers differ on which one counts, so send it once")
        return members

    json.loads(raw, object_pairs_hook=once)
