"""Lists of any length in: the rows of a group as objects, and those of whom the table has no row."""

import pytest

from consumers.tables.mapping import MappingInvalid, parse_mapping
from domain.events import NetworkSurveyed
from tests.consumers.tables.test_file import events, message, read, rejects

HEAD = 'source = "urn:test:table"\nparticipant = ["ego"]\nparticipant_ids = "dataset-key"\nmissing = ["", "NA"]\n'
EVENT = """
[[event]]
type = "network-surveyed.v1"
group_by = ["wave", "ego"]
occurred_at = { column = "wave" }
"""
EXPECTED = 'expected = { column = "ego", values = ["1", "2", "3"] }\n'
FIELDS = """
[event.fields]
method = { constant = "list" }
complete = { constant = true }
[event.fields.ties.rows]
tie_id = { column = "alter" }
kind = { column = "kind", codes = { f = "friend", w = "worker" } }
closeness = { column = "close", as = "int" }
"""
ASKED = HEAD + EVENT + FIELDS
LISTED = HEAD + EVENT + EXPECTED + FIELDS
FIRST = "wave,ego,alter,kind,close\n"
TABLE = FIRST + "2020-01-15,1,9,f,4\n2020-01-15,2,8,w,\n2020-01-15,1,10,w,1\n"


def ties(survey: NetworkSurveyed) -> list[tuple[str, str, int | None]]:
    return [(tie.tie_id, tie.kind.value, tie.closeness) for tie in survey.ties]


def test_the_rows_of_a_group_become_a_list_of_objects() -> None:
    one, two = events(ASKED, TABLE)
    assert ties(one) == [("10", "worker", 1), ("9", "friend", 4)], "in the order of what they say"
    assert ties(two) == [("8", "worker", None)]
    assert (one.source_id, one.complete) == ("network-surveyed/2020-01-15/1", True)


def test_the_order_of_the_rows_in_the_file_means_nothing() -> None:
    first, *rows = TABLE.splitlines(keepends=True)
    turned = events(ASKED, first + "".join(reversed(rows)))
    assert {event.event_id: event for event in turned} == {event.event_id: event for event in events(ASKED, TABLE)}


def test_a_row_that_lists_nothing_says_that_there_was_nothing_to_list() -> None:
    [survey] = events(ASKED, FIRST + "2020-01-15,1,NA,,\n")
    assert survey.ties == ()
    assert rejects(ASKED, FIRST + "2020-01-15,1,NA,f,\n") == [(2, "invalid-data")], "a tie without its id is none"


def test_two_rows_that_say_the_same_are_a_fault() -> None:
    assert "say the same" in message(ASKED, FIRST + "2020-01-15,1,9,f,4\n2020-01-15,1,9,f,4\n")


def test_who_is_expected_and_has_no_row_has_an_empty_list_on_every_occasion_of_the_table() -> None:
    told = events(LISTED, TABLE + "2021-01-15,3,7,f,\n")
    assert {(f"{survey.occurred_at:%Y}", survey.source_id[-1]): len(survey.ties) for survey in told} == {
        ("2020", "1"): 2,
        ("2020", "2"): 1,
        ("2020", "3"): 0,
        ("2021", "1"): 0,
        ("2021", "2"): 0,
        ("2021", "3"): 1,
    }
    assert len({survey.participant_id for survey in told}) == 3


def test_a_table_without_rows_tells_nothing_of_anybody() -> None:
    assert read(LISTED, FIRST) == []


def test_a_value_that_is_not_expected_puts_the_lists_aside_that_may_lack_its_row() -> None:
    assert rejects(LISTED, TABLE + "2020-01-15,l,7,f,\n") == [
        (5, "wrong-group"),
        *[(line, "wrong-group") for line in (2, 3, 1)],
    ]


def test_a_line_that_cannot_be_read_is_no_occasion_on_which_others_were_asked() -> None:
    found = rejects(LISTED, TABLE + "2099-01-15,1,7,f,,,\n")
    assert found == [(2, "wrong-group"), (3, "wrong-group"), (5, "wrong-csv"), (1, "wrong-group")]


@pytest.mark.parametrize(
    ("bad", "codes"),
    [
        ('2020-01-15,"1', ["wrong-csv", "wrong-group", "wrong-group"]),
        ("2020-01-15,,7,f,", ["id-missing", "wrong-group", "wrong-group"]),
        ("2020-01-15,1,7,f,,,", ["wrong-csv", "wrong-group"]),
    ],
)
def test_a_line_without_a_group_puts_every_list_aside_since_none_shows_a_gap(bad: str, codes: list[str]) -> None:
    assert [code for _, code in rejects(ASKED, TABLE + bad + "\n")] == codes
    assert len(read(ASKED, TABLE + bad + "\n")) == len(codes)


def test_a_bad_line_does_not_put_aside_what_stands_in_single_rows() -> None:
    single = '[[event]]\ntype = "call-placed.v1"\nid = ["alter"]\noccurred_at = { column = "wave" }\n'
    fields = '[event.fields]\npurpose = { constant = "check" }\noutcome = { constant = "reached" }\n'
    found = read(ASKED + single + fields, TABLE + '"\n')
    assert sum(hasattr(unit, "event") for unit in found) == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ASKED.replace('group_by = ["wave", "ego"]', 'id = ["wave"]'), "`rows` needs `group_by`"),
        (ASKED.replace('{ column = "alter" }', '{ columns = ["alter"] }'), "each part of `rows`"),
        (ASKED.replace('{ column = "alter" }', '{ rows = { a = { column = "alter" } } }'), "each part of `rows`"),
        (HEAD + EVENT + "[event.fields]\nmethod = { rows = { a = { constant = 1 } } }\n", "at least one a `column`"),
        (ASKED.replace('{ column = "alter" }', '{ column = "*" }'), '"*" is the column of `for_each`'),
        (
            LISTED.replace('column = "ego", values', 'column = "alter", values'),
            "`expected` names a column of `group_by`",
        ),
        (LISTED.replace('"1", "2", "3"', '"1", "1"'), "has a value twice"),
        (LISTED.replace('"1", "2", "3"', ""), "expected.values"),
        (LISTED.replace('occurred_at = { column = "wave" }', 'occurred_at = { column = "day" }'), "id and date: day"),
        (LISTED.replace("expected", 'id = ["number"]\nexpected', 1), "id and date: number"),
        (LISTED.replace('participant = ["ego"]', 'participant = ["who"]'), "the columns of `participant`"),
    ],
)
def test_a_list_that_cannot_work_is_refused_before_any_row_is_read(text: str, says: str) -> None:
    with pytest.raises(MappingInvalid) as caught:
        parse_mapping(text)
    assert says in str(caught.value)
