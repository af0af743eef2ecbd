"""Why somebody is in a stage, and what is missing for the next."""

import pytest

from domain.codes import Stage, TieKind
from domain.events import CallReceived
from domain.journey import VERSION_1, Ahead, Explanation, Requirement, Rules, why
from domain.touchpoint import Touchpoint
from tests.domain.journey.stories import (
    ended,
    healing,
    moves,
    prevention,
    returned,
    selected,
    sessions,
    tie,
    ucla,
    well,
)
from tests.examples import (
    call_received,
    journey_ended,
    participant_registered,
    risk_assessed,
    store_visited,
    touchpoint_corrected,
)
from tests.given import given, on


def explained(*events: Touchpoint, rules: Rules = VERSION_1) -> Explanation:
    return why(given(*events).history(), rules)


def ahead(rule: str, *events: Touchpoint, rules: Rules = VERSION_1) -> Ahead:
    return next(way for way in explained(*events, rules=rules).ahead if way.rule == rule)


def requirements(rule: str, *events: Touchpoint, rules: Rules = VERSION_1) -> tuple[Requirement, ...]:
    return ahead(rule, *events, rules=rules).requirements


def test_the_steps_are_the_way_to_the_stage_with_words_and_the_events_themselves() -> None:
    found = explained(*prevention, *returned)
    assert (found.stage, found.rule_version, found.remark) == (Stage.RETURN, "1", None)
    assert [step.spell.rule for step in found.steps] == ["P1", "H2", "T1"]
    assert found.steps[1].words == "prescription issued"
    assert [fact.event for fact in found.steps[1].evidence] == [healing[0]]
    assert {fact.event_id for fact in found.steps[2].evidence} == {event.event_id for event in returned[1:]}


def test_the_evidence_shows_an_event_as_corrected() -> None:
    replacement = {"channel": "chatbot", "outcome": "answered", "level": "emergency", "about": "self"}
    correction = touchpoint_corrected.replaced(replacement=replacement)
    (fact,) = explained(call_received, correction).steps[0].evidence
    assert (fact.event_id, fact.amended_by) == (call_received.event_id, correction.event_id)
    assert isinstance(fact.event, CallReceived)
    assert fact.event.level == "emergency"


@pytest.mark.parametrize(
    ("story", "rules"),
    [
        ((), ["P1", "H1", "H2", "T2", "E1"]),
        (prevention, ["H1", "H2", "T2", "E1"]),
        (healing, ["T1", "T2", "E1"]),
        (returned, ["M1", "M2", "X1", "X2", "X3", "E1"]),
        ((*returned, on(store_visited, "2025-10-01")), ["X1", "X2", "X3", "E1"]),
        (ended, ["E1", "N1", "N1"]),
    ],
    ids=["none", "prevention", "healing", "return", "re-isolation prevention", "ended"],
)
def test_the_ways_ahead_are_the_rules_out_of_the_stage_in_the_order_in_which_they_are_tried(
    story: tuple[Touchpoint, ...], rules: list[str]
) -> None:
    found = explained(*story, ucla(4, "2025-01-01"))
    assert [way.rule for way in found.ahead] == rules


def test_t1_says_how_much_of_each_set_is_there() -> None:
    assert requirements("T1", *healing, ucla(4, "2025-06-03"), *sessions(3, "2025-06-05")) == (
        Requirement(
            "well: 1 of 2 UCLA-3 scores <= 5 at least 28 days apart, none above between (a second from 2025-07-01 on);"
            " or reassessed low from 2025-06-29 on",
            False,
        ),
        Requirement("participating: 3 of 4 sessions attended, no new tie of one's own yet", False),
    )


def test_t1_says_that_nothing_is_there_yet() -> None:
    well_part, participating = requirements("T1", *healing)
    assert well_part.words.startswith("well: 0 of 2 UCLA-3 scores <= 5")
    assert participating.words.startswith("participating: 0 of 4 sessions")


def test_t1_says_which_set_is_complete() -> None:
    assert requirements("T1", *healing, *well("2025-06-03"))[0] == (
        "well: 2 of 2 UCLA-3 scores <= 5 at least 28 days apart, none above between",
        True,
    )
    assessed = on(risk_assessed.replaced(level="low"), "2025-07-10")
    assert requirements("T1", *healing, assessed)[0] == ("well: reassessed low at least 28 days after entry", True)
    assert requirements("T1", *healing, tie(TieKind.GROUP, "2025-06-05"))[1] == (
        "participating: 0 of 4 sessions attended, a new tie of one's own",
        True,
    )


def test_t1_speaks_of_the_figures_of_its_rule_set() -> None:
    rules = VERSION_1.varied(sessions_attended=6, well_scores_days_apart=14)
    first, second = requirements("T1", *healing, ucla(4, "2025-06-03"), rules=rules)
    assert "at least 14 days apart" in first.words
    assert "(a second from 2025-06-17 on)" in first.words
    assert "0 of 6 sessions" in second.words


def test_p1_says_whether_a_contact_or_the_person_is_missing() -> None:
    anonymous = on(call_received.replaced(anonymous=True), "2025-05-20")
    assert [part.holds for part in requirements("P1", anonymous)] == [True, False]
    assert [part.holds for part in requirements("P1", participant_registered)] == [False, True]


def test_m1_says_from_which_day_a_contact_counts() -> None:
    assert requirements("M1", *returned) == (("a contact from 2025-09-29 on, 90 days after entering RETURN", False),)


def test_m2_says_whether_somebody_was_selected() -> None:
    assert [part.holds for part in requirements("M2", *returned)] == [False, False]
    assert [part.holds for part in requirements("M2", *selected)] == [True, False]


def test_x2_says_what_a_relapse_would_be() -> None:
    assert requirements("X2", *returned, ucla(6, "2025-08-01")) == (
        (
            "1 of 2 consecutive UCLA-3 scores >= 6, 7 to 90 days apart; or one score >= 7, 3 or more above the 4 before"
            " RETURN",
            False,
        ),
    )
    assert requirements("X2", *selected)[0].words == (
        "0 of 2 consecutive UCLA-3 scores >= 6, 7 to 90 days apart"
        " (no score before RETURN to compare a single one with)"
    )


def test_x2_never_asks_for_a_single_score_below_the_cut_off() -> None:
    words = requirements("X2", *returned, rules=VERSION_1.varied(reliable_rise=1))[0].words
    assert "one score >= 6, 1 or more above the 4 before RETURN" in words


def test_n1_says_that_nobody_comes_back_from_a_death() -> None:
    died = (*healing, on(journey_ended.replaced(reason="died"), "2025-07-01"))
    assert [part.holds for part in requirements("N1", *died)] == [False, False]
    assert [part.holds for part in requirements("N1", *ended)] == [True, False]


def test_an_end_and_what_follows_are_explained_by_their_own_rows() -> None:
    death = on(journey_ended.replaced(reason="died"), "2025-08-01")
    assert [step.words for step in explained(*ended, death).steps[1:]] == ["journey ended", "died after the end"]
    information = on(call_received.replaced(level="information"), "2025-08-01")
    assert explained(*ended, information).steps[-1].words.startswith("any other contact after the end")


def test_a_household_is_told_to_have_none() -> None:
    found = explained(participant_registered.replaced(kind="household"), *prevention)
    assert (found.stage, found.steps, found.ahead) == (None, (), ())
    assert found.remark == "a household has no stage, its members have"


def test_every_requirement_that_is_said_to_be_missing_is_missing() -> None:
    """When all parts of T1 hold the person has moved already."""
    assert moves(*healing, *well("2025-06-03"), *sessions(4, "2025-06-05"))[-1] == "T1"
    assert not all(part.holds for part in requirements("T1", *healing, *well("2025-06-03")))
