"""`majung outcomes change`: a long and a wide table through their mapping files, and the figures worked out by hand."""

from pathlib import Path

from tests.api.cli.conftest import Terminal

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
ANSWERS = {
    # before (a sum of 3 to 9), during; None is a missing answer
    "R_1": ((1, 1, 1), (2, 2, 2)),
    "R_2": ((3, 2, 2), (1, 1, 2)),
    "R_3": ((2, 2, 2), (3, 3, 3)),
    "R_4": ((1, 2, 2), ("NA", "NA", "NA")),
}
"""Before 3, 7, 6, 5: mean 5.25, two at 6 or more. During 6, 4, 9: mean 6 1/3, two. R_1 crosses up, R_2 down."""

VISITS = """subject,drug,length,treatment,bdi.pre,bdi.2m,bdi.3m,bdi.5m,bdi.8m
1,No,>6m,TAU,29,2,2,NA,NA
2,Yes,>6m,BtheB,32,16,24,17,20
3,Yes,<6m,TAU,25,20,NA,NA,NA
"""


def long_table() -> str:
    rows = [
        f"{person},{period},loneliness,{item},{answer}"
        for person, periods in ANSWERS.items()
        for period, answers in zip(("before", "during"), periods, strict=True)
        for item, answer in enumerate(answers, start=1)
    ]
    return "\n".join(["response_id,lockdown_period,subscale,item,score", *rows]) + "\n"


def test_a_long_table_gives_means_threshold_crossings_and_who_has_no_score(terminal: Terminal) -> None:
    table = terminal.file("items.csv", long_table())
    terminal.run("import", table, "--mapping", EXAMPLES / "ucla3.mapping.toml")
    found = terminal.rows("outcomes", "change", "--instrument", "UCLA-3")
    before, during = found["occasions"]
    assert (before["n"], before["mean"], before["at_or_above"], before["threshold"]) == (4, 5.25, 2, 6)
    assert (during["n"], round(during["mean"], 4), during["at_or_above"], during["without_score"]) == (3, 6.3333, 2, 1)
    [pairs] = found["changes"]
    assert (pairs["n"], pairs["crossed_up"], pairs["crossed_down"]) == (3, 1, 1)
    assert round(pairs["mean_change"], 4) == 1.0
    [none] = found["without_score"]
    assert none["reason"] == "all items missing"
    assert "R_4" not in terminal.run("outcomes", "change", "--instrument", "UCLA-3").stdout


def test_a_wide_table_gives_means_by_arm_and_visit(terminal: Terminal) -> None:
    table = terminal.file("visits.csv", VISITS)
    terminal.run("import", table, "--mapping", EXAMPLES / "btheb.mapping.toml")
    found = terminal.rows("outcomes", "change", "--instrument", "BDI", "--by", "organisation")
    cells = [(row["organisation"], row["n"], row["mean"]) for row in found["occasions"]]
    assert cells == [
        ("BtheB", 1, 32.0),
        ("BtheB", 1, 16.0),
        ("BtheB", 1, 24.0),
        ("BtheB", 1, 17.0),
        ("BtheB", 1, 20.0),
        ("TAU", 2, 27.0),
        ("TAU", 2, 11.0),
        ("TAU", 1, 2.0),
    ]
    in_series = terminal.rows("outcomes", "change", "--instrument", "BDI", "--occasion", "sequence")["occasions"]
    assert [(row["occasion"], row["n"]) for row in in_series] == [(1, 3), (2, 3), (3, 2), (4, 1), (5, 1)]
    until = terminal.rows("outcomes", "change", "--instrument", "BDI", "--as-of", "2003-02-28")
    assert [row["n"] for row in until["occasions"]] == [3]
    elsewhere = terminal.rows("outcomes", "change", "--instrument", "BDI", "--source", "urn:other")
    assert elsewhere == {"occasions": [], "changes": [], "without_score": []}


def test_an_instrument_that_is_none_is_a_wrong_command_line(terminal: Terminal) -> None:
    assert "UCLA-3" in terminal.fails("outcomes", "change", "--instrument", "UCLA-4", code=2)
    terminal.fails("outcomes", "change", code=2)


def test_a_threshold_that_no_score_can_reach_or_miss_is_a_wrong_command_line(terminal: Terminal) -> None:
    terminal.fails("outcomes", "change", "--instrument", "UCLA-3", "--threshold", "nan", code=2)
