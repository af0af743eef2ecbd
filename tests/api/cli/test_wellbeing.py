"""`majung person wellbeing` and `majung outcomes since-baseline`: health over time of one person and of all."""

import pytest

from tests.api.cli.conftest import Terminal
from tests.domain.journey.stories import healing, ucla
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, measure_not_taken, state_observed
from tests.given import on

STORY = (*healing, ucla(8, "2025-06-03"), ucla(5, "2025-09-01"))


def test_a_person_has_measures_change_since_the_baseline_and_occasions(terminal: Terminal) -> None:
    declined = on(measure_not_taken.replaced(instrument="UCLA-3", reason="declined"), "2025-12-01")
    terminal.given(*STORY, declined)
    told = terminal.rows("person", "wellbeing", PARTICIPANT, "--as-of", "2026-01-31")
    main = told["wellbeing"]
    assert (main["healing_rule"], main["rule_version"], main["healing_episode"]) == ("H2", "1", 1)
    assert [row["score"] for row in told["measures"]] == [8.0, 5.0, None]
    [progress] = told["since_baseline"]
    assert (progress["baseline_score"], progress["latest_score"], progress["change"]) == (8.0, 5.0, -3.0)
    assert (round(progress["reliable_change_index"], 3), progress["reliable"]) == (-2.689, "improved")
    assert progress["baseline_triggered_entry"] is False
    assert (progress["important"], progress["not_compared"]) == (None, None)
    assert [(row["months"], row["state"], row["score"]) for row in told["occasions"]] == [
        (0, "measured", 8.0),
        (3, "measured", 5.0),
        (6, "declined", None),
        (12, "not_yet", None),
        (24, "not_yet", None),
    ]
    [figures] = told["instruments"]
    assert (figures["reliability"], figures["reliability_sd"]) == (0.81, 1.81)
    assert round(figures["reliability_beyond"], 3) == 2.187
    assert "Hodgetts" in figures["reliability_source"]


def test_both_clocks_and_the_rules_may_be_told(terminal: Terminal) -> None:
    terminal.given(*STORY, on(state_observed.replaced(state="healing"), "2025-08-20"))
    [then] = terminal.rows("person", "wellbeing", PARTICIPANT, "--as-of", "2025-08-31")["since_baseline"]
    assert (then["change"], then["not_compared"]) == (None, "no score after the baseline")
    told = terminal.rows("person", "wellbeing", PARTICIPANT, "--rules", "as-recorded")
    assert (told["wellbeing"]["healing_rule"], told["since_baseline"][0]["baseline_score"]) == ("S1", 5.0)
    terminal.fails("person", "wellbeing", PARTICIPANT, "--known-at", "2020-01-01", code=4)
    terminal.fails("person", "wellbeing", OTHER_PARTICIPANT, code=4)
    terminal.fails("person", "wellbeing", PARTICIPANT, "--rules", "unheard-of", code=2)


def test_show_has_one_line_for_each_instrument(terminal: Terminal) -> None:
    terminal.given(*STORY)
    [line] = terminal.rows("person", "show", PARTICIPANT)["since_baseline"]
    assert (line["instrument"], line["baseline_score"], line["latest_score"], line["change"], line["reliable"]) == (
        "UCLA-3",
        8.0,
        5.0,
        -3.0,
        "improved",
    )


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
def test_every_format_tells_the_verdict(terminal: Terminal, output: str) -> None:
    terminal.given(*STORY)
    assert "improved" in terminal.run("person", "wellbeing", PARTICIPANT, "-o", output).stdout
    assert (
        "without_triggering"
        in terminal.run("outcomes", "since-baseline", "--instrument", "UCLA-3", "-o", output).stdout
    )


def test_everybody_is_compared_with_their_baseline_on_the_occasions(terminal: Terminal) -> None:
    other = [event.replaced(participant_id=OTHER_PARTICIPANT) for event in (*healing, ucla(6, "2025-06-03"))]
    terminal.given(*STORY, *other)
    told = terminal.rows("outcomes", "since-baseline", "--instrument", "UCLA-3", "--as-of", "2025-12-31")
    everything, without = told["baseline"]
    assert (everything["scores"], everything["base"], everything["n"], everything["mean"]) == ("all", 2, 2, 7.0)
    assert (without["scores"], without["n"], without["triggered"]) == ("without_triggering", 2, 0)
    third = told["changes"][0]
    assert (third["months"], third["base"], third["measured"], third["n"]) == (3, 2, 1, 1)
    assert (third["mean_baseline"], third["mean_later"], third["mean_change"]) == (8.0, 5.0, -3.0)
    assert (third["improved"], third["same"], third["worse"], third["rule_version"]) == (1, 0, 0, "1")
    assert [(row["scores"], row["months"]) for row in told["changes"]] == [
        (scores, months) for scores in ("all", "without_triggering") for months in (3, 6, 12, 24)
    ]
    assert told["changes"][1]["not_yet_observable"] == 2


def test_other_rules_need_rows_and_an_instrument_must_be_one(terminal: Terminal) -> None:
    terminal.given(*STORY)
    asked = ("outcomes", "since-baseline", "--instrument")
    assert "UCLA-3" in terminal.fails(*asked, "UCLA-4", code=2)
    assert "majung replay --rules as-recorded" in terminal.fails(*asked, "UCLA-3", "--rules", "as-recorded", code=2)
    terminal.run("replay", "--rules", "as-recorded")
    [first, *_] = terminal.rows(*asked, "UCLA-3", "--rules", "as-recorded")["baseline"]
    assert (first["base"], first["rule_version"]) == (0, "as-recorded")
