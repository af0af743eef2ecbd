"""What a person is given of their events, and that nothing about somebody else is among it."""

from typing import Any, get_args
from uuid import UUID

import pytest

from domain.events import TouchpointCorrected
from domain.subject_copy import WORKERS, Others, given, given_of_amendment, names_of_workers
from domain.touchpoint import Touchpoint
from domain.versions import present
from tests.examples import (
    EXAMPLES,
    HOUSEHOLD,
    OTHER_PARTICIPANT,
    PARTICIPANT,
    alert_acknowledged,
    call_received,
    concern_reported,
    discovery_attempted,
    discovery_attempted_v1,
    household_joined,
    household_left,
    identities_linked,
    identities_unlinked,
    measure_taken,
    peer_talk_held,
    tie_reported,
    touchpoint_corrected,
    touchpoint_voided,
    worker_assigned,
)

ALONE = Others(frozenset({PARTICIPANT}))
OWN_IDS = {"participant_id", "event_id", "target_event_id", "alert_event_id", "override_event_id"}
"""Fields of ids that are the person's own, or of an event of theirs."""


def fields(event: Touchpoint, others: Others = ALONE) -> dict[str, Any]:
    return given(event, others, event).fields


def withheld(event: Touchpoint, others: Others = ALONE) -> set[str]:
    return set(given(event, others, event).withheld)


def of_correction(target: Touchpoint, replacement: dict[str, Any], stored_as: str | None = None) -> TouchpointCorrected:
    assert isinstance(touchpoint_corrected, TouchpointCorrected)
    return touchpoint_corrected.replaced(
        target_event_id=target.event_id, replacement_type=stored_as or target.stored_as, replacement=replacement
    )


@pytest.mark.parametrize(
    ("event", "hidden"),
    [
        (tie_reported, {"alter_id"}),
        (peer_talk_held, {"activist_id"}),
        (identities_linked, {"other_id", "reason", "note"}),
        (identities_unlinked, {"other_id", "reason", "note"}),
        (household_joined, {"household_id"}),
        (household_left, {"household_id"}),
        (concern_reported, {"reporter", "where", "note"}),
        (call_received.replaced(about="other"), {"note"}),
        (call_received.replaced(about="household"), {"note"}),
    ],
    ids=lambda value: value.stored_as if isinstance(value, Touchpoint) else "",
)
def test_what_is_about_somebody_else_is_withheld_and_named(event: Touchpoint, hidden: set[str]) -> None:
    assert withheld(event) == hidden
    assert hidden.isdisjoint(fields(event))


def test_all_other_events_are_given_whole() -> None:
    decided = {"tie-reported.v1", "peer-talk-held.v1", "concern-reported.v1"} | {
        f"{name}.v1" for name in ("identities-linked", "identities-unlinked", "household-joined", "household-left")
    }
    for event in EXAMPLES.values():
        if event.stored_as in decided or event.stored_as.startswith(("touchpoint-corrected", "touchpoint-voided")):
            continue
        shown = given(event, ALONE, event)
        stated = {name for name in type(event).model_fields if getattr(event, name) is not None}
        assert shown.withheld == ()
        assert shown.fields.keys() == stated


def test_every_field_that_may_name_another_person_has_been_decided() -> None:
    """A new event with an id of somebody fails here until it is decided what the person is given of it."""
    for kind in Touchpoint.registry.values():
        for name, field in kind.model_fields.items():
            names_somebody = field.annotation is UUID or UUID in get_args(field.annotation) or name == "activist_id"
            if not names_somebody or name in OWN_IDS:
                continue
            assert name in {"alter_id", "activist_id", "other_id", "household_id"}
            [example] = [event for event in EXAMPLES.values() if type(event) is kind]
            assert name in withheld(example)


def test_what_a_person_told_of_a_tie_is_theirs() -> None:
    told = fields(tie_reported)
    assert (told["alter_label"], told["kind"], told["closeness"]) == ("From the walking group", "friend", 3)


def test_sealed_fields_are_opened() -> None:
    assert fields(measure_taken)["items"] == [3, 2, 2]
    assert fields(measure_taken)["note"] == "Told in one sentence."


def test_a_link_to_an_identity_of_ones_own_is_given_whole() -> None:
    both = Others(frozenset({PARTICIPANT, OTHER_PARTICIPANT}))
    assert withheld(identities_linked, both) == set()
    assert fields(identities_linked, both)["other_id"] == str(OTHER_PARTICIPANT)


def test_a_concern_of_an_official_is_given_whole() -> None:
    official = concern_reported.replaced(reporter="official")
    assert withheld(official) == set()


def test_only_a_worker_who_is_another_tracked_person_is_withheld() -> None:
    activist = str(OTHER_PARTICIPANT)
    event = worker_assigned.replaced(worker=activist, actor="worker-07")
    assert names_of_workers(event) == {activist, "worker-07"}
    assert withheld(event) == set()
    assert withheld(event, ALONE._replace(tracked={activist})) == {"worker"}
    assert fields(event, ALONE._replace(tracked={activist}))["actor"] == "worker-07"
    assert set(WORKERS) == {"actor", "to_actor", "worker"}


def test_of_a_voided_event_no_sealed_field_is_given_since_it_may_be_somebody_elses() -> None:
    shown = given(measure_taken, ALONE, None)
    assert set(shown.withheld) == {"items", "score", "note"}
    assert shown.fields["instrument"] == "UCLA-3"
    void = given_of_amendment(touchpoint_voided.replaced(note="whose"), ALONE, measure_taken, None)
    assert set(void.withheld) == {"reason", "note"}
    assert {"reason", "note"}.isdisjoint(void.fields)


def test_the_replacement_in_a_correction_withholds_what_its_type_withholds() -> None:
    assert tie_reported.stored_as == "tie-reported.v1"
    correction = of_correction(
        tie_reported, {"tie_id": "tie-1", "kind": "friend", "alter_id": str(OTHER_PARTICIPANT), "alter_label": "Mine"}
    )
    in_force = correction.corrected(tie_reported)
    shown = given_of_amendment(correction, ALONE, tie_reported, in_force)
    assert shown.fields["replacement"] == {"tie_id": "tie-1", "kind": "friend", "alter_label": "Mine"}
    assert shown.withheld == ("replacement.alter_id",)
    assert shown.fields["reason"] == "The level was set by mistake"
    assert "alter_id" in correction.replacement


def test_a_note_that_turned_out_to_be_about_somebody_else_is_withheld_of_the_first_version_too() -> None:
    correction = of_correction(
        call_received, {"channel": "phone", "outcome": "answered", "about": "other", "note": "The man next door"}
    )
    in_force = correction.corrected(call_received)
    assert given(call_received, ALONE, in_force).withheld == ("note",)
    shown = given_of_amendment(correction, ALONE, call_received, in_force)
    assert "note" not in shown.fields["replacement"]
    assert {"reason", "replacement.note"} <= set(shown.withheld)


def test_how_it_went_with_somebody_else_who_was_looked_for_is_withheld() -> None:
    assert withheld(discovery_attempted) == set()
    for about in ("other", "household"):
        assert withheld(discovery_attempted.replaced(about=about)) == {"outcome", "note"}
    told = present(discovery_attempted_v1)
    correction = of_correction(discovery_attempted, {"outcome": "refused", "about": "other", "note": "At the door"})
    assert set(given(told, ALONE, correction.corrected(told)).withheld) == {"outcome", "note"}


def test_words_of_a_correction_of_something_unknown_are_withheld() -> None:
    correction = of_correction(call_received, {"channel": "phone", "outcome": "answered"})
    assert "reason" in given_of_amendment(correction, ALONE, None, None).withheld


def test_no_other_persons_pseudonym_is_in_any_event() -> None:
    for event in EXAMPLES.values():
        if event.stored_as.startswith(("touchpoint-corrected", "touchpoint-voided")):
            continue
        text = str(fields(event))
        assert str(OTHER_PARTICIPANT) not in text
        assert str(HOUSEHOLD) not in text
        assert "activist-03" not in text


def test_an_event_of_ones_own_is_named() -> None:
    assert fields(alert_acknowledged)["alert_event_id"]
