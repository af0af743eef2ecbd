"""E1 and N1: ends of each kind, and those who come back."""

import pytest

from domain.codes import About, CallLevel, JourneyEnd, Precision, Stage
from domain.touchpoint import Touchpoint
from tests.domain.journey.stories import (
    Story,
    ended,
    healing,
    journey,
    last_move,
    maintained,
    moves,
    prevention,
    returned,
)
from tests.examples import call_received, journey_ended, prescription_issued, risk_assessed, session_attended
from tests.given import on

died = (*healing, on(journey_ended.replaced(reason=JourneyEnd.DIED), "2025-07-01"))


@pytest.mark.parametrize("reason", JourneyEnd)
def test_e1_an_end_keeps_its_reason(reason: JourneyEnd) -> None:
    end = on(journey_ended.replaced(reason=reason), "2025-07-01")
    spell = journey(*healing, end).spells[-1]
    assert (spell.rule, spell.stage, spell.end_reason) == ("E1", Stage.ENDED, reason)
    assert (spell.entered_at, spell.evidence) == (end.occurred_at, (end.event_id,))


@pytest.mark.parametrize("before", [(), prevention, healing, returned, maintained])
def test_e1_leads_out_of_any_stage_and_of_none(before: Story) -> None:
    assert journey(*before, on(journey_ended, "2025-12-01")).stage == Stage.ENDED


def test_e1_only_the_end_has_a_reason() -> None:
    assert [spell.end_reason for spell in journey(*ended, on(session_attended, "2025-08-01")).spells] == [
        None,
        JourneyEnd.COMPLETED,
        None,
    ]


def test_e1_a_further_end_says_nothing_new_unless_it_is_a_death() -> None:
    moved_out, death = (journey_ended.replaced(reason=reason) for reason in (JourneyEnd.MOVED_OUT, JourneyEnd.DIED))
    assert moves(*ended, on(moved_out, "2025-08-01")) == ["H2", "E1"]
    found = journey(*ended, on(death, "2025-08-02"), on(death, "2025-08-03"), on(moved_out, "2025-08-04"))
    assert [spell.end_reason for spell in found.spells] == [None, JourneyEnd.COMPLETED, JourneyEnd.DIED]


def test_n1_a_contact_after_the_end_begins_a_new_episode_in_prevention() -> None:
    contact = on(session_attended, "2025-08-01")
    *_, end, spell = journey(*ended, contact).spells
    assert (spell.rule, spell.stage, spell.episode) == ("N1", Stage.PREVENTION, 2)
    assert (spell.entered_at, spell.evidence, end.left_at) == (
        contact.occurred_at,
        (contact.event_id,),
        contact.occurred_at,
    )


def test_n1_a_call_for_information_begins_an_episode_without_a_stage_and_the_rows_restart_from_none() -> None:
    information = on(call_received.replaced(level=CallLevel.INFORMATION), "2025-08-01")
    found = journey(*ended, information)
    assert (found.spells[-1].rule, found.stage, found.spells[-1].episode) == ("N1", None, 2)
    assert moves(*ended, information, on(call_received, "2025-08-02")) == ["H2", "E1", "N1", "P1"]
    assert moves(*ended, information, on(risk_assessed, "2025-08-02")) == ["H2", "E1", "N1", "H1"]


def test_n1_the_first_contact_of_an_episode_is_not_one_of_the_episode_before() -> None:
    calls = (on(call_received.replaced(level=CallLevel.INFORMATION), day) for day in ("2025-08-01", "2025-08-02"))
    first_episode = (*prevention, on(journey_ended, "2025-07-01"))
    assert moves(*first_episode, *calls) == ["P1", "E1", "N1"]


def test_n1_a_call_about_somebody_else_is_no_coming_back() -> None:
    assert last_move(*ended, on(call_received.replaced(about=About.OTHER), "2025-08-01")) == "E1"


@pytest.mark.parametrize("event", [risk_assessed, prescription_issued], ids=["assessment", "prescription"])
def test_n1_needs_a_contact(event: Touchpoint) -> None:
    assert last_move(*ended, on(event, "2025-08-01")) == "E1"


def test_n1_is_not_fired_by_a_contact_before_the_end_or_at_its_very_instant() -> None:
    assert last_move(*ended, on(session_attended, "2025-06-30")) == "E1"
    assert last_move(*ended, on(session_attended, ended[-1].occurred_at.isoformat())) == "E1"


@pytest.mark.parametrize(
    ("precision", "contact", "moved"),
    [
        (Precision.INSTANT, "2025-07-01T23:00:00+09:00", True),
        (Precision.DAY, "2025-07-01T23:00:00+09:00", False),
        (Precision.DAY, "2025-07-02T00:10:00+09:00", True),
        (Precision.MONTH, "2025-07-31", False),
        (Precision.MONTH, "2025-08-01", True),
    ],
)
def test_n1_an_end_known_by_its_day_or_month_lasts_to_the_end_of_it(
    precision: Precision, contact: str, moved: bool
) -> None:
    end = on(journey_ended.replaced(precision=precision), "2025-07-01")
    assert (last_move(*healing, end, on(session_attended, contact)) == "N1") is moved


def test_n1_every_return_after_an_end_is_an_episode_of_its_own() -> None:
    once = (*ended, on(session_attended, "2025-08-01"), on(journey_ended, "2025-09-01"))
    found = journey(*once, on(session_attended, "2025-10-01"), on(prescription_issued, "2025-10-02"))
    assert [(spell.rule, spell.episode) for spell in found.spells[1:]] == [
        ("E1", 1),
        ("N1", 2),
        ("E1", 2),
        ("N1", 3),
        ("H2", 3),
    ]


def test_a_contact_after_death_is_an_anomaly_and_no_transition() -> None:
    contact = on(session_attended, "2025-08-01")
    found = journey(*died, contact)
    assert (found.stage, [spell.rule for spell in found.spells]) == (Stage.ENDED, ["H2", "E1"])
    assert found.anomalies == ((contact.event_id, contact.occurred_at),)


def test_a_contact_before_death_or_after_another_end_is_no_anomaly() -> None:
    assert journey(*died, on(session_attended, "2025-06-15")).anomalies == ()
    assert journey(*ended, on(session_attended, "2025-08-01")).anomalies == ()


def test_a_death_told_later_makes_the_contacts_after_it_anomalies() -> None:
    contact, death = on(session_attended, "2025-08-01"), on(journey_ended.replaced(reason="died"), "2025-07-15")
    assert [anomaly.event_id for anomaly in journey(*healing, contact, death).anomalies] == [contact.event_id]


def test_a_contact_on_the_day_of_a_death_known_by_its_day_is_no_anomaly() -> None:
    death = on(journey_ended.replaced(reason="died", precision=Precision.DAY), "2025-07-01")
    contact = on(session_attended, "2025-07-01T23:00:00+09:00")
    assert journey(*healing, death, contact).anomalies == ()
    assert journey(*healing, death.replaced(precision=Precision.INSTANT), contact).anomalies != ()
