"""The contributions read model: a row for every version of a touchpoint, and when it was the truth."""

from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.clock import END_OF_TIME, parse_moment
from domain.history import Recorded
from domain.touchpoint import Touchpoint
from domain.versions import names_of
from projections.contributions import CODES, COUNTED, PLACES, ContributionRow, columns, contributions
from tests.examples import (
    EXAMPLES,
    OTHER_PARTICIPANT,
    PARTICIPANT,
    call_received,
    identities_linked,
    identities_unlinked,
    session_attended,
    store_visited,
    touchpoint_corrected,
    touchpoint_voided,
)
from tests.given import given, recorded

FIRST = "2025-06-01T09:00:00+09:00"
SECOND = "2025-06-02T09:00:00+09:00"
THIRD = "2025-06-03T09:00:00+09:00"

UNCOUNTED = {
    "journey-ended.v1",
    "measure-not-taken.v1",
    "measure-taken.v1",
    "participant-registered.v1",
    "prescription-closed.v1",
    "referral-accepted.v1",
    "referral-closed.v1",
    "referral-declined.v1",
    "risk-assessed.v1",
    "session-missed.v1",
    "activist-stepped-down.v1",
    "concern-reported.v1",
    "alert-acknowledged.v1",
    "consent-given.v1",
    "consent-withdrawn.v1",
    "data-disclosed.v1",
    "erasure-completed.v1",
    "erasure-confirmed.v1",
    "erasure-requested.v1",
    "export-released.v1",
    "follow-up-cancelled.v1",
    "follow-up-done.v1",
    "follow-up-scheduled.v1",
    "household-joined.v1",
    "household-left.v1",
    "identities-linked.v1",
    "identities-unlinked.v1",
    "network-surveyed.v1",
    "override-ended.v1",
    "participant-updated.v1",
    "processing-restricted.v1",
    "processing-resumed.v1",
    "rights-answered.v1",
    "rights-requested.v1",
    "shift-handed-over.v1",
    "stage-overridden.v1",
    "state-observed.v1",
    "tie-ended.v1",
    "tie-reported.v1",
    "touchpoint-corrected.v1",
    "touchpoint-voided.v1",
    "worker-assigned.v1",
    "worker-unassigned.v1",
}

anonymous_call = call_received.replaced(anonymous=True)
linked_back = identities_linked.replaced(participant_id=OTHER_PARTICIPANT, other_id=PARTICIPANT)
unlinked_back = identities_unlinked.replaced(participant_id=OTHER_PARTICIPANT, other_id=PARTICIPANT)


def rows_of(*arrived: Touchpoint | Recorded) -> list[ContributionRow]:
    return list(given(*arrived).project(contributions).rows)


def interval(row: ContributionRow) -> tuple[Any, Any]:
    return row.known_from, row.known_to


def test_a_touchpoint_is_one_row_known_from_its_recording() -> None:
    assert rows_of(recorded(call_received, FIRST)) == [
        ContributionRow(
            component=PARTICIPANT,
            event_id=call_received.event_id,
            known_from=parse_moment(FIRST),
            known_to=END_OF_TIME,
            occurred_at=call_received.occurred_at,
            person=PARTICIPANT,
            topic="call-received.v1",
            origin="live",
            site="gwanak",
            district="gwanak-gu",
            area=None,
            channel=call_received.channel.value,
            outcome=call_received.outcome.value,
            level=call_received.level.value if call_received.level else None,
            age_band=call_received.age_band.value,
            category=None,
        )
    ]


def test_a_corrected_touchpoint_was_known_otherwise_until_its_correction() -> None:
    before, after = rows_of(recorded(call_received, FIRST), recorded(touchpoint_corrected, SECOND))
    assert (before.level, interval(before)) == ("loneliness_talk", (parse_moment(FIRST), parse_moment(SECOND)))
    assert (after.level, interval(after)) == ("information", (parse_moment(SECOND), END_OF_TIME))
    assert after.event_id == before.event_id


def test_a_voided_touchpoint_was_known_only_until_it_was_voided() -> None:
    [row] = rows_of(recorded(store_visited, FIRST), recorded(touchpoint_voided, SECOND))
    assert interval(row) == (parse_moment(FIRST), parse_moment(SECOND))


def test_a_touchpoint_that_arrives_after_its_correction_was_never_known_otherwise() -> None:
    [row] = rows_of(recorded(touchpoint_corrected, FIRST), recorded(call_received, SECOND))
    assert (row.level, interval(row)) == ("information", (parse_moment(SECOND), END_OF_TIME))


def test_an_anonymous_call_is_no_person_until_it_is_linked_and_none_again_when_the_link_is_taken_back() -> None:
    rows = rows_of(
        recorded(anonymous_call, FIRST),
        recorded(identities_linked, SECOND),
        recorded(linked_back, SECOND),
        recorded(identities_unlinked, THIRD),
        recorded(unlinked_back, THIRD),
    )
    assert [row.person for row in rows] == [None, PARTICIPANT, None]
    assert [row.known_from for row in rows] == [parse_moment(moment) for moment in (FIRST, SECOND, THIRD)]


def test_a_contact_counts_for_whom_it_was_known_to_belong_to_at_the_time() -> None:
    visit = store_visited.replaced(participant_id=OTHER_PARTICIPANT)
    before, after = rows_of(recorded(identities_linked, SECOND), recorded(linked_back, SECOND), recorded(visit, FIRST))
    assert {before.component, after.component} == {PARTICIPANT}
    assert before.person == OTHER_PARTICIPANT
    assert after.person == PARTICIPANT


def test_every_type_of_event_is_decided_to_count_or_to_be_paperwork() -> None:
    assert names_of(COUNTED) | UNCOUNTED == Touchpoint.registry.keys()
    assert not names_of(COUNTED) & UNCOUNTED


@pytest.mark.parametrize("topic", sorted(EXAMPLES))
def test_a_type_that_counts_makes_a_row_of_plain_text_and_every_other_makes_none(topic: str) -> None:
    rows = rows_of(EXAMPLES[topic])
    assert len(rows) == (topic not in UNCOUNTED)
    for row in rows:
        assert row.topic == topic
        texts = [getattr(row, name) for name in ("topic", "origin", *PLACES, *CODES)]
        assert {type(text) for text in texts} <= {str, type(None)}


def test_a_row_has_the_columns_of_its_table_in_order() -> None:
    assert tuple(column.name for column in columns()) == ContributionRow._fields


@for_all(st.permutations([call_received, store_visited, session_attended, touchpoint_corrected, touchpoint_voided]))
def test_what_is_in_force_in_the_end_does_not_depend_on_the_order_of_arrival(order: list[Touchpoint]) -> None:
    in_force = [row for row in rows_of(*order) if row.known_to == END_OF_TIME]
    expected = [
        row for row in rows_of(call_received, session_attended, touchpoint_corrected) if row.known_to == END_OF_TIME
    ]
    assert contributions.digest(in_force, arrival=False) == contributions.digest(expected, arrival=False)
