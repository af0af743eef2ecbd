"""The gate: what new rows would change is told before they serve, and what was not expected does not serve."""

import pytest
from sqlalchemy import update

from projections.journey import journey
from projections.timeline import timeline
from replay import generations
from replay.journal import Journal
from replay.rebuild import Compared, Expect, NotDeterministic, rebuild
from replay.rebuild.gate import Count
from replay.rebuild.switching import Switching
from replay.tables import read_models, rebuilds
from tests.conftest import MODELS
from tests.examples import store_visited
from tests.replay.rebuild.conftest import PEOPLE, otherwise, timeline_otherwise
from tests.replay.test_worker import linked


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
    assert rebuild(populated, MODELS, expect=Expect.NONE).switched
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
