"""The benchmarks still run and compare like with like; how fast anything is, the ordinary suite does not ask."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest

from domain.touchpoint import Touchpoint
from tests.benchmarks.__main__ import BY_NAME, CASES, LARGE, measured
from tests.benchmarks.events import half_sealed, is_sealed, none_sealed, realistic, told_anew
from tests.benchmarks.measuring import Goal, Measured, take_turns
from tests.benchmarks.sizes import QUICK
from tests.benchmarks.stock import StockEvents, read_all, stock
from tests.benchmarks.table import table


@pytest.mark.parametrize("case", [name for name in CASES if name not in LARGE + BY_NAME])
def test_every_case_gives_lines_of_the_table(case: str, tmp_path: Path) -> None:
    results = measured([case], ["sqlite"], QUICK, tmp_path)
    lines = table(results).splitlines()
    assert len(lines) == 2 + len(results) > 2
    assert all(len(result.pairs) == QUICK.pairs for result in results)
    assert list(tmp_path.iterdir()) == []


def test_contenders_take_turns() -> None:
    order: list[str] = []

    def steps(name: str) -> Iterator[object]:
        for _ in range(2):
            yield lambda: order.append(name)

    take_turns(steps("ours"), steps("yardstick"))  # type: ignore[arg-type]
    assert order == ["ours", "yardstick", "ours", "yardstick"]


def test_a_goal_is_judged_by_the_median_of_the_pairs() -> None:
    slow_once = Measured("case", "sqlite", [(1, 6), (1, 5), (5, 5)], Goal(5))
    assert (slow_once.ratios, slow_once.is_met) == ([1, 5, 6], True)
    grown = Measured("case", "sqlite", [(12, 10), (13, 10), (14, 10)], Goal(1.2, at_most=True), inverted=True)
    assert (grown.ratios, grown.is_met) == ([1.2, 1.3, 1.4], False)


def test_exactly_none_or_half_of_the_events_are_sealed() -> None:
    assert not any(map(is_sealed, none_sealed(300)))
    assert sum(map(is_sealed, half_sealed(list(realistic(300))))) == 150


def test_events_are_told_once_and_carry_nothing_derived() -> None:
    events = list(realistic(2_000))
    again = told_anew(events)
    assert again == events
    assert not any("event_id" in event.__dict__ for event in again)
    assert len({event.event_id for event in again}) == len(events)


def test_stock_holds_the_same_data_as_the_journal(tmp_path: Path) -> None:
    events = list(realistic(200))
    with ExitStack() as closing:
        application = stock(f"sqlite:///{tmp_path / 'stock.db'}", closing)
        application.save(*StockEvents().of(events))
        assert read_all(application) == len(events)
        notifications = application.recorder.select_notifications(1, len(events))
        read = [application.mapper.to_domain_event(notification) for notification in notifications]
    assert [_stated(one.originator_id, vars(one)) for one in read] == [_told(event) for event in events]


def _stated(person: UUID, attributes: dict[str, object]) -> tuple[object, ...]:
    return person, attributes["event_id"], attributes["occurred_at"], attributes["source_id"], attributes.get("note")


def _told(event: Touchpoint) -> tuple[object, ...]:
    return event.participant_id, event.event_id, event.occurred_at, event.source_id, event.note
