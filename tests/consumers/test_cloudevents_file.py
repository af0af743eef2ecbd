"""JSONL in: every line is a touchpoint or a reject, and no line spoils another."""

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO

import orjson
from hypothesis import given
from hypothesis import strategies as st

from consumers.cloudevents_file import cloud_events
from consumers.units import Read, Reject, Unit
from domain.intake import MOST_BYTES, cloud_event
from domain.touchpoint import Touchpoint
from tests.examples import EXAMPLES, call_received, identities_linked, store_visited

NOW = datetime(2025, 6, 30, tzinfo=UTC)


def line(event: Touchpoint) -> bytes:
    return orjson.dumps(cloud_event(event))


def units(*lines: bytes, ending: bytes = b"\n", from_producer: bool = True) -> list[Unit]:
    text = b"".join(raw + ending for raw in lines)
    return list(cloud_events(BytesIO(text), now=NOW, from_producer=from_producer))


def told(found: Sequence[Unit]) -> list[tuple[int, object]]:
    return [(unit.line, unit.event if isinstance(unit, Read) else unit.code) for unit in found]


def test_a_file_gives_its_touchpoints_in_order() -> None:
    assert told(units(line(call_received), line(store_visited))) == [(1, call_received), (2, store_visited)]


def test_a_byte_order_mark_windows_line_endings_and_blank_lines_do_no_harm() -> None:
    found = units(b"\xef\xbb\xbf" + line(call_received), b"", b"  ", line(store_visited), ending=b"\r\n")
    assert told(found) == [(1, call_received), (4, store_visited)]


def test_the_last_line_needs_no_line_ending() -> None:
    assert told(list(cloud_events(BytesIO(line(call_received)), now=NOW))) == [(1, call_received)]


def test_a_bad_line_is_a_reject_with_its_bytes_and_the_others_are_read() -> None:
    bad = b'{"id": "1", "name": "Hong'
    found = units(line(call_received), bad, line(store_visited), b'{"id": "\xb1\xe8"}', line(identities_linked))
    assert told(found) == [
        (1, call_received),
        (2, "unreadable"),
        (3, store_visited),
        (4, "unreadable"),
        (5, "not-from-producers"),
    ]
    assert isinstance(found[1], Reject)
    assert found[1].raw == bad
    assert "Hong" not in found[1].message


def test_majungs_own_export_may_hold_commands() -> None:
    assert told(units(line(identities_linked), from_producer=False)) == [(1, identities_linked)]


def test_a_line_longer_than_an_event_may_be_is_rejected_without_being_held() -> None:
    found = units(b"x" * (MOST_BYTES * 3), line(call_received))
    assert told(found) == [(1, "too-large"), (2, call_received)]
    assert len(found[0].raw) == MOST_BYTES


def test_a_line_as_long_as_an_event_may_be_is_read() -> None:
    padded = line(call_received)
    padded = padded[:-1] + b" " * (MOST_BYTES - len(padded)) + b"}"
    assert told(units(padded, line(store_visited), ending=b"\r\n")) == [(1, call_received), (2, store_visited)]


def test_an_array_of_events_is_told_to_be_no_line_of_events() -> None:
    (found,) = units(b"[" + line(call_received) + b"]")
    assert isinstance(found, Reject)
    assert "send one event" in found.message


@given(st.lists(st.sampled_from([line(event) for event in EXAMPLES.values()]) | st.binary(max_size=40), max_size=8))
def test_any_bytes_give_one_unit_for_each_line_that_is_not_blank(lines: list[bytes]) -> None:
    file = BytesIO(b"\n".join(lines))
    expected = [raw for raw in file.getvalue().removeprefix(b"\xef\xbb\xbf").split(b"\n") if raw.strip()]
    assert len(list(cloud_events(BytesIO(file.getvalue()), now=NOW))) == len(expected)
