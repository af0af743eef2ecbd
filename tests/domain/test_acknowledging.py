"""Acknowledging an alert: what is decided on what is known, and what is refused."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.acknowledging import AlertTakenOn, AlertUnknown, acknowledge
from domain.alerts import alerts_of
from domain.codes import Origin
from domain.events import AlertAcknowledged
from domain.touchpoint import Touchpoint
from tests.domain.test_alerts import RAISED_AT, acknowledged, emergency
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, call_received, identities_linked, touchpoint_voided
from tests.given import given

NOW = RAISED_AT + timedelta(minutes=3)


def decided(*events: Touchpoint, **said: Any) -> AlertAcknowledged:
    usual: dict[str, Any] = {"actor": "worker-1", "action": "called back", "now": NOW}
    return acknowledge(given(*events).history(), PARTICIPANT, emergency.event_id, **(usual | said))


def test_an_acknowledgement_ends_the_alert_and_says_who_does_what() -> None:
    [alert] = alerts_of(given(emergency, decided(emergency)).history())
    assert (alert.until, alert.acknowledged_by, alert.action) == (NOW, "worker-1", "called back")


def test_what_is_no_alert_of_this_person_is_not_found() -> None:
    with pytest.raises(AlertUnknown):
        decided(call_received)
    with pytest.raises(AlertUnknown):
        decided(emergency, touchpoint_voided.replaced(target_event_id=emergency.event_id))


def test_the_same_worker_telling_the_same_again_gets_the_event_of_the_first_time() -> None:
    first = decided(emergency)
    assert decided(emergency, first, now=NOW + timedelta(hours=1)) == first


@pytest.mark.parametrize("said", [{"actor": "worker-2"}, {"action": "another"}])
def test_an_alert_is_taken_on_once(said: dict[str, Any]) -> None:
    with pytest.raises(AlertTakenOn) as caught:
        decided(emergency, decided(emergency), **said)
    assert "worker-1" not in str(caught.value)


def test_what_a_producer_acknowledged_counts_too() -> None:
    with pytest.raises(AlertTakenOn):
        decided(emergency, acknowledged())


def test_an_acknowledgement_that_was_voided_can_be_made_again() -> None:
    first = decided(emergency)
    void = touchpoint_voided.replaced(target_event_id=first.event_id)
    again = decided(emergency, first, void)
    assert again.event_id != first.event_id
    [alert] = alerts_of(given(emergency, first, void, again).history())
    assert alert.acknowledgement == again.event_id


def test_two_who_are_as_fast_tell_one_event_so_that_one_is_first() -> None:
    assert decided(emergency).event_id == decided(emergency, actor="worker-2").event_id


def test_a_simulated_persons_alert_is_acknowledged_as_simulated() -> None:
    simulated = emergency.replaced(origin="synthetic")
    assert decided(simulated).origin == Origin.SYNTHETIC
    assert decided(emergency).origin == Origin.LIVE


def test_an_unknown_alert_is_named_by_its_id_only() -> None:
    with pytest.raises(AlertUnknown) as caught:
        acknowledge(given(emergency).history(), PARTICIPANT, UUID(int=5), actor="w", action="a", now=NOW)
    assert str(UUID(int=5)) in str(caught.value)


def test_it_stands_in_the_stream_of_what_raised_the_alert_under_whichever_linked_identity_it_is_told() -> None:
    other = identities_linked.replaced(participant_id=OTHER_PARTICIPANT, other_id=PARTICIPANT)
    known = given(emergency, identities_linked, other).history()
    said: dict[str, Any] = {"actor": "worker-1", "action": "called back", "now": NOW}
    told = acknowledge(known, OTHER_PARTICIPANT, emergency.event_id, **said)
    assert told == acknowledge(known, PARTICIPANT, emergency.event_id, **said)
    assert told.participant_id == PARTICIPANT
