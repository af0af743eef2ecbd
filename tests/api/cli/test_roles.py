"""`majung person roles`, and roles beside the stage: one identity, several roles, never a stage."""

from tests.api.cli.conftest import Terminal
from tests.domain.journey.stories import healing
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, activist_selected, activist_stepped_down, training_completed
from tests.given import on

selected = on(activist_selected, "2025-07-01")
trained = on(training_completed, "2025-08-01")
relapsed = on(activist_stepped_down.replaced(reason="relapse"), "2025-09-01")


def test_roles_are_told_with_their_intervals_and_evidence(terminal: Terminal) -> None:
    terminal.given(*healing, selected, trained, relapsed)
    told = terminal.rows("person", "roles", PARTICIPANT, "--as-of", "2025-08-15")
    assert told["person"]["roles"] == ["participant", "healing_activist"]
    assert [row["role"] for row in told["intervals"]] == ["participant", "trainee", "healing_activist"]
    assert told["intervals"][2]["evidence"] == [str(selected.event_id), str(trained.event_id)]
    assert told["intervals"][2]["until"] is None
    later = terminal.rows("person", "roles", PARTICIPANT, "--as-of", "2025-09-02")
    assert later["person"]["roles"] == ["participant"]
    assert (later["intervals"][2]["end"], later["intervals"][2]["relapse"]) == ("stepped_down", True)
    assert later["intervals"][2]["ended_by"] == str(relapsed.event_id)


def test_roles_stand_beside_the_stage(terminal: Terminal) -> None:
    terminal.given(*healing, selected, trained)
    shown = terminal.rows("person", "show", PARTICIPANT, "--as-of", "2025-08-15")["person"]
    assert (shown["stage"], shown["roles"]) == ("re_isolation_prevention", ["participant", "healing_activist"])
    then = terminal.rows("person", "as-of", PARTICIPANT, "--as-of", "2025-06-15")["person"]
    assert (then["stage"], then["roles"]) == ("healing", ["participant"])
    assert "relapse" not in terminal.run("person", "show", PARTICIPANT).stdout


def test_every_format_tells_the_roles(terminal: Terminal) -> None:
    terminal.given(*healing, selected)
    for output in ("table", "json", "jsonl", "csv"):
        assert "trainee" in terminal.run("person", "roles", PARTICIPANT, "-o", output).stdout


def test_of_whom_nothing_is_known_there_is_no_role(terminal: Terminal) -> None:
    terminal.given(*healing)
    assert "check the id" in terminal.fails("person", "roles", OTHER_PARTICIPANT, code=4)
    terminal.fails("person", "roles", "nobody", code=2)


def test_an_activist_who_acts_is_refused_and_nothing_changes(terminal: Terminal) -> None:
    activist = selected.replaced(participant_id=OTHER_PARTICIPANT)
    terminal.given(*healing, activist)
    reason = ("--reason", "heard more", "--actor", OTHER_PARTICIPANT)
    for command in (
        ("person", "override", PARTICIPANT, "--stage", "return", "--until", "2999-12-31"),
        ("person", "end-override", PARTICIPANT),
        ("identities", "link", PARTICIPANT, OTHER_PARTICIPANT),
        ("identities", "unlink", PARTICIPANT, OTHER_PARTICIPANT),
    ):
        assert "an activist has no access to files; a worker decides this" in terminal.fails(*command, *reason, code=6)
    assert terminal.rows("person", "show", PARTICIPANT)["counts"] == [{"type": "prescription-issued.v1", "events": 1}]
