"""A message is read as CloudEvents over Kafka is, or refused for a reason that repeats nothing of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.kafka.messages import REFUSALS, read_message
from domain.cloud_events import cloud_event
from domain.touchpoint import Touchpoint
from replay.messages.parked import RawMessage
from tests import examples
from tests.examples import call_received

NOW = datetime(2030, 1, 1, tzinfo=UTC)
TOLD = cloud_event(call_received)
KEY = TOLD["subject"].encode()
IN_THE_VALUE = ("data", "datacontenttype")
BATCH = ("content-type", b"application/cloudevents-batch+json")
STRUCTURED = ("content-type", b"application/cloudevents+json; charset=UTF-8")


def structured(key: bytes | None = KEY, **changed: object) -> RawMessage:
    return RawMessage(key, orjson.dumps(TOLD | changed), [STRUCTURED])


def binary(**changed: bytes | None) -> RawMessage:
    told = {name: str(value).encode() for name, value in TOLD.items() if name not in IN_THE_VALUE}
    headers = [(f"ce_{name}", value) for name, value in (told | changed).items() if value is not None]
    return RawMessage(KEY, orjson.dumps(TOLD["data"]), [*headers, ("content-type", b"application/json")])


def refusal(raw: RawMessage, now: datetime = NOW) -> str:
    with pytest.raises(REFUSALS) as told:
        read_message(raw, now=now)
    code: str = told.value.code  # type: ignore[attr-defined]
    return code


BARE = structured()._replace(headers=[("content-type", b"application/cloudevents+json")])


@pytest.mark.parametrize("raw", [structured(), BARE, binary()], ids=["structured", "structured, no more", "binary"])
def test_both_modes_tell_the_same_touchpoint(raw: RawMessage) -> None:
    assert read_message(raw, now=NOW) == call_received


def test_every_event_that_producers_tell_reads_in_binary_mode_too() -> None:
    for example in vars(examples).values():
        if not isinstance(example, Touchpoint) or example.is_command:
            continue
        told = cloud_event(example)
        attributes = {name: str(value).encode() for name, value in told.items() if name not in IN_THE_VALUE}
        headers = [(f"ce_{name}", value) for name, value in attributes.items()]
        raw = RawMessage(told["subject"].encode(), orjson.dumps(told["data"]), headers)
        assert read_message(raw, now=NOW) == example


def test_a_binary_message_without_data_lacks_what_its_type_needs() -> None:
    raw = binary()._replace(value=None)
    assert refusal(raw) == "invalid-data"


def test_headers_of_others_are_taken_and_not_read() -> None:
    raw = binary()
    others = [("traceparent", b"\xff"), ("ce_traceparent", b"00-a-b-01")]
    assert read_message(raw._replace(headers=[*raw.headers, *others]), now=NOW) == call_received


@pytest.mark.parametrize("key", [KEY.upper(), b"urn:uuid:" + KEY, KEY.replace(b"-", b"")])
def test_a_key_may_be_written_as_any_uuid_is(key: bytes) -> None:
    assert read_message(structured(key), now=NOW) == call_received


@pytest.mark.parametrize("key", [None, b"", b"\xff", b"010-1234-5678", str(UUID(int=7, version=4)).encode()])
def test_a_key_that_is_not_the_subject_is_refused(key: bytes | None) -> None:
    assert refusal(structured(key)) == "key-mismatch"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (RawMessage(KEY, None, [STRUCTURED]), "unreadable"),
        (RawMessage(KEY, b"{", [STRUCTURED]), "unreadable"),
        (RawMessage(KEY, b"\xff", [STRUCTURED]), "unreadable"),
        (RawMessage(KEY, b'{"a": "' + b"x" * 300_000 + b'"}', [STRUCTURED]), "too-large"),
        (RawMessage(KEY, orjson.dumps(TOLD)), "not-a-cloudevent"),
        (RawMessage(KEY, orjson.dumps([TOLD]), [BATCH]), "not-a-cloudevent"),
        (structured(specversion="0.3"), "wrong-specversion"),
        (structured(time=None), "missing-attribute"),
        (structured(type="call-recieved.v1"), "unknown-type"),
        (structured(type="call-received.v99"), "unknown-version"),
        (structured(type="identities-linked.v1"), "not-from-producers"),
        (structured(data=TOLD["data"] | {"channel": "telegraph"}), "wrong-code"),
        (structured(subject="010-1234-5678"), "subject-not-a-uuid"),
        (binary(specversion=b"1.1"), "wrong-specversion"),
        (binary(id=b"\xff"), "invalid-attribute"),
        (binary(data=b"{}"), "invalid-attribute"),
        (binary()._replace(headers=[*binary().headers, ("CE_ID", b"other")]), "invalid-attribute"),
        (binary()._replace(value=b"[]"), "unreadable"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_code(raw: RawMessage, code: str) -> None:
    assert refusal(raw) == code


def test_more_than_a_day_ahead_is_refused() -> None:
    occurred_at = call_received.occurred_at
    assert read_message(structured(), now=occurred_at - timedelta(hours=24)) == call_received
    assert refusal(structured(), occurred_at - timedelta(hours=24, seconds=1)) == "in-the-future"


VALUES = st.dictionaries(st.sampled_from(sorted(TOLD)), st.text() | st.none()).map(orjson.dumps)
NAMES = st.sampled_from(["content-type", "ce_specversion", "ce_id", "x"])
TEXTS = st.none() | st.binary() | st.sampled_from([STRUCTURED[1], b"1.0"])


@given(
    key=st.none() | st.binary(max_size=40) | st.just(KEY),
    value=st.none() | st.binary() | VALUES,
    headers=st.lists(st.tuples(NAMES, TEXTS)),
)
def test_no_bytes_make_it_fail_otherwise(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    with pytest.raises(REFUSALS):
        read_message(RawMessage(key, value, headers), now=NOW)
