"""JSON Schema (2020-12) of every event by its stored name, read from the types themselves.

A schema shows a touchpoint flat, as Majung knows it. Each property says where it travels in a CloudEvent
(`x-majung-cloudevents`: the attribute's name, or `data`), and of what kind it is if it is sealed before it is stored
(`x-majung-sealed`). A code list says which version brought the codes that the first one lacks (`x-majung-since`).
A shape that a newer one took the place of is `deprecated`, and says which (`x-majung-newest`): it is still accepted.
"""

from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import EnumSchema

import domain.events  # noqa: F401 (defining the types fills the registry)
from domain.cloud_events import ATTRIBUTE_OF
from domain.codes import CURRENT, FIRST, CodeList
from domain.nearest import nearest
from domain.touchpoint import Touchpoint
from domain.versions import is_superseded, newest_of

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class NoSuchSchema(LookupError):
    """No event has this stored name."""


def stored_names() -> list[str]:
    """The stored names of all events, in alphabetical order."""
    return sorted(Touchpoint.registry)


def schema_of(stored_name: str) -> dict[str, Any]:
    """The schema of one event as JSON values. Raises NoSuchSchema, which names the nearest."""
    kind = Touchpoint.registry.get(stored_name)
    if kind is None:
        # Of an event that is named without its version, the newest comes first.
        near = nearest(stored_name, reversed(stored_names()))
        hint = f"did you mean {near}?" if near else "`majung schema list` has them all"
        raise NoSuchSchema(f"no event is stored as {stored_name!r}; {hint}")
    schema = kind.model_json_schema(schema_generator=_Generator)
    for name, field in schema["properties"].items():
        field["x-majung-cloudevents"] = ATTRIBUTE_OF.get(name, "data")
        if name in kind.sealed_fields:
            field["x-majung-sealed"] = kind.sealed_fields[name]
    head = {"$schema": DIALECT, "$id": f"urn:majung:schema:{stored_name}", "title": stored_name}
    newer = {"deprecated": True, "x-majung-newest": newest_of(stored_name)} if is_superseded(kind) else {}
    told = {key: schema[key] for key in schema if key != "title"}
    return head | {"x-majung-command": kind.is_command, **newer, **told}


class _Generator(GenerateJsonSchema):
    """Pydantic's own schemas, with versions on code lists and without titles that only repeat a name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def enum_schema(self, schema: EnumSchema) -> dict[str, Any]:
        described = super().enum_schema(schema)
        if issubclass(schema["cls"], CodeList):
            described["x-majung-code-list-version"] = CURRENT
            if later := {code.value: code.since for code in schema["cls"] if code.since > FIRST}:
                described["x-majung-since"] = later
        return described
