"""`majung replay --rules V --dry-run`: who would be placed elsewhere, and nothing changed by asking."""

import pytest

from domain.journey import VERSION_1
from domain.touchpoint import Touchpoint
from projections.journey import journey
from tests.api.cli.conftest import Terminal, served
from tests.examples import call_received, risk_assessed, session_attended, tie_reported
from tests.given import on

ENTERED = "2025-05-01"


def in_healing_with_two_sessions() -> list[Touchpoint]:
    sessions = [on(session_attended.replaced(source_id=f"s{day}"), f"2025-05-1{day}") for day in (1, 2)]
    return [on(call_received, "2025-04-20"), on(risk_assessed.replaced(level="medium"), ENTERED), *sessions]


LOW_AGAIN = on(risk_assessed.replaced(level="low", source_id="again"), "2025-06-15")


def test_whom_other_figures_would_move_is_told_with_both_stages(terminal: Terminal) -> None:
    terminal.given(*in_healing_with_two_sessions(), LOW_AGAIN)
    before = served(journey)
    rules = terminal.file("eager.toml", 'version = "eager"\nsessions_attended = 2\n')

    told = terminal.rows("replay", "--rules", rules, "--dry-run")

    assert told["stages"] == [
        {"stage": "healing", "people_now": 1, "people_then": 0},
        {"stage": "return", "people_now": 0, "people_then": 1},
    ]
    [moved] = told["moved"]
    assert (moved["stage_now"], moved["rule_now"], moved["stage_then"], moved["rule_then"]) == (
        "healing",
        "H1",
        "return",
        "T1",
    )
    assert moved["person"] == str(call_received.participant_id)
    assert served(journey) == before
    assert {row.rule_version for row in before} == {VERSION_1.version}


def test_the_rules_in_service_move_nobody(terminal: Terminal) -> None:
    terminal.given(*in_healing_with_two_sessions())

    result = terminal.run("replay", "journey", "--rules", "1", "--dry-run", "-o", "json")

    assert '"moved": []' in result.stdout
    assert "0 of 1 people would be in another stage, 0 in the same one by another way" in result.stderr


def test_a_stage_come_to_by_another_way_is_counted_and_not_called_moved(terminal: Terminal) -> None:
    terminal.given(
        *in_healing_with_two_sessions(), on(tie_reported.replaced(kind="friend", formed=True), "2025-05-20"), LOW_AGAIN
    )
    rules = terminal.file("eager.toml", 'version = "eager"\nsessions_attended = 2\n')

    result = terminal.run("replay", "--rules", rules, "--dry-run")

    assert "0 of 1 people would be in another stage, 1 in the same one by another way" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rules", "1"], "try others with --dry-run"),
        (["timeline", "--rules", "1", "--dry-run"], "name no other read model"),
        (["--rules", "2", "--dry-run"], "there are 1, as-recorded, or name a TOML file"),
    ],
)
def test_rules_that_cannot_be_tried_are_refused_with_what_to_say_instead(
    terminal: Terminal, arguments: list[str], said: str
) -> None:
    assert said in terminal.fails("replay", *arguments, code=2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("version = ", "is not TOML"),
        ("sessions_attended = 2", "must name rules of its own"),
        ('version = "x"\nsessions = 2', "sessions: is not known here: did you mean sessions_attended?"),
        ('version = "x"\nlonely_score = 0', "lonely_score: must be at least 1"),
        ('version = "x"\nlonely_score = "six"', "lonely_score: must be a whole number"),
        ('version = "x"\nrelapse_days_apart_min = 99', "rules.toml: the rules: relapse_days_apart_min is greater than"),
    ],
)
def test_a_file_that_holds_no_rules_says_what_is_wrong_with_it(terminal: Terminal, content: str, said: str) -> None:
    rules = terminal.file("rules.toml", content)

    assert said in terminal.fails("replay", "--rules", rules, "--dry-run", code=2)
