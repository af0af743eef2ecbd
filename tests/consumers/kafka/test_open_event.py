"""What is published of an event: everything open, and of what is sealed the names."""

from uuid import UUID

import orjson
import pytest

from consumers.kafka.open_event import headers_of, key_of, open_event, sealed_names
from domain.cloud_events import ATTRIBUTE_OF, cloud_event
from domain.network import NAMES_ANOTHER
from domain.touchpoint import Touchpoint
from replay.journal import Journal
from replay.mapper import UnknownStoredName, has_sealed
from replay.messages.published import OpenRow, open_rows
from tests.examples import (
    EXAMPLES,
    OTHER_PARTICIPANT,
    PARTICIPANT,
    call_received,
    store_visited,
    tie_reported,
    touchpoint_corrected,
)


def stored(journal: Journal, event: Touchpoint) -> OpenRow:
    journal.record([event])
    with journal.database.read() as connection:
        [row] = open_rows(connection, 0, 0, 10)
    return row


@pytest.mark.parametrize("event", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_an_open_event_is_the_canonical_one_without_what_is_sealed(journal: Journal, event: Touchpoint) -> None:
    told = orjson.loads(open_event(stored(journal, event)))
    expected = cloud_event(event)
    withheld = {*event.sealed_fields, NAMES_ANOTHER}
    expected["data"] = {name: value for name, value in expected["data"].items() if name not in withheld}
    if event.stored_as == touchpoint_corrected.stored_as:
        del expected["data"]["replacement"]["note"]
    extensions = {"eventid": str(event.event_id)}
    if has_sealed(event):
        extensions["sealed"] = ",".join(sealed_names(event.stored_as, expected["data"].get("replacement_type")))
    assert told == expected | extensions
    assert set(told) <= {"specversion", "type", "datacontenttype", "data", *ATTRIBUTE_OF.values(), *extensions}


def test_whom_a_tie_leads_to_does_not_go_out_by_a_correction_either(journal: Journal) -> None:
    told = {"tie_id": "tie-1", "kind": "friend", "alter_id": str(OTHER_PARTICIPANT)}
    correction = touchpoint_corrected.replaced(replacement_type=tie_reported.stored_as, replacement=told)
    published = open_event(stored(journal, correction))
    assert orjson.loads(published)["data"]["replacement"] == {"tie_id": "tie-1"}
    assert str(OTHER_PARTICIPANT).encode() not in published


def test_an_event_that_states_nothing_sealed_names_nothing(journal: Journal) -> None:
    plain = call_received.replaced(note=None)
    assert "sealed" not in orjson.loads(open_event(stored(journal, plain)))


def test_a_correction_names_what_its_replacement_may_seal() -> None:
    names = sealed_names(touchpoint_corrected.stored_as, store_visited.stored_as)
    assert names == ("note", "reason", "replacement.note", "replacement.nickname")


def test_an_event_goes_by_its_person_and_tells_its_place(journal: Journal) -> None:
    row = stored(journal, call_received)
    assert UUID(key_of(row).decode()) == PARTICIPANT
    told = dict(headers_of(row, 3))
    assert (told["shard"], told["position"]) == (b"3", b"1")
    assert told["content-type"] == b"application/cloudevents+json; charset=UTF-8"
    assert told["recorded_at"].endswith(b"Z")


def test_a_type_of_a_newer_release_is_not_guessed_at(journal: Journal) -> None:
    with pytest.raises(UnknownStoredName):
        open_event(stored(journal, call_received)._replace(topic="call-received.v99"))
