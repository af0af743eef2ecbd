"""Versions of an event: an older one is read in the present shape, loses nothing, and keeps the name it bears."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cloud_events import cloud_event
from domain.codes import DiscoveryOutcome
from domain.events import CallReceived, DiscoveryAttempted, DiscoveryAttemptedV1, TouchpointCorrected
from domain.touchpoint import Touchpoint
from domain.versions import (
    alike,
    event_of,
    is_superseded,
    names_of,
    newest_of,
    present,
    superseded_names,
    versions_of,
)
from tests.examples import (
    EXAMPLES,
    call_received,
    discovery_attempted,
    discovery_attempted_v1,
    touchpoint_corrected,
)

SUPERSEDED = sorted(superseded_names())
V1, V2 = "discovery-attempted.v1", "discovery-attempted.v2"


def fields(event: Touchpoint) -> dict[str, Any]:
    return {name: getattr(event, name) for name in type(event).model_fields}


@pytest.mark.parametrize("event", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_every_event_is_read_in_the_newest_version_of_it_under_the_name_it_was_told_under(event: Touchpoint) -> None:
    found = present(event)
    assert type(found) is Touchpoint.registry[newest_of(event.stored_as)]
    assert found.stored_as == event.stored_as
    assert found.event_id == event.event_id
    assert present(found) is found


@pytest.mark.parametrize("name", SUPERSEDED)
def test_a_newer_version_says_of_the_fields_it_kept_what_the_older_one_said(name: str) -> None:
    told = fields(EXAMPLES[name])
    read = fields(present(EXAMPLES[name]))
    assert {field: read[field] for field in told if field in read} == {
        field: value for field, value in told.items() if field in read
    }


@pytest.mark.parametrize("name", SUPERSEDED)
def test_what_was_sealed_in_an_older_version_is_sealed_in_the_newer_ones(name: str) -> None:
    older, newest = Touchpoint.registry[name], Touchpoint.registry[newest_of(name)]
    kept = older.model_fields.keys() & newest.model_fields.keys()
    assert {field: older.sealed_fields.get(field) for field in kept} == {
        field: newest.sealed_fields.get(field) for field in kept
    }
    assert older.is_command == newest.is_command


def test_of_all_versions_of_an_event_the_newest_alone_is_the_present_one() -> None:
    for name, kind in Touchpoint.registry.items():
        assert is_superseded(kind) == (name != newest_of(name))
    assert {name for name, kind in Touchpoint.registry.items() if is_superseded(kind)} == set(SUPERSEDED)
    numbers = [[int(version.rpartition(".v")[2]) for version in versions_of(name)] for name in Touchpoint.registry]
    assert all(found == list(range(1, len(found) + 1)) for found in numbers)


@given(
    st.builds(
        DiscoveryAttemptedV1,
        participant_id=st.uuids(version=4),
        occurred_at=st.just(discovery_attempted.occurred_at),
        source=st.sampled_from(["a", "b"]),
        source_id=st.sampled_from(["1", "2"]),
        site=st.none() | st.sampled_from(["gwanak", "dobong"]),
        note=st.none() | st.sampled_from(["one", "another"]),
        outcome=st.sampled_from(DiscoveryOutcome),
    ),
    st.sampled_from(DiscoveryOutcome),
)
def test_an_attempt_told_in_the_first_version_loses_nothing_and_gains_nothing(
    told: DiscoveryAttemptedV1, other: DiscoveryOutcome
) -> None:
    read = present(told)
    assert isinstance(read, DiscoveryAttempted)
    assert read.about is None
    assert read.parts() == told.parts()
    assert {name: value for name, value in fields(read).items() if name != "about"} == fields(told)
    assert (present(told.replaced(outcome=other)) == read) == (other == told.outcome)


def test_a_read_event_that_is_told_on_is_told_in_the_version_it_is_in() -> None:
    read = present(discovery_attempted_v1)
    assert (read.stored_as, cloud_event(read)["type"]) == (V1, V2)
    assert read.replaced(outcome="refused").stored_as == V2
    assert cloud_event(discovery_attempted_v1)["type"] == V1


@pytest.mark.parametrize(("replacement_type", "about"), [(V1, None), (V2, "other")])
@pytest.mark.parametrize("target", [discovery_attempted_v1, discovery_attempted, call_received])
def test_a_correction_in_any_version_of_a_target_in_any_version_is_read_in_the_present_one(
    target: Touchpoint, replacement_type: str, about: str | None
) -> None:
    stated = {"outcome": "refused", "note": "At the door."} | ({"about": about} if about else {})
    correction = touchpoint_corrected.replaced(
        target_event_id=target.event_id, replacement_type=replacement_type, replacement=stated
    )
    assert isinstance(correction, TouchpointCorrected)
    found = correction.corrected(target)
    assert isinstance(found, DiscoveryAttempted)
    assert (found.outcome, found.about, found.note) == ("refused", about, "At the door.")
    assert (found.event_id, found.stored_as) == (target.event_id, replacement_type)
    assert correction.parts()[1]["replacement"] == {"note": "At the door."}


def test_a_replacement_is_held_to_the_version_it_names() -> None:
    with pytest.raises(ValueError, match="about"):
        touchpoint_corrected.replaced(replacement_type=V1, replacement={"outcome": "refused", "about": "other"})


def test_who_asks_for_one_version_of_an_event_asks_for_all() -> None:
    assert alike([V1]) == alike([V2]) == names_of([DiscoveryAttempted]) == {V1, V2}
    assert names_of([CallReceived]) == {"call-received.v1"}
    assert alike([]) == frozenset()
    assert event_of(V2) == "discovery-attempted"
