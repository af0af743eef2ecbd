"""The four formats: what is printed of rows."""

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import IO
from uuid import UUID

import pytest

from api.cli.listing import Listing, record
from api.cli.output import Format, show
from domain.codes import CallLevel

MOMENT = datetime(2025, 9, 30, 14, 59, 59, 999999, tzinfo=UTC)
CALLS = Listing("calls", ("at", "level", "n"), [(MOMENT, CallLevel.EMERGENCY, 19_254), (MOMENT, None, 2)])
PERSON = record("person", id=UUID(int=7), stage="healing", mean=5.072727)


Terminal = Callable[[Listing, int], str]


def _to_the_end(screen: IO[bytes]) -> Iterator[bytes]:
    """What was written to a terminal that nobody writes to any more: it comes in pieces, and then an error."""
    with suppress(OSError):
        while piece := screen.read(100_000):
            yield piece


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """What is shown where stdout is a real terminal of some width."""

    def shown(listing: Listing, width: int) -> str:
        screen, stdout = os.openpty()
        monkeypatch.setenv("COLUMNS", str(width))
        with os.fdopen(screen, "rb", buffering=0) as reading:
            with os.fdopen(stdout, "w") as writing, redirect_stdout(writing):
                show(Format.TABLE, listing)
            return re.sub(r"\x1b\[[0-9;]*m", "", b"".join(_to_the_end(reading)).decode())

    return shown


def printed(capsys: pytest.CaptureFixture[str], output: Format, *listings: Listing) -> str:
    show(output, *listings)
    return capsys.readouterr().out


def test_json_of_a_listing_is_a_list_of_whole_values_with_seouls_offset(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(printed(capsys, Format.JSON, CALLS)) == [
        {"at": "2025-09-30T23:59:59.999999+09:00", "level": "emergency", "n": 19254},
        {"at": "2025-09-30T23:59:59.999999+09:00", "level": None, "n": 2},
    ]


def test_json_of_several_listings_is_one_object_and_a_record_is_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(printed(capsys, Format.JSON, PERSON, CALLS))
    assert document["person"] == {"id": str(UUID(int=7)), "stage": "healing", "mean": 5.072727}
    assert [row["n"] for row in document["calls"]] == [19254, 2]


def test_json_lines_of_several_listings_name_theirs_first(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [json.loads(line) for line in printed(capsys, Format.JSONL, PERSON, CALLS).splitlines()]
    assert [line["listing"] for line in lines] == ["person", "calls", "calls"]
    assert next(iter(lines[0])) == "listing"


def test_csv_has_a_header_even_without_rows_and_leaves_absent_values_empty(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, Format.CSV, Listing("none", ("a", "b"), [])) == "a,b\n"
    rows = list(csv.DictReader(io.StringIO(printed(capsys, Format.CSV, PERSON, CALLS))))
    assert [row["listing"] for row in rows] == ["person", "calls", "calls"]
    assert (rows[0]["n"], rows[1]["n"], rows[2]["level"]) == ("", "19254", "")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://x","y")',
        "+82-10-0000-0000",
        "-2+3",
        "@SUM(A1)",
        "\uff1d1+1",
        "\uff20x",
        "-",
        "- none",
        "-1 -2",
    ],
)
def test_a_text_that_a_spreadsheet_would_run_has_an_apostrophe_before_it(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    told = printed(capsys, Format.CSV, Listing("sites", ("site", "others"), [(text, [text, "x"])]))
    [row] = csv.DictReader(io.StringIO(told))
    assert (row["site"], row["others"]) == (f"'{text}", f"'{text}, x")
    assert json.loads(printed(capsys, Format.JSONL, Listing("sites", ("site",), [(text,)]))) == {"site": text}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (-3, "-3"),
        (-1.5, "-1.5"),
        (-1e300, "-1e+300"),
        (Decimal("-0.05"), "-0.05"),
        ("-12.5", "-12.5"),
        ("+3", "+3"),
        ("dobong-03", "dobong-03"),
        ("'quoted", "'quoted"),
        ("\t=1+1", "\\t=1+1"),
        ("\r=1+1", "\\r=1+1"),
        (None, ""),
    ],
)
def test_a_number_and_any_other_text_stay_as_they_are_in_csv(
    capsys: pytest.CaptureFixture[str], value: object, shown: str
) -> None:
    [row] = csv.DictReader(io.StringIO(printed(capsys, Format.CSV, Listing("values", ("id", "value"), [(1, value)]))))
    assert row["value"] == shown


def test_a_table_shows_seoul_time_separators_and_four_decimals(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, Format.TABLE, PERSON, CALLS)
    for expected in ("2025-09-30 23:59", "19,254", "5.0727", "emergency", "calls"):
        assert expected in text
    assert "None" not in text


def test_a_table_that_goes_to_a_file_is_not_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    words = "long " * 100
    assert words.strip() in printed(capsys, Format.TABLE, Listing("texts", ("text", "other"), [(words, words)]))


@pytest.mark.parametrize(("width", "shown"), [(100, False), (200, True)])
def test_a_narrow_terminal_shows_fewer_columns(on_a_terminal: Terminal, width: int, shown: bool) -> None:
    listing = Listing("pairs", ("first", "second"), [("here", "there")], brief=("first",))
    assert ("there" in on_a_terminal(listing, width)) is shown


def test_a_terminal_folds_what_does_not_fit_and_loses_nothing(on_a_terminal: Terminal) -> None:
    words = "".join(f"{number:03}" for number in range(100))
    folded = on_a_terminal(Listing("texts", ("text",), [(words,)]), 60)
    assert words in "".join(re.findall(r"\d+", folded))
    assert max(map(len, folded.splitlines())) <= 60


def test_a_terminal_keeps_names_whole_and_folds_sentences_beside_them(on_a_terminal: Terminal) -> None:
    name, sentence = "calls_level_household_discovery", "words that may well stand below each other " * 3
    shown = on_a_terminal(Listing("figures", ("code", "change_from_first", "says"), [(name, 3, sentence)]), 70)
    assert name in shown
    assert "change from first" not in shown
    assert shown.split().count("stand") == 3
    assert max(map(len, shown.splitlines())) <= 70


def test_a_terminal_too_narrow_for_names_folds_them_and_loses_nothing(on_a_terminal: Terminal) -> None:
    names = ("prescription_without_any_end", "participant_with_many_words", "another_long_name_of_a_site")
    shown = on_a_terminal(Listing("names", ("one", "two", "three"), [names]), 60)
    _, _, *lines = shown.splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 60
    assert sorted("".join(lines).replace(" ", "")) == sorted("".join(names))


def test_a_terminal_too_narrow_for_pseudonyms_shows_rows_below_each_other_and_cuts_none_off(
    on_a_terminal: Terminal,
) -> None:
    one, other = UUID(int=7), UUID(int=8)
    listing = Listing("pairs", ("one", "other", "site", "at"), [(one, other, "dobong", MOMENT)] * 2)
    shown = on_a_terminal(listing, 100)
    assert max(map(len, shown.splitlines())) <= 100
    for value in (str(one), str(other), "dobong", "2025-09-30 23:59"):
        assert shown.count(value) == 2


@pytest.mark.parametrize("output", Format)
@pytest.mark.parametrize(
    "evil", ["\x1b[31mred", "a\rb", "a\nb", "\x07", "\x9b2J", "\u202egnp.exe", "[red]markup[/red]"]
)
def test_no_format_lets_a_control_character_or_markup_through(
    capsys: pytest.CaptureFixture[str], output: Format, evil: str
) -> None:
    text = printed(capsys, output, Listing("names", ("site",), [(evil,)]), record("one", site=evil))
    assert not set("\x1b\r\x07\x9b\u202e") & set(text) - ({"\u202e", "\x9b"} if output in ("json", "jsonl") else set())
    if evil.startswith("["):
        assert evil in text
