"""CloudEvents in and out: what is read, and every way in which a touchpoint is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from domain import refusals
from domain.cloud_events import cloud_event
from domain.intake import MOST_BYTES, read_event
from domain.touchpoint import Touchpoint
from tests.examples import (
    EXAMPLES,
    call_received,
    consent_given,
    follow_up_scheduled,
    identities_linked,
    measure_not_taken,
    measure_taken,
    network_surveyed,
    prescription_issued,
    risk_assessed,
    store_visited,
    touchpoint_corrected,
    touchpoint_voided,
)

NOW = datetime(2025, 6, 30, tzinfo=UTC)
SECRET = "010-5555-0199 Hong"
"""Stands wherever a producer may put what nobody else should read."""


def read(told: bytes | dict[str, Any], **options: Any) -> Touchpoint:
    return read_event(told, now=NOW, **options)


def told(event: Touchpoint = call_received, /, **changes: Any) -> dict[str, Any]:
    """The CloudEvent of an example with other attributes; None takes one away."""
    return {name: value for name, value in (cloud_event(event) | changes).items() if value is not None}


def told_data(event: Touchpoint = call_received, /, **changes: Any) -> dict[str, Any]:
    """The CloudEvent of an example with other data."""
    return told(event, data=cloud_event(event)["data"] | changes)


def refusal(of: bytes | dict[str, Any]) -> refusals.IntakeError:
    """Why this is refused: the same for the bytes as for the attributes, with nothing of the secret in the message."""
    with pytest.raises(refusals.IntakeError) as caught:
        read(of)
    if isinstance(of, dict):
        with pytest.raises(type(caught.value)) as again:
            read(orjson.dumps(of))
        assert str(again.value) == str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


@pytest.mark.parametrize("event", EXAMPLES.values(), ids=EXAMPLES)
def test_every_event_comes_back_from_its_own_cloud_event(event: Touchpoint) -> None:
    exported = cloud_event(event)
    assert read(orjson.dumps(exported), from_producer=False) == event
    assert read(exported, from_producer=False).event_id == event.event_id
    assert cloud_event(read(exported, from_producer=False)) == exported


def test_the_canonical_form_is_the_same_whatever_offset_the_producer_wrote() -> None:
    in_seoul = read(told(time="2025-05-02T10:15:00+09:00"))
    in_utc = read(told(time="2025-05-02T01:15:00Z"))
    assert in_seoul == in_utc
    assert cloud_event(in_seoul) == cloud_event(in_utc)
    assert cloud_event(in_seoul)["time"] == "2025-05-02T01:15:00Z"


def test_a_traceparent_and_other_extensions_are_taken_and_not_stored() -> None:
    assert read(told(traceparent="00-0af7-b7ad-01", partitionkey="7", dataschema="urn:x")) == call_received


def test_an_event_may_come_without_data_when_its_type_needs_none() -> None:
    assert read(told(store_visited, data=None)).stored_as == "store-visited.v1"


def test_amendments_are_allowed_from_producers() -> None:
    assert read(told(touchpoint_corrected)) == touchpoint_corrected
    assert read(told(touchpoint_voided)) == touchpoint_voided


def test_without_code_lists_an_event_counts_as_of_the_oldest_that_hold_its_codes() -> None:
    older = prescription_issued.replaced(category="culture_art")
    newer = prescription_issued.replaced(category="emotional_healing")
    assert read(told(older, codelists=None)).code_list_version == "2025-04"
    assert read(told(newer, codelists=None)).code_list_version == "2025-08"


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (orjson.dumps(cloud_event(call_received))[:-20], "ends too early"),
        (b"", "ends too early"),
        (b'{"specversion": "1.0" "id"}', "line 1, column 23"),
        (b'{"specversion": "1.0", "id": "\xff"}', "not UTF-8 at byte 31"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b"[]", "not an object"),
        (b'"text"', "not an object"),
        (b'{"data": {"score": NaN}}', "not JSON"),
        (b'{"data": {"score": 1e999}}', "not JSON"),
        (b'{"data": {"answers": 9007199254740993}}', "too large to be read exactly"),
        (b'{"data": {"answers": 18446744073709551616}}', "too large to be read exactly"),
        (b'{"data":{"answers":18446744073709551616}}', "too large to be read exactly"),
        (b'{"data": {"answers": [-9223372036854775809]}}', "too large to be read exactly"),
        (b'{"data": {"answers": ' + b"9" * 300 + b"}}", "too large to be read exactly"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "nested too deeply"),
    ],
)
def test_what_is_not_one_json_object_is_unreadable(raw: bytes, says: str) -> None:
    error = refusal(raw)
    assert (type(error), error.code) == (refusals.Unreadable, "unreadable")
    assert says in str(error)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"subject": "a", "subject": "b"}',
        b'{"subject":"a","subject":"a"}',
        b'{"data":{"level":"emergency","level":"information"}}',
        b'{"data":{"items":[{"a":1,"a":2}]}}',
        b'{"subject":"a","sub\\u006aect":"b"}',
        b'{"a":"\\u003a","b":1,"b":2}',
    ],
)
def test_a_key_that_stands_twice_is_refused_because_readers_differ_on_which_counts(raw: bytes) -> None:
    assert "stands twice" in str(refusal(raw))


def test_many_digits_that_are_no_whole_number_are_read() -> None:
    event = risk_assessed.replaced(answers={"card": "12345678901234567890", "share": 0.1234567890123456})
    raw = orjson.dumps(cloud_event(event)).replace(b"0.1234567890123456", b"0.123456789012345600000000000")
    assert read(raw) == event


def test_an_event_with_blanks_escapes_and_colons_in_its_texts_is_read() -> None:
    event = call_received.replaced(note='time: 10:15, "quoted\\": {"a":1}', source="urn:a:b")
    spaced = orjson.dumps(cloud_event(event), option=orjson.OPT_INDENT_2).replace(b"urn:a:b", b"urn\\u003aa:b")
    assert read(spaced) == event


def test_more_bytes_than_one_event_may_have_are_refused_before_they_are_read() -> None:
    error = refusal(b"{" * (MOST_BYTES + 1))
    assert error.code == "too-large"
    assert "262,144" in str(error)


def test_attributes_that_came_apart_from_their_bytes_have_the_same_limit() -> None:
    with pytest.raises(refusals.TooLarge):
        read(told_data(measure_taken, items=[1] * MOST_BYTES))


@pytest.mark.parametrize("attribute", ["specversion", "type", "id", "source", "subject", "time"])
def test_a_required_attribute_that_is_missing_is_named(attribute: str) -> None:
    error = refusal(told(**{attribute: None}))
    assert (error.code, error.fields) == ("missing-attribute", (attribute,))
    assert attribute in str(error)


@pytest.mark.parametrize("version", ["0.3", "2.0", 1.0])
def test_another_version_of_cloudevents_is_refused(version: object) -> None:
    assert refusal(told(specversion=version)).code == "wrong-specversion"


@pytest.mark.parametrize("kind", [f"call-received.{SECRET}", SECRET, "no-such-thing.v1", 7, "call-received"])
def test_an_unknown_type_is_refused(kind: object) -> None:
    error = refusal(told(type=kind))
    assert (type(error), error.code) == (refusals.UnknownType, "unknown-type")
    assert "majung schema list" in str(error)


def test_a_version_newer_than_this_release_is_told_apart_from_an_unknown_type() -> None:
    error = refusal(told(store_visited, type="store-visited.v7"))
    assert error.code == "unknown-version"
    assert str(error) == "store-visited.v7 is newer than this release knows: v1"


def test_a_version_that_never_was_is_refused() -> None:
    assert "known are: v1" in str(refusal(told(store_visited, type="store-visited.v0")))


@pytest.mark.parametrize("event", [e for e in EXAMPLES.values() if e.is_command], ids=lambda event: event.stored_as)
def test_what_only_majung_decides_is_refused_from_a_producer(event: Touchpoint) -> None:
    error = refusal(told(event))
    assert error.code == "not-from-producers"
    assert str(error) == f"{event.stored_as} is decided by Majung, not told by a producer"


def test_majungs_own_export_may_hold_what_only_majung_decides() -> None:
    assert read(told(identities_linked), from_producer=False) == identities_linked


@pytest.mark.parametrize(
    "subject",
    [SECRET, "", 7, ["a"], "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
)
def test_a_subject_that_is_no_participant_is_refused(subject: object) -> None:
    assert refusal(told(subject=subject)).code == "subject-not-a-uuid"


@pytest.mark.parametrize("event", [call_received, touchpoint_corrected], ids=["touchpoint", "correction"])
def test_a_correction_without_a_participant_is_refused_like_any_event(event: Touchpoint) -> None:
    assert refusal(told(event, subject="nobody")).code == "subject-not-a-uuid"


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("id", ""),
        ("id", 7),
        ("source", "a" * 201),
        ("source", "a\x00b"),
        ("actor", ["worker"]),
        ("site", {"a": SECRET}),
        ("datacontenttype", "text/plain"),
        ("data_base64", "e30="),
        ("time", SECRET),
        ("time", 1700000000),
        ("time", "1700000000"),
        ("time", "2025-09-30"),
        ("time", "2025-02-30T09:00:00+09:00"),
        ("time", "2025-05-02T09:00:00+99:00"),
        ("time", "20250502T090000Z"),
    ],
)
def test_an_attribute_with_a_wrong_value_is_named(attribute: str, value: object) -> None:
    error = refusal(told(**{attribute: value}))
    assert (error.code, error.fields) == ("invalid-attribute", (attribute,))


@pytest.mark.parametrize("time", ["2025-05-02T10:15:00", "2025-05-02 10:15:00.5"])
def test_a_time_stamp_without_an_offset_is_refused(time: str) -> None:
    error = refusal(told(time=time))
    assert (error.code, error.fields) == ("naive-time", ("time",))


def test_a_time_stamp_within_the_data_needs_an_offset_too() -> None:
    error = refusal(told_data(touchpoint_voided, decided_at="2025-05-09T09:30:00"))
    assert (error.code, error.fields) == ("naive-time", ("data.decided_at",))


def test_a_clock_may_be_ahead_by_the_skew_and_no_more() -> None:
    edge = NOW + timedelta(hours=24)
    assert read(told(time=edge.isoformat())).occurred_at == edge
    error = refusal(told(time=(edge + timedelta(microseconds=1)).isoformat()))
    assert (error.code, error.fields) == ("in-the-future", ("time",))


def test_the_skew_is_a_setting() -> None:
    ahead = told(time=(NOW + timedelta(hours=2)).isoformat())
    with pytest.raises(refusals.InTheFuture):
        read(ahead, skew=timedelta(hours=1))
    assert read(ahead, skew=timedelta(hours=2)).occurred_at > NOW


def test_an_amendment_decided_in_the_future_would_win_for_ever_and_is_refused() -> None:
    error = refusal(told_data(touchpoint_voided, decided_at="2999-01-01T00:00:00Z"))
    assert (error.code, error.fields) == ("in-the-future", ("data.decided_at",))


def test_a_follow_up_may_be_due_in_the_future() -> None:
    assert read(told_data(follow_up_scheduled, due_on="2026-12-31")).stored_as == "follow-up-scheduled.v1"


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+09:00", "1899-12-31T00:00:00Z", "9999-12-31T23:59:59-09:00"])
def test_a_year_that_no_journey_can_have_is_refused(time: str) -> None:
    error = refusal(told(time=time))
    assert (error.code, error.fields) == ("time-out-of-range", ("time",))


def test_a_date_that_stands_for_no_end_is_refused() -> None:
    error = refusal(told_data(consent_given, valid_until="9999-12-31"))
    assert (error.code, error.fields) == ("time-out-of-range", ("data.valid_until",))
    assert "leave it out" in str(error)


@pytest.mark.parametrize("due_on", ["2025-13-01", "20250901", "1700000000", "2025-09-01T00:00:00", 0, SECRET])
def test_a_date_is_written_as_a_date(due_on: object) -> None:
    error = refusal(told_data(follow_up_scheduled, due_on=due_on))
    assert (error.code, error.fields) == ("invalid-data", ("data.due_on",))


@pytest.mark.parametrize("version", ["2031-01", SECRET, 7, ["2025-04"]])
def test_code_lists_that_this_release_does_not_have_are_refused(version: object) -> None:
    error = refusal(told(codelists=version))
    assert error.code == "unknown-code-lists"
    assert "2025-04, 2025-08" in str(error)


def test_a_wrong_code_names_its_field_its_list_and_what_is_allowed() -> None:
    error = refusal(told_data(level=SECRET))
    assert (error.code, error.fields) == ("wrong-code", ("data.level",))
    assert "CallLevel: 'information', 'loneliness_talk', 'household_discovery' or 'emergency'" in str(error)


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (told(basis="because"), "basis"),
        (told(origin="live!"), "origin"),
        (told(precision="year"), "precision"),
        (told_data(store_visited, activities=["goods", "naps"]), "data.activities.1"),
        (told_data(network_surveyed, ties=[{"tie_id": "1", "kind": "foe"}]), "data.ties.0.kind"),
    ],
    ids=["basis", "origin", "precision", "in a list", "in an object of a list"],
)
def test_a_wrong_code_is_told_wherever_it_stands(event: dict[str, Any], field: str) -> None:
    error = refusal(event)
    assert (error.code, error.fields) == ("wrong-code", (field,))


@pytest.mark.parametrize("spelling", ["phq-9", "PHQ9", "PHQ 9", "PHQ\u20139"])
def test_an_instrument_in_another_spelling_is_refused_since_its_safety_item_would_alarm_nobody(spelling: str) -> None:
    for event in (measure_taken, measure_not_taken):
        found = refusal(told_data(event, instrument=spelling))
        assert (found.code, found.fields) == ("wrong-code", ("data.instrument",))
        assert "write PHQ-9" in str(found)
    replacement = {"instrument": spelling, "score": 3}
    correction = told_data(touchpoint_corrected, replacement_type="measure-taken.v1", replacement=replacement)
    assert refusal(correction).fields == ("data.replacement.instrument",)


def test_an_instrument_that_nobody_scores_here_is_taken() -> None:
    assert read(told_data(measure_taken, instrument="SWLS")).instrument == "SWLS"  # type: ignore[attr-defined]


def test_a_code_newer_than_the_code_lists_that_the_event_claims_is_refused() -> None:
    error = refusal(told_data(prescription_issued, category="emotional_healing") | {"codelists": "2025-04"})
    assert (error.code, error.fields) == ("wrong-code", ("data.category",))
    assert "2025-04" in str(error)
    assert "PrescriptionCategory had then: sport_health, culture_art, daily_living" in str(error)


def test_data_that_does_not_fit_lists_each_field_and_what_is_wrong() -> None:
    error = refusal(told_data(channel=None, duration_seconds=-1, mood="low", level="none"))
    assert error.code == "invalid-data"
    assert error.fields == ("data.channel", "data.level", "data.duration_seconds", "data.mood")
    assert "data.duration_seconds must be at least 0" in str(error)
    assert "data.(a field whose name is not shown) is not a field of call-received.v1: send it in `note`" in str(error)


@pytest.mark.parametrize(("name", "meant"), [("chanel", "channel"), ("durationSeconds", "duration_seconds")])
def test_a_field_that_is_misspelt_is_told_by_the_one_that_was_meant(name: str, meant: str) -> None:
    error = refusal(told_data(**{name: 1}))
    assert f"is not a field of call-received.v1: did you mean {meant}?" in str(error)
    assert name not in str(error)


@pytest.mark.parametrize(
    "changes",
    [{"duration_seconds": "12"}, {"duration_seconds": True}, {"duration_seconds": 1.0}, {"anonymous": "yes"}],
)
def test_values_are_read_strictly(changes: dict[str, object]) -> None:
    assert refusal(told_data(**changes)).code == "invalid-data"


@pytest.mark.parametrize("data", [[], "text", 7, True])
def test_data_must_be_an_object(data: object) -> None:
    assert refusal(told(data=data)).fields == ("data",)


def test_what_belongs_beside_the_data_is_sent_back_there() -> None:
    error = refusal(told_data(participant_id="x", occurred_at="y"))
    assert error.code == "invalid-data"
    assert "data.occurred_at belongs beside `data`, as `time`" in str(error)


def test_a_message_repeats_no_value_and_no_name_that_a_producer_made_up() -> None:
    error = refusal(told_data(**{"note": ["x", SECRET], SECRET: SECRET, "channel": SECRET, "age_band": {SECRET: 1}}))
    assert "(a field whose name is not shown)" in str(error)
    assert "Hong" not in str(error)


@pytest.mark.parametrize("name", ["hong_gildong", "gildong", "h" * 64])
def test_a_field_that_may_be_a_name_is_told_to_who_sent_it_and_kept_in_no_message(name: str) -> None:
    correction = told_data(touchpoint_corrected, replacement=touchpoint_corrected.replacement | {name: 1})
    for event, field in ((told_data(**{name: 1}), f"data.{name}"), (correction, f"data.replacement.{name}")):
        error = refusal(event)
        assert error.fields == (field,)
        assert name not in str(error)


def test_a_message_tells_ten_faults_and_counts_the_rest() -> None:
    error = refusal(told_data(**{f"extra_{number}": 1 for number in range(500)}))
    assert "and 490 more" in str(error)
    assert len(str(error)) < 2000


@pytest.mark.parametrize(
    ("replacement", "code", "field"),
    [
        ({"channel": "fax"}, "wrong-code", "data.replacement.channel"),
        ({"mood": SECRET}, "invalid-data", "data.replacement.mood"),
        ({"duration_seconds": "12"}, "invalid-data", "data.replacement.duration_seconds"),
        ({"occurred_at": "2025-05-02T10:15:00"}, "naive-time", "data.replacement.occurred_at"),
        ({"occurred_at": "2999-05-02T10:15:00Z"}, "in-the-future", "data.replacement.occurred_at"),
        ({"occurred_at": "1700000000"}, "invalid-data", "data.replacement.occurred_at"),
        ({"code_list_version": "1999-01"}, "unknown-code-lists", "data.replacement.code_list_version"),
        ({"participant_id": str(UUID(int=7))}, "invalid-data", "data.replacement.participant_id"),
    ],
)
def test_what_a_correction_puts_in_place_keeps_the_same_rules(
    replacement: dict[str, object], code: str, field: str
) -> None:
    whole = touchpoint_corrected.replacement | replacement
    error = refusal(told_data(touchpoint_corrected, replacement=whole))
    assert (error.code, error.fields) == (code, (field,))


def test_a_correction_may_not_use_a_code_newer_than_it_claims() -> None:
    fields = {"prescription_id": "1", "resource": "r", "category": "emotional_healing"}
    changes = {"replacement_type": "prescription-issued.v1", "replacement": fields | {"code_list_version": "2025-04"}}
    assert refusal(told_data(touchpoint_corrected, **changes)).fields == ("data.replacement.category",)
    assert read(told_data(touchpoint_corrected, **(changes | {"replacement": fields}))).stored_as.startswith("touch")


@pytest.mark.parametrize("name", ["no-such-thing.v1", "touchpoint-voided.v1", "identities-linked.v1", 7, None])
def test_a_correction_names_the_touchpoint_that_it_puts_in_place(name: object) -> None:
    error = refusal(told_data(touchpoint_corrected, replacement_type=name))
    assert error.fields == ("data.replacement_type",)


def test_a_correction_needs_an_object_in_place_of_the_target() -> None:
    assert refusal(told_data(touchpoint_corrected, replacement=[SECRET])).fields == ("data.replacement",)


def test_every_refusal_has_a_code_of_its_own() -> None:
    classes = [kind for kind in vars(refusals).values() if isinstance(kind, type) and issubclass(kind, ValueError)]
    codes = [kind.code for kind in classes if issubclass(kind, refusals.IntakeError)]
    assert len(set(codes)) == len(classes) == len(codes)


json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
attribute_names = st.sampled_from([*cloud_event(call_received), "data_base64"]) | st.text(max_size=8)
field_names = st.sampled_from(sorted({name for event in EXAMPLES.values() for name in type(event).model_fields}))


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_refusal(raw: bytes) -> None:
    with pytest.raises(refusals.IntakeError):
        read(raw)


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(EXAMPLES)),
    st.dictionaries(attribute_names, json_values, max_size=3),
    st.dictionaries(field_names, json_values, max_size=3),
)
def test_no_change_of_an_event_raises_anything_but_a_refusal(
    name: str, attributes: dict[str, JsonValue], data: dict[str, JsonValue]
) -> None:
    event = cloud_event(EXAMPLES[name])
    changed = {**event, "data": event["data"] | data, **attributes}
    try:
        outcome: object = read(changed, from_producer=False)
    except refusals.IntakeError as error:
        outcome = error.code
    assert isinstance(outcome, Touchpoint | str)


@settings(max_examples=300)
@given(st.data())
def test_no_damage_to_the_bytes_of_an_event_raises_anything_but_a_refusal(data: st.DataObject) -> None:
    raw = bytearray(orjson.dumps(cloud_event(data.draw(st.sampled_from(list(EXAMPLES.values()))))))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    try:
        outcome: object = read(bytes(raw), from_producer=False)
    except refusals.IntakeError as error:
        outcome = error.code
    assert isinstance(outcome, Touchpoint | str)
