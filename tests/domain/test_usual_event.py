"""The usual event is read at once, and never otherwise than step by step."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.cloud_events import cloud_event
from domain.events import TouchpointCorrected
from domain.intake import SKEW, IntakeError, read_event, read_step_by_step
from domain.strict_json import MOST_BYTES
from domain.touchpoint import Touchpoint
from domain.usual_event import usual_event
from tests.examples import EXAMPLES, call_received, measure_taken, prescription_issued

LATEST = datetime(2026, 1, 1, tzinfo=UTC)
TOLD: dict[str, dict[str, Any]] = {name: cloud_event(event) for name, event in EXAMPLES.items()}
USUAL = {name: told for name, told in TOLD.items() if EXAMPLES[name].__class__ is not TouchpointCorrected}


def told(of: Touchpoint = call_received, /, **changes: Any) -> dict[str, Any]:
    return cloud_event(of) | changes


def told_data(of: Touchpoint = call_received, /, **changes: Any) -> dict[str, Any]:
    return told(of, data=cloud_event(of)["data"] | changes)


@pytest.mark.parametrize("name", USUAL)
def test_every_event_but_a_correction_is_usual(name: str) -> None:
    assert usual_event(TOLD[name], LATEST, False) == EXAMPLES[name]


UNUSUAL = {
    "not even a type": {},
    "a type that is no text": told(type=["call-received.v1"]),
    "a type nobody knows": told(type="call-recieved.v1"),
    "another CloudEvents version": told(specversion="1.1"),
    "no data": told(data=None),
    "data that is no object": told(data=[]),
    "data in base64": told(data_base64="e30="),
    "data that is said to be XML": told(datacontenttype="application/xml"),
    "an attribute among the data": told_data(participant_id="-"),
    "nobody": told(subject="00000000-0000-0000-0000-000000000000"),
    "everybody": told(subject="ffffffff-ffff-ffff-ffff-ffffffffffff"),
    "a phone for a subject": told(subject="010-5555-0199"),
    "a number for a time": told(time=1_700_000_000),
    "no offset": told(time="2025-05-02T10:15:00"),
    "another century": told(time="1850-05-02T10:15:00Z"),
    "a moment ahead": told(time="2026-01-01T00:00:00.000001Z"),
    "code lists of nowhere": told(codelists="2031-01"),
    "a code that came later": told(prescription_issued.replaced(category="emotional_healing"), codelists="2025-04"),
    "a number that is no whole one": told_data(measure_taken, items=[1.5]),
    "a number that is not exact": told_data(measure_taken, items=[2**60]),
    "more than one event may hold": told_data(note="x" * MOST_BYTES),
}


@pytest.mark.parametrize("attributes", UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_not_usual_gets_no_answer(attributes: dict[str, Any]) -> None:
    assert usual_event(attributes, LATEST, True) is None


def test_of_what_majung_decides_a_producer_gets_no_answer() -> None:
    [*commands] = [name for name, event in EXAMPLES.items() if event.is_command]
    assert commands
    assert all(usual_event(TOLD[name], LATEST, True) is None for name in commands)


def test_the_own_time_stamps_of_an_event_are_held_against_the_clock_too() -> None:
    name, field, moment = next(
        (name, field, value)
        for name, event in EXAMPLES.items()
        for field, value in event.__dict__.items()
        if isinstance(value, datetime) and field != "occurred_at" and event.__class__ is not TouchpointCorrected
    )
    before = max(moment, EXAMPLES[name].occurred_at) - timedelta(microseconds=1)
    assert usual_event(TOLD[name], moment, False) is not None, field
    assert usual_event(TOLD[name], before, False) is None


def _values() -> list[Any]:
    """What may stand anywhere: every value of every example, and what producers slip in."""
    stated = [value for event in TOLD.values() for value in (*event.values(), *event["data"].values())]
    slips: list[Any] = [
        *("", "-", "x" * 201, "a\x00b", True, 0, 1, -1, 1.5, 2**60, None, [], {}, ["instant"], [[]], {"a": None}),
        *("2025-05-02", "2025-05-02T10:15:00", "2025-05-02T10:15:00+09:00", "2025-05-02T10:15:60Z", "0001-01-01"),
        *("2025-02-30T00:00:00Z", "2025-05-02t10:15:00z", "1899-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "1700000000"),
        *("2026-01-01T00:00:00Z", "2026-01-01T08:59:59+09:00", "2026-01-01T09:00:01+09:00", "2200-01-01T00:00:00Z"),
        *("00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "urn:uuid:" + "1" * 32),
        *("2025-04", "2025-08", "application/json; charset=utf-8", "text/json", "1.1"),
    ]
    return list({orjson.dumps(value) if value != 2**60 else b"": value for value in [*stated, *slips]}.values())


def _names() -> list[str]:
    attributes = Counter(name for event in TOLD.values() for name in event)
    return [*attributes, "data_base64", "traceparent", "participant_id"]


ANYTHING = st.sampled_from(_values())


@st.composite
def cloud_events(draw: st.DrawFn) -> dict[str, Any]:
    """The event of an example with a few attributes and data fields changed, added or taken away."""
    event = dict(TOLD[draw(st.sampled_from(sorted(TOLD)))])
    data = dict(event["data"])
    fields = [*data, "note", "occurred_at", "kind", "until"]
    data |= draw(st.dictionaries(st.sampled_from(fields), ANYTHING, max_size=2))
    event["data"] = data
    event |= draw(st.dictionaries(st.sampled_from(_names()), ANYTHING, max_size=2))
    for name in draw(st.lists(st.sampled_from(sorted(event)), max_size=1)):
        del event[name]
    return event


@given(cloud_events(), st.booleans())
@example(told(codelists="2025-08"), True)
@settings(max_examples=500, deadline=None)
def test_what_is_read_at_once_reads_the_same_step_by_step(attributes: dict[str, Any], from_producer: bool) -> None:
    at_once = usual_event(attributes, LATEST, from_producer)
    try:
        step_by_step = read_step_by_step(attributes, LATEST, from_producer)
    except IntakeError:
        assert at_once is None
        return
    assert at_once in (None, step_by_step)
    read = read_event(attributes, now=LATEST - SKEW, from_producer=from_producer)
    assert type(read) is type(step_by_step)
    assert read == step_by_step
    assert read.model_fields_set == step_by_step.model_fields_set
