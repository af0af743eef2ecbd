"""Mapping files: what they may say, and the clear word for everything they may not."""

import re
from pathlib import Path

import pytest

from consumers.tables.mapping import MappingError, MappingInvalid, MappingUnreadable, load_mapping, parse_mapping

IN_OTHER_WORDS = re.compile("should|Field required|not permitted|Value error|valid", re.IGNORECASE)
"""What the library that validates would say, and nobody who maps a table understands."""
EXAMPLES = sorted((Path(__file__).parents[3] / "docs" / "examples").glob("*.mapping.toml"))

HEAD = 'source = "urn:test"\nparticipant = ["who"]\nparticipant_ids = "dataset-key"\n'
EVENT = '[[event]]\ntype = "store-visited.v1"\nid = ["id"]\noccurred_at = { column = "day" }\n'
MEASURE = '[[event]]\ntype = "measure-not-taken.v1"\nid = ["id"]\noccurred_at = { column = "day" }\n'
GROUP = '[[event]]\ntype = "store-visited.v1"\ngroup_by = ["id"]\noccurred_at = { column = "day" }\n'


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_in_the_docs_is_a_mapping(path: Path) -> None:
    assert load_mapping(path).event


def test_the_smallest_mapping_has_the_documented_defaults() -> None:
    mapping = parse_mapping(HEAD + EVENT)
    assert (mapping.encoding, mapping.delimiter, mapping.time_zone) == ("utf-8", ",", "Asia/Seoul")
    assert (mapping.missing, mapping.origin, mapping.multiline) == ([""], "migrated", False)
    assert mapping.columns() == {"who", "id", "day"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (EVENT, "source: is missing"),
        (HEAD, "event: is missing"),
        (HEAD + "colour = 1\n" + EVENT, "colour: is not known here: there are source, participant, "),
        (HEAD + 'time-zones = "Asia/Seoul"\n' + EVENT, "time-zones: is not known here: did you mean time_zone?"),
        (HEAD + EVENT + "colour = 1\n", "event.0.colour: is not known here: there are type, name, id, "),
        (HEAD + EVENT + 'when = [{ column = "a", equal = "b" }]\n', "event.0.when.0.equal: is not known here: did you"),
        (
            HEAD + EVENT + 'when = [{ column = "a", "in " = "b" }]\n',
            "when.0.in : is not known here: did you mean",
        ),
        (HEAD + 'encoding = "utf-16"\n' + EVENT, "encoding: must be 'utf-8'"),
        (HEAD + 'delimiter = ";;"\n' + EVENT, "delimiter: must be one character"),
        (HEAD + 'delimiter = ""\n' + EVENT, "delimiter: must be one character"),
        (HEAD + "delimiter = '\"'\n" + EVENT, "delimiter: must be one character"),
        (HEAD + "multiline = 1\n" + EVENT, "multiline: must be true or false"),
        (HEAD + "event = 1\n", "event: must be a list"),
        (HEAD + "event = [1]\n", "event.0: must be a table of names and values"),
        (HEAD + "defaults = 1\n" + EVENT, "defaults: must be a table of names and values"),
        (
            HEAD + EVENT.replace('{ column = "day" }', "7"),
            "0.occurred_at.constant: must be a time stamp or a date",
        ),
        (
            HEAD + EVENT + "fields.site = { constant = {} }\n",
            "0.fields.site.constant: must be true or false or a whole",
        ),
        (
            HEAD + EVENT + "fields.site = { constant = [[]] }\n",
            "0.fields.site.constant: must be true or false or a ",
        ),
        (HEAD + EVENT + "fields.site = { column = 1 }\n", "event.0.fields.site.column: must be text"),
        (HEAD + EVENT + 'fields.site = { column = "" }\n', "event.0.fields.site.column: must not be empty"),
        (HEAD + 'time_zone = "Seoul"\n' + EVENT, "time_zone: not a time zone"),
        (HEAD + 'time_zone = "../etc"\n' + EVENT, "time_zone: not a time zone"),
        (HEAD + 'origin = "old"\n' + EVENT, "origin"),
        (HEAD + 'defaults = { phone = "x" }\n' + EVENT, "not of `defaults`: phone"),
        (HEAD.replace("dataset-key", "phone") + EVENT, "participant_ids"),
        (HEAD.replace('["who"]', "[]") + EVENT, "participant: must not be empty"),
        (HEAD.replace('["who"]', '["*"]') + EVENT, '`participant` cannot be "*"'),
        (HEAD.replace('["who"]', '["a", "b"]').replace("dataset-key", "uuid") + EVENT, "must be one column"),
        (HEAD + EVENT.replace("store-visited.v1", "store-left.v1"), "majung schema list"),
        (HEAD + EVENT.replace("store-visited", "identities-linked"), "is decided by Majung"),
        (HEAD + EVENT.replace('id = ["id"]\n', ""), "`id` must name the columns"),
        (HEAD + EVENT.replace("occurred_at", "# "), "`occurred_at` is missing"),
        (HEAD + EVENT.replace('{ column = "day" }', '"yesterday"'), "a date is written as 2025-09-30"),
        (HEAD + EVENT.replace('{ column = "day" }', "{}"), "write either `constant` or `column`"),
        (HEAD + EVENT.replace('column = "day"', 'column = "day", format = "%d", dates = {}'), "not both"),
        (HEAD + EVENT.replace('column = "day"', 'constant = 2025-01-01, format = "%d"'), "need a `column`"),
        (HEAD + EVENT.replace('column = "day"', 'column = "day", dates = { a = "b" }'), "a date is written"),
        (HEAD + EVENT.replace('column = "day"', 'column = "day", precision = "year"'), "precision"),
        (HEAD + EVENT + EVENT, "two events would have the same ids"),
        (HEAD + EVENT + 'when = [{ column = "a" }]\n', "one of `equals`, `in` and `present`"),
        (HEAD + EVENT + 'when = [{ column = "a", equals = "b", present = true }]\n', "one of `equals`"),
        (HEAD + EVENT + 'fields.mood = { column = "a" }\n', "not fields of store-visited.v1: mood"),
        (HEAD + EVENT + 'fields.source_id = { column = "a" }\n', "not fields of store-visited.v1: source_id"),
        (HEAD + EVENT + "fields.site = {}\n", "one of `constant`, `column`, `columns` and `rows`"),
        (HEAD + EVENT + 'fields.site = { column = "a", otherwise = "b" }\n', "`otherwise` needs `codes`"),
        (HEAD + EVENT + 'fields.site = { column = "a", as = "date" }\n', "as: must be 'text'"),
        (HEAD + EVENT + 'fields.site = { column = "a", order_by = "b" }\n', "belong together"),
        (HEAD + EVENT + 'fields.site = { column = "a", order_by = "b", order = ["1"] }\n', "needs `group_by`"),
        (HEAD + GROUP + 'fields.site = { columns = ["a"], order_by = "b", order = ["1"] }\n', "collects one `column`"),
        (HEAD + EVENT + 'fields.site = { column = "*" }\n', '"*" is the column of `for_each`'),
        (HEAD + EVENT.replace('["id"]', '["*"]') + 'for_each = [{ column = "a" }]\n', '"*" is the column'),
        (HEAD + GROUP + 'for_each = [{ column = "a" }]\n', "not both"),
        (HEAD + EVENT + 'for_each = [{ column = "a" }, { column = "a" }]\n', "the same id"),
        (HEAD + MEASURE, "measure-not-taken.v1 needs these fields too: instrument, reason"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_before_any_row_is_read(text: str, says: str) -> None:
    with pytest.raises(MappingInvalid) as caught:
        parse_mapping(text)
    assert says in str(caught.value)
    assert not IN_OTHER_WORDS.search(str(caught.value))


def test_fields_that_every_part_of_for_each_has_count_as_given() -> None:
    parts = 'for_each = [{ column = "a", constants = { instrument = "X", reason = "absent" } }]\n'
    assert parse_mapping(HEAD + MEASURE + parts).event[0].for_each[0].constants["instrument"] == "X"


def test_two_events_of_one_row_are_told_apart_by_name() -> None:
    mapping = parse_mapping(HEAD + EVENT + EVENT + 'name = "second"\n')
    assert [event.prefix for event in mapping.event] == ["store-visited", "second"]


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "calls.mapping.toml"
    path.write_text("source = ")
    with pytest.raises(MappingUnreadable, match=r"calls\.mapping\.toml: not TOML"):
        load_mapping(path)


def test_a_mapping_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "calls.mapping.toml"
    path.write_bytes((HEAD + EVENT).replace("who", "이름").encode("cp949"))
    with pytest.raises(MappingUnreadable, match="save it as UTF-8"):
        load_mapping(path)


def test_every_mapping_error_is_one_family() -> None:
    assert issubclass(MappingInvalid, MappingError)
    assert issubclass(MappingUnreadable, MappingError)
