"""How far an event of the journal is opened."""

from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.wiring import MODELS
from domain.touchpoint import Touchpoint
from replay.mapper import decode, encode, has_sealed, uuid_of
from replay.reading import Needs
from replay.vault import ParticipantKey
from tests.examples import EXAMPLES

KEY = ParticipantKey(1, AESGCM(bytes(32)), bytes(32), bytes(5))
PLAIN = [
    event for event in EXAMPLES.values() if event.stored_as not in ("touchpoint-corrected.v1", "touchpoint-voided.v1")
]


@pytest.mark.parametrize("event", PLAIN, ids=lambda event: event.stored_as)
def test_an_event_decoded_without_keys_keeps_its_sealed_fields_sealed(event: Touchpoint) -> None:
    row = encode(event, {event.participant_id.bytes: KEY})

    found = decode(row, None, event.participant_id)

    assert type(found) is type(event)
    assert found.event_id == event.event_id
    read = {name: getattr(found, name) for name in type(event).model_fields if name not in event.sealed_fields}
    assert read == {name: getattr(event, name) for name in read}
    for name in event.sealed_fields if row.sealed else ():
        with pytest.raises(AttributeError):
            getattr(found, name)


def test_what_no_fold_reads_sealed_is_not_opened_by_a_replay() -> None:
    needs = Needs.of(MODELS)

    assert needs.sealed < needs.contents
    assert not needs.sealed & {"participant-registered.v1", "call-received.v1", "store-visited.v1"}


def test_the_examples_that_can_be_sealed_are() -> None:
    assert sum(map(has_sealed, PLAIN)) > 20


def test_an_id_from_its_bytes_is_the_id() -> None:
    made = UUID("0f9d1bde-6d3c-4c35-8a05-2f1f3a5b7c11")

    assert uuid_of(made.bytes) == made
    assert hash(uuid_of(made.bytes)) == hash(made)
    assert repr(uuid_of(made.bytes)) == repr(made)
