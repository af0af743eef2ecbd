"""The published schema of every event: each example fits its own, and what is sealed says so."""

import re
import subprocess
import sys

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from domain.schema import NoSuchSchema, schema_of, stored_names
from domain.touchpoint import Touchpoint
from tests.examples import EXAMPLES, call_received

every_example = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())


def faults(event: dict[str, object], stored_name: str) -> list[str]:
    validator = Draft202012Validator(schema_of(stored_name), format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(event)]


def test_every_event_has_a_schema() -> None:
    assert stored_names() == sorted(EXAMPLES)


def test_the_schemas_are_there_without_another_import() -> None:
    program = "from domain.schema import stored_names; print(len(stored_names()))"
    assert int(subprocess.check_output([sys.executable, "-c", program], text=True)) == len(EXAMPLES)


@every_example
def test_every_schema_is_a_schema(example: Touchpoint) -> None:
    schema = schema_of(example.stored_as)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:majung:schema:{example.stored_as}"
    assert schema["description"]


@every_example
def test_every_example_fits_its_schema(example: Touchpoint) -> None:
    assert faults(example.model_dump(mode="json"), example.stored_as) == []


@every_example
def test_an_event_without_its_optional_fields_fits_too(example: Touchpoint) -> None:
    required = schema_of(example.stored_as)["required"]
    assert faults(example.model_dump(mode="json", include=set(required)), example.stored_as) == []


@every_example
def test_a_schema_marks_what_is_sealed_and_where_each_field_travels(example: Touchpoint) -> None:
    properties = schema_of(example.stored_as)["properties"]
    sealed = {name: field["x-majung-sealed"] for name, field in properties.items() if "x-majung-sealed" in field}
    assert sealed == dict(example.sealed_fields)
    travels = {name: field["x-majung-cloudevents"] for name, field in properties.items()}
    own = set(type(example).model_fields) - set(Touchpoint.model_fields) | {"note"}
    assert {name for name, attribute in travels.items() if attribute == "data"} == own
    assert (travels["participant_id"], travels["occurred_at"], travels["source_id"]) == ("subject", "time", "id")


@pytest.mark.parametrize(
    "change", [{"level": "shouting"}, {"duration_seconds": -1}, {"mood": "good"}, {"site": "a\nb"}]
)
def test_what_the_type_refuses_does_not_fit_its_schema(change: dict[str, object]) -> None:
    assert faults(call_received.model_dump(mode="json") | change, "call-received.v1")


def test_a_code_that_came_later_says_since_when() -> None:
    category = schema_of("prescription-issued.v1")["$defs"]["PrescriptionCategory"]
    assert category["x-majung-code-list-version"] == "2025-08"
    assert category["x-majung-since"] == {"emotional_healing": "2025-08"}


def test_a_command_says_that_no_producer_may_send_it() -> None:
    assert schema_of("identities-linked.v1")["x-majung-command"] is True
    assert schema_of("call-received.v1")["x-majung-command"] is False


def test_a_version_that_a_newer_one_took_the_place_of_says_so() -> None:
    older, newer = schema_of("discovery-attempted.v1"), schema_of("discovery-attempted.v2")
    assert (older["deprecated"], older["x-majung-newest"]) == (True, "discovery-attempted.v2")
    assert not {"deprecated", "x-majung-newest"} & newer.keys()
    assert "about" in newer["properties"].keys() - older["properties"].keys()


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("call-recieved.v1", "call-received.v1"),
        ("CallReceived", "call-received.v1"),
        ("call-received.v9", "call-received.v1"),
        ("discovery-attempted", "discovery-attempted.v2"),
    ],
)
def test_an_unknown_stored_name_is_refused_with_the_nearest(told: str, meant: str) -> None:
    with pytest.raises(NoSuchSchema, match=re.escape(f"did you mean {meant}?")):
        schema_of(told)


def test_where_none_is_near_it_says_where_all_are() -> None:
    with pytest.raises(NoSuchSchema, match="majung schema list"):
        schema_of("xxxxxxxxxxxx")
