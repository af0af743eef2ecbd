"""The wellbeing read model: every measure with its score or reason, and the change since the first score."""

from contextlib import closing
from itertools import count
from typing import Any

import orjson
from hypothesis import given as supposing
from hypothesis import strategies
from sqlalchemy import MetaData, create_engine, insert, select

from domain.events import TouchpointCorrected, TouchpointVoided
from domain.touchpoint import Touchpoint
from projections.wellbeing import WellbeingRow, wellbeing
from tests.examples import call_received, measure_not_taken, measure_taken, touchpoint_corrected, touchpoint_voided
from tests.given import given, on


def rows_of(*events: Touchpoint) -> list[WellbeingRow]:
    return list(given(*events).project(wellbeing).rows)


def ucla_3(day: str, *items: int | None, **changes: Any) -> Touchpoint:
    return on(measure_taken.replaced(items=items, score=None, **changes), day)


def test_a_measure_is_one_row_with_its_score_and_band() -> None:
    first, *others = rows_of(call_received, measure_taken)
    assert others == []
    assert first == WellbeingRow(
        component=measure_taken.participant_id,
        instrument="UCLA-3",
        occurred_at=measure_taken.occurred_at,
        event_id=measure_taken.event_id,
        sequence=1,
        taken=True,
        score=7.0,
        band="lonely",
        source=measure_taken.source,
        origin=measure_taken.origin.value,
        organisation=measure_taken.organisation,
        site=measure_taken.site,
        district=measure_taken.district,
    )


def test_a_person_without_measures_has_no_rows() -> None:
    assert rows_of(call_received) == []


def test_a_measure_not_taken_is_a_row_that_says_why() -> None:
    (row,) = rows_of(measure_not_taken)
    assert (row.instrument, row.sequence, row.taken, row.score, row.reason) == ("PHQ-9", 1, False, None, "declined")


def test_a_measure_that_gives_no_score_keeps_the_reason_and_its_place_in_the_series() -> None:
    rows = rows_of(ucla_3("2025-05-01", 3, 3, 3), ucla_3("2025-06-01", None, None, None), ucla_3("2025-07-01", 1, 1, 1))
    assert [(row.sequence, row.taken, row.score, row.reason) for row in rows] == [
        (1, True, 9.0, None),
        (2, True, None, "all items missing"),
        (3, True, 3.0, None),
    ]
    assert rows[1].change_from_first is None
    assert (rows[2].change_from_first, rows[2].reliable) == (-6.0, "improved")


def test_change_is_counted_from_the_first_score_and_not_from_a_first_measure_without_one() -> None:
    rows = rows_of(ucla_3("2025-05-01", None, 3, 3), ucla_3("2025-06-01", 1, 1, 2), ucla_3("2025-07-01", 2, 2, 3))
    assert [(row.change_from_first, row.reliable) for row in rows] == [(None, None), (None, None), (3.0, "worse")]


def test_reliable_and_important_change_are_there_only_where_they_were_published() -> None:
    phq_9 = measure_taken.replaced(instrument="PHQ-9", items=(2,) * 9, score=None)
    rows = rows_of(on(phq_9, "2025-05-01"), on(phq_9.replaced(items=(1,) * 9), "2025-08-01"))
    assert [(row.change_from_first, row.reliable, row.important) for row in rows] == [
        (None, None, None),
        (-9.0, None, "improved"),
    ]


def test_instruments_have_series_of_their_own() -> None:
    phq_9 = measure_taken.replaced(instrument="PHQ-9", items=(0,) * 9, score=None)
    rows = rows_of(ucla_3("2025-05-01", 3, 3, 3), on(phq_9, "2025-05-02"), ucla_3("2025-05-03", 3, 3, 2))
    assert [(row.instrument, row.sequence, row.change_from_first) for row in rows] == [
        ("PHQ-9", 1, None),
        ("UCLA-3", 1, None),
        ("UCLA-3", 2, -1.0),
    ]


def test_a_phq_9_with_an_answer_to_item_9_is_flagged_even_when_it_gives_no_score() -> None:
    (row,) = rows_of(measure_taken.replaced(instrument="PHQ-9", items=(None, 0, 0, 0, 0, 0, 0, 0, 1), score=None))
    assert (row.score, row.safety) == (None, True)


def test_a_total_without_items_is_marked_as_reported() -> None:
    (row,) = rows_of(measure_taken.replaced(instrument="BDI", items=None, score=29))
    assert (row.score, row.reported, row.band) == (29.0, True, None)


def test_subscales_are_canonical_json() -> None:
    (row,) = rows_of(measure_taken.replaced(instrument="LSNS-6", items=(2, 2, 1, 2, 2, 2), score=None))
    assert row.subscales is not None
    assert orjson.loads(row.subscales) == {
        "family": {"score": 5.0, "band": "marginal"},
        "friends": {"score": 6.0, "band": "not marginal"},
    }
    assert row.subscales.encode() == orjson.dumps(orjson.loads(row.subscales), option=orjson.OPT_SORT_KEYS)


def test_an_unknown_instrument_is_a_row_with_a_reason() -> None:
    (row,) = rows_of(measure_taken.replaced(instrument="HOUSE-SCALE"))
    assert (row.taken, row.score, row.reason) == (True, None, "HOUSE-SCALE is not an instrument that is scored here")


def corrected(target: Touchpoint, **replacement: Any) -> TouchpointCorrected:
    values = {"occurred_at": target.occurred_at.isoformat(), "instrument": "UCLA-3", **replacement}
    return touchpoint_corrected.replaced(
        target_event_id=target.event_id, replacement_type="measure-taken.v1", replacement=values
    )


def voided(target: Touchpoint) -> TouchpointVoided:
    return touchpoint_voided.replaced(target_event_id=target.event_id)


def test_a_corrected_first_score_moves_every_later_change() -> None:
    first, second = ucla_3("2025-05-01", 3, 3, 3), ucla_3("2025-06-01", 1, 1, 1)
    rows = rows_of(first, second, corrected(first, items=[1, 1, 1]))
    assert [(row.event_id, row.score, row.change_from_first, row.reliable) for row in rows] == [
        (first.event_id, 3.0, None, None),
        (second.event_id, 3.0, 0.0, "same"),
    ]


def test_a_voided_measure_leaves_no_row() -> None:
    first, second = ucla_3("2025-05-01", 3, 3, 3), ucla_3("2025-06-01", 1, 1, 1)
    rows = rows_of(first, second, voided(first))
    assert [(row.event_id, row.sequence, row.change_from_first) for row in rows] == [(second.event_id, 1, None)]


def test_a_late_earlier_measure_becomes_the_first() -> None:
    rows = rows_of(ucla_3("2025-06-01", 1, 1, 1), ucla_3("2025-05-01", 3, 3, 3))
    assert [(row.sequence, row.score, row.change_from_first) for row in rows] == [(1, 9.0, None), (2, 3.0, -6.0)]


def test_rows_read_back_from_their_table_are_the_rows_that_were_written() -> None:
    lsns_6 = measure_taken.replaced(instrument="LSNS-6", items=(2, 2, 1, 2, 2, 2), score=None)
    rows = rows_of(measure_taken, measure_not_taken, on(lsns_6, "2025-05-09"), ucla_3("2025-06-01", 1, 1, 1))
    table = wellbeing.table(1, metadata := MetaData())
    with closing(create_engine("sqlite://").connect()) as connection:
        metadata.create_all(connection)
        connection.execute(insert(table), [row._asdict() for row in rows])
        read = [WellbeingRow(*row) for row in connection.execute(select(table))]
    assert wellbeing.ordered(read) == rows
    assert wellbeing.digest(read) == wellbeing.digest(rows)


def test_the_table_has_the_columns_of_the_row_in_their_order() -> None:
    assert tuple(column.name for column in wellbeing.columns()) == wellbeing.field_names


measures = strategies.lists(
    strategies.tuples(
        strategies.sampled_from(["2025-05-01", "2025-05-02", "2025-06-01", "2025-07-01"]),
        strategies.none() | strategies.lists(strategies.sampled_from([None, 1, 2, 3]), min_size=3, max_size=3),
    ),
    min_size=1,
    max_size=6,
)


def story_of(found: list[tuple[str, list[int | None] | None]]) -> list[Touchpoint]:
    """Measures of one person, with the first corrected and the last voided."""
    ids = (f"measure-{number}" for number in count(1))
    taken = [
        on(measure_taken.replaced(items=items, score=None, source_id=next(ids)), day)
        if items is not None
        else on(measure_not_taken.replaced(instrument="UCLA-3", source_id=next(ids)), day)
        for day, items in found
    ]
    return [*taken, corrected(taken[0], items=[2, 2, 2]), voided(taken[-1])]


@supposing(measures, strategies.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_change_a_row(
    found: list[tuple[str, list[int | None] | None]], random: Any
) -> None:
    events = story_of(found)
    shuffled = random.sample(events, len(events))
    assert rows_of(*shuffled) == rows_of(*events)


@supposing(measures)
def test_each_change_is_the_score_minus_the_first_score(found: list[tuple[str, list[int | None] | None]]) -> None:
    rows = rows_of(*story_of(found))
    scored = [row for row in rows if row.score is not None]
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    assert all((row.score is None) == (row.reason is not None) for row in rows)
    assert [row.change_from_first for row in scored[:1]] == [None] * len(scored[:1])
    for row in scored[1:]:
        assert row.score is not None
        assert scored[0].score is not None
        assert row.change_from_first == row.score - scored[0].score
