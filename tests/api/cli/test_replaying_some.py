"""`majung replay` of some people: whose rows were not their fold is told, and they alone are made anew."""

import pytest

from api import wiring
from api.settings import load_settings
from domain.clock import parse_moment
from projections.timeline import timeline
from tests.api.cli.conftest import Terminal, older_release, served
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, call_received, measure_taken, store_visited

OTHERS = store_visited.replaced(participant_id=OTHER_PARTICIPANT, source="urn:kiosk:7")
NOBODY = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def spoiled(terminal: Terminal) -> Terminal:
    """A terminal where somebody was recorded on the first of June at noon, another a day later, and no rows are right.

    Days in Seoul: the noon of the first is later than its beginning and before its end.
    """
    terminal.given(call_received, measure_taken, now=parse_moment("2026-06-01T12:00:00+09:00"))
    terminal.given(OTHERS, now=parse_moment("2026-06-02T12:00:00+09:00"))
    terminal.sql("UPDATE timeline_g1 SET touchpoints = 7")
    return terminal


def touchpoints(terminal: Terminal) -> dict[str, int]:
    return {str(row.component): row.touchpoints for row in served(timeline)}


ONE, OTHER = str(PARTICIPANT), str(OTHER_PARTICIPANT)


@pytest.mark.parametrize(
    ("options", "anew"),
    [
        (["--person", ONE], {ONE: 2, OTHER: 7}),
        (["--person", ONE, "--person", OTHER], {ONE: 2, OTHER: 1}),
        (["--type", measure_taken.stored_as], {ONE: 2, OTHER: 7}),
        (["--type", "measure-taken"], {ONE: 2, OTHER: 7}),
        (["--type", measure_taken.stored_as, "--type", OTHERS.stored_as], {ONE: 2, OTHER: 1}),
        (["--source", "urn:kiosk:7"], {ONE: 7, OTHER: 1}),
        (["--recorded-from", "2026-06-01"], {ONE: 2, OTHER: 1}),
        (["--recorded-from", "2026-06-01T12:00:01+09:00"], {ONE: 7, OTHER: 1}),
        (["--recorded-from", "2026-06-02"], {ONE: 7, OTHER: 1}),
        (["--recorded-until", "2026-06-01"], {ONE: 2, OTHER: 7}),
        (["--recorded-from", "2026-06-02", "--recorded-until", "2026-06-02"], {ONE: 7, OTHER: 1}),
        (["--recorded-until", "2026-06-01T11:00:00+09:00", "--person", OTHER], {ONE: 7, OTHER: 1}),
    ],
)
def test_those_who_are_chosen_have_their_rows_made_anew_and_nobody_else(
    spoiled: Terminal, options: list[str], anew: dict[str, int]
) -> None:
    found = spoiled.rows("replay", "timeline", *options)
    assert {row["component"] for row in found} == {person for person, count in anew.items() if count != 7}
    assert {(row["status"], row["why"]) for row in found} == {("changed", "other values in touchpoints")}
    assert touchpoints(spoiled) == anew


def test_the_people_of_a_file_are_made_anew(spoiled: Terminal) -> None:
    people = spoiled.file("people.txt", f"{OTHER}\n\n")
    assert len(spoiled.rows("replay", "--people", people)) == 1
    assert touchpoints(spoiled) == {ONE: 7, OTHER: 1}


def test_a_dry_run_tells_whose_rows_would_change_and_changes_none(spoiled: Terminal) -> None:
    assert len(spoiled.rows("replay", "--source", "urn:kiosk:7", "--dry-run")) == 1
    assert touchpoints(spoiled) == {ONE: 7, OTHER: 7}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--people", "empty.txt"], "names nobody"),
        (["--people", "ids.txt"], "one pseudonym (a UUID) a line"),
        (["--source", ""], "leave --source out"),
        (["--source", " "], "leave --source out"),
        (["--type", ""], "majung schema list"),
        (["--type", "visit.v1"], "majung schema list"),
        (["--type", "measure-takn.v1"], "did you mean measure-taken?"),
        (["--recorded-from", "June"], "is not a date"),
        (["--recorded-until", "2026-06-01T12:00:00"], "has no UTC offset"),
        (["--recorded-from", "2026-06-02", "--recorded-until", "2026-06-01"], "before --recorded-from"),
        (["--person", "somebody"], "should be a valid UUID"),
        (["--person", ONE, "--rules", "1"], "choose no people"),
        (["--person", ONE, "--expect", "none"], "choose no people"),
        (["--person", ONE, "--workers", "2"], "choose no people"),
        (["--person", ONE, "--nice", "5"], "choose no people"),
        (["--person", ONE, "--no-compare"], "choose no people"),
    ],
)
def test_what_chooses_nobody_or_says_two_things_is_refused_and_replays_nobody(
    spoiled: Terminal, options: list[str], said: str
) -> None:
    spoiled.file("empty.txt", " \n")
    spoiled.file("ids.txt", "somebody\n")
    assert said in " ".join(spoiled.run("replay", *options, code=2).stderr.split())
    assert touchpoints(spoiled) == {ONE: 7, OTHER: 7}


@pytest.mark.parametrize(
    "options",
    [["--person", NOBODY], ["--source", "urn:kiosk:8"], ["--recorded-from", "2026-06-03"], ["--people", "nowhere.txt"]],
)
def test_where_nobody_is_found_who_was_chosen_nobody_is_replayed(spoiled: Terminal, options: list[str]) -> None:
    spoiled.fails("replay", *options, code=4)
    assert touchpoints(spoiled) == {ONE: 7, OTHER: 7}


BOTH = ("--person", ONE, "--person", OTHER)


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_who_is_held_and_does_not_fold_again_is_told_with_the_reason_and_is_a_finding(
    holding: Terminal, options: list[str]
) -> None:
    with older_release():
        [row] = holding.rows("replay", *BOTH, *options, code=3)
        result = holding.run("replay", *BOTH, *options, code=3)
    assert (row["status"], row["component"], row["read_model"]) == ("held", ONE, None)
    assert "UnknownStoredName" in row["why"]
    assert "1 people compared: 0 had rows" in result.stderr
    assert "1 people are left out, and their rows stay as they are" in result.stderr
    assert len(holding.rows("held", "list")) == 1


def test_who_is_held_and_folds_again_is_told_and_is_no_finding(holding: Terminal) -> None:
    [row] = holding.rows("replay", *BOTH, "--dry-run", code=3)
    assert row["why"].startswith("held, and not tried again")
    [row] = holding.rows("replay", *BOTH)
    assert (row["status"], row["component"]) == ("folded", ONE)
    assert "UnknownStoredName" in row["why"]
    assert touchpoints(holding) == {ONE: 2, OTHER: 1}
    assert holding.rows("held", "list") == []


def test_who_folds_again_in_one_read_model_only_is_not_left_out_of_it(holding: Terminal) -> None:
    [row] = holding.rows("replay", "timeline", *BOTH)
    assert (row["status"], row["component"]) == ("folded", ONE)
    assert "1 people are still held in other read models" in holding.run("replay", "timeline", *BOTH).stderr


@pytest.mark.parametrize("options", [["--dry-run"], []])
def test_whose_events_do_not_read_any_more_is_told_once_and_is_a_finding(spoiled: Terminal, options: list[str]) -> None:
    with older_release():
        changed, failing = spoiled.rows("replay", *BOTH, *options, code=3)
    assert (changed["status"], changed["component"]) == ("changed", OTHER)
    assert (failing["status"], failing["component"]) == ("held", ONE)
    assert "UnknownStoredName" in failing["why"]
    assert touchpoints(spoiled) == {ONE: 7, OTHER: 7 if options else 1}
    assert len(spoiled.rows("held", "list")) == (0 if options else 1)


def test_whose_news_the_rows_have_not_seen_is_not_compared_and_that_is_a_finding_of_a_dry_run(
    terminal: Terminal,
) -> None:
    terminal.given(call_received)
    with wiring.start(load_settings()) as majung:
        majung.journal.record([store_visited])
    [row] = terminal.rows("replay", "--person", ONE, "--dry-run", code=3)
    assert (row["status"], row["why"]) == ("not_compared", "the rows have not seen all that is recorded")
    [row] = terminal.rows("replay", "--person", ONE)
    assert row["status"] == "folded"
    assert touchpoints(terminal) == {ONE: 2}
