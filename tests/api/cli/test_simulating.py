"""`majung simulate`: into a synthetic journal or a file, and never among real people."""

from collections.abc import Iterator
from itertools import islice

import orjson
import pytest

from api import wiring
from api.cli.simulating import SCENARIOS, Scenario, record_all, source_of
from api.settings import load_settings
from consumers.simulation import Batch, seoul_2025
from domain.codes import Origin
from domain.touchpoint import Touchpoint
from tests.api.cli.conftest import Terminal
from tests.examples import call_received

A_MONTH = 30
COMMANDS = {name for name, kind in Touchpoint.registry.items() if kind.is_command}


def first_month() -> list[Batch]:
    return list(islice(seoul_2025(5000, 1), A_MONTH))


def test_the_same_simulation_adds_nothing_and_keeps_its_own_times(terminal: Terminal) -> None:
    batches = first_month()
    with wiring.start(load_settings()) as majung:
        first = record_all(majung, iter(batches))
        again = record_all(majung, iter(batches))
        [person] = {event.participant_id for event in batches[0].events[:1]}
        [*recorded] = majung.journal.find([batches[0].events[0].event_id])
    assert first["recorded"] > 1000
    assert again == {"duplicate": first.total()}
    assert first.keys() <= {"recorded", "duplicate"}
    assert len(recorded) == 1
    known = terminal.rows("db", "check")
    assert known["events"] == first["recorded"]
    assert terminal.run("person", "show", person, "--known-at", "2025-04-01").exit_code == 0
    terminal.fails("person", "show", person, "--known-at", "2025-03-31", code=4)


def test_who_adds_another_population_is_told_so(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_call(people: int, seed: int) -> Iterator[Batch]:
        source = source_of(Scenario.SEOUL_2025, people, seed)
        yield Batch(call_received.occurred_at, [call_received.replaced(origin=Origin.SYNTHETIC, source=source)])

    monkeypatch.setitem(SCENARIOS, Scenario.SEOUL_2025, one_call)
    for _ in range(2):
        assert "another population" not in terminal.run("simulate", "--seed", "3").stderr
    assert "another population too (simulation/seoul-2025/5000/3)" in terminal.run("simulate").stderr


def test_a_journal_with_a_real_event_is_refused_and_left_as_it_is(terminal: Terminal) -> None:
    terminal.given(call_received)
    assert "1 event(s) that were not simulated" in terminal.fails("simulate", code=6)
    assert terminal.rows("db", "check")["events"] == 1


def test_a_file_holds_the_same_touchpoints_and_is_imported_without_a_reject(terminal: Terminal) -> None:
    lines = terminal.run("simulate", "--to", "file", "--file", "-").stdout.splitlines(keepends=True)
    told = [orjson.loads(line) for line in lines]
    assert {event["origin"] for event in told} == {"synthetic"}
    assert not {event["type"] for event in told} & COMMANDS
    month = [event.source_id for batch in first_month() for event in batch.events if not event.is_command]
    assert [event["id"] for event in told[: len(month)]] == month
    file = terminal.file("people.jsonl", "".join(lines[:500]))
    assert "rejects 0 + conflicts 0" in terminal.run("import", file).stdout


def test_wrong_wishes_are_refused_before_anything_is_done(terminal: Terminal) -> None:
    assert "5000" in terminal.fails("simulate", "--people", "4999", code=2).replace(",", "")
    terminal.fails("simulate", "--scenario", "busan-2025", code=2)
    assert "--file" in terminal.fails("simulate", "--to", "file", code=2)
    assert "--file" in terminal.fails("simulate", "--to", "database", "--file", "x", code=2)
    terminal.fails("simulate", "--to", "file", "--file", "no/such/folder/x", code=4)
