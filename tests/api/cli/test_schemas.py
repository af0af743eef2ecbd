"""`majung schema`: the events and their fields."""

import json

from domain.schema import schema_of, stored_names
from tests.api.cli.conftest import Terminal


def test_the_list_names_every_event_and_its_sealed_fields_without_any_database(bare: Terminal) -> None:
    rows = {row["name"]: row for row in bare.rows("schema", "list")}
    assert sorted(rows) == stored_names()
    assert "phone" in rows["participant-registered.v1"]["sealed"]
    assert rows["identities-linked.v1"]["told_by"] == "Majung"
    superseded = {name: row["superseded_by"] for name, row in rows.items() if row["superseded_by"]}
    assert superseded == {"discovery-attempted.v1": "discovery-attempted.v2"}


def test_a_schema_is_printed_as_json(bare: Terminal) -> None:
    assert json.loads(bare.run("schema", "show", "call-received.v1").stdout) == schema_of("call-received.v1")


def test_a_name_that_is_none_is_not_found_and_the_nearest_is_named(bare: Terminal) -> None:
    assert "call-received.v1" in bare.fails("schema", "show", "call-recieved.v1", code=4)
