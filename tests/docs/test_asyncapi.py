"""docs/asyncapi.json says what the types say, and what is sent is what it says."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from consumers.kafka.open_event import open_event
from consumers.kafka.parked_event import events_of
from consumers.kafka.topics import TOPICS
from docs.write_asyncapi import FILE, asyncapi_json
from domain.cloud_events import ATTRIBUTE_OF, cloud_event
from domain.network import NAMES_ANOTHER
from domain.schema import schema_of, stored_names
from domain.touchpoint import Touchpoint
from projections.current_journey import current_journey
from projections.journey import journey
from replay.journal import Journal
from replay.messages import parked
from replay.messages.parked import RawMessage, ToPark
from replay.messages.published import open_rows
from tests.examples import EXAMPLES, call_received
from tests.given import given

DOCUMENT: dict[str, Any] = orjson.loads(FILE.read_bytes())
MESSAGES = DOCUMENT["components"]["messages"]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
PRODUCED = [name for name in stored_names() if not Touchpoint.registry[name].is_command]
FORMATS = FormatChecker()
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@FORMATS.checks("date-time", raises=ValueError)
def is_an_instant(told: object) -> bool:
    """Ours, since the checker's own is there with an extra only, and lets everything pass without it."""
    return not isinstance(told, str) or bool(_INSTANT.fullmatch(told) and datetime.fromisoformat(told))


def validate(message: str, told: object) -> None:
    pointer = f"#/components/messages/{message}/payload"
    is_as({"$ref": pointer, "components": DOCUMENT["components"]}, told)


def is_as(schema: dict[str, Any], told: object) -> None:
    """Formats count too, as they do for a reader who checks them."""
    Draft7Validator(schema, format_checker=FORMATS).validate(told)


def test_the_document_is_up_to_date() -> None:
    """After a change to a type, run `make docs`."""
    assert FILE.read_text(encoding="utf-8") == asyncapi_json()


def test_it_is_an_asyncapi_document_whose_references_all_lead_somewhere() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert set(DOCUMENT["info"]) >= {"title", "version"}
    references = list(told_as("$ref", DOCUMENT))
    assert references
    for pointer in references:
        place: Any = DOCUMENT
        for part in pointer.removeprefix("#/").split("/"):
            place = place[part]
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in ("send", "receive")
    for channel in DOCUMENT["channels"].values():
        assert all(
            message["$ref"].removeprefix("#/components/messages/") in MESSAGES
            for message in channel["messages"].values()
        )


def test_its_schemas_are_schemas_and_every_format_in_them_is_checked() -> None:
    schemas = [part for message in MESSAGES.values() for key in ("payload", "headers") if (part := message.get(key))]
    for schema in [*schemas, *DOCUMENT["components"]["schemas"].values()]:
        Draft7Validator.check_schema(schema)
    formats = set(told_as("format", DOCUMENT["components"]))
    assert formats
    # One that the checker does not know it would let pass, whatever is told.
    assert formats <= set(FORMATS.checkers)


def told_as(name: str, part: Any) -> Iterator[str]:
    """Every text under this name, however deep."""
    if isinstance(part, dict):
        if isinstance(part.get(name), str):
            yield part[name]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from told_as(name, inner)


def test_it_tells_of_every_event_out_and_of_everything_that_a_producer_may_tell_in() -> None:
    assert set(DOCUMENT["channels"]["journal"]["messages"]) == set(stored_names())
    assert set(DOCUMENT["channels"]["touchpoints"]["messages"]) == set(PRODUCED)
    others = {f"{channel}.{name}" for channel in ("parked", "journeys") for name in messages_of(channel)}
    assert len(others) == 4
    assert len(MESSAGES) == len(stored_names()) + len(PRODUCED) + len(others)


def messages_of(channel: str) -> set[str]:
    return set(DOCUMENT["channels"][channel]["messages"])


def test_every_topic_is_a_channel() -> None:
    assert {channel["address"] for channel in DOCUMENT["channels"].values()} == {topic.name for topic in TOPICS}


@pytest.mark.parametrize("name", [name for name, message in MESSAGES.items() if "examples" in message])
def test_an_example_is_as_its_schema_says(name: str) -> None:
    for example in MESSAGES[name]["examples"]:
        validate(name, example["payload"])
        is_as(MESSAGES[name]["headers"], example["headers"])


def test_what_is_told_of_parked_messages_is_valid(journal: Journal) -> None:
    raw = RawMessage(None, b"{", [])
    with journal.database.write() as connection:
        parked.park(connection, journal.vault, [ToPark("in", 0, 7, "unreadable", "it was wrong", raw)], NOW)
        parked.discard(connection, journal.vault, 1, reason="a test", by="worker-01", now=NOW)
    with journal.database.read() as connection:
        [found] = parked.unpublished(connection, NOW, limit=9, most_bytes=9)
    new, decided = events_of(found)
    validate("parked.message-parked.v1", orjson.loads(new.value or b""))
    validate("parked.parked-message-decided.v1", orjson.loads(decided.value or b""))
    with pytest.raises(ValidationError):
        validate("parked.message-parked.v1", orjson.loads(decided.value or b""))


def test_a_published_journey_is_valid_whatever_happened_to_the_person() -> None:
    rows = given(*EXAMPLES.values()).project(journey).rows
    assert rows
    value = current_journey(rows).model_dump_json()
    validate("journeys.journey", orjson.loads(value))
    with pytest.raises(ValidationError):
        validate("journeys.tombstone", orjson.loads(value))
    validate("journeys.tombstone", None)


@pytest.mark.parametrize("name", stored_names())
def test_a_payload_has_the_fields_of_its_schema_and_out_goes_nothing_sealed(name: str) -> None:
    schema = schema_of(name)
    own = {field for field in schema["properties"] if field not in ATTRIBUTE_OF}
    sealed = {*Touchpoint.registry[name].sealed_fields, NAMES_ANOTHER}
    out = data(f"journal.{name}")
    assert set(out["properties"]) == own - sealed
    assert set(out["required"]) == set(schema["required"]) & own - sealed
    if name in PRODUCED:
        told = data(f"touchpoints.{name}")
        assert set(told["properties"]) == own
        assert set(told["required"]) == set(schema["required"]) & own


def data(message: str) -> dict[str, Any]:
    found: dict[str, Any] = MESSAGES[message]["payload"]["allOf"][1]["properties"]["data"]
    return found


def test_what_is_told_and_what_is_published_is_valid(journal: Journal) -> None:
    for name in PRODUCED:
        validate(f"touchpoints.{name}", orjson.loads(orjson.dumps(cloud_event(EXAMPLES[name]))))
    journal.record(list(EXAMPLES.values()))
    with journal.database.read() as connection:
        rows = open_rows(connection, 0, 0, 1_000)
    assert len(rows) == len(EXAMPLES)
    for row in rows:
        validate(f"journal.{row.topic}", orjson.loads(open_event(row)))


@pytest.mark.parametrize("changed", [{"level": "no such level"}, {"note": "A text."}, {"channel": None}])
def test_what_is_not_as_it_says_is_invalid(changed: dict[str, Any]) -> None:
    told = orjson.loads(orjson.dumps(cloud_event(call_received.replaced(note=None))))
    told["eventid"] = str(call_received.event_id)
    validate("journal.call-received.v1", told)
    told["data"] |= changed
    with pytest.raises(ValidationError):
        validate("journal.call-received.v1", told)


@pytest.mark.parametrize(
    "changed", [{"time": "2026-03-01"}, {"time": "2026-02-30T09:00:00Z"}, {"subject": "somebody"}, {"eventid": "7"}]
)
def test_what_has_not_the_format_it_says_is_invalid(changed: dict[str, str]) -> None:
    told = orjson.loads(orjson.dumps(cloud_event(call_received.replaced(note=None))))
    told["eventid"] = str(call_received.event_id)
    validate("journal.call-received.v1", told)
    with pytest.raises(ValidationError):
        validate("journal.call-received.v1", told | changed)
