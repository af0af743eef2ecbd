"""A batch of CloudEvents taken apart: each event in the bytes it was sent in, to be read as strictly as one alone."""

import json
import re

from api.http.problems import Problem
from domain.refusals import Unreadable

MOST_EVENTS = 1000

_SPACE = re.compile(r"[ \t\r\n]*")
# Only where an event ends is of interest here; numbers are read, exactly or not at all, with the event itself.
_DECODER = json.JSONDecoder(parse_int=float)


def split(raw: bytes) -> list[bytes]:
    """The elements of a JSON array. Raises Unreadable, or Problem 413 when there are too many."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as wrong:
        raise Unreadable(f"not UTF-8 at byte {wrong.start + 1} of {len(raw)}: send UTF-8") from None
    elements: list[bytes] = []
    at = _after_space(text, 0)
    if text[at : at + 1] != "[":
        raise Unreadable("a batch is a JSON array: send [{...}, {...}]")
    at = _after_space(text, at + 1)
    if text[at : at + 1] != "]":
        at = _elements(text, at, elements)
    if _after_space(text, at + 1) != len(text):
        raise Unreadable("there is something after the end of the array: send one array")
    return elements


def _elements(text: str, at: int, elements: list[bytes]) -> int:
    """Collect the elements from the first one on; returns where the closing bracket is."""
    while True:
        if len(elements) == MOST_EVENTS:
            raise Problem("too-many-events", f"at most {MOST_EVENTS:,} events are taken at once: send several batches")
        end = _end_of_value(text, at)
        elements.append(text[at:end].encode())
        at = _after_space(text, end)
        if text[at : at + 1] == "]":
            return at
        if text[at : at + 1] != ",":
            raise Unreadable(f"not JSON at character {at + 1} of {len(text)}, after event {len(elements)}")
        at = _after_space(text, at + 1)


def _end_of_value(text: str, at: int) -> int:
    try:
        return _DECODER.raw_decode(text, at)[1]
    except json.JSONDecodeError as error:
        raise Unreadable(f"not JSON at character {error.pos + 1} of {len(text)}: nothing was stored") from None
    except RecursionError:
        raise Unreadable("an event is nested too deeply: nothing was stored") from None


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
