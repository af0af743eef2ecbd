"""P1, H1, H2 and T2: how somebody gets a stage at all."""

import pytest

from domain.codes import About, CallLevel, CallOutcome, DiscoveryOutcome, ReachOutcome, RiskLevel, Stage
from domain.journey import journey_of
from domain.touchpoint import Touchpoint
from domain.versions import event_of
from tests.domain.journey.stories import healing, journey, last_move, moves, prevention
from tests.examples import (
    EXAMPLES,
    OTHER_PARTICIPANT,
    PARTICIPANT,
    activist_selected,
    activity_performed,
    call_placed,
    call_received,
    concern_reported,
    counselling_held,
    direct_support_given,
    discovery_attempted,
    identities_linked,
    identities_unlinked,
    measure_taken,
    participant_registered,
    participant_updated,
    peer_talk_held,
    prescription_issued,
    risk_assessed,
    session_attended,
    session_missed,
    store_visited,
    touchpoint_voided,
)
from tests.given import given, on

CONTACTS = (
    call_received,
    call_placed,
    discovery_attempted,
    discovery_attempted.replaced(about=None),
    peer_talk_held,
    session_attended,
    counselling_held,
    direct_support_given,
    activity_performed,
)


@pytest.mark.parametrize("contact", CONTACTS, ids=lambda contact: contact.stored_as)
def test_p1_the_first_contact_opens_prevention(contact: Touchpoint) -> None:
    (spell,) = journey(contact).spells
    assert (spell.rule, spell.rule_version, spell.stage, spell.episode) == ("P1", "1", Stage.PREVENTION, 1)
    assert (spell.entered_at, spell.evidence) == (contact.occurred_at, (contact.event_id,))


NOT_OPENING = {
    "a call for information": call_received.replaced(level=CallLevel.INFORMATION),
    "a call about a neighbour": call_received.replaced(about=About.OTHER),
    "a call about a household": call_received.replaced(about=About.HOUSEHOLD),
    "a call that does not say about whom": call_received.replaced(about=None),
    "an abandoned call": call_received.replaced(outcome=CallOutcome.ABANDONED),
    "an unanswered call-back": call_placed.replaced(outcome=ReachOutcome.NO_ANSWER),
    "a visit to somebody else": discovery_attempted.replaced(about=About.OTHER),
    "a visit to a household that was called about": discovery_attempted.replaced(about=About.HOUSEHOLD),
    "a visit that found nobody": discovery_attempted.replaced(outcome=DiscoveryOutcome.NOT_FOUND),
    "a missed session": session_missed,
    "a neighbour's concern": concern_reported,
    "a registration": participant_registered,
    "a measure": measure_taken,
}


@pytest.mark.parametrize("event", NOT_OPENING.values(), ids=NOT_OPENING.keys())
def test_p1_is_not_opened_by_what_is_no_contact_of_ones_own(event: Touchpoint) -> None:
    assert moves(event) == []


def test_p1_a_later_contact_opens_what_a_call_for_information_did_not() -> None:
    visit = on(session_attended, "2025-05-21")
    (spell,) = journey(on(call_received.replaced(level=CallLevel.INFORMATION), "2025-05-20"), visit).spells
    assert (spell.rule, spell.evidence) == ("P1", (visit.event_id,))


@pytest.mark.parametrize("contact", [call_received.replaced(anonymous=True), store_visited], ids=["call", "visit"])
def test_p1_one_contact_that_could_be_anybodys_gives_no_stage(contact: Touchpoint) -> None:
    assert moves(contact) == []


def test_p1_an_anonymous_caller_enters_when_a_second_contact_shows_who_it_is() -> None:
    first, second = (on(call_received.replaced(anonymous=True), day) for day in ("2025-05-20", "2025-05-22"))
    (spell,) = journey(first, second).spells
    assert (spell.rule, spell.entered_at) == ("P1", second.occurred_at)
    assert spell.evidence == (first.event_id, second.event_id)


@pytest.mark.parametrize("description", [participant_registered, participant_updated], ids=["registered", "updated"])
def test_p1_a_visitor_enters_when_registered_and_not_before(description: Touchpoint) -> None:
    visit, description = on(store_visited, "2025-05-20"), on(description, "2025-05-22")
    (spell,) = journey(visit, description).spells
    assert (spell.rule, spell.entered_at) == ("P1", description.occurred_at)
    assert spell.evidence == (visit.event_id, description.event_id)


def test_p1_a_registered_visitor_enters_with_the_visit() -> None:
    visit = on(store_visited, "2025-05-20")
    (spell,) = journey(participant_registered, visit).spells
    assert (spell.entered_at, spell.evidence) == (visit.occurred_at, (visit.event_id,))


def test_p1_an_anonymous_call_counts_once_it_is_linked_to_a_person_and_no_longer_when_unlinked() -> None:
    call = on(call_received.replaced(anonymous=True), "2025-05-02")
    linked = (identities_linked, identities_linked.replaced(participant_id=OTHER_PARTICIPANT, other_id=PARTICIPANT))
    unlinked = (
        identities_unlinked,
        identities_unlinked.replaced(participant_id=OTHER_PARTICIPANT, other_id=PARTICIPANT),
    )
    (spell,) = journey(call, *linked).spells
    assert (spell.rule, spell.entered_at) == ("P1", call.occurred_at)
    assert moves(call, *linked, *unlinked) == []


def test_p1_does_not_move_somebody_who_has_a_stage() -> None:
    assert moves(*healing, on(call_received, "2025-06-05"), on(call_received, "2025-06-06")) == ["H2"]


def test_a_household_has_no_stage_whatever_its_events() -> None:
    household = participant_registered.replaced(kind="household")
    assert moves(household, on(call_received, "2025-05-20"), on(risk_assessed, "2025-05-21")) == []


def test_a_household_had_no_stage_before_it_was_told_to_be_one_either() -> None:
    contact, other = on(session_attended, "2025-05-20"), on(session_attended, "2025-05-21")
    household = on(participant_registered.replaced(kind="household"), "2025-05-25")
    person = on(participant_updated.replaced(kind="person"), "2025-05-28")
    mistaken = touchpoint_voided.replaced(target_event_id=household.event_id)

    def stage(*told: Touchpoint, as_of: str) -> str | None:
        return journey_of(given(contact, other, *told).history(as_of=as_of)).stage

    assert stage(household, as_of="2025-05-22") is None
    assert stage(household, person, as_of="2025-05-26") == Stage.PREVENTION
    assert stage(household, mistaken, as_of="2025-05-22") == Stage.PREVENTION


def test_an_update_that_says_nothing_of_the_kind_leaves_a_household_one_and_another_may_correct_it() -> None:
    household, contact = participant_registered.replaced(kind="household"), on(session_attended, "2025-05-20")
    assert moves(household, participant_updated.replaced(kind=None), contact) == []
    assert moves(household, participant_updated.replaced(kind="person"), contact) == ["P1"]


@pytest.mark.parametrize("level", [RiskLevel.MEDIUM, RiskLevel.HIGH])
@pytest.mark.parametrize("before", [(), prevention], ids=["from none", "from prevention"])
def test_h1_an_assessment_of_medium_or_high_opens_healing(level: RiskLevel, before: tuple[Touchpoint, ...]) -> None:
    assessed = on(risk_assessed.replaced(level=level), "2025-06-01")
    found = journey(*before, assessed)
    assert (found.stage, found.spells[-1].rule) == (Stage.HEALING, "H1")
    assert (found.spells[-1].entered_at, found.spells[-1].evidence) == (assessed.occurred_at, (assessed.event_id,))


def test_h1_an_assessment_of_low_opens_nothing() -> None:
    assert moves(*prevention, on(risk_assessed.replaced(level=RiskLevel.LOW), "2025-06-01")) == ["P1"]


@pytest.mark.parametrize("before", [(), prevention], ids=["from none", "from prevention"])
def test_h2_a_prescription_opens_healing(before: tuple[Touchpoint, ...]) -> None:
    found = journey(*before, on(prescription_issued, "2025-06-01"))
    assert (found.stage, found.spells[-1].rule) == (Stage.HEALING, "H2")


def test_h2_leaves_somebody_in_healing_where_they_are() -> None:
    assert moves(on(risk_assessed, "2025-06-01"), on(prescription_issued, "2025-06-02")) == ["H1"]


def test_h1_and_h2_whichever_happened_first_opens_healing_and_the_other_leaves_it() -> None:
    issued, assessed = on(prescription_issued, "2025-06-01"), on(risk_assessed, "2025-06-02")
    assert moves(assessed, issued) == ["H2"]


@pytest.mark.parametrize("before", [(), prevention, healing], ids=["none", "prevention", "healing"])
def test_t2_a_selection_opens_return_and_is_marked(before: tuple[Touchpoint, ...]) -> None:
    chosen = on(activist_selected, "2025-07-01")
    spell = journey(*before, chosen).spells[-1]
    assert (spell.rule, spell.stage, spell.by_selection) == ("T2", Stage.RETURN, True)
    assert spell.evidence == (chosen.event_id,)


def test_t2_alone_is_marked_by_selection() -> None:
    found = journey(*prevention, *healing, on(activist_selected, "2025-07-01"))
    assert [spell.by_selection for spell in found.spells] == [False, False, True]


def test_t2_does_not_move_somebody_already_in_return_again() -> None:
    assert moves(on(activist_selected, "2025-07-01"), on(activist_selected, "2025-07-02")) == ["T2"]


def test_an_event_that_no_rule_names_moves_nobody() -> None:
    named = {"call-received", "call-placed", "discovery-attempted", "store-visited", "peer-talk-held", "risk-assessed"}
    named |= {"prescription-issued", "session-attended", "counselling-held", "direct-support-given"}
    named |= {"activist-selected", "activity-performed", "journey-ended"}
    others = [example for name, example in EXAMPLES.items() if event_of(name) not in named]
    assert len(others) > 40
    assert [example.stored_as for example in others if moves(example)] == []


def test_each_event_moves_once_at_most_and_the_spells_join() -> None:
    found = journey(*prevention, *healing, on(activist_selected, "2025-07-01"))
    assert [spell.left_at for spell in found.spells[:-1]] == [spell.entered_at for spell in found.spells[1:]]
    assert found.spells[-1].left_at is None
    assert last_move(*prevention, *healing) == "H2"
