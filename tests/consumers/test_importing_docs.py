"""docs/importing.md: its examples run, and it knows every code and every key."""

import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from consumers.tables import row_errors
from consumers.tables.file import touchpoints
from consumers.tables.mapping import CsvMapping, EventMapping, parse_mapping
from consumers.tables.values import FieldSource
from consumers.units import Read
from domain import refusals
from domain.events import FollowUpScheduled, StoreVisited
from domain.intake import read_event

NOW = datetime(2025, 12, 31, tzinfo=UTC)
PAGE = (Path(__file__).parents[2] / "docs" / "importing.md").read_text("utf-8")


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None, f"the page has no {language} example"
    return found[1]


def test_the_example_of_a_cloud_event_is_read() -> None:
    event = read_event(example("json").encode(), now=NOW)
    assert isinstance(event, StoreVisited)
    assert event.stay_minutes == 40


def test_the_example_of_a_mapping_makes_of_its_table_what_the_page_says() -> None:
    units = list(touchpoints(BytesIO(example("csv").encode()), parse_mapping(example("toml")), now=NOW))
    events = [unit.event for unit in units if isinstance(unit, Read)]
    assert len(events) == len(units)
    assert [type(event) for event in events] == [StoreVisited, FollowUpScheduled, StoreVisited]
    assert events[2].note == "라면, 두 개"
    assert (events[0].site, events[0].organisation) == ("gwanak", "gwanak-welfare-centre")


def test_every_code_of_a_reject_is_on_the_page() -> None:
    classes = [kind for kind in (*vars(refusals).values(), *vars(row_errors).values()) if isinstance(kind, type)]
    codes = {str(vars(kind)["code"]) for kind in classes if "code" in vars(kind)} - {"refused", "rejected"}
    assert len(codes) == 22
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()


def test_every_key_of_a_mapping_is_on_the_page() -> None:
    keys = {
        field.alias or name
        for model in (CsvMapping, EventMapping, FieldSource)
        for name, field in model.model_fields.items()
    }
    assert {key for key in keys - {"event"} if not re.search(rf"\b{key}\b", PAGE)} == set()
