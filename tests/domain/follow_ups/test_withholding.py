"""Whom nobody may call: ended, dead, consent withdrawn or lapsed, processing restricted."""

import pytest

from domain.codes import JourneyEnd
from domain.follow_ups import Kind
from tests.domain.follow_ups.stories import consents, kinds, promise, self_check, sent, withdraws
from tests.domain.journey.stories import healing, prevention
from tests.examples import (
    OTHER_PARTICIPANT,
    call_received,
    identities_linked,
    journey_ended,
    processing_restricted,
    processing_resumed,
)
from tests.given import on

PROMISED = promise("2025-06-01", "2025-06-10")


@pytest.mark.parametrize("reason", list(JourneyEnd))
def test_nobody_is_called_after_the_end_of_their_journey(reason: JourneyEnd) -> None:
    end = on(journey_ended.replaced(reason=reason), "2025-06-05")
    assert kinds("2025-06-10", *healing, PROMISED, end) == []
    assert kinds("2025-06-10", *healing, end, promise("2025-06-06", "2025-06-10")) == []


def test_a_contact_dated_after_a_death_brings_nobody_back() -> None:
    end = on(journey_ended.replaced(reason="died"), "2025-06-05")
    story = (*healing, end, on(call_received, "2025-06-07"), promise("2025-06-08", "2025-06-10"))
    assert kinds("2025-06-10", *story) == kinds("2026-06-10", *story) == []


def test_a_death_told_late_takes_somebody_off_the_list() -> None:
    end = on(journey_ended.replaced(reason="died"), "2025-05-15")
    assert kinds("2025-06-10", *prevention, PROMISED, *healing, end) == []


@pytest.mark.parametrize("scope", ["service", "callback"])
def test_who_withdrew_is_on_no_list_until_consent_to_that_scope_is_given_again(scope: str) -> None:
    other = "callback" if scope == "service" else "service"
    story = (*prevention, PROMISED, sent("2025-06-01"), self_check(9, "2025-06-01"))
    withdrawn = (*story, withdraws("2025-06-12T10:00:00+09:00", scope))
    assert kinds("2025-06-12T09:59:00+09:00", *withdrawn) == [Kind.ASSESS, Kind.PROMISE, Kind.REFERRAL_UNANSWERED]
    assert kinds("2025-06-12T10:00:00+09:00", *withdrawn) == []
    assert kinds("2026-06-12", *withdrawn, consents("2025-06-20", other)) == []
    again = (*withdrawn, consents("2025-06-20", scope))
    assert kinds("2025-06-19", *again) == []
    assert kinds("2025-06-20", *again) == [Kind.ASSESS, Kind.PROMISE, Kind.REFERRAL_UNANSWERED]


def test_who_withdrew_both_must_give_both_again() -> None:
    story = (PROMISED, withdraws("2025-06-02", "service", "callback"), consents("2025-06-03", "callback"))
    assert kinds("2025-06-10", *story) == []
    assert kinds("2025-06-10", *story, consents("2025-06-04", "service")) == [Kind.PROMISE]


def test_silence_of_somebody_who_withdrew_is_left_alone() -> None:
    assert kinds("2025-07-10", *healing) == [Kind.SILENT]
    assert kinds("2025-07-10", *healing, withdraws("2025-06-02", "callback")) == []


def test_consent_lifts_a_withdrawal_only_when_clearly_later() -> None:
    withdrawn = withdraws("2025-06-05T10:00:00+09:00", "callback")
    later_that_day = consents("2025-06-05T12:00:00+09:00", "callback")
    assert kinds("2025-06-10", PROMISED, withdrawn, later_that_day) == [Kind.PROMISE]
    assert kinds("2025-06-10", PROMISED, withdrawn, later_that_day.replaced(precision="day")) == []
    assert kinds("2025-06-10", PROMISED, withdrawn, consents("2025-06-05T10:00:00+09:00", "callback")) == []


def test_a_second_withdrawal_counts_from_its_own_time() -> None:
    twice = (withdraws("2025-06-05", "callback"), withdraws("2025-06-06T10:00:00+09:00", "callback"))
    same_day = consents("2025-06-06T12:00:00+09:00", "callback").replaced(precision="day")
    assert kinds("2025-06-10", PROMISED, *twice, same_day) == []
    assert kinds("2025-06-10", PROMISED, *twice, consents("2025-06-07", "callback")) == [Kind.PROMISE]


def test_consent_told_when_it_had_lapsed_withholds_from_then_on_only() -> None:
    story = (PROMISED, consents("2025-06-20T10:00:00+09:00", "callback", valid_until="2025-06-12"))
    assert kinds("2025-06-20T09:00:00+09:00", *story) == [Kind.PROMISE]
    assert kinds("2025-06-20T10:00:00+09:00", *story) == [Kind.CONSENT_LAPSED]


def test_consent_lapses_at_the_end_of_its_last_day() -> None:
    story = (PROMISED, consents("2025-06-01", "callback", valid_until="2025-06-11"))
    assert kinds("2025-06-11", *story) == [Kind.PROMISE]
    assert kinds("2025-06-12T00:00:00+09:00", *story) == [Kind.CONSENT_LAPSED]
    assert kinds("2025-06-20", *story, consents("2025-06-20", "callback")) == [Kind.PROMISE]


def test_who_was_never_asked_for_consent_is_called() -> None:
    assert kinds("2025-06-10", PROMISED) == [Kind.PROMISE]


def test_who_withdrew_under_one_identity_is_not_called_under_another() -> None:
    withdrawn = withdraws("2025-06-05", "callback").replaced(participant_id=OTHER_PARTICIPANT)
    assert kinds("2025-06-10", PROMISED, withdrawn) == [Kind.PROMISE]
    assert kinds("2025-06-10", PROMISED, withdrawn, identities_linked) == []


def test_restricted_processing_withholds_until_it_is_resumed() -> None:
    story = (PROMISED, on(processing_restricted.replaced(scope="callback"), "2025-06-05"))
    assert kinds("2025-06-10", *story) == []
    resumed = on(processing_resumed.replaced(scope="callback"), "2025-06-11")
    assert kinds("2025-06-11", *story, resumed) == [Kind.PROMISE]
    of_another_scope = on(processing_restricted.replaced(scope="research"), "2025-06-05")
    assert kinds("2025-06-10", PROMISED, of_another_scope) == [Kind.PROMISE]


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        ("health", [Kind.PROMISE, Kind.REFERRAL_UNANSWERED]),
        ("share", [Kind.ASSESS, Kind.PROMISE]),
        ("research", [Kind.ASSESS, Kind.PROMISE, Kind.REFERRAL_UNANSWERED]),
    ],
)
def test_other_scopes_withhold_what_is_theirs(scope: str, left: list[Kind]) -> None:
    story = (*prevention, PROMISED, sent("2025-06-01"), self_check(9, "2025-06-01"), withdraws("2025-06-02", scope))
    assert kinds("2025-06-10", *story) == left
