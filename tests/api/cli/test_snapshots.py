"""`majung snapshots`: rows of one moment under a name, which reports pin to until somebody drops them."""

import pytest

from replay.rebuild.parts import PartFolder
from tests.api.cli.conftest import Terminal
from tests.examples import OTHER_PARTICIPANT, call_received, measure_taken, store_visited
from tests.given import on

WHOLE = ("2025-06-30", "2025-06-30T23:59:59.999999+09:00")


@pytest.fixture
def told(terminal: Terminal) -> Terminal:
    """A terminal where two people came in May, and one of them again in July."""
    terminal.given(
        on(call_received, "2025-05-01"),
        on(call_received, "2025-05-02").replaced(participant_id=OTHER_PARTICIPANT),
        on(measure_taken, "2025-05-10"),
        on(store_visited, "2025-07-01"),
    )
    return terminal


class Killed(BaseException):
    """Ends a command as a signal would."""


@pytest.fixture
def interrupted(told: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal where a snapshot was being taken when the power went."""

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(PartFolder, "fold", killed)
        with pytest.raises(Killed):
            told.run("snapshots", "take", "report")
    return told


def test_one_that_is_taken_is_listed_with_its_moments_and_read_models(told: Terminal) -> None:
    taken = told.rows("snapshots", "take", "report", "--as-of", WHOLE[0], "--read-model", "timeline")
    assert (taken["name"], taken["state"], taken["as_of"], taken["events"]) == ("report", "taken", WHOLE[1], 4)
    assert taken["read_models"] == ["timeline"]
    told.run("snapshots", "take", "later", "--nice", 1, "--workers", 1, "--read-model", "journey")
    assert [row["name"] for row in told.rows("snapshots", "list")] == ["later", "report"]
    assert told.rows("snapshots", "list")[1] == taken


def test_a_report_that_is_pinned_to_one_is_of_its_moments_whatever_comes_later(told: Terminal) -> None:
    told.run("snapshots", "take", "report", "--as-of", WHOLE[0])
    figures = told.rows("services", "figures", "--snapshot", "report")
    now = told.rows("services", "figures", "--as-of", WHOLE[0])
    assert [row["value"] for row in figures] == [row["value"] for row in now]
    assert {row["as_of"] for row in figures} == {WHOLE[1]}
    told.given(on(store_visited, "2025-05-20").replaced(source_id="late"))
    assert told.rows("services", "figures", "--snapshot", "report") == figures
    late = told.rows("services", "figures", "--as-of", WHOLE[0])
    assert [row["value"] for row in late] != [row["value"] for row in figures]
    told.run("outcomes", "change", "--instrument", "UCLA-3", "--snapshot", "report")
    assert "leave --as-of" in told.fails("services", "figures", "--snapshot", "report", "--as-of", WHOLE[0], code=2)
    assert "majung snapshots list" in told.fails("services", "figures", "--snapshot", "other", code=4)


def test_what_was_known_before_anything_was_recorded_is_nothing(told: Terminal) -> None:
    told.run("snapshots", "take", "before", "--known-at", "2020-01-01")
    told.run("snapshots", "take", "now")
    before, now = (told.rows("services", "figures", "--snapshot", name)[0] for name in ("before", "now"))
    assert (before["code"], before["value"], now["code"], now["value"]) == ("calls", 0, "calls", 2)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["Report"], 2, "small letters"),
        (["report", "--read-model", "journeys"], 2, "there are timeline, journey"),
        (["report", "--known-at", "2999-01-01"], 6, "in the future"),
        (["report", "--as-of", "tomorrow"], 2, "is not a date"),
        (["report", "--workers", "0"], 2, "--workers"),
        (["report", "--nice", "20"], 2, "--nice"),
    ],
)
def test_one_that_cannot_be_taken_is_refused_with_what_to_say_instead(
    told: Terminal, arguments: list[str], code: int, said: str
) -> None:
    assert said in told.run("snapshots", "take", *arguments, code=code).stderr
    assert told.rows("snapshots", "list") == []


def test_a_name_is_free_again_when_its_snapshot_is_dropped(told: Terminal) -> None:
    told.run("snapshots", "take", "report", "--read-model", "timeline")
    assert "already" in told.run("snapshots", "take", "report", code=6).stderr
    told.run("snapshots", "drop", "report")
    assert told.rows("snapshots", "list") == []
    assert "majung snapshots list" in told.fails("snapshots", "drop", "report", code=4)
    told.run("snapshots", "take", "report", "--read-model", "journey")


def test_one_that_was_interrupted_is_listed_and_goes_on_as_of_its_own_moments(interrupted: Terminal) -> None:
    [begun] = interrupted.rows("snapshots", "list")
    assert begun["state"] == "interrupted"
    assert "majung snapshots list" in interrupted.fails("services", "figures", "--snapshot", "report", code=4)
    assert interrupted.rows("snapshots", "take", "report") == begun | {"state": "taken"}


def test_one_that_was_interrupted_can_be_dropped(interrupted: Terminal) -> None:
    interrupted.run("snapshots", "drop", "report")
    assert interrupted.rows("snapshots", "list") == []
    assert "building" not in {row["state"] for row in interrupted.rows("projections", "list")["projections"]}


def test_one_with_rows_under_other_rules_is_dropped_whole_though_these_rules_are_kept_no_more(told: Terminal) -> None:
    told.run("rules", "add", told.file("eager.toml", 'version = "eager"\nsessions_attended = 2\n'))
    told.run("replay", "--rules", "eager")
    assert "journey_eager" in told.rows("snapshots", "take", "report")["read_models"]
    told.run("rules", "drop", "eager")
    told.run("snapshots", "drop", "report")
    assert told.rows("snapshots", "list") == []
    assert "journey_eager" not in {row["read_model"] for row in told.rows("projections", "list")["projections"]}
    told.run("snapshots", "take", "report", "--read-model", "timeline")
