"""`majung held`: who is held is listed, shown and tried again; a person's own views say so too."""

from tests.api.cli.conftest import Terminal, older_release
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, call_received, measure_taken


def test_the_list_says_who_is_held_and_why(holding: Terminal) -> None:
    [row] = holding.rows("held", "list")
    assert (row["participant_id"], row["error"]) == (str(PARTICIPANT), "UnknownStoredName")
    assert (row["event_type"], row["event_id"]) == (measure_taken.stored_as, str(measure_taken.event_id))
    assert row["attempts"] == 1


def test_nobody_is_held_where_everybody_folds(terminal: Terminal) -> None:
    terminal.given(call_received)
    assert terminal.rows("held", "list") == []
    assert terminal.rows("held", "retry") == []


def test_one_is_shown_with_what_their_rows_are_without(holding: Terminal) -> None:
    found = holding.rows("held", "show", PARTICIPANT)
    assert found["held"]["events_behind"] == 1
    assert {"read_model": "timeline", "rows": 1} in found["rows"]


def test_who_is_not_held_is_not_found(holding: Terminal) -> None:
    assert "majung held list" in holding.fails("held", "show", OTHER_PARTICIPANT, code=4)
    assert "majung held list" in holding.fails("held", "retry", OTHER_PARTICIPANT, code=4)


def test_a_retry_folds_them_again_and_has_findings_while_it_cannot(holding: Terminal) -> None:
    with older_release():
        [still] = holding.rows("held", "retry", PARTICIPANT, code=3)
        assert (still["status"], still["error"]) == ("held", "UnknownStoredName")
    [done] = holding.rows("held", "retry")
    assert (done["status"], done["error"]) == ("folded", None)
    assert holding.rows("held", "list") == []


def test_a_person_who_is_held_is_shown_as_held(holding: Terminal) -> None:
    told = holding.run("person", "show", PARTICIPANT, "-o", "json")
    assert "UnknownStoredName" in told.stderr
    assert holding.rows("person", "show", PARTICIPANT)["person"]["held_error"] == "UnknownStoredName"
    assert holding.rows("person", "show", OTHER_PARTICIPANT)["person"]["held_since"] is None


def test_what_cannot_be_folded_is_refused_with_the_reason(holding: Terminal) -> None:
    with older_release():
        told = holding.fails("person", "show", PARTICIPANT, code=1)
    assert "UnknownStoredName" in told
    assert "newer" in told


def test_a_replay_goes_on_without_them(holding: Terminal) -> None:
    with older_release():
        holding.run("replay")
        assert [row["participant_id"] for row in holding.rows("held", "list")] == [str(PARTICIPANT)]
    holding.run("replay")
    assert holding.rows("held", "list") == []
