"""Write docs/asyncapi.json from the types, what comes and goes by Kafka as AsyncAPI 3: `make docs`."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from consumers.kafka import parked_event
from consumers.kafka.open_event import EVENT_ID, SEALED
from consumers.kafka.parked_event import MessageParked, ParkedMessageDecided
from consumers.kafka.topics import JOURNAL, JOURNEYS, PARKED, TOUCHPOINTS
from docs.asyncapi_examples import JOURNEY_EXAMPLE, PARKED_EXAMPLES, Example
from domain.cloud_events import ATTRIBUTE_OF, EXTENSIONS, REQUIRED
from domain.network import NAMES_ANOTHER
from domain.schema import schema_of, stored_names
from domain.touchpoint import Touchpoint
from projections.current_journey import CurrentJourney

FILE = Path(__file__).with_name("asyncapi.json")

CLOUD_EVENT = "application/cloudevents+json"
ENVELOPE = "CloudEvent"
KEY = {"type": "string", "format": "uuid", "description": "The participant, the same as the event's subject."}
JOURNAL_HEADERS = {
    "type": "object",
    "required": ["content-type", "shard", "position", "recorded_at"],
    "properties": {
        "content-type": {"const": f"{CLOUD_EVENT}; charset=UTF-8"},
        "shard": {"type": "string", "pattern": "^[0-9]+$", "description": "Which part of the journal it is in."},
        "position": {
            "type": "string",
            "pattern": "^[0-9]+$",
            "description": "Its place in that shard. On every partition the first copies come in ascending order:"
            " drop what is not above the highest seen of its shard on its partition.",
        },
        "recorded_at": {"type": "string", "format": "date-time", "description": "When the journal took it, in UTC."},
    },
}
TOUCHPOINT_HEADERS = {
    "type": "object",
    "required": ["content-type"],
    "properties": {"content-type": {"type": "string", "pattern": f"^{CLOUD_EVENT.replace('+', '[+]')}"}},
}
PARKED_KEY = {"type": "string", "pattern": "^[0-9]+$", "description": "The number of the parked message."}
PARKED_HEADERS = {
    "type": "object",
    "required": ["content-type"],
    "properties": {"content-type": {"const": f"{CLOUD_EVENT}; charset=UTF-8"}},
}
JOURNEY_KEY = {
    "type": "string",
    "format": "uuid",
    "description": "The person's pseudonym; of linked ones that under which their rows stand.",
}
JOURNEY_HEADERS = {
    "type": "object",
    "required": ["content-type", "rule_version", "generation", "positions"],
    "properties": {
        "content-type": {"const": "application/json; charset=UTF-8"},
        "rule_version": {"type": "string", "description": "The stage rules."},
        "generation": {
            "type": "string",
            "pattern": "^[0-9]+$",
            "description": "Of the rows that it was made from: a replay makes the next.",
        },
        "positions": {
            "type": "string",
            "description": "How far these had come in the journal: a JSON array with a position for each shard.",
        },
    },
}
JOURNAL_EXTENSIONS = {
    EVENT_ID: {"type": "string", "format": "uuid", "description": "Majung's own id, which corrections refer to."},
    SEALED: {
        "type": "string",
        "description": "The sealed fields of this type, separated by commas. Present where any of them is stated; what"
        " they say, and which of them are, is not given here.",
    },
}


def asyncapi() -> dict[str, Any]:
    """The whole document."""
    names = stored_names()
    told = [name for name in names if not Touchpoint.registry[name].is_command]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Majung",
            "version": "1.0.0",
            "description": "Touchpoints in; out the journal, what parked, and journeys, with nothing sealed in it"
            " open.",
        },
        "defaultContentType": CLOUD_EVENT,
        "channels": {
            "touchpoints": _channel(TOUCHPOINTS, "What producers tell: late, twice or out of order is no harm.", told),
            "journal": _channel(JOURNAL, "Every stored event in the order of the journal, at least once.", names),
            "parked": _channel(
                PARKED,
                "Messages that did not become facts, sealed, and what was decided about each, at least once.",
                (parked_event.PARKED, parked_event.DECIDED),
            ),
            "journeys": _channel(
                JOURNEYS,
                "Everybody's journey, the newest by key (compacted). Off by default. Read it with"
                " isolation.level=read_committed: what was not committed was overtaken.",
                ("journey", "tombstone"),
            ),
        },
        "operations": {
            "receiveTouchpoints": {"action": "receive", "channel": {"$ref": "#/channels/touchpoints"}},
            "publishJournal": {"action": "send", "channel": {"$ref": "#/channels/journal"}},
            "publishParked": {"action": "send", "channel": {"$ref": "#/channels/parked"}},
            "publishJourneys": {"action": "send", "channel": {"$ref": "#/channels/journeys"}},
        },
        "components": {
            "messages": {
                **{f"touchpoints.{name}": _message(name, _touchpoint(name), TOUCHPOINT_HEADERS) for name in told},
                **{f"journal.{name}": _message(name, _journal_event(name), JOURNAL_HEADERS) for name in names},
                **_parked_messages(),
                **_journey_messages(),
            },
            "schemas": _schemas(names) | _model_schemas(MessageParked, ParkedMessageDecided, CurrentJourney),
        },
    }


def _channel(topic: str, description: str, names: Iterable[str]) -> dict[str, Any]:
    channel = topic.split(".")[1]
    messages = {name: {"$ref": f"#/components/messages/{channel}.{name}"} for name in names}
    return {"address": topic, "description": description, "messages": messages}


def _message(name: str, payload: dict[str, Any], headers: Mapping[str, Any]) -> dict[str, Any]:
    schema = schema_of(name)
    newest = {"x-majung-newest": schema["x-majung-newest"]} if "x-majung-newest" in schema else {}
    return {
        "name": name,
        "summary": " ".join(schema["description"].split()),
        **newest,
        "contentType": CLOUD_EVENT,
        "headers": headers,
        "payload": payload,
        "bindings": {"kafka": {"key": KEY, "bindingVersion": "0.5.0"}},
    }


def _parked_messages() -> dict[str, Any]:
    told: dict[str, type[BaseModel]] = {
        parked_event.PARKED: MessageParked,
        parked_event.DECIDED: ParkedMessageDecided,
    }
    return {
        f"parked.{name}": {
            "name": name,
            "summary": _summary(data),
            "contentType": CLOUD_EVENT,
            "headers": PARKED_HEADERS,
            "payload": _about_parked(name, data),
            "bindings": {"kafka": {"key": PARKED_KEY, "bindingVersion": "0.5.0"}},
            "examples": [_example(PARKED_EXAMPLES[name])],
        }
        for name, data in told.items()
    }


def _about_parked(name: str, data: type[BaseModel]) -> dict[str, Any]:
    properties = {
        "specversion": {"const": "1.0"},
        "type": {"const": name},
        "source": {"const": parked_event.SOURCE},
        "id": {"type": "string", "description": "The same where it comes again."},
        "subject": {"type": "string", "description": "The number of the parked message."},
        "time": {"type": "string", "format": "date-time", "description": "When it parked, or was decided."},
        "datacontenttype": {"const": "application/json"},
        "data": {"$ref": f"#/components/schemas/{data.__name__}"},
    }
    return {"type": "object", "required": list(properties), "additionalProperties": False, "properties": properties}


def _journey_messages() -> dict[str, Any]:
    bindings = {"kafka": {"key": JOURNEY_KEY, "bindingVersion": "0.5.0"}}
    shared = {"contentType": "application/json", "headers": JOURNEY_HEADERS, "bindings": bindings}
    return {
        "journeys.journey": {
            "name": "journey",
            "summary": _summary(CurrentJourney),
            **shared,
            "payload": {"$ref": f"#/components/schemas/{CurrentJourney.__name__}"},
            "examples": [_example(JOURNEY_EXAMPLE)],
        },
        "journeys.tombstone": {
            "name": "tombstone",
            "summary": "No value: nobody has a journey under this pseudonym any more.",
            **shared,
            "payload": {"type": "null"},
        },
    }


def _example(told: Example) -> dict[str, Any]:
    return {"headers": told.headers, "payload": told.payload}


def _summary(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _model_schemas(*models: type[BaseModel]) -> dict[str, Any]:
    """What these models and their parts look like as JSON; what may be null is stated as null."""
    schemas: dict[str, Any] = {}
    for model in models:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        schemas |= schema.pop("$defs", {}) | {model.__name__: schema}
    return schemas


def _touchpoint(name: str) -> dict[str, Any]:
    return _event(name, schema_of(name), {})


def _journal_event(name: str) -> dict[str, Any]:
    """Without what is sealed, which is not there, and without whom a tie leads to."""
    schema = schema_of(name)
    opened = {
        field: told
        for field, told in schema["properties"].items()
        if "x-majung-sealed" not in told and field != NAMES_ANOTHER
    }
    event = _event(name, schema | {"properties": opened}, JOURNAL_EXTENSIONS)
    event["allOf"][1]["required"].append(EVENT_ID)
    return event


def _event(name: str, schema: dict[str, Any], extensions: Mapping[str, Any]) -> dict[str, Any]:
    own = {field: _stated(told) for field, told in schema["properties"].items() if field not in ATTRIBUTE_OF}
    data = {
        "type": "object",
        "additionalProperties": False,
        "required": [field for field in schema["required"] if field in own],
        "properties": own,
    }
    properties = {"type": {"const": name}, **extensions, "data": data}
    particular = {"type": "object", "required": ["type", "data"], "properties": properties}
    return {"allOf": [{"$ref": f"#/components/schemas/{ENVELOPE}"}, particular]}


def _schemas(names: Iterable[str]) -> dict[str, Any]:
    schemas = {ENVELOPE: _envelope()}
    for name in names:
        for title, told in schema_of(name).get("$defs", {}).items():
            found = schemas.setdefault(title, _stated(told))
            assert found == _stated(told), f"{title} means two things"
    return schemas


def _envelope() -> dict[str, Any]:
    """The attributes that all types share."""
    fields = schema_of("call-received.v1")["properties"]
    attributes = {name: _stated(fields[field]) for name, field in (REQUIRED | EXTENSIONS).items()}
    fixed = {"specversion": {"const": "1.0"}, "datacontenttype": {"const": "application/json"}}
    required = ["specversion", "type", *REQUIRED]
    return {"type": "object", "required": required, "properties": {**fixed, "type": {"type": "string"}, **attributes}}


def _stated(schema: Any) -> Any:
    """A schema of what is stated: what may be null is left out instead, and shared parts are the document's."""
    if isinstance(schema, list):
        return [_stated(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        schema = schema | {"$ref": schema["$ref"].replace("#/$defs/", "#/components/schemas/")}
    if {"type": "null"} in schema.get("anyOf", []):
        options = [option for option in schema["anyOf"] if option != {"type": "null"}]
        others = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
        schema = others | (options[0] if len(options) == 1 else {"anyOf": options})
        return _stated(schema)
    return {key: _stated(value) for key, value in schema.items()}


def asyncapi_json() -> str:
    """The document as text."""
    return json.dumps(asyncapi(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(asyncapi_json(), encoding="utf-8")
