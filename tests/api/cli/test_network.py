"""`majung person network` and `majung outcomes ties`: one person's ties, and everybody's from a table of ties."""

from pathlib import Path

from tests.api.cli.conftest import Terminal
from tests.domain.network.stories import end, report, survey
from tests.domain.network.two_people import BOTH, A, B, by, named, withdraws
from tests.examples import PARTICIPANT, network_surveyed, tie_ended, tie_reported

MAPPING = Path(__file__).parents[3] / "docs" / "examples" / "s50.mapping.toml"
STORY = (
    report("a", "2025-06-01", "family", 2, 4.0),
    report("b", "2025-06-01", "worker"),
    report("a", "2025-06-05", "family", 5),
    survey("a", "c", day="2025-06-10"),
)
STRANGER = "7f000000-0000-4000-8000-000000000001"


def test_the_network_at_a_moment_is_counted_and_its_ties_are_listed_with_their_evidence(terminal: Terminal) -> None:
    terminal.given(*STORY)
    found = terminal.rows("person", "network", PARTICIPANT, "--as-of", "2025-06-09")
    network = found["network"]
    assert (network["size"], network["family"], network["worker"], network["friend"]) == (2, 1, 1, 0)
    assert (network["professional_share"], network["mean_closeness"], network["contacts_per_month"]) == (0.5, 5.0, 4.0)
    first, second, other = found["ties"]
    assert (first["tie_id"], first["closeness"], first["until"]) == ("a", 2, "2025-06-05T10:00:00+09:00")
    assert (second["closeness"], second["until"], second["told_by"]) == (5, None, str(STORY[2].event_id))
    assert (other["tie_id"], other["ended_by"]) == ("b", None)
    assert set(found) == {"network", "ties"}


def test_two_moments_are_compared(terminal: Terminal) -> None:
    terminal.given(*STORY)
    question = ("person", "network", PARTICIPANT, "--as-of", "2025-06-30", "--compare-with", "2025-06-02")
    found = terminal.rows(*question)
    assert {row["tie_id"]: row["change"] for row in found["changes"]} == {"a": "kept", "b": "ended", "c": "formed"}
    comparison = found["comparison"]
    assert (comparison["ties_before"], comparison["ties_after"], comparison["hamming"]) == (2, 2, 2)
    assert round(comparison["jaccard"], 4) == 0.3333
    ended = {row["tie_id"]: row["ended_by"] for row in found["ties"]}
    assert ended["b"] == str(STORY[3].event_id)
    table = terminal.run(*question).stdout
    assert "jaccard" in table


def test_known_at_leaves_out_what_was_not_recorded_yet(terminal: Terminal) -> None:
    terminal.given(*STORY[:2])
    question = ("person", "network", PARTICIPANT, "--as-of", "2025-06-09")
    assert "by then" in terminal.fails(*question, "--known-at", "2020-01-01", code=4)
    assert terminal.rows(*question)["network"]["size"] == 2


def test_wrong_questions_about_a_network_have_their_codes(terminal: Terminal) -> None:
    terminal.given(*STORY)
    later = ("--as-of", "2025-06-02", "--compare-with", "2025-06-03")
    assert "--compare-with" in terminal.fails("person", "network", PARTICIPANT, *later, code=2)
    terminal.fails("person", "network", STRANGER, code=4)
    terminal.fails("person", "network", PARTICIPANT, "--compare-with", "june", code=2)
    swapped = ("--before", "2025-06-03", "--after", "2025-06-02")
    assert "--before" in terminal.fails("outcomes", "ties", *swapped, code=2)
    terminal.fails("outcomes", "ties", "--before", "2025-06-03", code=2)


def test_a_network_shows_no_label_no_reason_and_not_who_the_other_person_is(terminal: Terminal) -> None:
    terminal.given(tie_reported, tie_ended.replaced(tie_id=tie_reported.tie_id), network_surveyed)
    secrets = [tie_reported.alter_label, tie_ended.reason, str(tie_reported.alter_id)]
    for output in ("table", "csv", "json", "jsonl"):
        shown = terminal.run("person", "network", PARTICIPANT, "--compare-with", "2025-05-18", "-o", output).stdout
        assert tie_reported.tie_id in shown
        assert [secret for secret in secrets if secret and secret in shown] == []


def test_two_waves_of_a_table_of_ties_give_the_change_of_everybodys_networks(terminal: Terminal) -> None:
    """Ego 3 names nobody at the second wave and has no row there: the tie of the first has ended all the same."""
    waves = {1: [(1, 2), (1, 3), (2, 1), (3, 1)], 2: [(1, 2), (2, 3), (50, 1)]}
    for wave, ties in waves.items():
        lines = ['"wave","ego","alter"', *(f"{wave},{ego},{alter}" for ego, alter in ties)]
        table = terminal.file(f"wave{wave}.csv", "\n".join(lines) + "\n")
        told = terminal.run("import", table, "--mapping", MAPPING).stdout
        assert "rows 50 = events 50" in told
    question = ("outcomes", "ties", "--before", "1995-12-31", "--after", "1996-12-31")
    found = terminal.rows(*question)
    names = ("egos", "ties_before", "ties_after", "formed", "ended", "kept", "hamming")
    assert [found[name] for name in names] == [4, 4, 3, 2, 3, 1, 5]
    assert found["jaccard"] == 1 / 6
    assert terminal.rows(*question, "--source", "urn:other")["jaccard"] is None


def test_a_population_is_told_from_the_read_model(terminal: Terminal) -> None:
    terminal.given(*STORY, end("c", "2025-06-20"))
    question = ("outcomes", "ties", "--before", "2025-06-02", "--after", "2025-06-15")
    row = terminal.run(*question, "-o", "csv").stdout.splitlines()[1]
    assert row.split(",")[2:9] == ["1", "2", "2", "1", "1", "1", "2"]


def test_both_sides_show_a_tie_between_two_tracked_people_while_both_consent(terminal: Terminal) -> None:
    told = named("t", B, kind="activist", closeness=4)
    terminal.given(*BOTH, told, by(B, report("own")), withdraws(A, "2025-06-10"))
    of_a, of_b = (terminal.rows("person", "network", who, "--as-of", "2025-06-09") for who in (A, B))
    names = ("tie_id", "teller", "alter", "kind", "closeness", "since", "told_by")
    since, event = "2025-06-01T10:00:00+09:00", str(told.event_id)
    assert [[tie[name] for name in names] for tie in of_a["ties"]] == [
        ["t", "self", str(B), "activist", 4, since, event]
    ]
    assert [[tie[name] for name in names] for tie in of_b["ties"]][1:] == [
        ["t", "other", str(A), "helped", None, since, event]
    ]
    assert of_b["network"]["size"] == 1, "what others told is not counted"
    for output in ("table", "csv", "json", "jsonl"):
        shown = [terminal.run("person", "network", who, "--as-of", "2025-06-10", "-o", output).stdout for who in (A, B)]
        assert str(B) not in shown[0]
        assert str(A) not in shown[1]
        assert "helped" not in shown[1]


def test_a_tie_that_both_see_is_counted_once_in_the_population(terminal: Terminal) -> None:
    terminal.given(*BOTH, named("t", B))
    found = terminal.rows("outcomes", "ties", "--before", "2025-05-15", "--after", "2025-06-15")
    assert (found["egos"], found["ties_before"], found["ties_after"]) == (1, 0, 1)
