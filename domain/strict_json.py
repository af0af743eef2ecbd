"""One JSON object from bytes, without the loopholes: no repeated key, no NaN, no number too large to be exact."""

import json
from typing import Any

import orjson

from domain.refusals import TooLarge, Unreadable

MOST_BYTES = 256 * 1024
"""The largest event that is read."""
_MOST_EXACT = 2**53 - 1
_ALL_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER = b"0" * 19
"""So many digits at least has an integer that the parser takes for a float."""


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
    again = write_object(value)
    if again == raw:
        # The same to the last byte: nothing of it was lost.
        return value
    # A search for the pattern would take longer than the parser.
    if _LONG_NUMBER in raw.translate(_ALL_ZEROS):
        json.loads(raw, parse_int=_ensure_exact)
    # A parser keeps one of two equal keys, and with the other a colon is lost. An escaped one would hide that.
    if b"\\u003" in raw or raw.count(b":") != again.count(b":"):
        _refuse_repeated_keys(raw)
    return value


def write_object(value: Any) -> bytes:
    """Compact JSON. Raises Unreadable for what JSON does not carry exactly (integers beyond 2^53: RFC 8259, 6)."""
    try:
        return orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
    except TypeError:
        raise _not_exact() from None


def _not_exact() -> Unreadable:
    return Unreadable(
        "a number is too large to be read exactly, an object is nested too deeply, or a value is not JSON"
    )


def _ensure_exact(digits: str) -> None:
    # As text: a number of thousands of digits is not made here.
    if len(digits) > len(str(_MOST_EXACT)) + 1 or abs(int(digits)) > _MOST_EXACT:
        raise _not_exact()


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
