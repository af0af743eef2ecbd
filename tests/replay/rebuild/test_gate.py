"""The gate: what new rows would change is told before they serve, and what was not expected does not serve."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import Column, Integer, select, update

from domain.history import History
from projections.journey import journey
from projections.read_model import ReadModel
from projections.timeline import timeline
from replay.journal import Journal
from replay.live import generations, held
from replay.live.worker import Worker
from replay.rebuild import Compared, Expect, NotDeterministic, choosing, comparing, rebuild
from replay.rebuild.comparing import FirstLook
from replay.rebuild.gate import Count, apart_from, unsettled
from replay.rebuild.switching import Switching
from replay.tables import read_models, rebuilds
from tests.conftest import MODELS
from tests.examples import EXAMPLES, store_visited
from tests.replay.live.test_worker import linked
from tests.replay.rebuild.conftest import PEOPLE, otherwise, timeline_otherwise


def of(found: list[Compared], name: str) -> Compared:
    return next(each for each in found if each.model == name)


def served_timeline(journal: Journal) -> dict[object, int]:
    with journal.database.read() as connection:
        [live] = generations.live(connection, [timeline])
        return {row.component: row.touchpoints for row in generations.read(connection, live)}


def test_a_replay_by_the_same_code_finds_everything_equal(populated: Journal) -> None:
    done = rebuild(populated, MODELS, expect=Expect.NONE)
    assert done.switched
    assert {each.model for each in done.compared} == {model.name for model in MODELS}
    assert all((each.rows.differing, each.people.differing, each.left_out) == (0, 0, 0) for each in done.compared)
    assert of(list(done.compared), "timeline").people == Count(equal=len(PEOPLE))


def test_what_was_not_expected_waits_and_the_rows_that_served_go_on(populated: Journal) -> None:
    done = rebuild(populated, timeline_otherwise(PEOPLE[7], touchpoints=99), expect=Expect.NONE)
    assert not done.switched
    found = of(list(done.compared), "timeline")
    assert found.people == Count(equal=len(PEOPLE) - 1, changed=1)
    assert found.rows.changed == 1
    [example] = found.examples
    assert (example.component, example.kind) == (PEOPLE[7], "changed")
    assert [(cell.column, cell.old, cell.new) for cell in example.cells] == [("touchpoints", 3, 99)]
    assert served_timeline(populated)[PEOPLE[7]] == 3


def test_a_change_that_is_expected_serves_and_none_at_all_is_a_finding(populated: Journal) -> None:
    assert not rebuild(populated, MODELS, expect=Expect.CHANGED).switched
    assert rebuild(populated, timeline_otherwise(PEOPLE[7], touchpoints=99), expect=Expect.CHANGED).switched
    assert served_timeline(populated)[PEOPLE[7]] == 99


def test_rows_that_come_and_go_are_told_apart_from_those_that_change(populated: Journal) -> None:
    gone = otherwise(timeline, lambda rows: [], PEOPLE[3])
    found = rebuild(populated, [gone], compare=True).compared[0]
    assert (found.rows, found.people) == (Count(equal=99, gone=1), Count(equal=99, gone=1))
    assert found.examples[0].kind == "gone"
    found = rebuild(populated, [timeline], compare=True).compared[0]
    assert (found.rows, found.people) == (Count(equal=99, new=1), Count(equal=99, new=1))


def test_an_example_names_the_events_that_its_rows_rest_on(populated: Journal) -> None:
    changed = otherwise(journey, lambda rows: [row._replace(rule="another") for row in rows], PEOPLE[0])
    [example] = rebuild(populated, [changed], compare=True).compared[0].examples
    with populated.database.read() as connection:
        recorded = populated.reader.streams(connection, [PEOPLE[0]])[PEOPLE[0]]
    assert example.events
    assert set(example.events) <= {each.event_id for each in recorded}


def test_who_has_news_while_rows_are_compared_is_compared_at_the_end(
    populated: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_rest = Switching._compare_at_rest

    def with_news(self: Switching, *arguments: object) -> object:
        populated.record([store_visited.replaced(participant_id=PEOPLE[5], source_id="news")])
        return at_rest(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Switching, "_compare_at_rest", with_news)
    done = rebuild(populated, MODELS, expect=Expect.NONE)
    assert done.switched
    assert {each.left_out for each in done.compared} == {0}
    assert of(list(done.compared), "timeline").people == Count(equal=len(PEOPLE))
    assert served_timeline(populated)[PEOPLE[5]] == 4


def after_the_first_look(monkeypatch: pytest.MonkeyPatch, then: Callable[[], object]) -> None:
    """Do this once, between the two looks of the gate."""
    at_rest = Switching._compare_at_rest
    done: list[object] = []

    def and_then(self: Switching, *arguments: Any) -> FirstLook:
        found = at_rest(self, *arguments)
        if not done:
            done.append(then())
        return found

    monkeypatch.setattr(Switching, "_compare_at_rest", and_then)


def test_who_has_news_between_the_two_looks_is_counted_once(
    populated: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = [store_visited.replaced(participant_id=person, source_id="news") for person in PEOPLE[5:8]]
    after_the_first_look(monkeypatch, lambda: populated.record(news))
    # Their news brings the rows that serve to what this release folds.
    done = rebuild(populated, timeline_otherwise(PEOPLE[7], touchpoints=99), expect=Expect.NONE)
    found = of(list(done.compared), "timeline")
    assert (found.people, found.rows) == (Count(equal=len(PEOPLE)), Count(equal=len(PEOPLE)))
    assert found.examples == ()
    assert of(list(done.compared), "journey").people == Count(equal=len(PEOPLE))


def test_who_has_news_between_the_two_looks_that_other_code_is_to_bring_up_is_counted_as_not_compared_alone(
    populated: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(populated, MODELS)
    with populated.database.write() as connection:
        connection.execute(update(rebuilds).values(code="another release of the same version"))
    news = [store_visited.replaced(participant_id=person, source_id="news") for person in PEOPLE[5:8]]
    after_the_first_look(monkeypatch, lambda: populated.record(news))
    [found] = rebuild(populated, [timeline], compare=True, serve=False).compared
    assert (found.people, found.left_out) == (Count(equal=len(PEOPLE) - 3), 3)
    assert "other code" in found.why


def test_who_is_held_or_held_no_more_between_the_two_looks_is_counted_once(
    populated: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    cause = held.Cause("ValueError", "raised in a fold", "timeline")

    def mark(person: UUID) -> None:
        with populated.database.write() as connection:
            targets = generations.live(connection, MODELS)
            held.mark(connection, {person}, cause, targets, code="older", now=populated.clock(), arrived=False)

    def meanwhile() -> None:
        Worker(populated, MODELS).retry_held()
        mark(PEOPLE[8])

    mark(PEOPLE[6])
    after_the_first_look(monkeypatch, meanwhile)
    done = rebuild(populated, MODELS, expect=Expect.NONE)
    assert of(list(done.compared), "timeline").people == Count(equal=len(PEOPLE))


def test_rows_that_begin_to_serve_between_the_two_looks_are_those_that_are_compared(
    populated: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(populated, timeline_otherwise(PEOPLE[7], touchpoints=99))
    after_the_first_look(monkeypatch, lambda: choosing.switch(populated, MODELS))
    done = rebuild(populated, MODELS, expect=Expect.NONE)
    assert done.switched
    assert of(list(done.compared), "timeline").people == Count(equal=len(PEOPLE))


def test_whoever_has_rows_only_where_another_release_made_them_is_counted_as_not_compared(populated: Journal) -> None:
    with populated.database.write() as connection:
        connection.execute(update(read_models).where(read_models.c.name == "timeline").values(version=1))
    populated.record(linked(PEOPLE[1], PEOPLE[2], "meanwhile"))
    [found] = rebuild(populated, [timeline], compare=True).compared
    assert (found.people, found.left_out) == (Count(equal=len(PEOPLE) - 2), 2)
    assert "another version" in found.why


def test_rows_that_are_far_behind_are_not_compared_and_that_is_said(
    populated: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "LEVELLED", 1)
    [found] = rebuild(populated, [timeline], compare=True).compared
    assert (found.left_out, found.why) == (0, "")
    for number in (1, 2):
        populated.record([store_visited.replaced(participant_id=PEOPLE[5], source_id=f"news {number}")])
    done = rebuild(populated, [timeline], expect=Expect.NONE)
    assert not done.switched
    [found] = done.compared
    assert (found.people, found.left_out) == (Count(equal=len(PEOPLE) - 1), 1)
    assert "more than 1 events behind" in found.why


def test_whoever_is_at_rest_is_found_by_an_anti_join(populated: Journal) -> None:
    if not populated.database.is_postgres:
        pytest.skip("how PostgreSQL asks")
    with populated.database.read() as connection:
        [live] = generations.live(connection, [timeline])
        component = live.table.c.component
        query = select(component).where(apart_from(unsettled({0: 3}))(component))
        told = query.compile(connection, compile_kwargs={"render_postcompile": True})
        plan = connection.exec_driver_sql(f"EXPLAIN {told}", told.params).scalars().all()
        assert len(connection.execute(query).all()) == 1
    assert any("Anti Join" in line for line in plan)
    assert not any("SubPlan" in line for line in plan)


class NewerRow(NamedTuple):
    """A timeline of a newer release."""

    component: UUID
    happened: int
    first_at: datetime
    last_at: datetime
    touchpoints: int


def newer_timeline(of: UUID) -> ReadModel:
    """It tells one person's last day otherwise, keeps a column under another type, and has others no more."""

    def fold(history: History) -> list[NewerRow]:
        later = timedelta(days=1 if history.root == of else 0)
        return [
            NewerRow(row.component, row.touchpoints, row.first_at, row.last_at + later, row.touchpoints)
            for row in timeline.fold(history)
        ]

    def columns() -> list[Column[Any]]:
        component, touchpoints, first_at, last_at, *_ = timeline.columns()
        return [component, Column("happened", Integer, nullable=False), first_at, last_at, touchpoints]

    return replace(timeline, version=timeline.version + 1, row=NewerRow, columns=columns, fold=fold)


def test_rows_of_a_version_with_other_columns_are_compared_by_those_that_are_alike(populated: Journal) -> None:
    [found] = rebuild(populated, [newer_timeline(PEOPLE[7])], compare=True).compared
    assert found.people == found.rows == Count(equal=len(PEOPLE) - 1, changed=1)
    [example] = found.examples
    assert (example.component, example.key, example.kind) == (PEOPLE[7], {}, "changed")
    [cell] = example.cells
    assert (cell.column, cell.new - cell.old) == ("last_at", timedelta(days=1))


def test_columns_that_only_one_version_has_or_of_another_type_are_named_and_that_is_no_none(
    populated: Journal,
) -> None:
    newer = newer_timeline(UUID(int=0))
    done = rebuild(populated, [newer], expect=Expect.NONE)
    assert not done.switched
    [found] = done.compared
    assert found.people == found.rows == Count(equal=len(PEOPLE))
    assert found.columns_left_out == ("happened", "recorded_at")
    assert not rebuild(populated, [newer], expect=Expect.CHANGED).switched
    assert rebuild(populated, [newer], compare=True).switched
    [found] = rebuild(populated, [timeline], compare=True, serve=False).compared
    assert found.columns_left_out == ("happened", "recorded_at")


def test_a_column_that_nobody_has_a_value_in_is_no_difference(tracked: Journal) -> None:
    done = rebuild(tracked, [newer_timeline(UUID(int=0))], expect=Expect.NONE)
    assert done.switched
    assert done.compared[0].columns_left_out == ()


def test_of_another_version_with_the_same_columns_all_are_compared(populated: Journal) -> None:
    told = [event for event in EXAMPLES.values() if not event.is_command and not hasattr(event, "target_event_id")]
    populated.record(told)
    Worker(populated, MODELS).catch_up()
    done = rebuild(populated, [replace(model, version=model.version + 1) for model in MODELS], expect=Expect.NONE)
    assert done.switched
    compared = {each.model for each in done.compared if each.rows.equal}
    assert {each.model for each in done.compared if each.columns_left_out} == set()
    assert compared >= {model.name for model in MODELS} - {"alerts"}


def test_rows_of_a_version_with_another_key_are_not_compared_and_that_is_said(populated: Journal) -> None:
    def columns() -> list[Column[Any]]:
        component, _, *others = timeline.columns()
        return [component, Column("touchpoints", Integer, primary_key=True, autoincrement=False), *others]

    keyed = replace(timeline, version=timeline.version + 1, key=("component", "touchpoints"), columns=columns)
    done = rebuild(populated, [keyed], expect=Expect.NONE)
    assert not done.switched
    [found] = done.compared
    assert (found.people, found.left_out, found.examples) == (Count(), len(PEOPLE), ())
    assert "another key" in found.why
    assert rebuild(populated, [keyed], compare=True).switched
    [found] = rebuild(populated, [timeline], compare=True, serve=False).compared
    assert found.left_out == len(PEOPLE)


def test_rows_that_other_code_made_are_not_brought_up_by_this_one_to_be_compared_with_it(
    populated: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(populated, MODELS)
    with populated.database.write() as connection:
        connection.execute(update(rebuilds).values(code="another release of the same version"))
    populated.record([store_visited.replaced(participant_id=PEOPLE[5], source_id="news")])
    [found] = rebuild(populated, [timeline], compare=True, serve=False).compared
    assert (found.people, found.left_out) == (Count(equal=len(PEOPLE) - 1), 1)
    assert served_timeline(populated)[PEOPLE[5]] == 3


def test_a_link_that_comes_meanwhile_is_no_difference(populated: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    at_rest = Switching._compare_at_rest

    def with_link(self: Switching, *arguments: object) -> object:
        found = at_rest(self, *arguments)  # type: ignore[arg-type]
        populated.record(linked(PEOPLE[1], PEOPLE[2], "meanwhile"))
        return found

    monkeypatch.setattr(Switching, "_compare_at_rest", with_link)
    done = rebuild(populated, MODELS, expect=Expect.NONE)
    assert done.switched
    assert of(list(done.compared), "timeline").people == Count(equal=len(PEOPLE) - 1)
    assert PEOPLE[2] not in served_timeline(populated)


def test_rows_of_another_release_that_are_behind_cannot_be_compared_with_and_that_is_no_none(
    populated: Journal,
) -> None:
    with populated.database.write() as connection:
        connection.execute(update(read_models).where(read_models.c.name == "timeline").values(version=1))
    populated.record([store_visited.replaced(participant_id=PEOPLE[5], source_id="news")])
    done = rebuild(populated, [timeline], expect=Expect.NONE)
    assert not done.switched
    [found] = done.compared
    assert (found.people, found.left_out) == (Count(equal=len(PEOPLE) - 1), 1)
    assert rebuild(populated, [timeline], compare=True).switched


def test_a_fold_that_depends_on_the_order_of_arrival_is_caught(populated: Journal) -> None:
    seen: list[int] = []

    def counting(rows: object) -> list[object]:
        seen.append(1)
        return [row._replace(touchpoints=len(seen)) for row in rows]  # type: ignore[attr-defined]

    first = min(PEOPLE)
    with pytest.raises(NotDeterministic, match="timeline"):
        rebuild(populated, [otherwise(timeline, counting, first)])
    assert served_timeline(populated)[first] == 3
