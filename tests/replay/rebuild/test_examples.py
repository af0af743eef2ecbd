"""The examples of the gate, of every read model: which row of whom differs, and the events that it rests on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import String

from domain.clock import EPOCH
from domain.history import History
from projections.columns import Instant
from projections.mentions import mentions
from projections.read_model import ReadModel, events_in
from replay.journal import Journal
from replay.live import generations
from replay.live.worker import Worker
from replay.rebuild import Compared, rebuild
from replay.rebuild.gate import Difference
from tests.conftest import MODELS
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, alert_acknowledged, call_received
from tests.replay.rebuild.conftest import otherwise
from tests.replay.test_laws import a_life

MODEL = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


@pytest.fixture
def lived(tracked: Journal) -> Journal:
    """Two people of whom everything is told that can be, in the rows that serve."""
    emergency = call_received.replaced(level="emergency", source_id="emergency")
    taken_on = alert_acknowledged.replaced(alert_event_id=emergency.event_id, source_id="taken on")
    tracked.record([*a_life(), emergency, taken_on])
    Worker(tracked, MODELS).catch_up()
    return tracked


def found(journal: Journal, model: ReadModel) -> Compared:
    [compared] = rebuild(journal, [model], compare=True).compared
    return compared


def events_of(journal: Journal, person: UUID) -> set[UUID]:
    with journal.database.read() as connection:
        [people] = journal.reader.components(connection, [person]).values()
        return {each.event_id for told in journal.reader.streams(connection, people).values() for each in told}


def ensure_told(journal: Journal, model: ReadModel, example: Difference) -> None:
    """An example says which row it is, names events of its person only, and shows nothing that is secret."""
    assert set(example.key) == {*model.key} - {"component"} - model.secret
    assert set(example.events) <= events_of(journal, example.component)
    assert bool(example.events) == bool(model.evidence)
    assert not model.secret & {cell.column for cell in example.cells if cell.old or cell.new}


@MODEL
def test_rows_that_are_gone_or_new_have_an_example_with_the_events_of_that_person_alone(
    lived: Journal, model: ReadModel
) -> None:
    for kind, folds in (("gone", replace(model, fold=lambda history: [])), ("new", model)):
        compared = found(lived, folds)
        assert getattr(compared.people, kind) == len(compared.examples) > 0
        assert {example.kind for example in compared.examples} == {kind}
        for example in compared.examples:
            ensure_told(lived, model, example)


@MODEL
def test_a_row_that_changed_has_an_example_with_the_events_of_that_person_alone(
    lived: Journal, model: ReadModel
) -> None:
    others = [column for column in model.columns() if column.name not in (*model.key, *model.evidence)]
    column = next((column for column in others if isinstance(column.type, String | Instant)), None)
    if column is None:
        pytest.skip("nothing but its key")
    value = "another" if isinstance(column.type, String) else EPOCH
    changed = otherwise(model, lambda rows: [row._replace(**{column.name: value}) for row in rows], PARTICIPANT)
    [example] = found(lived, changed).examples
    assert (example.component, example.kind) == (PARTICIPANT, "changed")
    assert [(cell.column, cell.new) for cell in example.cells] == [(column.name, value)]
    ensure_told(lived, model, example)


@MODEL
def test_the_columns_of_evidence_hold_events_of_the_person_alone_in_every_row(lived: Journal, model: ReadModel) -> None:
    own = {person: events_of(lived, person) for person in (PARTICIPANT, OTHER_PARTICIPANT)}
    with lived.database.read() as connection:
        [live] = generations.live(connection, [model])
        rows = list(generations.read(connection, live))
    assert {row.component for row in rows} <= own.keys()
    for row in rows:
        cells = [getattr(row, name) for name in model.evidence]
        assert {event for cell in cells if cell is not None for event in model.events_in(cell)} <= own[row.component]


@MODEL
def test_the_columns_that_a_read_model_names_are_its_own(model: ReadModel) -> None:
    assert {*model.key, *model.evidence, *model.arrival, *model.secret} <= set(model.field_names)


def test_a_row_whose_columns_are_all_its_key_is_told_without_what_is_secret(lived: Journal) -> None:
    [example, *_] = found(lived, replace(mentions, fold=lambda history: [])).examples
    assert (example.cells, example.events) == ((), ())
    assert example.key == {"teller": example.component}


def test_what_another_version_kept_in_a_column_of_evidence_is_taken_for_no_event(lived: Journal) -> None:
    journey = next(model for model in MODELS if model.name == "journey")

    def fold(history: History) -> Sequence[Any]:
        return [row._replace(evidence="a sentence", anomalies="[7]") for row in journey.fold(history)]

    compared = found(lived, replace(journey, version=journey.version + 1, fold=fold))
    for example in compared.examples:
        assert set(example.events) <= events_of(lived, example.component)


def test_a_cell_names_one_event_or_a_list() -> None:
    one, other = UUID(int=1), UUID(int=2)
    assert list(events_in(one)) == [one]
    assert list(events_in(f'["{one}","{other}"]')) == [one, other]
