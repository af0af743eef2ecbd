"""The rule set as data: its figures, its version, and what each figure decides."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from domain.clock import parse_moment
from domain.codes import Stage, TieKind
from domain.follow_ups import Kind, follow_ups_of
from domain.journey import AS_RECORDED, TABLE, VERSION_1, Rules, Standing, journey_of, qualifying_exit, status, why
from tests.domain.journey.stories import (
    after,
    healing,
    last_move,
    maintained,
    prevention,
    returned,
    selected,
    sessions,
    tie,
    ucla,
    well,
)
from tests.examples import risk_assessed, store_visited
from tests.given import given, on

friend = tie(TieKind.FRIEND, "2025-06-02")


def test_the_table_has_the_rows_of_version_1_in_their_order() -> None:
    ids = [rule.id for rule in TABLE]
    assert list(dict.fromkeys(ids)) == ["P1", "H1", "H2", "T1", "T2", "M1", "M2", "X1", "X2", "X3", "E1", "N1"]


def test_every_stage_has_a_way_out_and_rows_lead_only_where_the_rules_say() -> None:
    assert {stage for rule in TABLE for stage in rule.leaves} == {None, *Stage}
    assert {rule.id for rule in TABLE if rule.to == Stage.HEALING} == {"H1", "H2", "X1", "X2", "X3"}
    assert {rule.id for rule in TABLE if rule.to == Stage.RETURN} == {"T1", "T2"}


def test_the_words_of_every_row_hold_the_figures_of_the_rule_set() -> None:
    words = " / ".join(rule.condition(VERSION_1.varied(maintained_days=61, lonely_score=7)) for rule in TABLE)
    assert "at least 61 days after entering RETURN" in words
    assert "UCLA-3 scores <= 6 at least 28 days apart" in words
    assert re.search(r"[{}]", words) is None


def test_version_1_is_these_figures_and_no_others() -> None:
    assert VERSION_1 == Rules() == Rules(version="1")
    with pytest.raises(ValidationError, match="version 1 has its own maintained_days"):
        Rules(maintained_days=60)


def test_other_figures_go_under_a_version_that_names_them() -> None:
    varied = VERSION_1.varied(maintained_days=60, lost_days=90)
    assert varied.version == "1 lost_days=90 maintained_days=60"
    assert journey_of(given(*prevention).history(), varied).spells[0].rule_version == varied.version
    assert AS_RECORDED.version == "as-recorded"


@pytest.mark.parametrize(
    "figures",
    [
        {"lost_days": 0},
        {"maintained_days": -1},
        {"sessions": 3},
        {"relapse_days_apart_min": 91},
        {"maintained_days": 3_000_000},
        {"lost_days": 3_000_000},
        {"unstable_days": 2**70},
    ],
)
def test_figures_that_make_no_sense_are_refused(figures: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        VERSION_1.varied(**figures)


def test_a_figure_that_means_never_is_within_the_calendar() -> None:
    never = VERSION_1.varied(**dict.fromkeys(["maintained_days", "silent_return_days", "lost_days"], 1_000_000))
    told = given(*returned, on(store_visited, "2025-12-31")).history()
    assert journey_of(told, never).stage == Stage.RETURN
    assert [found.due_from.year for found in follow_ups_of(told, never) if found.kind == Kind.LOST] == [4763]
    assert why(told, never).ahead


def stage_after(*story: Any) -> Callable[[Rules], object]:
    return lambda rules: last_move(*story, rules=rules)


def standing_after(days: int, *story: Any) -> Callable[[Rules], object]:
    def outcome(rules: Rules) -> object:
        found = journey_of(given(*story).history(), rules)
        return status(found, parse_moment(after("2025-10-01", days))).standing

    return outcome


def returned_to_isolation(rules: Rules) -> object:
    found = qualifying_exit(journey_of(given(*returned, on(risk_assessed, "2025-07-12")).history(), rules))
    return found is not None and found.returned is not None


contact = on(store_visited, "2025-10-01")
early = on(store_visited, "2025-08-02")
low = on(risk_assessed.replaced(level="low"), "2025-06-21")

SENSITIVITY: dict[str, tuple[int, Callable[[Rules], object], object, object]] = {
    "lonely_score": (5, stage_after(*healing, friend, ucla(5, "2025-06-03"), ucla(5, "2025-07-03")), "T1", "H2"),
    "reliable_rise": (4, stage_after(*returned, ucla(7, "2025-08-01")), "X2", "T1"),
    "well_scores_days_apart": (29, stage_after(*healing, friend, *well("2025-06-03")), "T1", "H2"),
    "well_assessed_after_days": (20, stage_after(*healing, friend, low), "H2", "T1"),
    "sessions_attended": (3, stage_after(*healing, *sessions(3, "2025-06-03"), *well("2025-06-03")), "H2", "T1"),
    "maintained_days": (91, stage_after(*maintained), "M1", "T1"),
    "relapse_days_apart_min": (8, stage_after(*selected, ucla(6, "2025-08-01"), ucla(6, "2025-08-08")), "X2", "T2"),
    "relapse_days_apart_max": (89, stage_after(*selected, ucla(6, "2025-08-01"), ucla(6, "2025-10-30")), "X2", "T2"),
    "silent_prevention_days": (91, standing_after(90, *prevention, contact), Standing.SILENT, Standing.IN_CONTACT),
    "silent_healing_days": (31, standing_after(30, *healing, contact), Standing.SILENT, Standing.IN_CONTACT),
    "silent_return_days": (
        61,
        standing_after(0, *returned, on(store_visited, "2025-08-02")),
        Standing.SILENT,
        Standing.IN_CONTACT,
    ),
    "silent_re_isolation_prevention_days": (
        91,
        standing_after(90, *maintained, contact),
        Standing.SILENT,
        Standing.IN_CONTACT,
    ),
    "lost_days": (181, standing_after(180, *prevention, contact), Standing.LOST, Standing.SILENT),
    "unstable_days": (11, returned_to_isolation, False, True),
}
"""Per figure: another value, a story, its outcome under version 1, and its outcome under the other value."""


@pytest.mark.parametrize("figure", SENSITIVITY)
def test_the_outcome_of_a_story_turns_on_the_figure(figure: str) -> None:
    value, outcome, expected, otherwise = SENSITIVITY[figure]
    assert (outcome(VERSION_1), outcome(VERSION_1.varied(**{figure: value}))) == (expected, otherwise)


def test_every_figure_has_such_a_story() -> None:
    assert set(SENSITIVITY) == set(Rules.model_fields) - {"version", "as_recorded"}
