"""`majung identities suggested` and `find`: pseudonyms and reasons, and never a value on the way in or out."""

import pytest
from typer.testing import CliRunner

from api.cli import app
from projections.suggested_links import MOST_PEOPLE
from tests.api.cli.conftest import Terminal
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, participant_registered, store_visited

ONE, OTHER, THIRD = PARTICIPANT, OTHER_PARTICIPANT, "c3a07c5e-1f42-4d09-8e6b-27d8c4f09a13"
STRANGER = "7f000000-0000-4000-8000-000000000001"
PHONE = "010-2345-6789"


@pytest.fixture
def three(terminal: Terminal) -> Terminal:
    """Two who share a phone, and a third who shares a nickname at the store with the first."""
    terminal.given(
        participant_registered.replaced(phone=PHONE, name="홍길동"),
        participant_registered.replaced(participant_id=OTHER, phone="+82 10 2345 6789", name=None, nickname=None),
        store_visited.replaced(participant_id=THIRD),
    )
    return terminal


def found(terminal: Terminal, *arguments: str, stdin: str) -> list[str]:
    result = CliRunner().invoke(app, ["identities", "find", *arguments, "-o", "csv"], input=stdin)
    assert result.exit_code == 0, result.output
    header, *rows = result.stdout.splitlines()
    assert header == "participant_id"
    return rows


def test_pairs_are_told_with_their_reasons_and_how_to_link_them(three: Terminal) -> None:
    result = three.run("identities", "suggested")
    assert f"majung identities link {ONE} {OTHER} --reason" in result.stderr
    strong = {"one": str(ONE), "other": str(OTHER), "strength": "strong", "reasons": ["phone"], "parted": False}
    assert three.rows("identities", "suggested") == {"links": [strong], "too_common": []}
    weak = {"one": str(ONE), "other": THIRD, "strength": "weak", "reasons": ["nickname"], "parted": False}
    assert three.rows("identities", "suggested", "--weak")["links"] == [strong, weak]
    assert len(three.rows("identities", "suggested", "--weak", "--limit", 1)["links"]) == 1
    [mine] = three.rows("identities", "suggested", "--person", OTHER)["links"]
    assert (mine["one"], mine["other"]) == (str(OTHER), str(ONE))


def test_a_link_ends_a_suggestion_and_its_end_brings_it_back_only_when_asked_for(three: Terminal) -> None:
    def pairs(*options: str) -> list[bool]:
        with_worker(three)
        return [row["parted"] for row in three.rows("identities", "suggested", *options)["links"]]

    three.run("identities", "link", ONE, OTHER, "--reason", "one caller")
    assert pairs("--parted") == []
    three.run("identities", "unlink", ONE, OTHER, "--reason", "two sisters")
    assert pairs() == []
    assert pairs("--parted") == [True]


def with_worker(terminal: Terminal) -> None:
    terminal.given()


def test_what_too_many_share_is_told_and_suggests_nobody(terminal: Terminal) -> None:
    people = [ONE.__class__(int=ONE.int + number) for number in range(MOST_PEOPLE + 1)]
    terminal.given(*(participant_registered.replaced(participant_id=one, phone=PHONE, name=None) for one in people))
    told = terminal.rows("identities", "suggested")
    assert told["links"] == []
    [common] = told["too_common"]
    assert (common["kind"], common["site"], common["people"]) == ("phone", None, len(people))


def test_who_has_a_phone_a_name_or_a_nickname_is_found_by_what_stdin_says(three: Terminal) -> None:
    assert found(three, "phone", stdin="(010) 2345-6789\n") == [str(ONE), str(OTHER)]
    assert found(three, "name", stdin="홍 길동\n1970-01-01\n") == [str(ONE)]
    assert found(three, "name", stdin="홍길동\n1970-01-02\n") == []
    assert found(three, "nickname", "--site", "gwanak", stdin="a NICKNAME\n") == [str(ONE), THIRD]
    assert found(three, "nickname", "--site", "mapo", stdin="A nickname\n") == []


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["phone"], "", "on stdin"),
        (["phone"], "119\n", "area code"),
        (["phone", "--site", "gwanak"], "x\n", "only with a nickname"),
        (["nickname"], "x\n", "--site"),
        (["nickname", "--site", "gwanak"], "\u200b\n", "blanks"),
        (["name"], "홍길동\n", "date of birth"),
        (["name"], "홍길동\n1970\n", "1970-01-31"),
        (["address"], "x\n", "WHAT"),
    ],
)
def test_what_cannot_be_looked_for_is_refused_and_not_repeated(
    three: Terminal, arguments: list[str], stdin: str, said: str
) -> None:
    result = CliRunner().invoke(app, ["identities", "find", *arguments], input=stdin)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "홍길동" not in result.stderr


def test_of_whom_nothing_is_recorded_nothing_is_suggested(three: Terminal) -> None:
    assert STRANGER in three.fails("identities", "suggested", "--person", STRANGER, code=4)


def test_no_value_is_shown(three: Terminal) -> None:
    shown = three.run("identities", "suggested", "--weak", "--parted").output
    shown += three.run("identities", "suggested", "--weak", "-o", "jsonl").output
    assert not [value for value in ("2345", "홍길동", "1970-01-01", "A nickname") if value in shown]


def test_events_that_the_rows_have_not_seen_are_told(three: Terminal) -> None:
    three.run("identities", "link", ONE, OTHER, "--reason", "one caller")
    assert "2 event(s)" in three.run("identities", "suggested").stderr


def test_another_master_key_asks_for_a_replay_of_the_directory_alone(terminal: Terminal) -> None:
    terminal.sql("UPDATE read_models SET version = version + 1 WHERE name = 'directory'")
    assert "majung replay" in terminal.fails("identities", "suggested", code=1)
    assert [row["read_model"] for row in terminal.rows("replay", "directory")] == ["directory"]
    terminal.run("identities", "suggested")
