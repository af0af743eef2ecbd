"""Write docs/events.md from the types: `make docs`."""

from pathlib import Path
from typing import Any

from domain.cloud_events import ATTRIBUTE_OF
from domain.schema import schema_of, stored_names

PAGE = Path(__file__).with_name("events.md")

HEAD = """\
# Every event

Written from the types by `make docs`; a test fails when it is not up to date. The JSON Schema of each is printed by
`majung schema show NAME`.

A stored name never changes. A new shape gets a new version beside the old one, and what was stored is read for ever
([versions of events](versions.md)). A *superseded* version is still accepted and stored as it was told.
*Sealed* fields are encrypted with the participant's own key before they are stored: `identity` names or reaches
somebody, `clinical` says how they are. A *command* is what only Majung itself decides; it is refused from a producer.
"""

WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "object": "object",
    "uuid": "UUID",
    "date": "date",
    "date-time": "time with its offset",
}
BOUNDS = {"exclusiveMinimum": "above", "minimum": "from", "maximum": "to"}


def events_page() -> str:
    """The whole page."""
    envelope = schema_of("call-received.v1")["properties"]
    shared = [name for name in envelope if name in ATTRIBUTE_OF] + ["note"]
    parts = [HEAD, "## The envelope, shared by all\n", _table(schema_of("call-received.v1"), shared, attributes=True)]
    for stored_name in stored_names():
        schema = schema_of(stored_name)
        own = [name for name in schema["properties"] if name not in shared]
        command = " *Command.*" if schema["x-majung-command"] else ""
        newest = schema.get("x-majung-newest")
        superseded = f" *Superseded by `{newest}`.*" if newest else ""
        parts += [f"## {stored_name}\n", _one_line(schema["description"]) + command + superseded + "\n"]
        parts += [_table(schema, own, attributes=False)] if own else []
    return "\n".join(parts)


def _table(schema: dict[str, Any], names: list[str], *, attributes: bool) -> str:
    head = ["Field", "CloudEvents", "Value", "Sealed", ""] if attributes else ["Field", "Value", "Sealed", ""]
    lines = [head, ["---"] * len(head)]
    for name in names:
        field = schema["properties"][name]
        travels = [field["x-majung-cloudevents"]] if attributes else []
        required = " (required)" if name in schema["required"] else ""
        sealed = field.get("x-majung-sealed", "")
        lines.append(
            [f"`{name}`{required}", *travels, _value(field, schema), sealed, _one_line(field.get("description", ""))]
        )
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def _value(field: dict[str, Any], schema: dict[str, Any]) -> str:
    """What a field takes, in few words."""
    if "$ref" in field:
        return _value(schema["$defs"][field["$ref"].rpartition("/")[2]], schema)
    if "anyOf" in field:
        return _value(next(option for option in field["anyOf"] if option != {"type": "null"}), schema)
    if "enum" in field:
        since = field.get("x-majung-since", {})
        return ", ".join(f"`{code}`" + (f" since {since[code]}" if code in since else "") for code in field["enum"])
    if field.get("type") == "array":
        return "list: " + _value(field["items"], schema)
    if field.get("type") == "object" and "properties" in field:
        return "objects with " + ", ".join(f"`{name}`" for name in field["properties"])
    return _plain(field)


def _plain(field: dict[str, Any]) -> str:
    kind = WORDS.get(field.get("format", field.get("type", "")), "any JSON value")
    if "maxLength" in field:
        return f"{kind} of at most {field['maxLength']:,} characters"
    bounds = [f"{word} {field[key]:,}" for key, word in BOUNDS.items() if key in field]
    return " ".join([kind, *bounds])


def _one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    PAGE.write_text(events_page(), encoding="utf-8")
