"""Tables in: rows, groups of rows and columns of a row become touchpoints, as the mapping says."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from consumers.tables.file import touchpoints
from consumers.tables.mapping import ColumnsMissing, parse_mapping
from consumers.units import Read, Reject, Unit
from domain.events import CallReceived, MeasureTaken, StoreVisited
from domain.touchpoint import participant_of

NOW = datetime(2025, 12, 31, tzinfo=UTC)
SOURCE = "urn:test:table"

VISITS = """
source = "urn:test:table"
participant = ["who"]
participant_ids = "dataset-key"
missing = ["", "NA"]
[[event]]
type = "store-visited.v1"
id = ["id"]
[event.occurred_at]
column = "day"
[event.fields]
"""
ITEMS = """
source = "urn:test:table"
participant = ["who"]
participant_ids = "dataset-key"
missing = ["", "NA"]
[[event]]
type = "measure-taken.v1"
group_by = ["who", "period"]
when = [{ column = "scale", equals = "lonely" }]
[event.occurred_at]
column = "period"
dates = { before = "2020-01", during = 2020-04-15 }
[event.fields]
instrument = { constant = "UCLA-3" }
items = { column = "score", as = "int", order_by = "item", order = ["1", "2", "3"] }
"""
WIDE = """
source = "urn:test:table"
participant = ["who"]
participant_ids = "dataset-key"
missing = ["NA"]
[[event]]
type = "measure-taken.v1"
id = ["who"]
when = [{ column = "*", present = true }]
for_each = [
  { column = "pre", occurred_at = 2003-01-01 },
  { column = "2m", id = "two", occurred_at = 2003-03-01, constants = { language = "en" } },
]
[event.fields]
instrument = { constant = "BDI" }
score = { column = "*", as = "float" }
"""


def read(mapping: str, table: str | bytes, encoding: str = "utf-8") -> list[Unit]:
    raw = table if isinstance(table, bytes) else table.encode(encoding)
    return list(touchpoints(BytesIO(raw), parse_mapping(mapping), now=NOW))


def events(mapping: str, table: str | bytes, encoding: str = "utf-8") -> list[Any]:
    """The touchpoints of a table in which nothing is wrong."""
    found = read(mapping, table, encoding)
    assert [unit for unit in found if isinstance(unit, Reject)] == []
    return [unit.event for unit in found if isinstance(unit, Read)]


def rejects(mapping: str, table: str | bytes) -> list[tuple[int, str]]:
    return [(unit.line, unit.code) for unit in read(mapping, table) if isinstance(unit, Reject)]


def message(mapping: str, table: str) -> str:
    """The word for the only unit of a table, a reject."""
    (unit,) = read(mapping, table)
    assert isinstance(unit, Reject)
    return unit.message


def test_a_row_becomes_a_touchpoint_with_ids_that_stay_the_same() -> None:
    (visit,) = events(VISITS + 'site = { column = "store" }', "id,who,day,store\n7,P1,2025-05-01,gwanak\n")
    assert visit == StoreVisited(
        participant_id=participant_of(SOURCE, "P1"),
        occurred_at="2025-05-01T12:00:00+09:00",
        precision="day",
        source=SOURCE,
        source_id="store-visited/7",
        origin="migrated",
        site="gwanak",
        code_list_version="2025-04",
    )


def test_a_participant_may_be_a_uuid_as_it_stands() -> None:
    mapping = VISITS.replace("dataset-key", "uuid")
    (visit,) = events(mapping, "id,who,day\n7,6f1d2c3b-4a59-4e68-9c77-8b86a5943b21,2025-05-01\n")
    assert str(visit.participant_id) == "6f1d2c3b-4a59-4e68-9c77-8b86a5943b21"
    assert rejects(mapping, "id,who,day\n7,P1,2025-05-01\n") == [(2, "subject-not-a-uuid")]


@pytest.mark.parametrize("key", ["010-5555-0199", "01055550199", "+82 10-5555-0199", "900101-1234567", "a@example.org"])
def test_no_pseudonym_is_derived_from_what_looks_like_a_person(key: str) -> None:
    table = f"id,who,day\n7,{key},2025-05-01\n"
    assert rejects(VISITS, table) == [(2, "personal-key")]
    assert key not in message(VISITS, table)


def test_keys_of_several_columns_do_not_run_into_one_another() -> None:
    mapping = VISITS.replace('["id"]', '["a", "b"]').replace('["who"]', '["a", "b"]')
    one, other = events(mapping, "a,b,day\nx/y,z,2025-05-01\nx,y/z,2025-05-01\n")
    assert (one.source_id, other.source_id) == ("store-visited/x%2Fy/z", "store-visited/x/y%2Fz")
    assert one.participant_id != other.participant_id


def test_without_a_name_an_id_is_the_producers_own() -> None:
    (visit,) = events(VISITS.replace("[[event]]", '[[event]]\nname = ""'), "id,who,day\na/7,P1,2025-05-01\n")
    assert visit.source_id == "a/7"


def test_an_empty_id_or_participant_is_rejected() -> None:
    assert rejects(VISITS, "id,who,day\n,P1,2025-05-01\n7,NA,2025-05-01\n") == [(2, "id-missing"), (3, "id-missing")]


@pytest.mark.parametrize(
    ("spec", "cell", "at", "precision"),
    [
        ('column = "day"', "2025-05-01", "2025-05-01T03:00:00+00:00", "day"),
        ('column = "day"', "2025-05", "2025-05-01T03:00:00+00:00", "month"),
        ('column = "day"', "2025-05-01T09:30", "2025-05-01T00:30:00+00:00", "instant"),
        ('column = "day"', "2025-05-01 09:30:05", "2025-05-01T00:30:05+00:00", "instant"),
        ('column = "day"', "2025-05-01T09:30:00Z", "2025-05-01T09:30:00+00:00", "instant"),
        ('column = "day"\nformat = "%Y.%m.%d"', "2025.05.01", "2025-05-01T03:00:00+00:00", "day"),
        ('column = "day"\nformat = "%Y%m%d"', "20250501", "2025-05-01T03:00:00+00:00", "day"),
        ('column = "day"\nformat = "%Y%m"', "202505", "2025-05-01T03:00:00+00:00", "month"),
        ('column = "day"\nformat = "%d/%m/%Y %H:%M"', "01/05/2025 09:30", "2025-05-01T00:30:00+00:00", "instant"),
        ('column = "day"\nprecision = "month"', "2025-05-01", "2025-05-01T03:00:00+00:00", "month"),
        ('column = "day"\ndates = { spring = 2025-05-01 }', "spring", "2025-05-01T03:00:00+00:00", "day"),
        ("constant = 2025-05-01", "x", "2025-05-01T03:00:00+00:00", "day"),
        ("constant = 2025-05-01T09:30:00", "x", "2025-05-01T00:30:00+00:00", "instant"),
        ('constant = "2025-05"', "x", "2025-05-01T03:00:00+00:00", "month"),
    ],
)
def test_a_moment_is_read_in_the_zone_of_the_mapping_with_its_precision(
    spec: str, cell: str, at: str, precision: str
) -> None:
    (visit,) = events(VISITS.replace('column = "day"', spec), f"id,who,day\n7,P1,{cell}\n")
    assert (visit.occurred_at.isoformat(), visit.precision) == (at, precision)


def test_another_zone_is_a_setting() -> None:
    (visit,) = events('time_zone = "Europe/Paris"' + VISITS, "id,who,day\n7,P1,2025-05-01T09:30\n")
    assert visit.occurred_at == datetime(2025, 5, 1, 7, 30, tzinfo=UTC)


def test_a_bare_day_is_the_same_touchpoint_in_every_zone() -> None:
    table = "id,who,day\n7,P1,2025-05-01\n"
    assert events('time_zone = "America/New_York"' + VISITS, table) == events(VISITS, table)


@pytest.mark.parametrize(
    ("spec", "cell", "code"),
    [
        ('column = "day"', "", "wrong-cell"),
        ('column = "day"', "1 May", "wrong-cell"),
        ('column = "day"', "2025-02-30", "wrong-cell"),
        ('column = "day"', "20250501", "wrong-cell"),
        ('column = "day"', "2025-W18-4", "wrong-cell"),
        ('column = "day"', "2025-13", "wrong-cell"),
        ('column = "day"', "0001-01-01T00:00", "wrong-cell"),
        ('column = "day"', "1800-01-01", "time-out-of-range"),
        ('column = "day"', "2099-01-01", "in-the-future"),
        ('column = "day"\nformat = "%Y.%m.%d"', "2025-05-01", "wrong-cell"),
        ('column = "day"\ndates = { spring = 2025-05-01 }', "autumn", "unmapped-value"),
    ],
)
def test_a_moment_that_cannot_be_read_is_rejected(spec: str, cell: str, code: str) -> None:
    table = f"id,who,day\n7,P1,{cell}\n"
    assert rejects(VISITS.replace('column = "day"', spec), table) == [(2, code)]
    assert not cell or cell not in message(VISITS.replace('column = "day"', spec), table)


@pytest.mark.parametrize(
    ("source", "cell", "field", "value"),
    [
        ('site = { column = "x" }', " gwanak ", "site", "gwanak"),
        ('site = { column = "x" }', "NA", "site", None),
        ('site = { constant = "gwanak" }', "x", "site", "gwanak"),
        ('note = { column = "x" }', '"He said ""hello"", twice"', "note", 'He said "hello", twice'),
        ('stay_minutes = { column = "x", as = "int" }', "+12", "stay_minutes", 12),
        ('age_band = { column = "x", codes = { "청년" = "youth" } }', "청년", "age_band", "youth"),
        ('age_band = { column = "x", codes = { A = "youth" }, otherwise = "unknown" }', "B", "age_band", "unknown"),
        ('activities = { column = "x", split = ";" }', "goods; other", "activities", ("goods", "other")),
        ('activities = { column = "x", split = ";", codes = { g = "goods" } }', "g;g", "activities", ("goods",)),
        (
            'activities = { columns = ["x", "id"], codes = { g = "goods", 7 = "other" } }',
            "g",
            "activities",
            ("goods", "other"),
        ),
        ('activities = { constant = ["goods"] }', "x", "activities", ("goods",)),
    ],
)
def test_a_field_comes_from_a_cell_a_constant_or_several(source: str, cell: str, field: str, value: object) -> None:
    (visit,) = events(VISITS + source, f"id,who,day,x\n7,P1,2025-05-01,{cell}\n")
    assert getattr(visit, field) == value


@pytest.mark.parametrize(
    ("source", "cell", "code"),
    [
        ('stay_minutes = { column = "x", as = "int" }', "twelve", "wrong-cell"),
        ('stay_minutes = { column = "x", as = "int" }', "1_0", "wrong-cell"),
        ('stay_minutes = { column = "x", as = "int" }', "٣", "wrong-cell"),
        ('stay_minutes = { column = "x", as = "int" }', "9" * 30, "wrong-cell"),
        ('stay_minutes = { column = "x", as = "int" }', "-4", "invalid-data"),
        ('stay_minutes = { column = "x", as = "float" }', "nan", "wrong-cell"),
        ('stay_minutes = { column = "x", as = "float" }', "1e999", "wrong-cell"),
        ('stay_minutes = { column = "x" }', "12", "invalid-data"),
        ('age_band = { column = "x", codes = { A = "youth" } }', "B", "unmapped-value"),
        ('age_band = { column = "x" }', "elderly", "wrong-code"),
    ],
)
def test_a_cell_that_does_not_fit_is_rejected(source: str, cell: str, code: str) -> None:
    table = f"id,who,day,x\n7,P1,2025-05-01,{cell}\n"
    assert rejects(VISITS + source, table) == [(2, code)]
    assert cell not in message(VISITS + source, table).split()


@pytest.mark.parametrize(("cell", "value"), [("Y", True), ("예", True), ("아니오", False), ("", False)])
def test_yes_and_no_are_said_in_the_mappings_own_words(cell: str, value: bool) -> None:
    mapping = VISITS.replace("store-visited", "call-received") + (
        'channel = { constant = "phone" }\noutcome = { constant = "answered" }\n'
        'anonymous = { column = "x", as = "bool", true = ["y", "예"], false = ["아니오"] }'
    )
    (call,) = events(mapping, f"id,who,day,x\n7,P1,2025-05-01,{cell}\n")
    assert isinstance(call, CallReceived)
    assert call.anonymous is value
    assert rejects(mapping, "id,who,day,x\n7,P1,2025-05-01,maybe\n") == [(2, "wrong-cell")]


def test_defaults_stand_on_every_event_unless_a_field_says_otherwise() -> None:
    mapping = 'defaults = { site = "gwanak", actor = "w1" }' + VISITS + 'actor = { column = "x" }'
    (visit,) = events(mapping, "id,who,day,x\n7,P1,2025-05-01,w2\n")
    assert (visit.site, visit.actor) == ("gwanak", "w2")


def test_only_rows_that_meet_every_condition_make_an_event() -> None:
    conditions = 'when = [{ column = "x", in = ["a", "b"] }, { column = "y", present = true }]\n[event.occurred_at]'
    mapping = VISITS.replace("[event.occurred_at]", conditions)
    table = "id,who,day,x,y\n1,P,2025-05-01,a,1\n2,P,2025-05-01,b,NA\n3,P,2025-05-01,c,1\n4,P,2025-05-01,b,1\n"
    assert [visit.source_id for visit in events(mapping, table)] == ["store-visited/1", "store-visited/4"]


def test_one_row_may_make_events_of_several_types() -> None:
    talk = '\n[[event]]\ntype = "peer-talk-held.v1"\nid = ["id"]\noccurred_at = { column = "day" }\n'
    mapping = VISITS + talk + 'when = [{ column = "x", present = true }]\nfields = { activist_id = { column = "x" } }'
    found = events(mapping, "id,who,day,x\n7,P1,2025-05-01,act-1\n8,P1,2025-05-01,\n")
    assert [event.source_id for event in found] == ["store-visited/7", "peer-talk-held/7", "store-visited/8"]


@pytest.mark.parametrize("encoding", ["cp949", "euc-kr", "utf-8", "utf-8-sig"])
def test_a_korean_table_is_read_in_its_encoding(encoding: str) -> None:
    mapping = f'encoding = "{encoding}"' + VISITS.replace('"day"', '"날짜"') + 'site = { column = "지점" }'
    (visit,) = events(mapping, "id,who,날짜,지점\n7,P1,2025-05-01,관악\n", encoding)
    assert visit.site == "관악"


def test_a_line_with_bytes_that_the_encoding_has_not_is_rejected_and_the_others_are_read() -> None:
    table = b"id,who,day\n1,P1,2025-05-01\n2," + "김".encode("cp949") + b",2025-05-01\n3,P1,2025-05-01\n"
    assert [(unit.line, isinstance(unit, Read)) for unit in read(VISITS, table)] == [(2, True), (3, False), (4, True)]
    assert rejects(VISITS, table) == [(3, "wrong-encoding")]


def test_a_line_with_too_few_or_too_many_cells_is_rejected() -> None:
    assert rejects(VISITS, "id,who,day\n1,P1\n2,P1,2025-05-01,x\n") == [(2, "wrong-csv"), (3, "wrong-csv")]


def test_a_table_cut_off_within_a_line_loses_that_line_only() -> None:
    found = read(VISITS, 'id,who,day\n1,P1,2025-05-01\n2,"P')
    assert [(unit.line, isinstance(unit, Read)) for unit in found] == [(2, True), (3, False)]


def test_a_line_break_within_a_cell_is_a_setting() -> None:
    table = 'id,who,day,x\r\n1,P1,2025-05-01,"one\r\n\r\nthree"\r\n2,P1,2025-05-01,y\r\n'
    mapping = VISITS + 'note = { column = "x" }'
    assert [unit.line for unit in read(mapping, table)] == [2, 4, 5]
    assert rejects(mapping, table) == [(2, "wrong-csv"), (4, "wrong-csv")]
    assert [visit.note for visit in events("multiline = true" + mapping, table)] == ["one\n\nthree", "y"]


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest_of_the_table() -> None:
    rows = "".join(f"{number},P1,2025-05-01\n" for number in range(300))
    found = read("multiline = true" + VISITS, f'id,who,day\nx,"P1,2025-05-01\n{rows}')
    assert [isinstance(unit, Read) for unit in found] == [False] + [True] * 300


def test_a_quote_within_a_cell_opens_nothing_and_takes_no_lines_with_it() -> None:
    mapping = "multiline = true" + VISITS + 'note = { column = "x" }'
    rows = ['1,P1,2025-05-01,a 5" pipe', "2,P1,2025-05-01,y", '3,P1,2025-05-01,"two\n""lines"""', '4,P1,2025-05-01,6"']
    visits = events(mapping, "\n".join(["id,who,day,x", *rows]))
    assert [visit.note for visit in visits] == ['a 5" pipe', "y", 'two\n"lines"', '6"']


def test_semicolons_and_windows_line_endings_are_read() -> None:
    (visit,) = events('delimiter = ";"' + VISITS, "\ufeffid;who;day\r\n7;P1;2025-05-01\r\n\r\n")
    assert visit.source_id == "store-visited/7"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("id,who\n", "does not name: day"),
        ("", "does not name: day, id, who"),
        ("id,who,day,day\n", "names twice: day"),
        ('id,who,"day\n', "does not name"),
        ("7,Hong,2025-05-01\n", "does not name"),
    ],
)
def test_a_table_without_the_mapped_columns_is_refused_as_a_whole(table: str, says: str) -> None:
    with pytest.raises(ColumnsMissing, match=says) as caught:
        read(VISITS, table)
    assert "Hong" not in str(caught.value)


ITEM_ROWS = "who,period,scale,item,score\n"


def item_rows(*rows: str) -> str:
    return ITEM_ROWS + "".join(f"{row}\n" for row in rows)


def test_the_rows_of_a_group_become_one_event_with_items_in_order_wherever_they_stand() -> None:
    table = item_rows(
        "P1,before,lonely,3,1",
        "P2,before,lonely,1,2",
        "P1,before,lonely,1,3",
        "P1,before,other,1,9",
        "P2,before,lonely,2,2",
        "P1,before,lonely,2,2",
        "P1,during,lonely,1,1",
        "P2,before,lonely,3,2",
    )
    found: list[MeasureTaken] = events(ITEMS, table)
    assert [(event.source_id, event.items) for event in found] == [
        ("measure-taken/P1/before", (3, 2, 1)),
        ("measure-taken/P2/before", (2, 2, 2)),
        ("measure-taken/P1/during", (1, None, None)),
    ]
    assert [event.precision for event in found] == ["month", "month", "day"]


def test_a_group_of_missing_scores_is_still_a_measure_taken_with_every_item_missing() -> None:
    (event,) = events(ITEMS, item_rows(*(f"P1,before,lonely,{item},NA" for item in (1, 2, 3))))
    assert event.items == (None, None, None)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("P1,before,lonely,2,two", "wrong-cell"),
        ("P1,before,lonely,4,1", "wrong-group"),
        ("P1,before,lonely,1,1", "wrong-group"),
        ("P1,before,lonely,2", "wrong-csv"),
        ("P1,before,lonely,2,1,1", "wrong-csv"),
    ],
)
def test_a_bad_row_spoils_its_whole_group_and_no_other(row: str, code: str) -> None:
    table = item_rows("P1,before,lonely,1,1", row, "P2,before,lonely,1,1")
    found = read(ITEMS, table)
    assert rejects(ITEMS, table) == [(2, code)]
    assert [isinstance(unit, Read) for unit in found] == [False, True]
    assert found[0].raw.decode() == f"P1,before,lonely,1,1\n{row}"


def test_a_row_whose_group_cannot_be_told_is_a_reject_of_its_own() -> None:
    table = item_rows("P1,before,lonely,1,1", "NA,before,lonely,2,1", "P1", 'P1,"').encode()
    table += b"\xff\xff,before,lonely,2,1\nP1,before,lonely,2,\xff\n"
    assert rejects(ITEMS, table) == [
        (3, "id-missing"),
        (4, "wrong-csv"),
        (5, "wrong-csv"),
        (6, "wrong-encoding"),
        (2, "wrong-encoding"),
    ]


def test_a_column_told_once_must_be_the_same_in_every_row_of_its_group() -> None:
    mapping = ITEMS + 'site = { column = "store" }'
    table = "who,period,scale,item,score,store\nP1,before,lonely,1,1,a\nP1,before,lonely,2,1,b\n"
    assert rejects(mapping, table) == [(2, "wrong-group")]
    assert "differ in: store" in message(mapping, table)


def test_each_column_of_a_wide_row_becomes_an_event_with_what_is_its_own() -> None:
    found: list[MeasureTaken] = events(WIDE, "who,pre,2m\nP1,25,3\nP2,31,NA\n")
    assert [(event.source_id, event.score, event.language, f"{event.occurred_at:%Y-%m}") for event in found] == [
        ("measure-taken/P1/pre", 25.0, "ko", "2003-01"),
        ("measure-taken/P1/two", 3.0, "en", "2003-03"),
        ("measure-taken/P2/pre", 31.0, "ko", "2003-01"),
    ]


def test_a_bad_column_of_a_wide_row_leaves_the_others() -> None:
    found = read(WIDE, "who,pre,2m\nP1,much,2\n")
    assert [isinstance(unit, Read) for unit in found] == [False, True]


def test_a_part_of_for_each_may_read_its_date_from_a_column_of_its_own() -> None:
    mapping = WIDE.replace("occurred_at = 2003-01-01", 'occurred_at = { column = "pre_on" }')
    (first, _) = events(mapping, "who,pre,pre_on,2m\nP1,25,2003-01-09,2\n")
    assert f"{first.occurred_at:%Y-%m-%d}" == "2003-01-09"


def test_reading_holds_one_row_at_a_time() -> None:
    def lines() -> Iterator[bytes]:
        yield b"id,who,day\n"
        yield b"1,P1,2025-05-01\n"
        raise AssertionError("read ahead")

    class Slow(BytesIO):
        source = lines()

        def readline(self, size: int | None = -1, /) -> bytes:
            return next(self.source)

    first = next(touchpoints(Slow(), parse_mapping(VISITS), now=NOW))
    assert isinstance(first, Read)
