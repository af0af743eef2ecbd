"""How far an event of the journal is opened."""

from uuid import UUID

from replay.mapper import has_sealed, uuid_of
from tests.examples import EXAMPLES, touchpoint_corrected

PLAIN = [
    event for event in EXAMPLES.values() if event.stored_as not in ("touchpoint-corrected.v1", "touchpoint-voided.v1")
]


def test_the_examples_that_can_be_sealed_are() -> None:
    assert sum(map(has_sealed, PLAIN)) > 20


def test_a_correction_is_sealed_where_its_replacement_hides_something() -> None:
    told = {name: value for name, value in touchpoint_corrected.replacement.items() if name != "note"}
    bare = touchpoint_corrected.replaced(note=None, reason=None)
    assert has_sealed(bare)
    assert not has_sealed(bare.replaced(replacement=told))


def test_an_id_from_its_bytes_is_the_id() -> None:
    made = UUID("0f9d1bde-6d3c-4c35-8a05-2f1f3a5b7c11")

    assert uuid_of(made.bytes) == made
    assert hash(uuid_of(made.bytes)) == hash(made)
    assert repr(uuid_of(made.bytes)) == repr(made)
