"""docs/asyncapi.json says what the types say, and what is sent is what it says."""

from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from consumers.kafka.open_event import open_event
from docs.write_asyncapi import FILE, asyncapi_json
from domain.cloud_events import ATTRIBUTE_OF, cloud_event
from domain.schema import schema_of, stored_names
from domain.touchpoint import Touchpoint
from replay.journal import Journal
from replay.published import open_rows
from tests.examples import EXAMPLES, call_received

DOCUMENT: dict[str, Any] = orjson.loads(FILE.read_bytes())
MESSAGES = DOCUMENT["components"]["messages"]
PRODUCED = [name for name in stored_names() if not Touchpoint.registry[name].is_command]


def validate(message: str, told: object) -> None:
    pointer = f"#/components/messages/{message}/payload"
    Draft7Validator({"$ref": pointer, "components": DOCUMENT["components"]}).validate(told)


def test_the_document_is_up_to_date() -> None:
    """After a change to a type, run `make docs`."""
    assert FILE.read_text(encoding="utf-8") == asyncapi_json()


def test_it_is_an_asyncapi_document_whose_references_all_lead_somewhere() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert set(DOCUMENT["info"]) >= {"title", "version"}
    references = list(referred(DOCUMENT))
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


def referred(part: Any) -> Any:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from referred(inner)


def test_it_tells_of_every_event_out_and_of_everything_that_a_producer_may_tell_in() -> None:
    assert set(DOCUMENT["channels"]["journal"]["messages"]) == set(stored_names())
    assert set(DOCUMENT["channels"]["touchpoints"]["messages"]) == set(PRODUCED)
    assert len(MESSAGES) == len(stored_names()) + len(PRODUCED)


@pytest.mark.parametrize("name", stored_names())
def test_a_payload_has_the_fields_of_its_schema_and_out_goes_nothing_sealed(name: str) -> None:
    schema = schema_of(name)
    own = {field for field in schema["properties"] if field not in ATTRIBUTE_OF}
    sealed = set(Touchpoint.registry[name].sealed_fields)
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
