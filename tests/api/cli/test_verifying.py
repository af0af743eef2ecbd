"""`majung verify projections`: whether the rows that serve are what the journal says."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest
from sqlalchemy import delete

from api import wiring
from api.settings import load_settings
from replay.vault import keys
from tests.api.cli.conftest import Terminal, older_release
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, call_received, measure_taken, store_visited

OTHERS = store_visited.replaced(participant_id=OTHER_PARTICIPANT)
NOBODY = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def spoiled(terminal: Terminal) -> Terminal:
    """A terminal where the timeline of one of two people is not their fold."""
    terminal.given(call_received, measure_taken, OTHERS)
    terminal.sql(f"UPDATE timeline_g1 SET touchpoints = 7 WHERE component = x'{PARTICIPANT.hex}'")
    return terminal


def test_rows_that_are_everybodys_fold_are_no_finding(terminal: Terminal) -> None:
    terminal.given(call_received, measure_taken, OTHERS)
    result = terminal.run("verify", "projections")
    assert "2 people compared, 0 finding(s)" in result.stderr
    assert terminal.rows("verify", "projections", "--sample", 1) == []


@pytest.mark.parametrize(
    "options",
    [[], ["timeline"], ["timeline", "journey"], ["--sample", "1000000"], ["--person", str(PARTICIPANT)]],
)
def test_a_row_that_is_not_its_fold_is_a_finding_with_both_digests(spoiled: Terminal, options: list[str]) -> None:
    [finding] = spoiled.rows("verify", "projections", *options, code=3)
    assert (finding["read_model"], finding["component"]) == ("timeline", str(PARTICIPANT))
    assert (finding["stored"], finding["folded"], finding["why"]) == (1, 1, "other values in touchpoints")
    assert finding["stored_digest"] != finding["folded_digest"]


@pytest.mark.parametrize("options", [["journey"], ["--person", str(OTHER_PARTICIPANT)]])
def test_what_was_not_asked_for_is_not_looked_at(spoiled: Terminal, options: list[str]) -> None:
    assert spoiled.rows("verify", "projections", *options) == []


def test_who_has_news_that_the_rows_have_not_seen_is_counted_and_no_finding(spoiled: Terminal) -> None:
    with wiring.start(load_settings()) as majung:
        majung.journal.record([store_visited])
    result = spoiled.run("verify", "projections")
    assert "1 people compared, 0 finding(s); 1 not compared: 1 of whom the rows have not" in result.stderr


@pytest.mark.parametrize("release", [older_release, nullcontext])
def test_a_held_person_who_is_named_is_a_finding_with_the_reason(
    holding: Terminal, release: Callable[[], AbstractContextManager[None]]
) -> None:
    """Whether or not the release that verifies could fold them."""
    named = "verify", "projections", "--person", PARTICIPANT
    with release():
        [finding] = holding.rows(*named, code=3)
        result = holding.run(*named, code=3)
    assert (finding["read_model"], finding["component"], finding["stored"]) == (None, str(PARTICIPANT), None)
    assert finding["why"].startswith("held, and not compared: does not fold (UnknownStoredName): ")
    assert "0 people compared, 1 finding(s); 1 not compared: 1 held (`majung held list`)" in " ".join(
        result.stderr.split()
    )


def test_a_person_who_is_named_and_whose_news_the_rows_have_not_seen_is_a_finding(terminal: Terminal) -> None:
    terminal.given(call_received)
    with wiring.start(load_settings()) as majung:
        majung.journal.record([store_visited])
    [finding] = terminal.rows("verify", "projections", "--person", PARTICIPANT, code=3)
    assert finding["why"] == "not compared: the rows have not seen all that is recorded; let a worker catch up"


@pytest.mark.parametrize("options", [[], ["--sample", "1000000"]])
def test_of_people_whom_nobody_named_the_held_are_counted_apart_and_no_finding(
    holding: Terminal, options: list[str]
) -> None:
    with wiring.start(load_settings()) as majung:
        majung.journal.record([OTHERS])
    result = holding.run("verify", "projections", *options)
    assert "0 people compared, 0 finding(s); 2 not compared: 1 held (`majung held list`), 1 of whom" in " ".join(
        result.stderr.split()
    )


def test_who_no_longer_reads_is_a_finding_and_everybody_else_is_compared(spoiled: Terminal) -> None:
    with wiring.start(load_settings()) as majung, majung.vault_database.write() as connection:
        connection.execute(delete(keys).where(keys.c.participant_id == PARTICIPANT))
    found = spoiled.rows("verify", "projections", code=3)
    assert {row["component"] for row in found} == {str(PARTICIPANT)}
    # Whose events do not open is a finding of every read model, also of those that ask for nothing sealed.
    assert {row["read_model"] for row in found} >= {"timeline", "journey"}
    assert all("KeyMissing" in row["why"] for row in found)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["timelines"], 2, "there are timeline, journey"),
        (["--person", NOBODY], 4, "nothing is recorded"),
        (["--person", "somebody"], 2, "--person"),
        (["--sample", "0"], 2, "--sample"),
        (["--sample", "1", "--person", str(PARTICIPANT)], 2, "use one of them"),
    ],
)
def test_what_cannot_be_verified_is_refused(spoiled: Terminal, options: list[str], code: int, said: str) -> None:
    assert said in spoiled.run("verify", "projections", *options, code=code).stderr


def test_an_unknown_person_is_the_same_error_as_of_a_replay(spoiled: Terminal) -> None:
    verified = spoiled.fails("verify", "projections", "--person", NOBODY, code=4)
    assert verified == spoiled.fails("replay", "--person", NOBODY, code=4)
