"""Whatever was stored once can be read for ever."""

from pathlib import Path

import orjson
import pytest

from domain.touchpoint import Touchpoint
from domain.versions import newest_of, present, superseded_names
from projections.timeline import happenings, timeline
from tests.conftest import MODELS
from tests.examples import EXAMPLES
from tests.given import given
from tests.golden import FOLDER, loaded, path_of, stored
from tests.golden.__main__ import write_missing

FILES = sorted(FOLDER.glob("*.json"))


def test_every_stored_name_has_a_golden_file() -> None:
    """A new event needs one: run `python -m tests.golden`, and read what it wrote."""
    missing = [name for name in Touchpoint.registry if not path_of(name).exists()]
    assert not missing


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_stored_event_still_loads_as_its_example(file: Path) -> None:
    golden = orjson.loads(file.read_bytes())
    event = loaded(golden)
    assert event == present(EXAMPLES[file.stem])
    assert str(event.event_id) == golden["event_id"]
    assert event.stored_as == golden["topic"] == file.stem


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_was_sealed_once_is_still_sealed(file: Path) -> None:
    golden = orjson.loads(file.read_bytes())
    opened, sealed = loaded(golden).parts()
    assert set(golden["sealed"]) <= set(sealed)
    assert not set(golden["sealed"]) & set(opened) - {"replacement"}


@pytest.mark.parametrize("name", sorted(superseded_names()))
def test_what_is_still_told_in_an_older_version_is_stored_as_it_was_then(name: str) -> None:
    assert stored(EXAMPLES[name]) == orjson.loads(path_of(name).read_bytes())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_read_model_folds_every_version_that_was_ever_stored(file: Path) -> None:
    history = given(loaded(orjson.loads(file.read_bytes()))).history()
    for model in MODELS:
        assert all(type(row) is model.row for row in model.fold(history))
    assert [happened.topic for row in timeline.fold(history) for happened in happenings(row)] == [
        fact.event.stored_as for fact in history.facts
    ]


def test_every_read_model_folds_all_that_was_ever_stored_as_one_life() -> None:
    history = given(*(loaded(orjson.loads(file.read_bytes())) for file in FILES)).history()
    rows = {model.name: model.fold(history) for model in MODELS}
    assert all(rows[name] for name in ("timeline", "journey", "wellbeing", "relationships", "concerns"))
    told = {happened.topic for row in timeline.fold(history) for happened in happenings(row)}
    assert told >= superseded_names() | {newest_of(name) for name in superseded_names()}


def test_a_golden_file_is_never_written_anew(tmp_path: Path) -> None:
    path_of("call-received.v1", tmp_path).write_text("as it was")
    assert set(write_missing(tmp_path)) == EXAMPLES.keys() - {"call-received.v1"}
    assert path_of("call-received.v1", tmp_path).read_text() == "as it was"
    assert write_missing(tmp_path) == []
