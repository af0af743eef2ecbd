"""Whatever was stored once can be read for ever."""

from pathlib import Path

import orjson
import pytest

from domain.touchpoint import Touchpoint
from tests.examples import EXAMPLES
from tests.golden import FOLDER, loaded, path_of
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
    assert event == EXAMPLES[file.stem]
    assert str(event.event_id) == golden["event_id"]
    assert event.stored_as == golden["topic"] == file.stem


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_was_sealed_once_is_still_sealed(file: Path) -> None:
    golden = orjson.loads(file.read_bytes())
    opened, sealed = loaded(golden).parts()
    assert set(golden["sealed"]) <= set(sealed)
    assert not set(golden["sealed"]) & set(opened) - {"replacement"}


def test_a_golden_file_is_never_written_anew(tmp_path: Path) -> None:
    path_of("call-received.v1", tmp_path).write_text("as it was")
    assert set(write_missing(tmp_path)) == EXAMPLES.keys() - {"call-received.v1"}
    assert path_of("call-received.v1", tmp_path).read_text() == "as it was"
    assert write_missing(tmp_path) == []
