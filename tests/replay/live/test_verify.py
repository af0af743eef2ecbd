"""Verifying: a fresh fold against the rows that serve, beside whoever writes them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, event, insert, update

from projections.timeline import timeline
from replay.database import DatabaseUnusable
from replay.journal import Journal
from replay.live import generations
from replay.live import verify as verifying
from replay.live.verify import sampled, verify
from replay.live.worker import Worker
from replay.queries.choice import Choice, people_of
from replay.tables import journal as log
from replay.vault import keys
from tests.conftest import MODELS
from tests.examples import OTHER_PARTICIPANT, PARTICIPANT, call_received, measure_taken, store_visited
from tests.replay.live.test_worker import about, linked
from tests.replay.rebuild.conftest import otherwise

NOBODY = UUID("99999999-9999-4999-8999-999999999999")


@pytest.fixture
def folded(tracked: Journal) -> Journal:
    """Two people, each with rows that serve."""
    tracked.record([call_received, measure_taken, *about(OTHER_PARTICIPANT, store_visited)])
    Worker(tracked, MODELS).catch_up()
    return tracked


def spoil(journal: Journal, **values: object) -> None:
    """Change the timeline of one person behind everybody's back."""
    with journal.database.write() as connection:
        [live] = generations.live(connection, [timeline])
        own = live.table.c.component == PARTICIPANT
        connection.execute(update(live.table).where(own).values(values) if values else delete(live.table).where(own))


def test_rows_that_are_the_fold_of_everybody_are_no_finding(folded: Journal) -> None:
    told: list[tuple[int, int]] = []
    found = verify(folded, MODELS, progress=lambda done, total: told.append((done, total)))
    assert (found.people, found.left_out, found.findings) == (2, 0, [])
    assert told[-1] == (2, 2)


def test_another_value_is_found_with_its_column_and_both_digests(folded: Journal) -> None:
    spoil(folded, touchpoints=7)
    [finding] = verify(folded, MODELS).findings
    assert (finding.read_model, finding.component) == ("timeline", PARTICIPANT)
    assert finding.why == "other values in touchpoints"
    assert finding.stored_digest != finding.folded_digest


def test_rows_that_are_missing_and_rows_of_nobody_are_found(folded: Journal) -> None:
    spoil(folded)
    with folded.database.write() as connection:
        [live] = generations.live(connection, [timeline])
        [row] = timeline.ordered(generations.read(connection, live))
        connection.execute(insert(live.table).values(**row._replace(component=NOBODY)._asdict()))
    missing, stray = verify(folded, MODELS).findings
    assert (missing.component, missing.stored, missing.folded, missing.why) == (PARTICIPANT, 0, 1, "1 row(s) missing")
    assert (stray.component, stray.why) == (NOBODY, "rows of somebody of whom nothing is recorded")


def test_who_no_longer_reads_is_a_finding_and_everybody_else_is_compared(folded: Journal) -> None:
    folded.record(about(OTHER_PARTICIPANT, measure_taken))
    Worker(folded, MODELS).catch_up()
    with folded.vault.database.write() as connection:
        connection.execute(delete(keys).where(keys.c.participant_id == PARTICIPANT))
    folded.vault._known.clear()
    with folded.database.write() as connection:
        [live] = generations.live(connection, [timeline])
        connection.execute(update(live.table).where(live.table.c.component == OTHER_PARTICIPANT).values(touchpoints=7))
    found = verify(folded, MODELS)
    assert found.people == 2
    assert {(each.component, each.why) for each in found.findings if each.component == OTHER_PARTICIPANT} == {
        (OTHER_PARTICIPANT, "other values in touchpoints")
    }
    whys = {each.why for each in found.findings if each.component == PARTICIPANT}
    assert whys
    assert all("KeyMissing" in why and "restore the vault" in why for why in whys)


def test_who_no_longer_reads_is_a_finding_also_where_no_fold_asks_for_what_is_sealed(folded: Journal) -> None:
    with folded.vault.database.write() as connection:
        connection.execute(delete(keys).where(keys.c.participant_id == PARTICIPANT))
    folded.vault._known.clear()
    [finding] = verify(folded, [timeline]).findings
    assert (finding.component, finding.read_model) == (PARTICIPANT, "timeline")
    assert "KeyMissing" in finding.why


def test_a_fold_that_fails_on_somebody_is_a_finding_of_this_read_model_alone(folded: Journal) -> None:
    def fails(_: Sequence[Any]) -> Sequence[Any]:
        raise ValueError("010-1234-5678")

    models = [otherwise(model, fails, PARTICIPANT) if model is timeline else model for model in MODELS]
    [finding] = verify(folded, models).findings
    assert (finding.read_model, finding.component, finding.stored, finding.folded) == ("timeline", PARTICIPANT, 1, 0)
    assert "ValueError" in finding.why
    assert "010" not in finding.why


def test_an_error_of_the_database_is_no_finding(folded: Journal) -> None:
    def fails(_: Sequence[Any]) -> Sequence[Any]:
        raise DatabaseUnusable("away")

    models = [otherwise(model, fails, PARTICIPANT) if model is timeline else model for model in MODELS]
    with pytest.raises(DatabaseUnusable):
        verify(folded, models)


def test_a_sample_of_more_people_than_there_are_is_everybody_and_asks_little(folded: Journal) -> None:
    asked: list[str] = []

    def count(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)
        assert len(asked) < 20

    event.listen(folded.database.engine, "before_cursor_execute", count)
    assert sampled(folded, 1_000_000) == sorted([PARTICIPANT, OTHER_PARTICIPANT])
    assert asked


def test_everybody_is_as_likely_to_be_in_a_sample(folded: Journal) -> None:
    few = [UUID(int=number) for number in range(1, 9)]
    folded.record([call_received.replaced(participant_id=person) for person in few])
    assert {len(sampled(folded, 3)) for _ in range(20)} == {3}
    # Of ten, three each time: somebody is missed sixty times but once in a hundred million runs.
    assert {person for _ in range(60) for person in sampled(folded, 3)} >= set(few)


def test_linked_people_who_are_asked_for_apart_are_compared_once(
    folded: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "_AT_ONCE", 1)
    folded.record(linked(PARTICIPANT, OTHER_PARTICIPANT, "pair"))
    Worker(folded, MODELS).catch_up()
    assert verify(folded, MODELS, [PARTICIPANT, OTHER_PARTICIPANT]).people == 1


def test_only_those_who_are_asked_for_are_looked_at(folded: Journal) -> None:
    spoil(folded, touchpoints=7)
    assert verify(folded, MODELS, [OTHER_PARTICIPANT]).findings == []
    assert len(verify(folded, MODELS, [PARTICIPANT]).findings) == 1
    assert set(sampled(folded, 50)) <= {PARTICIPANT, OTHER_PARTICIPANT}
    assert len(sampled(folded, 1)) == 1


def test_linked_people_are_compared_as_one(folded: Journal) -> None:
    folded.record(linked(PARTICIPANT, OTHER_PARTICIPANT, "pair"))
    Worker(folded, MODELS).catch_up()
    assert (verify(folded, MODELS).people, verify(folded, MODELS).findings) == (1, [])
    assert verify(folded, MODELS, [max(PARTICIPANT, OTHER_PARTICIPANT)]).people == 1


def test_who_has_news_that_the_rows_have_not_seen_is_left_out(folded: Journal) -> None:
    folded.record([store_visited])
    found = verify(folded, MODELS)
    assert (found.people, found.left_out, found.findings) == (1, 1, [])


def test_rows_of_some_people_are_made_anew_where_they_are(folded: Journal) -> None:
    spoil(folded, touchpoints=7)
    done: list[int] = []
    Worker(folded, MODELS).fold_again([PARTICIPANT], done.append)
    assert done == [1]
    assert verify(folded, MODELS).findings == []


def test_people_are_chosen_by_what_is_recorded_of_them(folded: Journal) -> None:
    with folded.database.read() as connection:
        assert people_of(connection, Choice(types=["store-visited.v1"])) == [OTHER_PARTICIPANT]
        assert people_of(connection, Choice(source=call_received.source, types=["call-received.v1"])) == [PARTICIPANT]
        assert people_of(connection, Choice(source="nobody")) == []
        assert people_of(connection, Choice(people=[NOBODY, PARTICIPANT])) == [PARTICIPANT]
        assert people_of(connection, Choice(types=[])) == people_of(connection, Choice(people=[])) == []
        assert Choice(types=[]).is_told
        assert Choice(source="").is_told
        assert not Choice().is_told
        recorded = connection.execute(log.select().with_only_columns(log.c.recorded_at).limit(1)).scalar_one()
        assert len(people_of(connection, Choice(recorded_from=recorded))) == 2
        assert people_of(connection, Choice(recorded_from=folded.clock())) == []
