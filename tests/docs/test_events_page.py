"""docs/events.md says what the types say."""

from docs.write_events import PAGE, events_page
from domain.touchpoint import Touchpoint
from tests.examples import EXAMPLES


def test_the_page_of_events_is_up_to_date() -> None:
    """After a change to a type, run `make docs`."""
    assert PAGE.read_text(encoding="utf-8") == events_page()


def test_the_page_tells_of_every_event_and_every_field() -> None:
    envelope, *sections = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    told = {section.partition("\n")[0]: section for section in sections}
    assert told.keys() == EXAMPLES.keys()
    for stored_name, kind in Touchpoint.registry.items():
        missing = [name for name in kind.model_fields if f"`{name}`" not in envelope + told[stored_name]]
        assert not missing, f"{stored_name}: {missing}"
