"""The journey read model: one row per spell, as the table gives it back."""

from contextlib import closing

import orjson
from sqlalchemy import MetaData, create_engine, insert, select

from domain.codes import Stage
from domain.journey import VERSION_1
from domain.touchpoint import Touchpoint
from projections.journey import JourneyRow, fold, journey
from tests.domain.journey.stories import ended, healing, maintained, moves, prevention, returned, selected
from tests.examples import (
    PARTICIPANT,
    call_received,
    journey_ended,
    prescription_issued,
    session_attended,
    store_visited,
    touchpoint_corrected,
    touchpoint_voided,
)
from tests.given import given, on


def rows_of(*events: Touchpoint) -> list[JourneyRow]:
    return list(given(*events).project(journey).rows)


def test_a_session_that_arrives_before_its_prescription_still_counts() -> None:
    given(session_attended, on(prescription_issued, "2025-05-09")).project(journey).is_in(Stage.HEALING)


def test_a_spell_is_one_row_with_its_rule_and_its_evidence() -> None:
    call, issued = prevention[0], healing[0]
    assert rows_of(call, issued) == [
        JourneyRow(
            component=PARTICIPANT,
            sequence=1,
            episode=1,
            stage="prevention",
            entered_at=call.occurred_at,
            left_at=issued.occurred_at,
            rule="P1",
            rule_version="1",
            evidence=f'["{call.event_id}"]',
            by_selection=False,
            end_reason=None,
            last_contact_at=call.occurred_at,
            anomalies="[]",
        ),
        JourneyRow(
            component=PARTICIPANT,
            sequence=2,
            episode=1,
            stage="healing",
            entered_at=issued.occurred_at,
            left_at=None,
            rule="H2",
            rule_version="1",
            evidence=f'["{issued.event_id}"]',
            by_selection=False,
            end_reason=None,
            last_contact_at=call.occurred_at,
            anomalies="[]",
        ),
    ]


def test_the_evidence_of_t1_holds_both_sets() -> None:
    evidence = orjson.loads(rows_of(*returned)[-1].evidence)
    assert set(evidence) == {str(event.event_id) for event in returned[1:]}


def test_a_selection_and_an_end_are_marked() -> None:
    *_, chosen, end = rows_of(*selected, on(journey_ended, "2025-08-01"))
    assert (chosen.by_selection, chosen.end_reason) == (True, None)
    assert (end.by_selection, end.end_reason) == (False, "completed")


def test_the_last_contact_of_a_spell_is_the_last_until_it_was_left() -> None:
    visits = [on(store_visited, day) for day in ("2025-05-25", "2025-06-10", "2025-06-20")]
    first, second = rows_of(*prevention, *healing, *visits)
    assert (first.last_contact_at, second.last_contact_at) == (visits[0].occurred_at, visits[2].occurred_at)


def test_contacts_after_a_death_stand_on_its_row() -> None:
    death = on(journey_ended.replaced(reason="died"), "2025-07-01")
    contacts = [on(store_visited, day) for day in ("2025-07-05", "2025-07-09")]
    healing_row, end = rows_of(*healing, death, *contacts)
    assert orjson.loads(end.anomalies) == [str(contact.event_id) for contact in contacts]
    assert healing_row.anomalies == "[]"


def test_who_has_no_stage_has_no_row() -> None:
    assert rows_of(store_visited) == []


def test_a_contact_after_an_end_without_a_stage_yet_is_a_row_without_one() -> None:
    information = on(call_received.replaced(level="information"), "2025-08-01")
    last = rows_of(*ended, information)[-1]
    assert (last.stage, last.episode, last.rule, last.left_at) == (None, 2, "N1", None)


def test_a_voided_prescription_takes_its_spell_with_it() -> None:
    void = touchpoint_voided.replaced(target_event_id=healing[0].event_id)
    assert [row.rule for row in rows_of(*prevention, *healing, void)] == ["P1"]
    assert moves(void, *prevention, *healing) == ["P1"]


def test_a_corrected_call_is_judged_as_corrected_under_its_own_id() -> None:
    assert [row.rule for row in rows_of(call_received, touchpoint_corrected)] == []


def test_other_rules_give_other_rows_under_another_version() -> None:
    rows = list(fold(given(*maintained).history(), VERSION_1.varied(maintained_days=91)))
    assert [(row.rule, row.rule_version) for row in rows] == [
        ("H2", "1 maintained_days=91"),
        ("T1", "1 maintained_days=91"),
    ]


def test_rows_come_back_from_a_table_as_they_went_in() -> None:
    death = on(journey_ended.replaced(reason="died"), "2025-12-01")
    rows = rows_of(*prevention, *maintained, death, on(store_visited, "2025-12-05"))
    table = journey.table(1, metadata := MetaData())
    with closing(create_engine("sqlite://").connect()) as connection:
        metadata.create_all(connection)
        connection.execute(insert(table), [row._asdict() for row in rows])
        back = [JourneyRow(*row) for row in connection.execute(select(table))]
    assert len(back) == 5
    assert journey.digest(back) == journey.digest(rows)
