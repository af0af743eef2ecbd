"""Every event: its stored name, its identity, what of it is sealed, and what is refused."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

import pytest
from pydantic import ValidationError
from pydantic_core import to_json

from domain.touchpoint import StoredNameTaken, Touchpoint, codes_newer_than_claimed
from tests.examples import EXAMPLES, call_received, measure_taken, prescription_issued, store_visited

STORED_NAMES = [
    "participant-registered.v1",
    "participant-updated.v1",
    "call-received.v1",
    "call-placed.v1",
    "concern-reported.v1",
    "discovery-attempted.v1",
    "crisis-escalated.v1",
    "alert-acknowledged.v1",
    "shift-handed-over.v1",
    "worker-assigned.v1",
    "worker-unassigned.v1",
    "store-visited.v1",
    "peer-talk-held.v1",
    "risk-assessed.v1",
    "measure-taken.v1",
    "measure-not-taken.v1",
    "prescription-issued.v1",
    "prescription-closed.v1",
    "session-attended.v1",
    "session-missed.v1",
    "counselling-held.v1",
    "direct-support-given.v1",
    "referral-sent.v1",
    "referral-accepted.v1",
    "referral-declined.v1",
    "referral-closed.v1",
    "tie-reported.v1",
    "tie-ended.v1",
    "network-surveyed.v1",
    "follow-up-scheduled.v1",
    "follow-up-done.v1",
    "follow-up-cancelled.v1",
    "activist-selected.v1",
    "training-completed.v1",
    "activity-performed.v1",
    "activist-stepped-down.v1",
    "consent-given.v1",
    "consent-withdrawn.v1",
    "processing-restricted.v1",
    "processing-resumed.v1",
    "rights-requested.v1",
    "rights-answered.v1",
    "journey-ended.v1",
    "identities-linked.v1",
    "identities-unlinked.v1",
    "household-joined.v1",
    "household-left.v1",
    "stage-overridden.v1",
    "override-ended.v1",
    "state-observed.v1",
    "touchpoint-corrected.v1",
    "touchpoint-voided.v1",
    "erasure-requested.v1",
    "erasure-confirmed.v1",
    "erasure-completed.v1",
    "data-disclosed.v1",
    "export-released.v1",
    "discovery-attempted.v2",
]
"""Warning: the journals in the field hold these names. Add to the list; never change or remove one."""

IDENTITY, CLINICAL = "identity", "clinical"
_DESCRIPTION = dict.fromkeys(("name", "nickname", "phone", "birth_date", "address"), IDENTITY)
SEALED: dict[str, dict[str, str]] = {
    "participant-registered.v1": _DESCRIPTION,
    "participant-updated.v1": _DESCRIPTION,
    "concern-reported.v1": {"where": IDENTITY},
    "crisis-escalated.v1": {"reason": CLINICAL},
    "store-visited.v1": {"nickname": IDENTITY},
    "risk-assessed.v1": {"answers": CLINICAL, "level": CLINICAL, "isolation_type": CLINICAL},
    "measure-taken.v1": {"items": CLINICAL, "score": CLINICAL},
    "session-missed.v1": {"reason": CLINICAL},
    "referral-declined.v1": {"reason": CLINICAL},
    "tie-reported.v1": {
        "kind": CLINICAL,
        "closeness": CLINICAL,
        "contacts_per_month": CLINICAL,
        "alter_label": IDENTITY,
    },
    "tie-ended.v1": {"reason": CLINICAL},
    "network-surveyed.v1": {"ties": CLINICAL},
    "activist-stepped-down.v1": {"reason": CLINICAL},
    "identities-linked.v1": {"reason": CLINICAL},
    "identities-unlinked.v1": {"reason": CLINICAL},
    "stage-overridden.v1": {"stage": CLINICAL, "reason": CLINICAL},
    "override-ended.v1": {"reason": CLINICAL},
    "touchpoint-corrected.v1": {"reason": CLINICAL},
    "touchpoint-voided.v1": {"reason": CLINICAL},
}
"""What is sealed beside the note that every type may carry; a type that is not here seals nothing else."""

COMMANDS = {
    "identities-linked.v1",
    "identities-unlinked.v1",
    "stage-overridden.v1",
    "override-ended.v1",
    "erasure-requested.v1",
    "erasure-confirmed.v1",
    "erasure-completed.v1",
}

every_example = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())


def fields_of(event: Touchpoint, **changes: Any) -> dict[str, Any]:
    return event.model_dump(mode="json") | changes


def test_no_stored_name_was_ever_changed_or_removed() -> None:
    assert sorted(Touchpoint.registry) == sorted(STORED_NAMES)


def test_every_event_has_one_example_with_every_field_stated() -> None:
    assert EXAMPLES.keys() == Touchpoint.registry.keys()
    for example in EXAMPLES.values():
        stated = {name for name, value in example if value is not None} & example.model_fields_set
        assert stated == type(example).model_fields.keys()


def test_no_two_examples_are_the_same_event() -> None:
    assert len({example.event_id for example in EXAMPLES.values()}) == len(EXAMPLES)


@every_example
def test_an_event_that_goes_out_as_json_comes_back_the_same(example: Touchpoint) -> None:
    back = type(example).model_validate_json(example.model_dump_json())
    assert back == example
    assert back.event_id == example.event_id


@every_example
def test_an_event_cannot_be_changed(example: Touchpoint) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        example.site = "elsewhere"  # type: ignore[misc]


@every_example
def test_an_event_refuses_a_field_that_its_type_does_not_have(example: Touchpoint) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        type(example).model_validate(fields_of(example, mood="good"))


@every_example
def test_an_event_seals_the_fields_that_the_vocabulary_marks_and_no_others(example: Touchpoint) -> None:
    assert dict(example.sealed_fields) == {"note": CLINICAL} | SEALED.get(example.stored_as, {})


@every_example
def test_what_is_stored_open_holds_no_sealed_field(example: Touchpoint) -> None:
    opened, sealed = example.parts()
    assert not opened.keys() & example.sealed_fields.keys()
    assert sealed.keys() >= example.sealed_fields.keys()


@every_example
def test_the_parts_of_an_event_make_it_whole_again(example: Touchpoint) -> None:
    columns = (example.participant_id, example.occurred_at, example.source, example.actor)
    opened, hidden = (to_json(part) for part in example.parts())
    assert type(example).from_json(columns, opened, hidden if hidden != b"{}" else None) == example


def test_a_correction_seals_what_the_corrected_type_seals() -> None:
    opened, sealed = EXAMPLES["touchpoint-corrected.v1"].parts()
    assert "note" not in opened["replacement"]
    assert sealed["replacement"] == {"note": "Asked where the store is."}


def test_only_what_majung_itself_decides_is_a_command() -> None:
    assert {name for name, kind in Touchpoint.registry.items() if kind.is_command} == COMMANDS


def test_the_event_id_is_the_same_for_ever() -> None:
    assert call_received.event_id == UUID("0f1d44c7-2043-5664-a3fd-a47c17803ef2")


@every_example
def test_the_event_id_is_the_uuid5_of_participant_source_and_source_id(example: Touchpoint) -> None:
    name = f"{len(example.source)}:{example.source}{example.source_id}"
    assert example.event_id == uuid5(example.participant_id, name)
    assert (example.event_id.version, example.event_id.variant) == (5, "specified in RFC 4122")


def test_where_the_source_ends_and_its_id_begins_matters() -> None:
    one = call_received.replaced(source="a", source_id="bc")
    assert one.event_id != call_received.replaced(source="ab", source_id="c").event_id


def test_another_value_is_the_same_event_and_another_source_id_is_another() -> None:
    call_received.event_id  # noqa: B018 (kept by the event from here on)
    assert call_received.replaced(level="emergency").event_id == call_received.event_id
    assert call_received.replaced(source_id="call-2").event_id != call_received.event_id


@pytest.mark.parametrize("moment", ["2025-05-02", "2025-05-02T10:15:00"])
def test_a_time_without_an_offset_is_refused(moment: str) -> None:
    with pytest.raises(ValidationError, match="timezone"):
        call_received.replaced(occurred_at=moment)


def test_a_year_that_means_a_missing_value_is_refused() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 1900"):
        call_received.replaced(occurred_at="0001-01-01T00:00:00+09:00")


def test_a_note_of_2000_characters_is_taken_and_a_longer_one_refused() -> None:
    assert call_received.replaced(note="가" * 2000).note == "가" * 2000
    with pytest.raises(ValidationError, match="at most 2000 characters"):
        call_received.replaced(note="가" * 2001)


@pytest.mark.parametrize("site", ["", "x" * 201, "two\nlines", "nothing\x00", "\ud800"])
def test_a_name_is_one_line_of_at_most_200_characters(site: str) -> None:
    with pytest.raises(ValidationError):
        call_received.replaced(site=site)


@pytest.mark.parametrize(
    ("event", "change"),
    [
        (call_received, {"level": "shouting"}),
        (call_received, {"duration_seconds": -1}),
        (EXAMPLES["tie-reported.v1"], {"closeness": 6}),
        (EXAMPLES["touchpoint-corrected.v1"], {"replacement": {"channel": "phone"}}),
        (EXAMPLES["touchpoint-corrected.v1"], {"replacement_type": "call-received.v9"}),
        (EXAMPLES["touchpoint-corrected.v1"], {"replacement_type": "touchpoint-voided.v1"}),
        (EXAMPLES["touchpoint-corrected.v1"], {"replacement_type": "identities-linked.v1"}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, Mapping) else value.stored_as,
)
def test_a_value_outside_its_range_or_code_list_is_refused(event: Touchpoint, change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        event.replaced(**change)


def test_activities_are_a_set_in_a_fixed_order() -> None:
    visit = store_visited.replaced(activities=("self_check", "goods", "self_check"))
    assert visit.activities == ("goods", "self_check")
    assert visit.model_dump_json() == store_visited.replaced(activities=("goods", "self_check")).model_dump_json()


def test_a_missing_item_stays_in_its_place() -> None:
    assert measure_taken.replaced(items=(3, None, 2)).items == (3, None, 2)


def test_a_code_that_is_newer_than_the_list_an_event_claims_is_found() -> None:
    healing = prescription_issued.replaced(category="emotional_healing")
    assert codes_newer_than_claimed(healing) == []
    [(field, code)] = codes_newer_than_claimed(healing.replaced(code_list_version="2025-04"))
    assert (field, code) == ("category", "emotional_healing")


def test_a_stored_name_cannot_be_given_to_a_second_type() -> None:
    with pytest.raises(StoredNameTaken, match=r"call-received\.v1"):

        class Impostor(Touchpoint, stored_as="call-received.v1"):
            """Wants the name of another."""

    assert Touchpoint.registry["call-received.v1"] is type(call_received)


def test_importing_an_event_connects_to_nothing() -> None:
    """The domain is pure: it loads without a database driver, a web framework or the event store library."""
    heavy = ("sqlalchemy", "psycopg", "sqlite3", "fastapi", "typer", "kafka", "eventsourcing", "alembic", "asyncio")
    program = f"import sys, domain.events, domain.history; print(sorted(set({heavy}) & sys.modules.keys()))"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "[]"
