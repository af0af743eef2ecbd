"""`majung parked`: what did not become a fact is listed, shown, told again or discarded."""

from datetime import timedelta

import orjson
import pytest
from sqlalchemy import update

from api import wiring
from api.settings import load_settings
from domain.cloud_events import cloud_event
from replay.messages import parked
from replay.messages.parked import KEPT, RawMessage, ToPark
from replay.tables import parked as table
from tests.api.cli.conftest import Terminal
from tests.examples import call_received

HEADERS = [("content-type", b"application/cloudevents+json")]
KEY = str(call_received.participant_id).encode()
GOOD = RawMessage(KEY, orjson.dumps(cloud_event(call_received)), HEADERS)
BROKEN = RawMessage(b"010-1234-5678", b'{"name": "Hong Gildong"', HEADERS)


def park(*messages: RawMessage, code: str = "unreadable", days_ago: float = 0) -> None:
    with wiring.start(load_settings()) as majung, majung.database.write() as connection:
        now = majung.journal.clock() - timedelta(days=days_ago)
        told = [ToPark("t", 0, offset, code, "it was wrong", raw) for offset, raw in enumerate(messages)]
        parked.park(connection, majung.journal.vault, told, now)


def recorded() -> int:
    with wiring.start(load_settings()) as majung:
        return sum(majung.journal.head())


def test_the_list_says_why_and_nothing_of_what_they_hold(terminal: Terminal) -> None:
    park(BROKEN)
    [row] = terminal.rows("parked", "list")
    assert (row["id"], row["state"], row["code"], row["topic"], row["offset"]) == (1, "parked", "unreadable", "t", 0)
    for output in ("table", "json", "jsonl", "csv"):
        printed = terminal.run("parked", "list", "-o", output).output
        assert "Hong" not in printed
        assert "010" not in printed


def test_the_list_has_what_waits_and_with_all_what_was_decided(terminal: Terminal) -> None:
    park(BROKEN, BROKEN)
    terminal.run("parked", "discard", 1, "--reason", "a test", "--by", "worker-01")
    assert [row["id"] for row in terminal.rows("parked", "list")] == [2]
    assert [row["state"] for row in terminal.rows("parked", "list", "--all")] == ["discarded", "parked"]
    assert terminal.rows("parked", "list", "--code", "conflict") == []


def test_one_is_shown_as_it_came(terminal: Terminal) -> None:
    park(BROKEN)
    found = terminal.rows("parked", "show", 1)
    assert (found["key"], found["value"]) == ("010-1234-5678", '{"name": "Hong Gildong"')
    assert found["headers"] == [["content-type", "application/cloudevents+json"]]


def test_what_is_not_text_is_shown_by_its_bytes(terminal: Terminal) -> None:
    park(RawMessage(b"\xff", b"\xfe", [("ce_\udcff", b"\xfd")]))
    found = terminal.rows("parked", "show", 1)
    assert (found["key"], found["value"], found["headers"]) == (r"\xff", r"\xfe", [[r"ce_\xff", r"\xfd"]])


def test_one_whose_bytes_were_removed_is_shown_without_them(terminal: Terminal) -> None:
    park(BROKEN, days_ago=KEPT.days + 1)
    result = terminal.run("parked", "show", 1, "-o", "json")
    assert "removed after 30 days" in result.stderr
    assert orjson.loads(result.stdout)["value"] is None


def test_one_whose_bytes_were_removed_is_told_and_holds_up_no_other(terminal: Terminal) -> None:
    park(GOOD, days_ago=KEPT.days + 1)
    park(GOOD)
    gone, done = terminal.rows("parked", "retry", "--all", "--by", "worker-01", code=3)
    assert (gone["id"], gone["status"], gone["code"]) == (1, "unopened", "bytes-gone")
    assert "removed after 30 days" in gone["message"]
    assert (done["id"], done["status"]) == (2, "recorded")
    assert [row["id"] for row in terminal.rows("parked", "list")] == [1]


def test_one_whose_bytes_do_not_open_is_told_and_holds_up_no_other(terminal: Terminal) -> None:
    park(BROKEN, GOOD)
    with wiring.start(load_settings()) as majung, majung.database.write() as connection:
        connection.execute(update(table).where(table.c.id == 1).values(sealed=b"no seal"))
    closed, done = terminal.rows("parked", "retry", 1, 2, "--by", "worker-01", code=3)
    assert (closed["status"], closed["code"], done["status"]) == ("unopened", "seal-broken", "recorded")


def test_what_was_done_before_a_number_that_cannot_be_told_again_is_printed(terminal: Terminal) -> None:
    park(GOOD)
    result = terminal.run("parked", "retry", 1, 7, "--by", "worker-01", "-o", "json", code=4)
    assert [(row["id"], row["status"]) for row in orjson.loads(result.stdout)] == [(1, "recorded")]
    assert "no message was parked under 7" in result.stderr


def test_one_that_reads_now_is_recorded_with_who_told_it_again(terminal: Terminal) -> None:
    park(GOOD, code="unknown-version")
    [done] = terminal.rows("parked", "retry", 1, "--by", "worker-01")
    assert (done["status"], done["event_id"]) == ("recorded", str(call_received.event_id))
    assert recorded() == 1
    [row] = terminal.rows("parked", "list", "--all")
    assert (row["state"], row["decided_by"]) == ("retried", "worker-01")


def test_one_that_was_recorded_meanwhile_is_a_duplicate_and_settled(terminal: Terminal) -> None:
    terminal.given(call_received)
    park(GOOD)
    assert terminal.rows("parked", "retry", 1, "--by", "worker-01")[0]["status"] == "duplicate"
    assert terminal.rows("parked", "list") == []


def test_what_is_wrong_still_stays_parked_and_is_a_finding(terminal: Terminal) -> None:
    terminal.given(call_received.replaced(level="emergency"))
    park(GOOD, BROKEN)
    conflict, refused = terminal.rows("parked", "retry", "--all", "--by", "worker-01", code=3)
    assert (conflict["status"], refused["status"], refused["code"]) == ("conflict", "refused", "unreadable")
    assert "differs in level" in conflict["message"]
    assert [row["state"] for row in terminal.rows("parked", "list")] == ["parked", "parked"]
    assert recorded() == 1


def test_all_of_one_reason_are_told_again(terminal: Terminal) -> None:
    park(BROKEN)
    park(GOOD, code="unknown-version")
    [done] = terminal.rows("parked", "retry", "--all", "--code", "unknown-version", "--by", "worker-01")
    assert (done["id"], done["status"]) == (2, "recorded")


def test_one_that_was_discarded_is_never_recorded(terminal: Terminal) -> None:
    park(GOOD)
    terminal.run("parked", "discard", 1, "--reason", "sent by a test", "--by", "worker-01")
    assert "discarded before" in terminal.fails("parked", "retry", 1, "--by", "worker-01", code=6)
    assert "discarded before" in terminal.fails("parked", "discard", 1, "--reason", "x", "--by", "worker-01", code=6)
    assert recorded() == 0
    assert terminal.rows("parked", "show", 1)["reason"] == "sent by a test"


def test_all_of_one_reason_are_discarded_at_once(terminal: Terminal) -> None:
    park(BROKEN, BROKEN)
    park(GOOD, code="unknown-version")
    discard = "parked", "discard", "--all", "--by", "worker-01"
    done = terminal.rows(*discard, "--code", "unreadable", "--reason", "a flood")
    assert (done["messages"], done["code"], done["state"]) == (2, "unreadable", "discarded")
    assert [row["id"] for row in terminal.rows("parked", "list")] == [3]
    assert terminal.rows("parked", "show", 2)["reason"] == "a flood"
    assert terminal.rows(*discard, "--reason", "the rest")["messages"] == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", 7], 4),
        (["show", 2**63 - 1], 4),
        (["show", 2**63], 2),
        (["show", 0], 2),
        (["retry", 2**63, "--by", "worker-01"], 2),
        (["discard", 2**63, "--reason", "x", "--by", "worker-01"], 2),
        (["retry", 7, "--by", "worker-01"], 4),
        (["discard", 7, "--reason", "x", "--by", "worker-01"], 4),
        (["discard", 1, "--by", "worker-01"], 2),
        (["discard", 1, "--reason", "x"], 2),
        (["discard", "--reason", "x", "--by", "worker-01"], 2),
        (["discard", 1, "--all", "--reason", "x", "--by", "worker-01"], 2),
        (["discard", 1, "--code", "unreadable", "--reason", "x", "--by", "worker-01"], 2),
        (["discard", 1, "--reason", " ", "--by", "worker-01"], 2),
        (["retry", "--by", "worker-01"], 2),
        (["retry", 1, "--all", "--by", "worker-01"], 2),
        (["retry", 1, "--code", "conflict", "--by", "worker-01"], 2),
    ],
)
def test_what_is_wrong_with_a_command_line_has_its_code(terminal: Terminal, arguments: list[object], code: int) -> None:
    terminal.run("parked", *arguments, code=code)


def test_somebody_who_is_tracked_decides_nothing(terminal: Terminal) -> None:
    terminal.given(call_received)
    park(GOOD)
    for command in (["retry", 1], ["discard", 1, "--reason", "x"]):
        terminal.fails("parked", *command, "--by", call_received.participant_id, code=6)
