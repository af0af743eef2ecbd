"""`majung identities`: two pseudonyms made one person and parted again; and never a reason shown."""

import pytest

from tests.api.cli.conftest import Terminal
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, call_received, risk_assessed, store_visited

ONE, OTHER = PARTICIPANT, OTHER_PARTICIPANT
STRANGER = "7f000000-0000-4000-8000-000000000001"
PAIR = "11111111-1111-4111-8111-111111111111"
WHY = ("--reason", "told both stories", "--actor", "worker-07")


@pytest.fixture
def two(terminal: Terminal) -> Terminal:
    """A terminal where two people are known, one of whom was assessed."""
    terminal.given(call_received, risk_assessed, store_visited.replaced(participant_id=OTHER))
    return terminal


def stage_of(terminal: Terminal, participant: object) -> object:
    return terminal.rows("person", "show", participant)["person"]["stage"]


def test_a_link_makes_one_person_of_two_and_an_unlink_parts_them(two: Terminal) -> None:
    assert stage_of(two, OTHER) is None
    [done] = two.rows("identities", "link", ONE, OTHER, *WHY)
    assert done["status"] == "recorded"
    assert stage_of(two, OTHER) == "healing"
    assert two.rows("identities", "unlink", OTHER, ONE, *WHY) == [done]
    assert stage_of(two, OTHER) is None


def test_show_tells_who_is_one_person_and_every_link_at_a_journal_time(two: Terminal) -> None:
    two.run("identities", "link", ONE, OTHER, *WHY, "--pair", PAIR)
    linked = two.rows("identities", "show", OTHER)
    assert linked["person"]["person"] == str(min(ONE, OTHER))
    assert [row["participant_id"] for row in linked["identities"]] == sorted([str(ONE), str(OTHER)])
    [link] = linked["links"]
    assert (link["pair_id"], link["linked_by"], link["unlinked_at"]) == (PAIR, "worker-07", None)
    assert {link["one"], link["other"]} == {str(ONE), str(OTHER)}
    two.run("identities", "unlink", ONE, "--pair", PAIR, "--reason", "two people after all")
    [parted] = two.rows("identities", "show", ONE)["links"]
    assert (parted["linked_at"], parted["unlinked_by"]) == (link["linked_at"], None)
    assert parted["unlinked_at"] > parted["linked_at"]
    known = two.rows("identities", "show", ONE, "--known-at", link["linked_at"])
    assert (known["identities"], known["links"]) == (linked["identities"], linked["links"])


def test_the_same_command_with_the_same_pair_id_is_a_duplicate(two: Terminal) -> None:
    for command, status in (
        ("link", "recorded"),
        ("link", "duplicate"),
        ("unlink", "recorded"),
        ("unlink", "duplicate"),
    ):
        assert two.rows("identities", command, ONE, OTHER, *WHY, "--pair", PAIR) == [
            {"pair_id": PAIR, "status": status}
        ]


def test_a_refusal_changes_nothing_and_has_its_code(two: Terminal) -> None:
    assert "name the other one" in two.fails("identities", "link", ONE, ONE, *WHY, code=6)
    assert STRANGER in two.fails("identities", "link", ONE, STRANGER, *WHY, code=4)
    assert "identities show" in two.fails("identities", "unlink", ONE, OTHER, *WHY, code=4)
    two.run("identities", "link", ONE, OTHER, *WHY, "--pair", PAIR)
    assert f"directly (pair {PAIR})" in two.fails("identities", "link", OTHER, ONE, *WHY, code=6)
    two.run("identities", "unlink", ONE, OTHER, *WHY)
    assert "taken back before" in two.fails("identities", "unlink", ONE, OTHER, "--reason", "another", code=6)
    assert "take a new one" in two.fails("identities", "link", ONE, OTHER, *WHY, "--pair", PAIR, code=6)
    two.fails("identities", "show", STRANGER, code=4)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["link", ONE, OTHER], "--reason"),
        (["link", ONE, OTHER, "--reason", "  "], "say why"),
        (["link", ONE, OTHER, "--reason", "x" * 2001], "2,000"),
        (["link", ONE, OTHER, "--reason", "x", "--actor", ""], "1 to 200"),
        (["link", ONE, OTHER, "--reason", "x", "--pair", "pair-1"], "--pair"),
        (["link", ONE, "010-1234-5678", "--reason", "x"], "OTHER"),
        (["unlink", ONE, "--reason", "x"], "--pair"),
    ],
)
def test_a_wrong_command_line_says_what_to_change(two: Terminal, arguments: list[object], said: str) -> None:
    assert said in two.run("identities", *arguments, code=2).stderr


def test_no_command_shows_a_reason(two: Terminal) -> None:
    shown = [two.run("identities", "link", ONE, OTHER, *WHY).output]
    shown += [
        two.run(*command, "-o", "csv").output for command in (("identities", "show", ONE), ("person", "timeline", ONE))
    ]
    shown.append(two.run("identities", "unlink", ONE, OTHER, *WHY).output)
    assert "stories" not in "".join(shown)
